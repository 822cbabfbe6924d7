"""Words of the command line that plug-ins may add to; they are asked only about words that are not ours."""

from __future__ import annotations

from typing import Any

import click


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
