"""Recording and replaying: the same pixels, the same times, the same landmarks; whole or not at all."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from ar_effects import settings
from ar_effects.app.sessions import session as session_module
from ar_effects.app.sessions.replay import open_session, replay_session
from ar_effects.app.sessions.session import record_session
from ar_effects.errors import CameraLostError, ProviderError, SinkError, SourceError
from ar_effects.geometry.camera import Camera
from ar_effects.records import Frame
from ar_effects.sinks.lossless import LosslessVideo
from ar_effects.sources.base import SourceInfo
from ar_effects.sources.video import VideoSource
from tests.cli.runner import ROOT
from tests.sources.clips import make_clip

DEMO = ROOT / "assets" / "demo" / "demo.mp4"


@pytest.fixture(autouse=True)
def settings_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(settings.FOLDER_VARIABLE, str(tmp_path / "config"))


class FakeCamera:
    """A live source: pictures at uneven times."""

    def __init__(self, images, times_s, lost=False, name="Logi"):
        self.images, self.times_s, self.lost = images, times_s, lost
        height, width = images[0].shape[:2]
        self.info = SourceInfo(name, width, height, 30.0, is_live=True)

    def frames(self):
        for i, (image, time_s) in enumerate(zip(self.images, self.times_s, strict=True)):
            yield Frame(image, time_s, i)
        if self.lost:
            raise CameraLostError("The camera Logi stopped sending pictures")

    def close(self):
        pass


def uneven(count, start=1234.5678901):
    """Capture times on a clock that began long ago, no two gaps alike."""
    return list(start + np.cumsum(np.random.default_rng(5).uniform(0.011, 0.09, count)))


@pytest.fixture(scope="module")
def clip_session(tmp_path_factory):
    """A second of the demo clip."""
    folder = tmp_path_factory.mktemp("session") / "demo"
    with VideoSource(DEMO) as source:
        report = record_session(source, folder, LosslessVideo, seconds=1.0, provider="cpu")
    assert (report.frames, report.frames_with_face) == (30, 30)
    return folder


@pytest.fixture
def copied(clip_session, tmp_path):
    """A session of one's own to break, with its clip inside."""
    with VideoSource(DEMO) as source:
        record_session(source, tmp_path / "own", LosslessVideo, seconds=0.2, provider="cpu", copy=True)
    return tmp_path / "own"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def sign_again(folder, name):
    """As if a file had been recorded as it is now."""
    head = tomllib.loads((folder / "session.toml").read_text())
    head["sha256"][name] = session_module.file_sha256(folder / name)
    (folder / "session.toml").write_text(settings.toml_text(head))


# --- clips ------------------------------------------------------------------------------------------------


def test_a_clip_is_referred_to_and_replays_identically(clip_session):
    assert sorted(p.name for p in clip_session.iterdir()) == ["faces.jsonl", "frames.jsonl", "session.toml"]
    head = open_session(clip_session)
    assert head.clip == "demo"
    assert head.clip_path == DEMO
    assert (head.width, head.height, head.frames, head.max_faces) == (640, 480, 30, 1)
    assert {"ar-effects", "python", "numpy", "opencv-python", "av"} <= head.versions.keys()
    report = replay_session(clip_session)
    assert report["recorded"] == {
        "identical": True,
        "max_difference_px": 0.0,
        "frames_differing": 0,
        "frames_other_faces": 0,
        "frames_other_pixels": 0,
        "changed": [],
    }
    assert (report["frames"], report["hit_rate"], report["id_switches"]) == (30, 1.0, 0)
    assert report["provider"] == "cpu"
    assert 0 < report["jitter"]["landmarks_percent"] < 10
    assert report["jitter"]["triples"] == 28
    stages = report["stages"]
    parts = ("cut", "planes", "network", "search", "confirm", "identity", "smoothing", "pose", "expression")
    assert {"decode", "track", *(f"track: {part}" for part in parts)} <= stages.keys()
    assert stages["track: smoothing"]["count"] == 30
    whole, rest = stages["track"]["total_s"], stages["track: rest"]["total_s"]
    assert sum(s["total_s"] for n, s in stages.items() if n.startswith("track: ")) == pytest.approx(whole)
    assert rest < 0.25 * whole, "what nobody marked"
    assert 0 <= report["lag"]["frames"] < 1
    assert report["lag"]["ms"] == pytest.approx(report["lag"]["frames"] * 1000 / 30, rel=0.01)
    json.dumps(report, allow_nan=False)


def test_replaying_happens_at_the_recorded_times(clip_session, monkeypatch):
    from ar_effects.app.sessions import replay as replay_module

    seen = []

    class Watched(replay_module.FaceTracker):
        def track(self, frame_bgr, time_s=0.0):
            seen.append(time_s)
            return super().track(frame_bgr, time_s)

    monkeypatch.setattr(replay_module, "FaceTracker", Watched)
    replay_session(clip_session)
    lines = (clip_session / "frames.jsonl").read_text().splitlines()
    assert seen == [json.loads(line)["time_s"] for line in lines]
    assert seen == pytest.approx([i / 30 for i in range(30)], abs=1e-3)


def test_a_clip_beside_the_session_moves_with_it(tmp_path):
    (tmp_path / "a" / "clips").mkdir(parents=True)
    clip = make_clip(tmp_path / "a" / "clips" / "in.mp4", [0, 40, 50])
    with VideoSource(clip) as source:
        record_session(source, tmp_path / "a" / "s", LosslessVideo, provider="cpu")
    assert open_session(tmp_path / "a" / "s").clip == "../clips/in.mp4"
    (tmp_path / "a").rename(tmp_path / "b")
    report = replay_session(tmp_path / "b" / "s")
    assert report["recorded"]["identical"]
    assert report["hit_rate"] == 0
    assert report["jitter"] == {"landmarks_percent": None, "eyes_percent": None, "triples": 0}


def test_a_clip_elsewhere_is_named_absolutely_and_a_copy_needs_nothing_else(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").mkdir()
    clip = make_clip(tmp_path / "far" / "in.mp4", [0, 40, 50])
    for name, copy in (("there", False), ("copy", True)):
        with VideoSource(clip) as source:
            record_session(source, tmp_path / "near" / name, LosslessVideo, provider="cpu", copy=copy)
    assert open_session(tmp_path / "near" / "there").clip == str(clip)
    clip.unlink()
    assert replay_session(tmp_path / "near" / "copy")["recorded"]["identical"]
    with pytest.raises(SourceError, match=r"in\.mp4.*got nothing of that name.*--copy"):
        open_session(tmp_path / "near" / "there")


# --- cameras ----------------------------------------------------------------------------------------------


def test_a_camera_is_kept_to_the_bit_and_replays_identically(tmp_path, demo_frames):
    images, times = demo_frames[:20], uneven(20)
    report = record_session(FakeCamera(images, times), tmp_path / "s", LosslessVideo, provider="cpu")
    assert (report.frames, report.seconds) == (20, times[-1] - times[0])
    head = open_session(tmp_path / "s")
    assert (head.source, head.clip) == ("Logi", "frames.mkv")
    lines = (tmp_path / "s" / "frames.jsonl").read_text().splitlines()
    assert [json.loads(line)["time_s"] for line in lines] == times, "to the last digit"
    with VideoSource(head.clip_path) as source:
        for image, frame in zip(images, source.frames(), strict=True):
            np.testing.assert_array_equal(image, frame.image)
    report = replay_session(tmp_path / "s")
    assert report["recorded"]["identical"]
    assert report["recorded"]["frames_other_pixels"] == 0


def test_a_calibrated_camera_is_recorded_with_its_intrinsics(tmp_path, demo_frames):
    stored = settings.StoredCamera("Logi", 640, 480, 700.1, 701.2, 322.3, 236.4, "chessboard")
    settings.remember_camera(stored)
    record_session(FakeCamera(demo_frames[:3], uneven(3)), tmp_path / "s", LosslessVideo, provider="cpu")
    settings.forget_camera("Logi")
    assert open_session(tmp_path / "s").camera == stored.camera
    assert replay_session(tmp_path / "s")["recorded"]["identical"]


def test_the_recording_ends_after_the_seconds_asked_for(tmp_path, demo_frames):
    camera = FakeCamera(demo_frames[:10], [5.0 + i / 10 for i in range(10)])
    report = record_session(camera, tmp_path / "s", LosslessVideo, seconds=0.45, provider="cpu")
    assert report.frames == 5


def test_saying_stop_keeps_what_is_there(tmp_path, demo_frames):
    asked = []
    camera = FakeCamera(demo_frames[:10], uneven(10))
    report = record_session(
        camera, tmp_path / "s", LosslessVideo, provider="cpu", stop=lambda: asked.append(1) or len(asked) > 3
    )
    assert report.frames == 4
    assert replay_session(tmp_path / "s")["frames"] == 4


def test_a_lost_camera_ends_the_recording_and_keeps_it(tmp_path, demo_frames):
    camera = FakeCamera(demo_frames[:4], uneven(4), lost=True)
    report = record_session(camera, tmp_path / "s", LosslessVideo, provider="cpu")
    assert any("stopped sending pictures" in note for note in report.notes)
    assert replay_session(tmp_path / "s")["frames"] == 4


def test_another_picture_size_ends_the_recording_and_keeps_it(tmp_path, demo_frames):
    camera = FakeCamera([*demo_frames[:3], demo_frames[3][:240]], uneven(4))
    report = record_session(camera, tmp_path / "s", LosslessVideo, provider="cpu")
    assert report.frames == 3
    assert any("size" in note for note in report.notes)


# --- whole or not at all ----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SourceError("broken"), RuntimeError("defect")])
def test_what_breaks_a_recording_leaves_nothing(tmp_path, demo_frames, error):
    def progress(frames, _):
        if frames == 3:
            raise error

    camera = FakeCamera(demo_frames[:5], uneven(5))
    with pytest.raises(type(error)):
        record_session(camera, tmp_path / "s", LosslessVideo, provider="cpu", progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_a_source_without_frames_leaves_nothing(tmp_path, demo_frames):
    camera = FakeCamera(demo_frames[:1], uneven(1))
    camera.frames = lambda: iter(())
    with pytest.raises(SourceError, match="no frame"):
        record_session(camera, tmp_path / "s", LosslessVideo, provider="cpu")
    assert list(tmp_path.iterdir()) == []


def test_what_exists_is_not_touched(tmp_path, demo_frames):
    (tmp_path / "s").mkdir()
    with pytest.raises(SinkError, match="exists already"):
        record_session(FakeCamera(demo_frames[:1], uneven(1)), tmp_path / "s", LosslessVideo)
    with pytest.raises(SinkError, match="no folder"):
        record_session(FakeCamera(demo_frames[:1], uneven(1)), tmp_path / "x" / "s", LosslessVideo)


# --- broken sessions --------------------------------------------------------------------------------------


def test_no_session_at_all(tmp_path):
    for path, got in ((tmp_path, "without it"), (tmp_path / "none", "nothing")):
        with pytest.raises(SourceError, match=f"not a session.*{got}.*record"):
            open_session(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("format = 1", "format = 2", r"another version.*format 2.*version that recorded"),
        ("format = 1", "format = ", r"session\.toml is damaged"),
        ("frames = 6", 'frames = "6"', "frames is missing or of the wrong kind"),
        ("fx = ", "f = ", "camera is not a camera"),
        ('provider = "cpu"', 'provider = "tpu"', "provider"),
        ('"faces.jsonl" = "', '"other" = "', r"sha256\.faces\.jsonl"),
    ],
)
def test_a_broken_first_page(copied, old, new, words):
    edit(copied / "session.toml", old, new)
    with pytest.raises(SourceError, match=words):
        replay_session(copied)


@pytest.mark.parametrize("name", ["clip.mp4", "frames.jsonl", "faces.jsonl"])
def test_a_file_that_is_gone_or_altered(copied, name):
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    with pytest.raises(SourceError, match=f"{name} was altered since"):
        replay_session(copied)
    (copied / name).unlink()
    with pytest.raises(SourceError, match=f"{name}.*got nothing of that name"):
        replay_session(copied)


def test_fewer_lines_than_frames(copied):
    lines = (copied / "frames.jsonl").read_text().splitlines(keepends=True)
    (copied / "frames.jsonl").write_text("".join(lines[:-1]))
    sign_again(copied, "frames.jsonl")
    with pytest.raises(SourceError, match=r"not whole.*6 lines.*got 5 and 6"):
        replay_session(copied)


@pytest.mark.parametrize("line", ['{"index":2}', "nonsense", '{"index":9,"time_s":0,"crc32":1}', "[]"])
def test_a_damaged_line(copied, line):
    lines = (copied / "frames.jsonl").read_text().splitlines()
    lines[2] = line
    (copied / "frames.jsonl").write_text("\n".join(lines))
    sign_again(copied, "frames.jsonl")
    with pytest.raises(SourceError, match="damaged"):
        replay_session(copied)


def test_a_clip_that_ends_too_early(copied):
    make_clip(copied / "clip.mp4", [0, 40], size=(640, 480))
    edit(copied / "session.toml", open_sum(copied), session_module.file_sha256(copied / "clip.mp4"))
    with pytest.raises(SourceError, match=r"ends before the session.*6 frames.*got 2"):
        replay_session(copied)


def open_sum(folder):
    return tomllib.loads((folder / "session.toml").read_text())["sha256"]["clip"]


def test_differences_are_measured_and_explained(copied):
    lines = [json.loads(line) for line in (copied / "faces.jsonl").read_text().splitlines()]
    lines[1]["faces"][0]["landmarks"][7][0] += 3.0
    lines[1]["faces"][0]["landmarks"][7][1] += 4.0
    lines[2]["faces"][0]["id"] = 17
    lines[3]["faces"] = []
    for line in lines:
        for face in line["faces"]:
            face["figure_of_another_version"] = 1
    (copied / "faces.jsonl").write_text("\n".join(map(json.dumps, lines)))
    sign_again(copied, "faces.jsonl")
    edit(copied / "session.toml", 'numpy = "', 'numpy = "0.')
    recorded = replay_session(copied)["recorded"]
    assert recorded["max_difference_px"] == pytest.approx(5.0)
    assert (recorded["frames_differing"], recorded["frames_other_faces"]) == (3, 2)
    assert not recorded["identical"]
    assert len(recorded["changed"]) == 1
    assert recorded["changed"][0].startswith("numpy 0.")


def test_a_session_of_another_provider_says_so(clip_session, monkeypatch):
    from ar_effects.app.sessions import replay as replay_module

    head = open_session(clip_session)
    monkeypatch.setattr(replay_module, "open_session", lambda _: replace(head, provider="cuda"))
    notes = []

    def choose(wanted: str):
        if wanted == "cuda":
            raise ProviderError("CUDA cannot run")
        return replay_module.Provider("cpu", "no CUDA")

    monkeypatch.setattr(replay_module, "choose_provider", choose)
    report = replay_session(clip_session, note=notes.append)
    assert "recorded on CUDA" in notes[0]
    assert report["recorded"]["changed"] == ["provider cuda to cpu"]


def test_a_session_keeps_the_lens_it_was_tracked_with(tmp_path, demo_frames):
    camera = FakeCamera(demo_frames[:2], uneven(2))
    record_session(camera, tmp_path / "s", LosslessVideo, provider="cpu", fov_deg=50.0)
    assert open_session(tmp_path / "s").camera == Camera.of_fov(640, 480, 50.0)
