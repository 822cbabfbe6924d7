"""Tells who is there from when to when: ``python several_faces.py [SOURCE]``.

A face that is hidden for less than a second keeps its id; "lost" is told once, when that second is over.
"""

import sys

from ar_effects import FaceTracker, open_source

with open_source(sys.argv[1] if len(sys.argv) > 1 else "demo") as source, FaceTracker(max_faces=8) as tracker:
    came: dict[int, float] = {}
    time_s = 0.0
    for frame in source.frames():
        time_s = frame.time_s
        for face in tracker.track(frame.image, time_s):
            if face.id not in came:
                came[face.id] = time_s
                x, y = face.eyes.left
                print(f"{time_s:7.2f} s  face {face.id} came, its left eye at ({x:.0f}, {y:.0f})")
            if face.state == "lost":
                print(f"{time_s:7.2f} s  face {face.id} went, after {time_s - came.pop(face.id):.2f} s")
    for person, since_s in came.items():
        print(f"{time_s:7.2f} s  face {person} stayed to the end, {time_s - since_s:.2f} s")
