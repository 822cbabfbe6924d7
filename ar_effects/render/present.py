"""The finished picture on a window: fitted, mirrored if wanted, exact to the bit at its own size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import moderngl

    from ar_effects.render.full_screen import FullScreenDraws
    from ar_effects.render.programs import Programs


class Presenter:
    """Draws a picture's texture on a framebuffer that does not encode sRGB by itself."""

    def __init__(self, programs: Programs, full_screen: FullScreenDraws) -> None:
        self._program: Any = programs.get("present.vert.glsl", "present.frag.glsl")
        self._full_screen = full_screen
        full_screen.array(self._program)  # ahead of the first frame

    def draw(
        self,
        picture: moderngl.Texture,
        target: Any,
        framebuffer_size: tuple[int, int],
        *,
        mirror: bool,
        letterbox: bool,
    ) -> None:
        """Black bars where the shapes differ, or a filled window with edges cut off."""
        target.scissor = None
        target.viewport = (0, 0, *framebuffer_size)
        target.use()
        target.clear(0.0, 0.0, 0.0, 1.0)
        target.viewport = placed(picture.size, framebuffer_size, letterbox=letterbox)
        picture.use(0)
        self._program["picture"].value = 0
        self._program["mirror"].value = -1.0 if mirror else 1.0
        self._full_screen.draw(self._program)
        target.viewport = (0, 0, *framebuffer_size)


def placed(
    picture_size: tuple[int, int], framebuffer_size: tuple[int, int], *, letterbox: bool = True
) -> tuple[int, int, int, int]:
    """(x, y, width, height) of the picture in the middle of a framebuffer, its shape kept.

    Args:
        picture_size: (width, height), positive.
        framebuffer_size: (width, height) in pixels, not in the window system's points.
        letterbox: show all of the picture; otherwise leave no bar, and x or y may be negative.
    """
    (w, h), (room_w, room_h) = picture_size, framebuffer_size
    fit = min if letterbox else max
    scale = fit(room_w / w, room_h / h)
    width, height = max(round(w * scale), 1), max(round(h * scale), 1)
    return (room_w - width) // 2, (room_h - height) // 2, width, height
