"""Runs MediaPipe's FaceMesh for us: frames come on stdin, landmarks and times go to stdout.

Run by the peer's Python: standard library, and MediaPipe with what its wheel installs (numpy, OpenCV).
Between frames the process blocks on reading, so it takes nothing from what is measured beside it.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import cv2
import mediapipe
import numpy as np
from protocol import receive, send  # type: ignore[import-not-found]  # beside this file, run as a script


class Peer:
    """One FaceMesh at a time, made anew when the options change."""

    def __init__(self) -> None:
        self._options: dict[str, Any] | None = None
        self._mesh: Any = None

    def _prepare(self, options: dict[str, Any]) -> None:
        if options == self._options:
            return
        if self._mesh is not None:
            self._mesh.close()
        self._mesh = mediapipe.solutions.face_mesh.FaceMesh(
            static_image_mode=options["static"],
            max_num_faces=options["max_faces"],
            refine_landmarks=options["refine"],
        )
        self._options = options

    def infer(self, options: dict[str, Any], bgr: np.ndarray[Any, Any]) -> tuple[dict[str, Any], bytes]:
        """The answer to one frame. ``process`` takes RGB, so the conversion is part of its time.

        The read-only mark lets MediaPipe take the picture without copying it, as its guide advises.
        """
        self._prepare(options)
        start, start_cpu = time.perf_counter(), time.process_time()
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        rgb.flags.writeable = False
        result = self._mesh.process(rgb)
        ms, cpu_ms = (time.perf_counter() - start) * 1e3, (time.process_time() - start_cpu) * 1e3
        height, width = bgr.shape[:2]
        faces = np.array(
            [[(p.x, p.y, p.z) for p in face.landmark] for face in result.multi_face_landmarks or []],
            np.float32,
        )
        faces *= np.array([width, height, width], np.float32) if len(faces) else 1
        return {"shape": faces.shape, "ms": ms, "cpu_ms": cpu_ms}, faces.tobytes()


def main() -> None:
    """Answer until stdin ends."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the libraries print to stdout must not mix with the answers
    peer = Peer()
    send(answers, {"mediapipe": mediapipe.__version__, "python": sys.version.split()[0]})
    while (message := receive(sys.stdin.buffer)) is not None:
        header, body = message
        bgr = np.frombuffer(body, np.uint8).reshape(header["shape"])
        send(answers, *peer.infer(header["options"], bgr))


if __name__ == "__main__":
    main()
