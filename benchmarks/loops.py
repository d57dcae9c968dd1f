"""Runaway loops: ours by layer and together, beside the rules that others go by.

    .venv/bin/python benchmarks/loops.py [--vitals PYTHON] [--each 6]

On people's labels (TRAIL), on loops put into real healthy runs, and on work that only looks like
one. Rules and figures were chosen on the half of TRAIL that `Run.tuning` names. The other half is
reported by itself, and it is not untouched: its first figure was .545 (.690 on both halves), after
which the rule for questions that are asked again at once was written, having read, without their
labels, the two runs of all that such a rule would add. Take .69 to .77 for what is to be expected
of unseen runs. `--vitals` is an interpreter that has agent-vitals installed.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np

import loops_fans
import loops_made
import loops_rivals
import loops_runs
from fleetglass_detectors.loops import rephrased
from fleetglass_detectors.loops.judge import LAYERS, in_order
from fleetglass_detectors.loops.judge import at as findings_at
from fleetglass_detectors.loops.look import Look, look
from fleetglass_detectors.loops.null import Null
from fleetglass_detectors.loops.null import find as find_lagged
from fleetglass_detectors.loops.step import Finding, Step
from fleetglass_detectors.loops.streams import WINDOW
from loops_fans import Fan
from loops_made import Injected
from loops_runs import Run

Find = Callable[[Sequence[Look]], Finding | None]
Fired = Mapping[str, int | None]
"""The step at which each run was first flagged, by its name."""
Fire = Callable[[Sequence[Run]], Fired]

BOOTSTRAPS = 2000
GRID = (0.7, 0.72, 0.74, 0.76, 0.78)
FOLDS = 5


def main() -> None:
    """Print it all; some four minutes on one core."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--vitals", type=Path)
    arguments.add_argument("--each", type=int, default=6)
    given = arguments.parse_args()
    trail, dojo = loops_runs.trail(), loops_runs.agentdojo()
    if not trail or not dojo:
        raise SystemExit(f"needs the labelled runs of {loops_runs.SHARED}; there are none")
    began = time.perf_counter()
    labelled(trail, given.vitals)
    cross_validated(trail)
    hosts = healthy_runs(trail, dojo)
    null = Null().fit([looked(run) for run in hosts if run.tuning])
    put_in([run for run in hosts if not run.tuning], null, each=given.each, vitals=given.vitals)
    false_alarms(trail, dojo, null, vitals=given.vitals)
    fan_outs([run for run in hosts if not run.tuning], trail, dojo, vitals=given.vitals)
    costs(dojo)
    print(f"\n{time.perf_counter() - began:.0f} s in all")


def methods(
    vitals: Path | None, null: Null | None = None
) -> dict[str, Callable[[Sequence[Run]], Fired]]:
    """Each way of finding loops, as what it says of some runs."""

    def ours(find: Find) -> Fire:
        return lambda runs: {run.name: first(looked(run), find) for run in runs}

    def theirs(rule: loops_rivals.First) -> Fire:
        return lambda runs: {run.name: rule(run.steps) for run in runs}

    found = {"ours, together": ours(together)}
    found |= {f"  ours, {name}": ours(find) for name, find in LAYERS.items()}
    if null:
        found["  ours, knowing healthy runs"] = ours(lambda window: find_lagged(window, null=null))
    found |= {name: theirs(rule) for name, rule in loops_rivals.RIVALS.items()}
    if vitals:
        python = vitals
        found["agent-vitals 1.19"] = lambda runs: dict(
            zip(
                (run.name for run in runs),
                loops_rivals.agent_vitals(python, [run.steps for run in runs]),
                strict=True,
            )
        )
    return found


def together(window: Sequence[Look]) -> Finding | None:
    """The first thing that any layer finds."""
    return next(iter(findings_at(window)), None)


_LOOKED: dict[str, list[Look]] = {}


def looked(run: Run) -> list[Look]:
    """A run's looks, made once."""
    if run.name not in _LOOKED:
        _LOOKED[run.name] = [look(step) for step in in_order(run.steps)]
    return _LOOKED[run.name]


def first(looks: Sequence[Look], find: Find, *, after: int = 0) -> int | None:
    """The step at which something is first found, from one on."""
    for end in range(after + 1, len(looks) + 1):
        if find(looks[max(0, end - WINDOW) : end]):
            return end - 1
    return None


def labelled(trail: Sequence[Run], vitals: Path | None) -> None:
    """Run-level figures against people's labels, on each half and on both."""
    tuning = [run for run in trail if run.tuning]
    unseen = [run for run in trail if not run.tuning]
    print(
        f"\nTRAIL, {len(trail)} runs, {sum(run.looping for run in trail)} looping;"
        f" rules chosen on {len(tuning)}, others {len(unseen)}"
    )
    print(
        f"{'':28} {'tuning half':>14} {'other half':>14} {'all: F1 [95 %]':>20}"
        f" {'P':>5} {'R':>5} {'at step':>8} {'saved':>6}"
    )
    for name, fire in methods(vitals).items():
        fired = fire(trail)
        low, high = interval(trail, fired)
        precision, recall, f1 = score(trail, fired)
        at, saved = delay(trail, fired)
        halves = " ".join(f"{score(half, fired)[2]:>14.3f}" for half in (tuning, unseen))
        print(
            f"{name:28} {halves} {f1:>7.3f} [{low:.2f}, {high:.2f}] {precision:>5.2f}"
            f" {recall:>5.2f} {at:>8.0f} {saved:>5.0%}"
        )
    print("at step: median of true alarms; saved: share of their tokens spent after it")
    fired = methods(None)["ours, together"](trail)
    for group in sorted({run.group for run in trail}):
        runs = [run for run in trail if run.group == group]
        precision, recall, f1 = score(runs, fired)
        print(f"  ours, {group}: {len(runs)} runs, P {precision:.2f} R {recall:.2f} F1 {f1:.3f}")


def score(runs: Iterable[Run], fired: Fired) -> tuple[float, float, float]:
    """Precision, recall and F1 over runs."""
    pairs = [(run.looping, fired[run.name] is not None) for run in runs]
    return rates(np.array(pairs, bool).reshape(-1, 2))


def rates(pairs: np.ndarray[tuple[int, int], np.dtype[np.bool_]]) -> tuple[float, float, float]:
    """The same, of rows of (is, said to be)."""
    hits = int((pairs[:, 0] & pairs[:, 1]).sum())
    said, are = int(pairs[:, 1].sum()), int(pairs[:, 0].sum())
    return hits / max(1, said), hits / max(1, are), 2 * hits / max(1, said + are)


def interval(runs: Sequence[Run], fired: Fired) -> tuple[float, float]:
    """95 % of F1 over runs drawn again, with replacement."""
    pairs = np.array([(run.looping, fired[run.name] is not None) for run in runs], bool)
    draws = np.random.default_rng(0).integers(0, len(runs), (BOOTSTRAPS, len(runs)))
    scores = [rates(pairs[draw])[2] for draw in draws]
    low, high = np.quantile(scores, (0.025, 0.975))
    return float(low), float(high)


def delay(runs: Sequence[Run], fired: Fired) -> tuple[float, float]:
    """When true alarms came, and the share of those runs' tokens that came after."""
    hits = [(run, at) for run in runs if run.looping and (at := fired[run.name]) is not None]
    spent = sum(step.tokens for run, _ in hits for step in run.steps)
    after = sum(step.tokens for run, at in hits for step in run.steps[at + 1 :])
    return float(np.median([at for _, at in hits])) if hits else 0.0, after / max(1, spent)


def cross_validated(trail: Sequence[Run]) -> None:
    """The one figure that was fitted, chosen on four folds and counted on the fifth."""
    fired: dict[float, Fired] = {
        said: {run.name: first(looked(run), _with_said(said)) for run in trail} for said in GRID
    }
    scores: list[float] = []
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(len(trail))
        taken: dict[str, int | None] = {}
        for fold in range(FOLDS):
            held: list[Run] = [trail[int(place)] for place in order[fold::FOLDS]]
            rest = [run for run in trail if run not in held]
            best = max(GRID, key=lambda said: score(rest, fired[said])[2])
            taken |= {run.name: fired[best][run.name] for run in held}
        scores.append(score(trail, taken)[2])
    each = ", ".join(f"{said}: {score(trail, fired[said])[2]:.3f}" for said in GRID)
    print(
        f"\n`rephrased.SAID` chosen by nested {FOLDS}-fold cross-validation, 20 times:"
        f" F1 {np.mean(scores):.3f} ({min(scores):.3f} to {max(scores):.3f}); fixed at {each}"
    )
    for group in sorted({run.group for run in trail}):
        rest = [run for run in trail if run.group != group]
        held = [run for run in trail if run.group == group]
        best = max(GRID, key=lambda said: score(rest, fired[said])[2])
        print(f"  chosen without {group!r} ({best}), F1 on it: {score(held, fired[best])[2]:.3f}")


def _with_said(said: float) -> Find:
    def find(window: Sequence[Look]) -> Finding | None:
        others = (layer(window) for name, layer in LAYERS.items() if name != "rephrased")
        return rephrased.find(window, said=said) or next((f for f in others if f), None)

    return find


def healthy_runs(trail: Sequence[Run], dojo: Sequence[Run]) -> list[Run]:
    """Real runs of some length in which no layer and no label sees a loop."""
    return [
        run
        for run in (*trail, *dojo)
        if len(run.steps) >= 4 and not run.looping and first(looked(run), together) is None
    ]


def put_in(hosts: Sequence[Run], null: Null, *, each: int, vitals: Path | None) -> None:
    """Loops that were put into real runs: how many are found, and after how many repeats."""
    made = loops_made.injected(Random(7), hosts, each=each)
    kinds = sorted({(loop.kind, _band(loop.period)) for loop in made})
    print(
        f"\n{len(made)} loops of {loops_made.REPEATS} repeats put into {len(hosts)} real healthy"
        " runs: found / median repeats until then, by period"
    )
    print(f"{'':28}" + "".join(f" {kind[:10] + ' ' + band:>14}" for kind, band in kinds))
    runs = [loop.run for loop in made]
    for name, fire in methods(vitals, null).items():
        print(f"{name:28}" + _found(made, kinds, fire(runs)))
    print("an alarm before the loop began counts as none; healthy runs known: the other half's")


def _band(period: int) -> str:
    return "1" if period == 1 else "2-4" if period < 5 else "5-8"


def _found(made: Sequence[Injected], kinds: Sequence[tuple[str, str]], fired: Fired) -> str:
    delays: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    totals: defaultdict[tuple[str, str], int] = defaultdict(int)
    for loop in made:
        key = (loop.kind, _band(loop.period))
        totals[key] += 1
        at, end = fired[loop.run.name], loop.start + loop.period * loops_made.REPEATS
        if at is not None and loop.start <= at < end:
            delays[key].append((at - loop.start + 1) / loop.period)
    cells = [
        f"{len(delays[key]) / totals[key]:.0%} / {np.median(delays[key]):.1f}"
        if delays[key]
        else "0%"
        for key in kinds
    ]
    return "".join(f" {cell:>14}" for cell in cells)


def fan_outs(
    hosts: Sequence[Run], trail: Sequence[Run], dojo: Sequence[Run], *, vitals: Path | None
) -> None:
    """Rounds that start ever more, put into real runs; and what is flagged of healthy rounds."""
    made = loops_fans.fans(Random(13), hosts, each=2)
    kinds = list(loops_fans.GROWTHS)
    groups = loops_fans.healthy(Random(17), 40)
    print(
        f"\n{len(made)} growing fan-outs put into {len(hosts)} real healthy runs: found / median"
        " rounds until then, by growth a round; then flagged of healthy fan-outs"
    )
    print(f"{'':28}" + "".join(f" {name[:15]:>15}" for name in (*kinds, *groups)))
    for name, fire in _of_fan_outs(vitals).items():
        fired = fire([fan.run for fan in made])
        cells = [_grown([fan for fan in made if fan.kind == kind], fired) for kind in kinds]
        for runs in groups.values():
            cells.append(f"{sum(at is not None for at in fire(runs).values())} of {len(runs)}")
        print(f"{name:28}" + "".join(f" {cell:>15}" for cell in cells))
    real = {"TRAIL": trail, "AgentDojo": dojo, "seven frameworks": loops_runs.frameworks()}
    flagged = {
        name: f"{sum(at is not None for at in loops_fans.branching(runs).values())} of {len(runs)}"
        for name, runs in real.items()
    }
    print(
        "branching, of real runs:", ", ".join(f"{name} {count}" for name, count in flagged.items())
    )


def _of_fan_outs(vitals: Path | None) -> dict[str, Callable[[Sequence[Run]], Fired]]:
    named = methods(vitals)
    layers = {name: fire for name, fire in named.items() if not name.startswith("  ours")}
    return {"ours, branching": loops_fans.branching} | layers


def _grown(fans: Sequence[Fan], fired: Fired) -> str:
    rounds = [turn for fan in fans if (turn := fan.rounds(fired[fan.run.name])) is not None]
    return f"{len(rounds) / len(fans):.0%} / {np.median(rounds):.1f}" if rounds else "0%"


def false_alarms(
    trail: Sequence[Run], dojo: Sequence[Run], null: Null, *, vitals: Path | None
) -> None:
    """What is flagged where nothing, or next to nothing, goes wrong."""
    groups = {"TRAIL, not looping": [run for run in trail if not run.looping]}
    groups |= {"AgentDojo": list(dojo), "seven frameworks": loops_runs.frameworks()}
    groups |= loops_made.healthy(Random(11), 100)
    print("\nflagged where no loop is labelled or made")
    print(f"{'':28}" + "".join(f" {name[:18]:>18}" for name in groups))
    for name, fire in methods(vitals, null).items():
        cells = [sum(at is not None for at in fire(runs).values()) for runs in groups.values()]
        print(
            f"{name:28}"
            + "".join(
                f" {f'{cell} of {len(runs)}':>18}"
                for cell, runs in zip(cells, groups.values(), strict=True)
            )
        )
    fired = methods(None)["ours, together"](dojo)
    by_pipeline: defaultdict[str, int] = defaultdict(int)
    for run in dojo:
        by_pipeline[run.group] += fired[run.name] is not None
    print("AgentDojo, ours, by pipeline:", dict(by_pipeline))
    verbatim = sum(_verbatim(run.steps) for run in dojo if fired[run.name] is not None)
    print(f"  in {verbatim} of these one call was made 3 times or more and got the same answer")


def _verbatim(steps: Sequence[Step]) -> bool:
    calls = [(s.tool, s.asked, s.answered) for s in steps if s.kind != "llm"]
    return any(calls.count(call) >= 3 for call in set(calls))


def costs(dojo: Sequence[Run]) -> None:
    """What a step costs: to look at it, and to judge the window that it ends."""
    steps = [step for run in dojo for step in run.steps][:4000]
    began = time.perf_counter()
    looks = [look(step) for step in steps]
    seen = time.perf_counter() - began
    began = time.perf_counter()
    for end in range(1, len(looks) + 1):
        findings_at(looks[max(0, end - WINDOW) : end])
    judged = time.perf_counter() - began
    size = sum(len(step.asked) + len(step.answered) for step in steps) / len(steps)
    print(
        f"\nper step of {size:.0f} characters: look {seen / len(steps) * 1e6:.0f} us,"
        f" all layers on a full window {judged / len(steps) * 1e6:.0f} us"
    )


if __name__ == "__main__":
    main()
