"""The window answers whatever drawing costs, on a real screen with real keys; hidden, it costs nothing."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pytest

from ar_effects.app.pipeline.live_pipeline import JOIN_S
from tests.app.x_client import ESCAPE, XClient
from tests.waiting import HANGS_S

pytestmark = [
    pytest.mark.window,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="virtual screens are X11's"),
]


@pytest.mark.parametrize("milliseconds", [20, 40, 80, 300])
def test_slow_draws_let_every_key_and_timer_through(run_session, tmp_path, milliseconds):
    """Frames come at 240 Hz; a key is pressed inside each draw, so it waits until that draw is over."""
    seen = run_session("slow", tmp_path, milliseconds)
    kinds = "".join({"draw": "d", "pressed": "p", "key": "k", "tick": "t"}[kind] for kind, *_ in seen["log"])
    assert kinds.count("d") == seen["draws"], "Escape, pressed in the last draw, ends it"
    served = kinds.replace("t", "")
    assert served == "dpk" * seen["draws"], "each key is served before the next draw begins"
    frames = [number for kind, number, _ in seen["log"] if kind == "draw"]
    assert len(set(frames)) == len(frames), "no frame is drawn twice"
    assert frames == sorted(frames)
    assert seen["stale"] == [], "what is drawn is the newest"
    first, last = (kinds.index("d"), kinds.rindex("k"))
    ticks = [at for kind, _, at in seen["log"][first:last] if kind == "tick"]
    if milliseconds >= 80:
        assert all("t" in between for between in kinds[first:last].split("d")[1:-1]), "no draw without a tick"
    span = seen["log"][last][2] - seen["log"][first][2]
    missed = span - len(ticks) / 20
    assert missed < 1.0 + 0.1 * span, f"{len(ticks)} ticks of 20 Hz in {span:.1f} s"
    times = [at for kind, _, at in seen["log"] if kind in ("pressed", "key")]
    late = [1e3 * (b - a) - milliseconds for a, b in zip(times[::2], times[1::2], strict=True)]
    print(f"{milliseconds} ms a draw: keys served {np.median(late):.0f} ms after its end (median), "
          f"{max(late):.0f} ms at worst; {len(ticks) / span:.1f} ticks/s of 20")  # fmt: skip
    assert seen["threads"] == []


@pytest.mark.parametrize("milliseconds", [20, 300])
def test_escape_ends_the_program_at_once(start_session, screen, tmp_path, milliseconds):
    with start_session("waits", tmp_path, milliseconds) as process:
        try:
            window = json.loads(process.stdout.readline())["window"]
            client = XClient(screen)
            client.focus(window)
            client.sync()
            start = time.monotonic()
            client.press(ESCAPE)
            client.sync()
            _, complaints = process.communicate(timeout=HANGS_S)
            took_s = time.monotonic() - start
            client.close()
        finally:
            process.kill()
    print(f"{milliseconds} ms a draw: the process was gone {took_s:.2f} s after Escape")
    assert process.returncode == 0, complaints
    assert complaints == ""
    assert took_s < JOIN_S, "no thread is waited for in vain"


def test_a_thousand_keys_and_windows_of_any_size(run_session, tmp_path):
    for name in ("first", "second"):
        folder = tmp_path / "effects" / name
        folder.mkdir(parents=True)
        (folder / "effect.toml").write_text(
            f'format = 2\ntitle = "{name}"\n[[layers]]\nkind = "wireframe"\n', encoding="utf-8"
        )
    seen = run_session("storm", tmp_path)
    assert seen["handled"] == 1000
    assert seen["worn"] in ("first", "second", None)
    assert 1 <= seen["photos"] <= 1 + seen["drawn_meanwhile"], "a photo of each picture at most"
    assert seen["threads"] == []


def test_a_hidden_window_rests_and_gives_the_camera_back(run_session, tmp_path):
    seen = run_session("hidden", tmp_path)
    print(
        f"hidden: {100 * seen['share']:.1f} % of a core; back {1e3 * seen['back_s']:.0f} ms after it is shown"
    )
    assert (seen["drawn_hidden"], seen["shown_hidden"], seen["taken_hidden"]) == (0, 0, 0)
    assert seen["opened_hidden"] == 1
    assert seen["share"] < 0.06, "the bar is 0.02; a slower core takes more of itself for the same"
    assert seen["opened"] == 2
    assert seen["status"] == ""
    assert seen["threads"] == []


def test_a_frame_that_cannot_be_drawn_is_told_and_the_window_goes_on(run_session, tmp_path):
    seen = run_session("undrawable", tmp_path)
    assert seen["problem"] == "The graphics driver is out of memory. Choose a smaller size."
    assert seen["answers"], "keys are served meanwhile"
    assert seen["problem"] not in seen["texts"], "gone when frames can be drawn again"


def test_what_nobody_can_go_on_from_ends_the_window_and_is_raised(run_session, tmp_path):
    seen = run_session("breaks", tmp_path)
    assert seen.pop("threads") == []
    assert seen.pop("renderer") == "RenderError: The graphics driver refuses."
    assert seen == dict.fromkeys(("draw", "key", "timer"), "ZeroDivisionError: a defect")
