import threading
import time

import pytest

from ar_effects.errors import CameraLostError
from ar_effects.slots import LatestSlot, SlotClosedError
from tests.waiting import HANGS_S, ended, until


def test_newest_value_wins_and_the_others_are_counted():
    slot: LatestSlot[int] = LatestSlot()
    for value in range(5):
        assert slot.put(value)
    assert slot.get() == 4
    assert slot.dropped == 4
    assert slot.get(0) is None


def test_none_of_a_value_is_lost_when_the_reader_keeps_up():
    slot: LatestSlot[int] = LatestSlot()
    for value in range(5):
        slot.put(value)
        assert slot.get() == value
    assert slot.dropped == 0


def test_peeking_leaves_the_value_for_the_reader():
    slot: LatestSlot[int] = LatestSlot()
    assert slot.peek() is None
    slot.put(1)
    slot.put(2)
    assert (slot.peek(), slot.peek(), slot.get(), slot.peek()) == (2, 2, 2, None)
    assert slot.dropped == 1


def test_get_gives_up_after_its_timeout():
    slot: LatestSlot[int] = LatestSlot()
    start = time.monotonic()
    assert slot.get(0.05) is None
    assert time.monotonic() - start > 0.04


def test_close_wakes_every_waiter():
    slot: LatestSlot[int] = LatestSlot()
    ends: list[str] = []

    def wait() -> None:
        try:
            slot.get()
        except SlotClosedError:
            ends.append("closed")

    threads = [threading.Thread(target=wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: len(slot._changed._waiters) == 4, "every reader waits")
    slot.close()
    for thread in threads:
        ended(thread)
    assert ends == ["closed"] * 4
    assert slot.closed


def test_the_last_value_can_still_be_taken_after_a_quiet_close():
    slot: LatestSlot[int] = LatestSlot()
    slot.put(7)
    slot.close()
    assert not slot.put(8)
    assert slot.get() == 7
    with pytest.raises(SlotClosedError):
        slot.get()


def test_an_error_reaches_every_reader_and_the_first_one_stays():
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    first = CameraLostError("The camera is gone")
    slot.close(first)
    slot.close(RuntimeError("a later one"))
    slot.close()
    for _ in range(2):
        with pytest.raises(CameraLostError) as caught:
            slot.get()
        assert caught.value is first


def test_a_fast_writer_and_a_slow_reader_agree_on_what_was_lost():
    slot: LatestSlot[int] = LatestSlot()
    count = 2000
    seen: list[int] = []

    def read() -> None:
        while True:
            try:
                value = slot.get(HANGS_S)
            except SlotClosedError:
                return
            assert value is not None
            seen.append(value)

    reader = threading.Thread(target=read)
    reader.start()
    for value in range(count):
        slot.put(value)
    slot.close()
    ended(reader)
    assert seen == sorted(set(seen))
    assert seen[-1] == count - 1
    assert len(seen) + slot.dropped == count
