"""What a running pipeline says to the person: a sentence for each stage, the most important one shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Status:
    """Holds one sentence for each stage.

    A stage is given the writer of its own sentence and of no other. So a stage that goes on well cannot wipe
    what another is in trouble over, and the order in which threads happen to speak does not matter.

    Args:
        stages: each name with what it says at first, the one whose sentence matters most first.
        on_change: called, in the writer's thread, when a sentence has changed.
    """

    def __init__(self, stages: Mapping[str, str], on_change: Callable[[], None] = lambda: None) -> None:
        self._sentences = dict(stages)
        self._on_change = on_change

    @property
    def text(self) -> str:
        """The sentence of the first stage that has one; empty where none has."""
        return next((text for text in self._sentences.values() if text), "")

    def writer(self, stage: str) -> Callable[[str], None]:
        """What a stage says its sentence with; an empty one when there is nothing to say any more."""
        assert stage in self._sentences, stage

        def say(text: str) -> None:
            if text != self._sentences[stage]:
                self._sentences[stage] = text
                self._on_change()

        return say
