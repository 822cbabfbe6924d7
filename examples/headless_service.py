"""A picture sent by HTTP comes back with its effect, without a screen: ``python headless_service.py [PORT]``.

``curl --data-binary @me.jpg http://localhost:8000/fan > me.png``. Pictures come one at a time: a tracker
and a context belong to one thread. It listens on this computer only: put a real server in front of it.
"""

import sys
import tempfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from ar_effects import ArEffectsError, render_file

LARGEST = 20_000_000
"""Bytes of a picture."""


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    def do_POST(self) -> None:
        """The body is a picture, the path the effect's name."""
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 < length <= LARGEST:
            self._answer(413 if length else 411, b"Send a picture of at most 20 MB", "text/plain")
            return
        with tempfile.TemporaryDirectory() as folder:
            given, made = Path(folder) / "given.jpg", Path(folder) / "made.png"
            given.write_bytes(self.rfile.read(length))
            try:
                if not self.path.strip("/").isidentifier():  # a name, and no path of this computer's
                    raise ArEffectsError("The address names no effect", expected="such as /sunglasses")
                render_file(str(given), made, self.path.strip("/"))
            except ArEffectsError as error:
                self._answer(422, str(error).encode(), "text/plain; charset=utf-8")
            else:
                self._answer(200, made.read_bytes(), "image/png")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), Handler)
    print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
