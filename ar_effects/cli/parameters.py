"""Words of the command line that are checked as they are typed.

Plug-ins may add to some; they are asked only about words that are not ours.
"""

from __future__ import annotations

from typing import Any

import click

from ar_effects.messages import Message


class _Source(click.ParamType):  # type: ignore[type-arg]  # has no arguments before click 8.4
    """What --source names, parsed here, at the edge, and nowhere else."""

    name = "source"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        from ar_effects.sources.spec import SourceSpec

        return SourceSpec.parse(value)


SOURCE = _Source()


class _Provider(click.Choice):  # type: ignore[type-arg]  # as above
    """One of our providers, or a plug-in's."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from ar_effects.inference.provider_types import PROVIDERS

        if value in self.choices:
            return super().convert(value, param, ctx)
        if value in PROVIDERS:
            return value
        if left_out := PROVIDERS.problem(value):
            self.fail(str(left_out), param, ctx)
        return click.Choice([*self.choices, *PROVIDERS]).convert(value, param, ctx)


PROVIDER = _Provider(["auto", "cuda", "tensorrt", "cpu"])


def check_angle(_: click.Context, option: click.Parameter, value: float | None) -> float | None:
    """Refuses what is no angle of a lens before anything is opened."""
    if value is not None:
        from ar_effects.geometry.camera import check_fov

        check_fov(value, Message("lens.field-of-view-of-option", option=option.opts[0]))
    return value
