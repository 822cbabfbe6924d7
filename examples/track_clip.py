"""Prints where everybody looks, frame by frame, as CSV: ``python track_clip.py [SOURCE]``."""

import csv
import sys

from ar_effects import FaceTracker, open_source

with open_source(sys.argv[1] if len(sys.argv) > 1 else "demo") as source, FaceTracker(max_faces=4) as tracker:
    if source.info.camera is not None:
        tracker.use_camera(source.info.camera)  # the file tells its lens
    rows = csv.writer(sys.stdout)
    rows.writerow(["time_s", "face", "yaw_deg", "pitch_deg", "roll_deg", "x_mm", "y_mm", "z_mm"])
    for frame in source.frames():
        for face in tracker.track(frame.image, frame.time_s):
            numbers = (*face.pose.angles_deg, *face.pose.translation_mm)
            rows.writerow([f"{frame.time_s:.3f}", face.id, *(f"{n:.1f}" for n in numbers)])
