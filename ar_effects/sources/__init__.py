"""Where frames come from: camera, video, picture, demo."""

import os

# OpenCV reads these once, when it is first loaded. With hardware transforms Windows takes up to 12 s to open
# a camera; and a Linux camera that hangs should be noticed in 2 s, not 10.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
