"""Files that appear whole or not at all, whatever the disk does, and never in the place of what is read."""

from __future__ import annotations

import ast
import errno
import io
import os
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from ar_effects.errors import SinkError
from ar_effects.sinks.picture import save_picture
from ar_effects.sources.picture import load_picture
from ar_effects.writing import PartFile, PartFolder, check_not_input, check_target, write_bytes, write_text

ROOT = Path(__file__).resolve().parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX only")


class Sips(io.FileIO):
    """A disk that takes a few bytes at a time, and after so many none, as the system's ``write`` may."""

    sip, room = 7, 1 << 60

    def write(self, data):
        left = Sips.room - self.tell()
        if left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(memoryview(data).cast("B")[: min(Sips.sip, left)])


@pytest.fixture
def sips(monkeypatch):
    """Every part lies on such a disk."""
    from ar_effects import writing

    class Whole(writing._WholeWrites, Sips):
        pass

    monkeypatch.setattr(writing, "_WholeWrites", Whole)
    monkeypatch.setattr(Sips, "room", 1 << 60)
    return Sips


@pytest.mark.parametrize("size", [0, 1, 7, 8, 5000])
def test_short_writes_are_gone_on_with(tmp_path, sips, size):
    data = bytes(i % 251 for i in range(size))
    write_bytes(tmp_path / "a", data)
    assert (tmp_path / "a").read_bytes() == data
    part = PartFile(tmp_path / "b")
    assert part.file.write(data) == size
    part.finish()
    assert (tmp_path / "b").read_bytes() == data


def test_arrays_of_any_kind_are_counted_in_bytes(tmp_path, sips):
    part = PartFile(tmp_path / "a")
    assert part.file.write(np.arange(100, dtype=np.float64)) == 800
    part.finish()
    assert (tmp_path / "a").read_bytes() == np.arange(100, dtype=np.float64).tobytes()


@pytest.mark.parametrize("room", [0, 3, 500])
def test_a_disk_that_fills_up_in_the_middle_leaves_the_good_file(tmp_path, sips, room):
    (tmp_path / "a.txt").write_bytes(b"good")
    sips.room = room
    with pytest.raises(SinkError, match="the disk is full"):
        write_text(tmp_path / "a.txt", "x" * 1000)
    assert (tmp_path / "a.txt").read_bytes() == b"good"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_write_that_takes_nothing_is_a_full_disk_and_no_endless_loop(tmp_path, sips):
    sips.sip = 0
    try:
        with pytest.raises(SinkError, match="the disk is full"):
            write_bytes(tmp_path / "a", b"something")
    finally:
        sips.sip = 7
    assert list(tmp_path.iterdir()) == []


def test_pictures_survive_short_writes(tmp_path, sips):
    image = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
    assert (load_picture(save_picture(tmp_path / "a.png", image)) == image).all()


@posix
@pytest.mark.parametrize("limit", [0, 1000, 4096, 30_000])
def test_a_limit_of_the_system_inside_one_write(tmp_path, limit):
    """The kernel takes what fits below the limit, says so, and fails only the next time it is asked."""
    import resource
    import signal

    target = tmp_path / "a.bin"
    target.write_bytes(b"good")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        with pytest.raises(SinkError, match="the file grew larger"):
            write_bytes(target, b"x" * 50_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert target.read_bytes() == b"good"
    assert list(tmp_path.iterdir()) == [target]


@posix
def test_file_and_folder_are_brought_to_the_disk_in_that_order(tmp_path, monkeypatch):
    done = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(descriptor):
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(self, target):
        done.append("name")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    write_bytes(tmp_path / "a", b"1")
    assert done == ["file", "name", "folder"]


@posix
def test_private_files_are_never_readable_by_others(tmp_path):
    before = os.umask(0)
    try:
        write_bytes(tmp_path / "key", b"1", private=True)
        write_bytes(tmp_path / "plain", b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "plain").stat().st_mode) == 0o666


@posix
def test_devices_and_pipes_are_not_replaced_by_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(SinkError, match="not an ordinary file"):
            check_target(target)


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    (tmp_path / "in.bin").write_bytes(b"12345" * 1000)

    def fill(part):
        part.write("a", b"1")
        part.copy(tmp_path / "in.bin", "b")

    with PartFolder(tmp_path / "s", "session") as part:
        fill(part)
        assert not (tmp_path / "s").exists()
        part.finish()
    assert {p.name: p.stat().st_size for p in (tmp_path / "s").iterdir()} == {"a": 1, "b": 5000}

    def interrupted():
        with PartFolder(tmp_path / "t", "session") as part:
            fill(part)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(SinkError, match=r"exists already.*another name for the session"):
        PartFolder(tmp_path / "s", "session")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.bin", "s"]


def names_of(original: Path) -> list[Path]:
    """Other names of the same file."""
    folder = original.parent
    (folder / "inside").mkdir()
    (folder / "soft").symlink_to(original.name)
    (folder / "twice").symlink_to("soft")
    (folder / "linked").symlink_to(folder, target_is_directory=True)
    os.link(original, folder / "hard")
    return [
        original,
        Path(os.path.relpath(original)),
        folder / "." / original.name,
        Path(f"{folder}/inside/../{original.name}"),
        folder / "soft",
        folder / "twice",
        folder / "linked" / original.name,
        folder / "hard",
    ]


@posix
def test_the_same_file_is_known_by_all_its_names(tmp_path):
    original = tmp_path / "a.png"
    original.write_bytes(b"1")
    (tmp_path / "copy.png").write_bytes(b"1")
    for name in names_of(original):
        with pytest.raises(SinkError, match="would overwrite what it is made from"):
            check_not_input(name, [tmp_path / "copy.png", original])
    for name in (tmp_path / "copy.png", tmp_path / "A2.png", tmp_path / "none" / "a.png"):
        check_not_input(name, [original, tmp_path / "missing"])


def test_two_results_that_are_not_there_yet_may_not_be_one(tmp_path):
    with pytest.raises(SinkError, match="would overwrite"):
        check_not_input(tmp_path / "x" / ".." / "o.mp4", [tmp_path / "o.mp4"])


def test_nothing_else_moves_files_into_their_places():
    """One module knows how a file is replaced; folders of packs are renamed as wholes."""
    movers = []
    for path in sorted((ROOT / "ar_effects").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if not isinstance(called, ast.Attribute):
                continue
            moves = called.attr == "replace" and len(node.args) == 1 and not node.keywords
            if moves or called.attr == "fsync":
                movers.append(path.relative_to(ROOT / "ar_effects").as_posix())
    # Settings that cannot be read are moved aside; a session's video is synced where it is closed.
    assert set(movers) == {"writing.py", "settings.py", "sinks/lossless.py"}
