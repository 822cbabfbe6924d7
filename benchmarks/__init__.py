"""Measurements: speed and agreement with a peer, truth of the demo clip, settings of the networks."""

import os

os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")  # as in the app, and before anything imports OpenCV
