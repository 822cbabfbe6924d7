import threading
from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from ar_effects.errors import CameraLostError, SourceError
from ar_effects.sources.camera import CameraSource
from ar_effects.sources.camera_list import CameraEntry, backends, known_cameras, list_cameras, ways_of
from tests.waiting import ended, heard

MJPG = cv2.VideoWriter.fourcc(*"MJPG")
LOGI = CameraEntry(0, "Logitech C920", openable=True)
BUILT_IN = CameraEntry(2, "Integrated Camera", openable=True)


class FakeCamera:
    """A webcam with its own clock: grabbing a frame takes ``gap_s``."""

    def __init__(self, size=(1280, 720), gap_s=1 / 30, black=0, dead_after=None, opened=True, lies=60.0):
        self.now = 100.0
        self.size = size
        self.gap_s = gap_s
        self.black = black
        self.dead_after = dead_after
        self.opened = opened
        self.lies = lies
        self.asked = []
        self.released = 0
        self.grabbed = 0
        self.damaged = ()

    def __call__(self, index, backend):
        self.where = (index, backend)
        return self

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds

    def isOpened(self):
        return self.opened

    def set(self, prop, value):
        self.asked.append((prop, value))
        return True

    def get(self, prop):
        return {cv2.CAP_PROP_FPS: self.lies, cv2.CAP_PROP_FOURCC: MJPG}[prop]

    def grab(self):
        if self.dead_after is not None and self.grabbed >= self.dead_after:
            return False
        self.now += self.gap_s
        self.grabbed += 1
        return True

    def retrieve(self):
        if self.grabbed in self.damaged:
            raise cv2.error("damaged")
        level = 0 if self.grabbed <= self.black else 120
        return True, np.full((self.size[1], self.size[0], 3), level, np.uint8)

    def release(self):
        self.released += 1


def open_fake(fake, device="auto", cameras=(LOGI, BUILT_IN), **options):
    return CameraSource(
        device,
        opener=fake,
        clock=fake.clock,
        sleep=fake.sleep,
        cameras=lambda: cameras,
        platform="linux",
        **options,
    )


def take(source, count):
    return [frame for frame, _ in zip(source.frames(), range(count), strict=False)]


def test_asks_for_compressed_pictures_the_size_and_a_short_queue():
    fake = FakeCamera(size=(1920, 1080))
    source = open_fake(fake, width=1920, height=1080, fps=30)
    assert fake.asked == [
        (cv2.CAP_PROP_FOURCC, MJPG),
        (cv2.CAP_PROP_FRAME_WIDTH, 1920),
        (cv2.CAP_PROP_FRAME_HEIGHT, 1080),
        (cv2.CAP_PROP_FPS, 30),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]
    assert source.info.name == "Logitech C920"
    assert source.info.size == (1920, 1080)
    assert source.info.is_live
    assert source.info.frame_count is None
    assert source.info.notes == ()


def test_what_is_delivered_counts_not_what_was_asked_or_declared():
    fake = FakeCamera(size=(640, 480), gap_s=1 / 12)
    source = open_fake(fake)
    assert source.info.notes == ("asked for 1280x720, got 640x480",)
    assert source.info.fps == 60
    take(source, 40)
    assert source.info.fps == 12
    assert "asked for 30 frames a second, got 12" in source.info.notes[1]


def test_times_are_the_clock_when_the_frame_arrived():
    fake = FakeCamera()
    frames = take(open_fake(fake), 5)
    assert [f.index for f in frames] == [0, 1, 2, 3, 4]
    gaps = np.diff([f.time_s for f in frames])
    assert gaps == pytest.approx(1 / 30)


def test_black_frames_of_the_beginning_are_left_out():
    fake = FakeCamera(black=7)
    first = take(open_fake(fake), 1)[0]
    assert first.image.mean() == 120
    assert fake.grabbed >= 8


def test_a_covered_lens_is_said_not_refused():
    fake = FakeCamera(black=10**6)
    source = open_fake(fake)
    assert "lens covered" in source.info.notes[0]
    assert len(take(source, 3)) == 3
    assert fake.now < 103


def test_damaged_frames_are_skipped():
    fake = FakeCamera()
    fake.damaged = (4, 5)
    frames = take(open_fake(fake), 5)
    assert [f.index for f in frames] == [0, 1, 2, 3, 4]


def test_vanishing_is_noticed_in_bounded_time_and_healed_by_reopen():
    fake = FakeCamera(dead_after=10)
    source = open_fake(fake, lost_after_s=2)
    frames = source.frames()
    seen = []
    with pytest.raises(CameraLostError, match="Logitech C920 stopped sending pictures") as caught:
        seen.extend(frames)
    assert caught.value.fix
    assert len(seen) == 9
    lost_at = fake.now
    assert lost_at - seen[-1].time_s == pytest.approx(2, abs=0.1)

    with pytest.raises(SourceError):
        source.reopen()
    assert fake.now - lost_at < 6
    fake.dead_after = None
    source.reopen()
    again = take(source, 3)
    assert [f.index for f in again] == [9, 10, 11]
    assert again[0].time_s > seen[-1].time_s


def test_reopen_finds_the_same_camera_under_its_new_number():
    fake = FakeCamera()
    cameras = [BUILT_IN, LOGI]
    source = CameraSource(
        0, opener=fake, clock=fake.clock, sleep=fake.sleep, cameras=lambda: tuple(cameras), platform="linux"
    )
    assert source.info.name == "Logitech C920"
    cameras[:] = [BUILT_IN, CameraEntry(4, "Logitech C920", openable=True)]
    source.reopen()
    assert fake.where[0] == 4


@pytest.mark.parametrize(("device", "index"), [("auto", 0), ("logi", 0), ("INTEGRATED", 2), (2, 2), (7, 7)])
def test_choice(device, index):
    fake = FakeCamera()
    open_fake(fake, device)
    assert fake.where == (index, cv2.CAP_V4L2)


def test_auto_takes_the_first_that_works():
    dead, good = FakeCamera(opened=False), FakeCamera()
    source = CameraSource(
        opener=lambda index, backend: good(index, backend) if index == 2 else dead,
        clock=good.clock,
        sleep=good.sleep,
        cameras=lambda: (LOGI, BUILT_IN),
        platform="linux",
    )
    assert source.info.name == "Integrated Camera"
    assert dead.released >= 1


def test_windows_falls_back_to_the_older_way():
    fake = FakeCamera()
    dead = FakeCamera(opened=False)
    source = CameraSource(
        opener=lambda index, backend: fake(index, backend) if backend == cv2.CAP_DSHOW else dead,
        clock=fake.clock,
        sleep=fake.sleep,
        cameras=lambda: (LOGI,),
        platform="win32",
    )
    assert fake.where == (0, cv2.CAP_DSHOW)
    assert source.info.name == "Logitech C920"


@pytest.mark.parametrize(
    ("fake", "device", "cameras", "words"),
    [
        (FakeCamera(), "auto", (), "No camera was found"),
        (FakeCamera(), "sony", (LOGI, BUILT_IN), r'No camera has "sony".*0 \(Logitech C920\) or 2'),
        (FakeCamera(opened=False), "auto", (LOGI,), "No pictures came from Logitech C920"),
        (FakeCamera(dead_after=0), "auto", (LOGI,), "No pictures came from Logitech C920"),
        (FakeCamera(), "auto", (CameraEntry(1, "Cam", openable=False),), "group video"),
    ],
)
def test_troubles_in_words(fake, device, cameras, words):
    with pytest.raises(SourceError, match=words) as caught:
        open_fake(fake, device, cameras)
    assert caught.value.fix
    assert fake.now < 106


def test_close_from_another_thread():
    fake = FakeCamera()
    source = CameraSource(
        opener=fake, clock=fake.clock, sleep=fake.sleep, cameras=lambda: (LOGI,), platform="linux"
    )
    sent = threading.Event()
    thread = threading.Thread(target=lambda: [sent.set() for _ in source.frames()])
    thread.start()
    heard(sent, "the first frame")
    with source:
        pass
    source.close()
    ended(thread)
    assert fake.released == 1
    with pytest.raises(SourceError, match="was closed"):
        source.reopen()


def test_linux_lists_names_without_opening_the_cameras(tmp_path):
    sysfs, dev = tmp_path / "sys", tmp_path / "dev"
    dev.mkdir()
    for number, name in ((10, "Last"), (0, "Logitech C920"), (2, "")):
        (sysfs / f"video{number}").mkdir(parents=True)
        (sysfs / f"video{number}" / "name").write_text(f"{name}\n")
    (sysfs / "v4l-subdev0").mkdir()
    # Nodes that cannot be opened cannot be asked; they are listed, so that the person hears why.
    assert list_cameras(platform="linux", sysfs=sysfs, dev=dev) == (
        CameraEntry(0, "Logitech C920", openable=False),
        CameraEntry(2, "Camera 2", openable=False),
        CameraEntry(10, "Last", openable=False),
    )
    # A node that is there and is no camera (as a webcam's metadata node) is left out.
    (dev / "video2").write_bytes(b"")
    assert [c.index for c in list_cameras(platform="linux", sysfs=sysfs, dev=dev)] == [0, 10]
    assert list_cameras(platform="linux", sysfs=tmp_path / "none", dev=dev) == ()


def missing(backend):
    raise ImportError("No module named 'cv2_enumerate_cameras'")


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_the_system_tells_no_names_the_first_numbers_are_tried(platform):
    assert known_cameras(platform=platform, lister=missing) is None
    fakes = {i: FakeCamera(opened=i in (0, 3)) for i in range(10)}
    found = list_cameras(platform=platform, opener=lambda i, b: fakes[i], lister=missing)
    assert [(c.index, c.name) for c in found] == [(0, "Camera 0"), (3, "Camera 3")]
    assert fakes[0].released == 1


def never(index, backend):
    raise AssertionError("a camera was opened to learn its name")


def path(unit, category):
    return f"\\\\?\\usb#vid_046d&pid_{unit}&mi_00#7&2a7f#{{{category}}}\\global"


@dataclass
class Told:
    """What the system says of a camera, as ``cv2_enumerate_cameras.CameraInfo`` gives it."""

    index: int
    name: str
    path: str | None = None


def windows(backend):
    """Media Foundation and DirectShow count apart, name the same devices, and see each other's not."""
    if backend == cv2.CAP_MSMF:
        return [Told(0, "HD Webcam", path("01", "e53")), Told(1, "Logitech C920", path("02", "e53"))]
    assert backend == cv2.CAP_DSHOW
    return [
        Told(0, "OBS Virtual Camera"),
        Told(1, "Logitech C920", path("02", "65e").upper()),
        Told(2, "HD Webcam", path("01", "65e")),
    ]


def test_windows_tells_names_and_each_backends_numbers():
    found = list_cameras(platform="win32", opener=never, lister=windows)
    assert [(c.index, c.name) for c in found] == [
        (0, "HD Webcam"),
        (1, "Logitech C920"),
        (2, "OBS Virtual Camera"),
    ]
    msmf, dshow = cv2.CAP_MSMF, cv2.CAP_DSHOW
    assert [ways_of(c, "win32") for c in found] == [
        ((msmf, 0), (dshow, 2)),
        ((msmf, 1), (dshow, 1)),
        ((dshow, 0),),
    ]


def test_macos_tells_names():
    def told(backend):
        assert backend == cv2.CAP_AVFOUNDATION
        return [Told(0, "FaceTime HD Camera", "0x1"), Told(1, "iPhone Camera", "A-B"), Told(2, " ", "C")]

    found = list_cameras(platform="darwin", opener=never, lister=told)
    assert [(c.index, c.name) for c in found] == [
        (0, "FaceTime HD Camera"),
        (1, "iPhone Camera"),
        (2, "Camera 2"),
    ]


@pytest.mark.parametrize("paths", [True, False])
def test_two_cameras_of_one_name_are_told_apart(paths):
    def told(backend):
        units = [("01", "65e"), ("02", "65e")]
        return [Told(i, "USB Camera", path(*unit) if paths else None) for i, unit in enumerate(units)]

    found = list_cameras(platform="win32", opener=never, lister=told)
    assert [c.name for c in found] == ["USB Camera", "USB Camera (2)"]
    assert ways_of(found[1], "win32") == ((cv2.CAP_MSMF, 1), (cv2.CAP_DSHOW, 1))


def test_two_of_one_name_on_linux_too(tmp_path):
    for number in (0, 2):
        (tmp_path / f"video{number}").mkdir()
        (tmp_path / f"video{number}" / "name").write_text("Integrated Camera\n")
    found = known_cameras(platform="linux", sysfs=tmp_path, dev=tmp_path / "none")
    assert [c.name for c in found] == ["Integrated Camera", "Integrated Camera (2)"]


@pytest.mark.parametrize(("device", "way"), [("obs", ("dshow", 0)), ("c920", ("msmf", 1)), (2, ("dshow", 0))])
def test_windows_cameras_are_chosen_by_name_and_number(device, way):
    fake = FakeCamera()
    source = CameraSource(
        device,
        opener=fake,
        clock=fake.clock,
        sleep=fake.sleep,
        cameras=lambda: known_cameras(platform="win32", lister=windows),
        platform="win32",
    )
    assert fake.where == (way[1], {"msmf": cv2.CAP_MSMF, "dshow": cv2.CAP_DSHOW}[way[0]])
    assert source.info.name in ("OBS Virtual Camera", "Logitech C920")


def test_the_older_way_is_taken_by_its_own_number():
    fake, dead = FakeCamera(), FakeCamera(opened=False)
    CameraSource(
        "hd webcam",
        opener=lambda index, backend: fake(index, backend) if backend == cv2.CAP_DSHOW else dead,
        clock=fake.clock,
        sleep=fake.sleep,
        cameras=lambda: known_cameras(platform="win32", lister=windows),
        platform="win32",
    )
    assert fake.where == (2, cv2.CAP_DSHOW)


@pytest.mark.parametrize("device", ["auto", "logi", 0])
def test_nothing_is_opened_while_a_lost_camera_is_not_listed(device):
    fake, opened = FakeCamera(), []
    cameras = [LOGI, BUILT_IN]
    source = CameraSource(
        device,
        opener=lambda index, backend: (opened.append(index), fake(index, backend))[1],
        clock=fake.clock,
        sleep=fake.sleep,
        cameras=lambda: tuple(cameras),
        platform="linux",
    )
    cameras.remove(LOGI)
    opened.clear()
    for _ in range(5):
        with pytest.raises(CameraLostError, match="Logitech C920 is not plugged in"):
            source.reopen()
    assert opened == []
    cameras.append(LOGI)
    source.reopen()
    assert opened == [0]


@pytest.mark.parametrize("device", ["auto", 1, "Camera 1"])
def test_where_nothing_is_listed_only_the_lost_camera_is_tried(device):
    fake, dead, opened = FakeCamera(), FakeCamera(opened=False), []

    def opener(index, backend):
        opened.append(index)
        return (fake if index == 1 else dead)(index, backend)

    source = CameraSource(
        device, opener=opener, clock=fake.clock, sleep=fake.sleep, cameras=lambda: None, platform="darwin"
    )
    assert source.info.name == "Camera 1"
    opened.clear()
    fake.opened = False
    for _ in range(3):
        with pytest.raises(SourceError, match="No pictures"):
            source.reopen()
    assert opened == [1, 1, 1]


def test_opencv_stays_silent_when_there_is_no_camera(capfd):
    with pytest.raises(SourceError):
        CameraSource(63)
    assert capfd.readouterr().err == ""


def test_backends_per_system():
    assert backends("linux") == (cv2.CAP_V4L2,)
    assert backends("win32") == (cv2.CAP_MSMF, cv2.CAP_DSHOW)
    assert backends("darwin") == (cv2.CAP_AVFOUNDATION,)


def test_given_back_and_taken_again():
    fake = FakeCamera()
    source = open_fake(fake)
    first = take(source, 3)
    source.release()
    source.release()
    assert fake.released == 1
    source.reopen()
    again = take(source, 2)
    assert again[0].time_s > first[-1].time_s
    assert again[0].index >= first[-1].index
