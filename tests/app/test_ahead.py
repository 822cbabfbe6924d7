"""What is begun before it is needed, and calls that nobody listens to yet."""

from __future__ import annotations

import threading

import pytest

from ar_effects.app.window.ahead import Ahead, Bell
from ar_effects.errors import SourceError


def test_it_is_made_in_another_thread_while_this_one_goes_on():
    go_on, here = threading.Event(), threading.get_ident()

    def make():
        assert go_on.wait(20.0)
        return threading.get_ident()

    ahead = Ahead(make, "test")
    go_on.set()
    made = ahead.take()
    assert made != here
    assert ahead.take() == made  # and is made once


def test_what_went_wrong_is_raised_to_whoever_takes_it():
    def make():
        raise SourceError("no camera")

    ahead = Ahead(make, "test")
    for _ in range(2):
        with pytest.raises(SourceError, match="no camera"):
            ahead.take()


def test_who_listens_late_has_missed_nothing():
    bell, heard = Bell(), []
    bell.ring()
    bell.ring()
    bell.listen(lambda: heard.append(1))
    assert heard == [1]
    bell.ring()
    assert heard == [1, 1]
