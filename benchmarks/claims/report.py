"""What the outcomes say of each claim: the rules of docs/claims.md, the table and the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ar_effects.paths import ROOT
from benchmarks.claims.frozen import NOISE, SAMPLINGS
from benchmarks.claims.scratch import PLANS, SIZES
from benchmarks.claims.statistics import (
    FAILED,
    HELD,
    Effect,
    Outcomes,
    contrast,
    effect,
    slope_factors,
    straightness,
    together,
)
from benchmarks.common import table

PAGE = ROOT / "docs" / "claims.md"
PICTURE = ROOT / "docs" / "pictures" / "claims.png"
BEGIN, END = "<!-- results: written by benchmarks.claims -->", "<!-- end of results -->"

MARGIN = 0.005
"""Half a point: what (c) allows the softmax to lose."""

STRAIGHT = 0.9
"""R^2 that (e) asks of the line."""

SAYS = {
    "a": "accuracy falls monotonically with noise; 10 % costs at most a quarter of what 50 % costs",
    "b": "square-root and uniform resampling beat natural on the tail",
    "c": "1/k softmax >= sigmoid",
    "d": "the vocabulary that matches the target wins on it",
    "e": "transfer grows log-linearly with data over five doublings",
    "f": "the slope grows with the network",
}


def judged(outcomes: Mapping[str, Outcomes]) -> dict[str, Any]:
    """Each claim's effects, controls, means and verdict, as JSON has it."""
    rules = {"a": _noise, "b": _sampling, "c": _loss, "d": _vocabulary}
    found = {claim: rule(outcomes[claim]) for claim, rule in rules.items()}
    found["e"], found["f"] = _growth(outcomes["ef"]), _networks(outcomes["ef"])
    for claim, result in found.items():
        arms = outcomes["ef" if claim in "ef" else claim]
        result["claim"] = SAYS[claim]
        result["accuracy"] = {name: _plain(effect(values)) for name, values in arms.items()}
    return found


def _plain(found: Effect) -> dict[str, float]:
    return {"mean": found.mean, "low": found.low, "high": found.high}


def _result(
    verdict: str, effects: Mapping[str, Effect], controls: Mapping[str, bool], **more: Any
) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "effects": {name: _plain(value) for name, value in effects.items()},
        "controls": dict(controls),
        **more,
    }


def _difference(arms: Outcomes, more: str, less: str) -> Effect:
    return effect(contrast(arms, {more: 1.0, less: -1.0}))


def _clean_is_best(arms: Outcomes, others: Sequence[str]) -> bool:
    """Nothing learnt from posts is beyond doubt better than what was learnt from clean labels."""
    return all(_difference(arms, "clean", name).high >= 0 for name in others)


def _noise(arms: Outcomes) -> dict[str, Any]:
    names = [f"noise {n:g}" for n in NOISE]
    effects = {f"{one} over {other}": _difference(arms, one, other) for one, other in pairwise(names)}
    falls = together([value.verdict() for value in effects.values()])
    spare = effect(contrast(arms, {names[0]: -0.75, names[1]: 1.0, names[-1]: -0.25}))
    effects["a quarter of the cost of 0.5, less the cost of 0.1"] = spare
    shuffled = _difference(arms, f"shuffled {names[0]}", f"shuffled {names[-1]}")
    chance = effect(arms[f"shuffled {names[0]}"])
    controls = {
        "shuffled: noise costs nothing": shuffled.low <= 0,
        "shuffled: at chance (below 3 %)": chance.mean < 0.03,
        "clean labels are not beaten": _clean_is_best(arms, names),
    }
    return _result(together([falls, spare.verdict()]), effects, controls)


def _sampling(arms: Outcomes) -> dict[str, Any]:
    others = SAMPLINGS[1:]
    effects = {f"{name} over natural": _difference(arms, name, "natural") for name in others}
    shuffled = [_difference(arms, f"shuffled {name}", "shuffled natural") for name in others]
    controls = {
        "shuffled: resampling gains nothing": not all(value.low > 0 for value in shuffled),
        "clean labels are not beaten": _clean_is_best(arms, SAMPLINGS),
    }
    return _result(together([value.verdict() for value in effects.values()]), effects, controls)


def _loss(arms: Outcomes) -> dict[str, Any]:
    found = _difference(arms, "softmax", "sigmoid")
    controls = {
        "shuffled: the losses are alike": abs(_difference(arms, "shuffled softmax", "shuffled sigmoid").mean)
        < 0.01,
        "clean labels are not beaten": _clean_is_best(arms, ("softmax", "sigmoid")),
    }
    return _result(found.verdict(margin=MARGIN), {"softmax over sigmoid": found}, controls)


def _vocabulary(arms: Outcomes) -> dict[str, Any]:
    pairs = {"narrow": ("narrow to narrow", "wide to narrow"), "wide": ("wide to wide", "narrow to wide")}
    effects = {f"on the {name} target": _difference(arms, *pair) for name, pair in pairs.items()}
    shuffled = [_difference(arms, f"shuffled {one}", f"shuffled {other}") for one, other in pairs.values()]
    controls = {
        "shuffled: no vocabulary wins on its target": not all(value.low > 0 for value in shuffled),
        "clean labels are not beaten": _clean_is_best(arms, ("wide to wide", "narrow to wide")),
    }
    return _result(together([value.verdict() for value in effects.values()]), effects, controls)


def _slope(arms: Outcomes, plan: str) -> tuple[NDArray[np.float64], float]:
    names = [f"{plan} {size}" for size in SIZES]
    means = [float(np.nanmean(arms[name])) for name in names]
    return contrast(arms, slope_factors(SIZES, names)), straightness(SIZES, means)


def _growth(arms: Outcomes) -> dict[str, Any]:
    values, straight = _slope(arms, "middle")
    slope = effect(values)
    ends = [f"shuffled middle {SIZES[0]}", f"shuffled middle {SIZES[-1]}"]
    flat = contrast(arms, slope_factors((SIZES[0], SIZES[-1]), ends))
    verdict = slope.verdict()
    if verdict == HELD and straight < STRAIGHT:
        verdict = FAILED
    controls = {
        "shuffled tags teach less": effect(values - flat).low > 0,
        "clean labels are not beaten": _clean_is_best(arms, [f"middle {SIZES[-1]}"]),
    }
    effects = {"points a doubling": slope, "the same, shuffled": effect(flat)}
    return _result(verdict, effects, controls, r_squared=straight)


def _networks(arms: Outcomes) -> dict[str, Any]:
    slopes = {plan: _slope(arms, plan)[0] for plan in PLANS}
    difference = effect(slopes["large"] - slopes["small"])
    effects = {"large over small, points a doubling": difference}
    effects |= {f"{plan}: points a doubling": effect(values) for plan, values in slopes.items()}
    controls = {
        "shuffled tags teach less": _growth(arms)["controls"]["shuffled tags teach less"],
        "clean labels are not beaten": _clean_is_best(arms, [f"middle {SIZES[-1]}"]),
    }
    return _result(difference.verdict(), effects, controls)


def show(results: Mapping[str, Any]) -> str:
    """The table as the terminal has it."""
    return table("Claims", ("claim", "verdict", "effect", "points", "low", "high"), _rows(results))


def _rows(results: Mapping[str, Any]) -> list[tuple[str, str, str, str, str, str]]:
    rows = []
    for claim, result in results.items():
        for i, (name, value) in enumerate(result["effects"].items()):
            points = [f"{100 * value[key]:+.2f}" for key in ("mean", "low", "high")]
            rows.append((claim if not i else "", result["verdict"] if not i else "", name, *points))
    return rows


def write_pages(record: Mapping[str, Any]) -> None:
    """The tables between the marks of docs/claims.md, and the picture."""
    figures, machine = record["figures"], record["machine"]
    results = figures["claims"]
    lines = ["| claim | verdict | effect | points | 95 % interval |", "|---|---|---|---|---|"]
    for claim, verdict, name, mean, low, high in _rows(results):
        title = f"({claim}) {SAYS[claim]}" if claim else ""
        lines.append(
            f"| {title} | {f'**{verdict}**' if verdict else ''} | {name} | {mean} | {low} to {high} |"
        )
    lines += ["", "| claim | control | as it should be |", "|---|---|---|"]
    lines += [
        f"| ({claim}) | {name} | {'yes' if fine else '**no**'} |"
        for claim, result in results.items()
        for name, fine in result["controls"].items()
    ]
    minutes = sum(figures["processor_minutes"].values())
    seeds = ", ".join(f"{claim} {count}" for claim, count in figures["seeds"].items())
    lines += [
        "",
        (
            f"R^2 of the line of (e): {results['e']['r_squared']:.3f}. "
            f"{figures['photographs']:,} photographs; seeds: {seeds}; "
            f"{minutes:.0f} minutes of one core ({machine['cpu']}, {machine['date']})."
        ),
    ]
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(lines) + f"\n\n{END}{after}", encoding="utf-8")
    _draw(results)


def _draw(results: Mapping[str, Any]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(11, 6))
    bars = {
        "a": [f"noise {n:g}" for n in NOISE] + ["clean"],
        "b": [*SAMPLINGS, "clean"],
        "c": ["softmax", "sigmoid", "clean"],
        "d": ["narrow to narrow", "wide to narrow", "wide to wide", "narrow to wide"],
    }
    for axis, (claim, names) in zip(axes.flat, bars.items(), strict=False):
        values = [results[claim]["accuracy"][name] for name in names]
        means = [100 * v["mean"] for v in values]
        spread = [
            [100 * (v["mean"] - v["low"]) for v in values],
            [100 * (v["high"] - v["mean"]) for v in values],
        ]
        colours = ["#1f6f8b" if name != "clean" else "#999999" for name in names]
        axis.bar(names, means, yerr=spread, color=colours, capsize=3)
        low = min(m - s for m, s in zip(means, spread[0], strict=True))
        axis.set_ylim(max(0, low - 5), min(100, max(means) + 4))
        axis.tick_params(axis="x", labelrotation=20, labelsize=8)
        axis.set_ylabel("top-1, %")
        axis.set_title(f"({claim}) {results[claim]['verdict']}", fontsize=10)
    for axis, claim, plans in ((axes[1, 1], "e", ("middle",)), (axes[1, 2], "f", tuple(PLANS))):
        accuracy = results[claim]["accuracy"]
        for plan in plans:
            values = [accuracy[f"{plan} {size}"] for size in SIZES]
            means = [100 * v["mean"] for v in values]
            axis.plot(SIZES, means, "o-", label=plan)
            if claim == "e":
                axis.fill_between(
                    SIZES, [100 * v["low"] for v in values], [100 * v["high"] for v in values], alpha=0.2
                )
        if claim == "e":
            ends = (SIZES[0], SIZES[-1])
            axis.plot(
                ends,
                [100 * accuracy[f"shuffled middle {n}"]["mean"] for n in ends],
                "s--",
                label="shuffled tags",
            )
        axis.set_xscale("log", base=2)
        axis.set_xlabel("posts learnt from")
        axis.set_ylabel("transfer, top-1, %")
        axis.legend(fontsize=8)
        axis.set_title(f"({claim}) {results[claim]['verdict']}", fontsize=10)
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=100)
    plt.close(figure)
