"""``python -m ar_effects``, the command ``ar-effects``, and what ``app.py`` runs."""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import suppress

# Before anything imports OpenCV: with hardware transforms a webcam takes ten seconds to open on Windows.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
# A second thread gains little for the warps of small crops, and then spins beside the networks: tracking
# takes 13 % less time and 40 % less processor with one (docs/decisions/0001-networks.md).
os.environ.setdefault("OPENCV_FOR_THREADS_NUM", "1")
# pydantic looks through all packages that are installed for plugins of its own: a thirtieth of a second.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from ar_effects.cli import main  # after the settings above

SWITCH_INTERVAL_S = 0.0005
"""How long a thread may keep Python's lock when others wait for it. With Python's own 5 ms, a stage whose
network or picture is done waits for a fifth of a frame before it can hand it on
(docs/decisions/0025-pipelines.md)."""


def run() -> int:
    """Run the program with the command line's arguments; gives its exit code."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    code = main(sys.argv[1:])
    gc.freeze()  # all is closed, and one more search for circles among a million objects takes half a second
    leave_threads_behind(code)
    return code


def leave_threads_behind(code: int) -> None:
    """End the process at once where a thread is left that nobody could end; otherwise do nothing.

    A camera's driver or a file on a network that does not answer keeps a thread for as long as it likes.
    Python would tear it out of the library that it is in, which may abort.
    """
    if any(thread.daemon for thread in threading.enumerate()):
        with suppress(OSError):
            sys.stdout.flush()
        with suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(run())
