"""How finely a frame is drawn: steps from everything that can be seen down to what slow computers manage."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DetailStep:
    """One way to draw.

    Attributes:
        name: for people.
        size: of the picture that is drawn, as a share of the frame's width and height.
        error_px: how far levels of detail of models may be off, in pixels of what is drawn.
        samples: of a pixel at the edges of models.
        shadow_side: texels of a shadow's map at most; 0 draws no shadows.
        cost: of a frame, about, where the finest costs 1: what going up one step will cost.
    """

    name: str
    size: float
    error_px: float
    samples: int
    shadow_side: int
    cost: float

    def drawn_size(self, size: tuple[int, int]) -> tuple[int, int]:
        """(width, height) of what is drawn of a frame."""
        return _drawn(size[0], self.size), _drawn(size[1], self.size)


def _drawn(side: int, fraction: float) -> int:
    """A side of what is drawn: never a power of two that the frame's own is not.

    Mesa compiles every shader anew that reads a picture with such a side: nothing moves for a fifth of a
    second, when 640 pixels become 512.
    """
    found = max(round(side * fraction), 1)
    return found - 1 if found != side and found > 2 and found & (found - 1) == 0 else found


STEPS = (
    DetailStep("full", 1.0, 0.45, 4, 128, 1.0),
    DetailStep("high", 1.0, 0.8, 4, 64, 0.85),
    DetailStep("medium", 0.8, 0.8, 4, 64, 0.62),
    DetailStep("low", 0.6, 0.8, 4, 64, 0.43),
    DetailStep("least", 0.6, 1.0, 4, 0, 0.32),
)
"""The finest first. Down to "low" the picture stays like "full"'s: a structural similarity of 0.95."""

FULL = STEPS[0]
FAST = STEPS[3]
