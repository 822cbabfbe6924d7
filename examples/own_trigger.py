"""An effect that changes when somebody tilts their head: ``python own_trigger.py [SOURCE] [OUTPUT.mp4]``.

Packs have triggers of their own (blinks, nods, keys); any other condition is a program's to watch for. Here a
tilt gives the lenses another colour, by a parameter of the pack's.
"""

import sys

from ar_effects import (
    Effect,
    FaceTracker,
    Library,
    Renderer,
    TrackedFrame,
    VideoSink,
    open_headless,
    open_source,
)

TILTED_DEG, UPRIGHT_DEG = 8.0, 5.0
"""Two angles, so that a head held at one of them does not flicker between colours."""

COLOURS = ("#ff5c8a", "#45c4ff", "#8dff6a")

given, output = (sys.argv[1:] + ["demo", "tilt.mp4"][len(sys.argv) - 1 :])[:2]
tilts, is_tilted = 0, False
with open_source(given) as source, FaceTracker() as tracker, open_headless() as context:
    renderer = Renderer(context.ctx, source.info.size)
    effect = Effect(Library().load("aviator"))
    with VideoSink(output, *source.info.size, fps=source.info.fps or 30) as sink:
        for frame in source.frames():
            faces = tracker.track(frame.image, frame.time_s)
            roll = max((abs(face.pose.roll_deg) for face in faces), default=0.0)
            if not is_tilted and roll > TILTED_DEG:
                effect.set("lens", COLOURS[tilts % len(COLOURS)])
                tilts += 1
            is_tilted = roll > (UPRIGHT_DEG if is_tilted else TILTED_DEG)
            tracked = TrackedFrame(frame, faces, tracker.camera_for(*frame.size))
            renderer.draw(frame.image, effect.draw_list(tracked))
            sink.write(renderer.read(), time_s=frame.time_s)
    renderer.release()
print(f"{tilts} tilts. Saved {output}")
