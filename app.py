"""Starts AR Effects: ``python app.py --help``."""

from __future__ import annotations

import gc
import os
import sys

# Before anything imports OpenCV: with hardware transforms a webcam takes ten seconds to open on Windows.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")

from ar_effects.cli import main  # after the setting above

if __name__ == "__main__":
    code = main(sys.argv[1:])
    gc.freeze()  # all is closed, and one more search for circles among a million objects takes half a second
    sys.exit(code)
