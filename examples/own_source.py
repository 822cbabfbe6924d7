"""A source of one's own, rendered with an effect: ``python own_source.py [OUTPUT.mp4]``.

Whatever has ``info`` and ``frames()`` can be one: a game engine, a depth camera, a stream. This one slowly
zooms into one frame of the built-in clip.
"""

import sys
from collections.abc import Iterator

import cv2

from ar_effects import (
    BasicSource,
    Effect,
    FaceTracker,
    Frame,
    Library,
    Renderer,
    SourceInfo,
    TrackedFrame,
    VideoSink,
    open_headless,
    open_source,
)

FRAMES, FPS = 45, 30.0


class Zoom(BasicSource):
    """Zooms into a picture."""

    def __init__(self) -> None:
        with open_source("demo") as clip:
            self._picture = next(iter(clip.frames())).image
        height, width = self._picture.shape[:2]
        self.info = SourceInfo("zoom", width, height, FPS, FRAMES)

    def frames(self) -> Iterator[Frame]:
        """Every frame is a crop of the picture, a little smaller each time, made as large as the picture."""
        width, height = self.info.size
        for k in range(FRAMES):
            scale = 1.0 - 0.4 * k / FRAMES
            w, h = round(width * scale), round(height * scale)
            x, y = (width - w) // 2, (height - h) // 2
            image = cv2.resize(self._picture[y : y + h, x : x + w], (width, height))
            yield Frame(image, k / FPS, k)


output = sys.argv[1] if len(sys.argv) > 1 else "zoom.mp4"
with Zoom() as source, FaceTracker() as tracker, open_headless() as context:
    renderer = Renderer(context.ctx, source.info.size)
    effect = Effect(Library().load("sunglasses"))
    with VideoSink(output, *source.info.size, fps=FPS) as sink:
        for frame in source.frames():
            faces = tracker.track(frame.image, frame.time_s)
            tracked = TrackedFrame(frame, faces, tracker.camera_for(*frame.size))
            renderer.draw(frame.image, effect.draw_list(tracked))
            sink.write(renderer.read(), time_s=frame.time_s)
    renderer.release()
print(f"Saved {output}")
