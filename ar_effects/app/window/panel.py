"""The panel with the worn effect's controls: a slider, picker or list for each parameter of its pack."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ar_effects.app.window.effect_session import EffectSession
from ar_effects.app.window.fonts import fonts_with, is_drawn, script_of
from ar_effects.errors import ArEffectsError, RenderError
from ar_effects.media.textures import read_picture
from ar_effects.messages import Message, sentence
from ar_effects.packs.parameters import (
    AnyParameter,
    ChoiceParameter,
    ColourParameter,
    FlagParameter,
    NumberParameter,
)

if TYPE_CHECKING:
    from ar_effects.effects.effect import Effect

WIDTH, MARGIN, LETTERS = 320, 12, 15.0
"""Of the panel, of the way to the window's edges, and of its letters; points of the window."""

LOWEST = 120
"""However much text stands above it, the panel is so high where the window is."""

HANDLERS = (
    *(f"on_mouse_{what}" for what in ("motion", "drag", "press", "release", "scroll")),
    *("on_key_press", "on_key_release", "on_text", "on_resize"),
)
"""Events of the window that the library's backend listens to; it never stops by itself."""


class Panel:
    """Dear ImGui on the window. Made when it is first opened: until then it costs nothing.

    Args:
        window: the pyglet window, its context current.

    Raises:
        RenderError: the library for panels is not installed, or fails on this driver.

    Attributes:
        missing: scripts of letters in the texts shown last that no font of this computer has.
        rectangle: where it was drawn last: x, y of its upper left corner, width, height; points.
        message: a sentence under the controls.
    """

    def __init__(self, window: Any) -> None:
        if sys.platform.startswith("linux") and not os.environ.get("WAYLAND_DISPLAY"):
            os.environ.setdefault("PYOPENGL_PLATFORM", "x11" if os.environ.get("DISPLAY") else "egl")
        try:
            from imgui_bundle import imgui  # noqa: PLC0415 - heavy, and for those who open a panel
            from imgui_bundle.python_backends import pyglet_backend  # noqa: PLC0415

            self._context = imgui.create_context()
            imgui.get_io().set_ini_filename("")  # remembers nothing on the disk
            self._font = imgui.get_io().fonts.add_font_from_file_ttf(str(_own_font()), LETTERS)
            make: Any = pyglet_backend
            self._renderer = make.create_renderer(window)
        except Exception as error:  # PyOpenGL's and the library's own share no base class
            raise RenderError(Message("panel.unavailable"), got=" ".join(str(error).split())[:160]) from error
        self._imgui = imgui
        self._window = window
        self._drawn_s = time.monotonic()
        self._dialog: tuple[str, Any] | None = None
        self._moved = False  # by somebody, who wants it there
        self.rectangle = (0.0, 0.0, 0.0, 0.0)
        self._sought: set[str] = set()  # letters that were looked for, and those that no font has
        self._lacking: set[str] = set()
        self._names: tuple[str, ...] = ()  # of packs, as they were listed last
        self.missing: list[str] = []
        self.message = ""

    @property
    def wants_keys(self) -> bool:
        """Whether something is being typed into the panel."""
        return bool(self._imgui.get_io().want_text_input)

    def draw(self, effect_session: EffectSession, top: float = 0.0) -> None:
        """Draw over the window, and set what was changed.

        Its height follows the effect's controls, within the window: more can be scrolled to.

        Args:
            effect_session: what is worn.
            top: how far other text reaches down from the window's upper edge, which the panel leaves free
                unless somebody drags it there; points.
        """
        imgui, now = self._imgui, time.monotonic()
        io = imgui.get_io()
        io.delta_time = max(now - self._drawn_s, 1e-4)
        width, height = map(float, self._window.get_size())
        io.display_size = imgui.ImVec2(width, height)
        self._drawn_s = now
        self._find_letters(effect_session)
        imgui.new_frame()
        top = min(max(top, MARGIN), max(height - MARGIN - LOWEST, 0.0))
        if not self._moved:
            imgui.set_next_window_pos(imgui.ImVec2(MARGIN, top))
        wide = min(float(WIDTH), max(width - 2 * MARGIN, 1.0))
        most = max(height - MARGIN - (MARGIN if self._moved else top), 1.0)
        imgui.set_next_window_size_constraints(imgui.ImVec2(wide, 0), imgui.ImVec2(wide, most))
        imgui.begin(f"{effect_session.title}###controls", None, imgui.WindowFlags_.always_auto_resize)
        self._effect_list(effect_session)
        self._controls(effect_session.effect)
        if self.message:
            imgui.text_wrapped(self.message)
        if self.missing:
            scripts = ", ".join(self.missing)
            imgui.text_wrapped(sentence("panel.no-font", scripts=scripts))
        place, size = imgui.get_window_pos(), imgui.get_window_size()
        self.rectangle = (place.x, place.y, size.x, size.y)
        # Dragged since it was put there; the library goes on from where somebody leaves it.
        self._moved = self._moved or abs(place.x - MARGIN) + abs(place.y - top) > 1.0
        imgui.end()
        imgui.render()
        self._renderer.render(imgui.get_draw_data())

    def release(self) -> None:
        """Free what it holds on the graphics card, and the library's own context. It takes no events then."""
        self._imgui.set_current_context(self._context)
        for name in HANDLERS:
            self._window.remove_handler(name, getattr(self._renderer, name))
        self._renderer.shutdown()
        self._imgui.destroy_context(self._context)

    def _find_letters(self, effect_session: EffectSession) -> None:
        """Look for fonts with the letters of the texts to be shown that were not seen before."""
        effect = effect_session.effect
        parameters = effect.pack.manifest.parameters.values() if effect.pack else ()
        texts = [effect_session.title, self.message, *self._names]
        for parameter in parameters:
            texts += [parameter.label or "", *getattr(parameter, "options", ())]
        letters = set("".join(texts))
        for letter in sorted(letters - self._sought):
            self._sought.add(letter)
            if is_drawn(letter) and not self._can_show(letter):
                self._lacking.add(letter)
        self.missing = sorted({script_of(letter) for letter in letters & self._lacking})

    def _can_show(self, letter: str) -> bool:
        if self._font.is_glyph_in_font(ord(letter)):
            return True
        for path in fonts_with(letter):
            config = self._imgui.ImFontConfig()
            config.merge_mode = True
            try:
                self._imgui.get_io().fonts.add_font_from_file_ttf(str(path), LETTERS, config)
            except RuntimeError:  # gone, or not to be read
                continue
            if self._font.is_glyph_in_font(ord(letter)):
                return True
        return False

    def _effect_list(self, effect_session: EffectSession) -> None:
        imgui = self._imgui
        if effect_session.only:
            return
        if imgui.begin_combo("effect", effect_session.title):
            self._names = effect_session.names()
            for name in ("", *self._names):
                chosen, _ = imgui.selectable(name or "none", name == (effect_session.name or ""))
                if chosen:
                    effect_session.wear(name or None)
                    self.message = effect_session.refused
            imgui.end_combo()

    def _controls(self, effect: Effect) -> None:
        parameters = effect.pack.manifest.parameters if effect.pack else {}
        if not parameters:
            self._imgui.text_disabled(sentence("panel.nothing-to-set"))
        self._take_picture(effect)
        for name, parameter in parameters.items():
            self._control(effect, name, parameter)
        if parameters and self._imgui.button(sentence("panel.reset")):
            effect.reset()

    def _control(self, effect: Effect, name: str, parameter: AnyParameter) -> None:
        imgui, value = self._imgui, effect.parameters[name]
        label = f"{parameter.label or name.replace('_', ' ')}##{name}"
        if isinstance(parameter, NumberParameter):
            moved, new = imgui.slider_float(label, float(value), parameter.min, parameter.max)
            if moved:
                effect.set(name, new)
        elif isinstance(parameter, FlagParameter):
            moved, flag = imgui.checkbox(label, bool(value))
            if moved:
                effect.set(name, flag)
        elif isinstance(parameter, ColourParameter):
            moved, colour = imgui.color_edit4(label, imgui.ImVec4(*_floats(str(value))))
            if moved:
                effect.set(name, _hex((colour.x, colour.y, colour.z, colour.w)))
        elif isinstance(parameter, ChoiceParameter):
            at = parameter.options.index(str(value))
            moved, at = imgui.combo(label, at, parameter.options)
            if moved:
                effect.set(name, parameter.options[at])
        elif imgui.button(f"{parameter.label or name}...##{name}") and self._dialog is None:
            from imgui_bundle import portable_file_dialogs  # noqa: PLC0415

            self._dialog = (
                name,
                portable_file_dialogs.open_file(sentence("panel.choose-picture"), str(Path.home())),
            )

    def _take_picture(self, effect: Effect) -> None:
        """The picture that was chosen in a dialog, once it is closed."""
        if self._dialog is None or not self._dialog[1].ready(0):
            return
        (name, dialog), self._dialog = self._dialog, None
        for path in dialog.result()[:1]:
            try:
                effect.set(name, path, read_picture(Path(path)))
                self.message = ""
            except ArEffectsError as error:
                self.message = error.one_line()


def _own_font() -> Path:
    """Roboto, which comes with the library: Latin, Greek and Cyrillic."""
    import imgui_bundle  # noqa: PLC0415 - heavy, and for those who open a panel

    return Path(imgui_bundle.__file__).parent / "assets" / "fonts" / "Roboto" / "Roboto-Regular.ttf"


def _floats(colour: str) -> tuple[float, float, float, float]:
    """``#rrggbb`` or ``#rrggbbaa`` as encoded values 0..1, which is how people pick colours."""
    r, g, b, *a = (int(colour[i : i + 2], 16) / 255.0 for i in range(1, len(colour), 2))
    return r, g, b, a[0] if a else 1.0


def _hex(floats: tuple[float, float, float, float]) -> str:
    return "#" + "".join(f"{round(min(max(f, 0.0), 1.0) * 255):02x}" for f in floats)
