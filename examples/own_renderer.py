"""Draws the head's axes with OpenCV into a video: ``python own_renderer.py [SOURCE] [OUTPUT.mp4]``.

A pose takes points from the head's millimetres to the camera's, and the camera projects them into the frame.
"""

import sys

import cv2
import numpy as np

from ar_effects import FaceTracker, VideoSink, open_source

AXES_MM = np.array([[0.0, 0.0, 0.0], [80.0, 0.0, 0.0], [0.0, 80.0, 0.0], [0.0, 0.0, 80.0]])
"""From between the eyes: to the viewer's right, up, and out of the face."""

COLOURS = ((60, 60, 255), (60, 220, 60), (255, 120, 60))
"""BGR."""

given, output = (sys.argv[1:] + ["demo", "axes.mp4"][len(sys.argv) - 1 :])[:2]
with (
    open_source(given) as source,
    FaceTracker(max_faces=4) as tracker,
    VideoSink(output, *source.info.size, fps=source.info.fps or 30) as sink,
):
    for frame in source.frames():
        picture = frame.image.copy()
        camera = tracker.camera_for(*frame.size)
        for face in tracker.track(frame.image, frame.time_s):
            turn, place = face.pose.camera_from_head[:3, :3], face.pose.translation_mm
            origin, *ends = camera.project(AXES_MM @ turn.T + place).round().astype(int)
            for end, colour in zip(ends, COLOURS, strict=True):
                cv2.line(picture, tuple(map(int, origin)), tuple(map(int, end)), colour, 3, cv2.LINE_AA)
        sink.write(picture, time_s=frame.time_s)
print(f"Saved {output}")
