"""What passes have in common, and the table of them, which others may add to.

Programs that use the library register theirs; other packages name them as entry points of the group
``ar_effects.passes``, under the name of the class of the draws. docs/how-to-add.md has an example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args

from ar_effects.errors import InputError
from ar_effects.messages import Message
from ar_effects.plugins import Registry
from ar_effects.render.render_context import Component
from ar_effects.render.screen_rectangle import Rectangle

if TYPE_CHECKING:
    from collections.abc import Callable

    from ar_effects.render.render_context import RenderContext

DrawT = TypeVar("DrawT")


class Pass(Component, Generic[DrawT]):
    """Draws one kind of draw. One object serves all draws of its kind as long as the renderer lives."""

    def prepare(self) -> None:
        """Make what every draw of the kind needs: called once, before the first of them.

        Drivers compile programs for tenths of a second when they are made and first drawn with: the app draws
        each pack once before its first frame, so that they are there.
        """

    def draw(self, draw: DrawT) -> None:
        """Draw on ``context.targets.current``, leaving the state of OpenGL as ``RenderContext`` says."""
        raise NotImplementedError

    def area(self, draw: DrawT) -> Rectangle | None:  # noqa: ARG002 - what a pass knows of it, others tell
        """The pixels that a draw can change, and that it reads of the current picture; None if none.

        All of them, unless a pass tells better: a group is then copied and laid over there only.
        """
        return Rectangle(0, 0, *self.context.size)


PASSES: dict[type[Any], Callable[[RenderContext], Pass[Any]]] = {}
"""Which pass draws what, by the type of the draw."""


def register_pass(draw_type: type[DrawT], pass_class: Callable[[RenderContext], Pass[DrawT]]) -> None:
    """Have draws of a type drawn by a pass of this class, in renderers that have not met one yet.

    Raises:
        InputError: the type has a pass.
    """
    if draw_type in PASSES:
        raise InputError(
            Message(
                "render.pass-taken",
                draw=draw_type.__name__,
                taken_by=getattr(PASSES[draw_type], "__name__", PASSES[draw_type]),
            )
        )
    PASSES[draw_type] = pass_class


def pass_of(draw_type: type[Any]) -> Callable[[RenderContext], Pass[Any]] | None:
    """The class of the pass for draws of a type: one that is registered, or a plug-in's. None without one."""
    if draw_type in PASSES:
        return PASSES[draw_type]
    of_plugin = ADDED_PASSES.find(draw_type.__name__)
    return of_plugin if of_plugin is not None and _drawn_by(of_plugin) is draw_type else None


def _drawn_by(pass_class: type[Pass[Any]]) -> object:
    """The type in ``class MyPass(Pass[MyDraw])``."""
    bases = getattr(pass_class, "__orig_bases__", ())
    return next((kind for base in bases for kind in get_args(base) if isinstance(kind, type)), None)


def _check_pass(name: str, pass_class: object) -> None:
    if not (isinstance(pass_class, type) and issubclass(pass_class, Pass)):
        raise TypeError(Message("plugin.no-subclass", thing=repr(pass_class), bases="Pass"))
    if getattr(_drawn_by(pass_class), "__name__", "") != name:
        raise TypeError(Message("plugin.pass-of-other-draw", pass_class=pass_class.__name__, draw=name))


ADDED_PASSES: Registry[type[Pass[Any]]] = Registry("passes", check=_check_pass)
"""Those of plug-ins, by the name of the class of their draws."""
