"""How long each stage of a frame takes: ``python frame_time_probe.py [SOURCE] [EFFECT] [TRACE.json]``.

The trace opens in ui.perfetto.dev.
"""

import sys
from pathlib import Path

from ar_effects import (
    Effect,
    FaceTracker,
    Library,
    Renderer,
    StageTimes,
    TrackedFrame,
    open_headless,
    open_source,
)

given, pack, trace = (sys.argv[1:] + ["demo", "sunglasses", ""][len(sys.argv) - 1 :])[:3]
times = StageTimes(traced=bool(trace))
with open_source(given) as source, FaceTracker() as tracker, open_headless() as context:
    renderer = Renderer(context.ctx, source.info.size)
    effect = Effect(Library().load(pack))
    frames = source.frames()
    while True:
        with times.stage("decode"):
            frame = next(frames, None)
        if frame is None:
            break
        with times.stage("track"):
            faces = tracker.track(frame.image, frame.time_s)
        with times.stage("list"):
            draws = effect.draw_list(TrackedFrame(frame, faces, tracker.camera_for(*frame.size)))
        with times.stage("draw"):
            renderer.draw(frame.image, draws)
            renderer.finish()
        with times.stage("read back"):
            renderer.read()
    renderer.release()
print(times.table())
if trace:
    Path(trace).write_text(times.trace_json(), encoding="utf-8")
    print(f"Saved {trace}")
