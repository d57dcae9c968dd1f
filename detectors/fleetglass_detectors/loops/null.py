"""Learns from healthy runs how alike the steps of a role usually are.

The likeness of two steps means little by itself. An orchestrator writes the same ledger each turn,
while a search agent never asks the same thing twice: one cosine is routine for the first and a loop
for the second. So each role (an agent's calls, or its model's outputs) has a histogram of how alike
steps a few places apart were in healthy runs, and of how high the detector's score rose there.
Keep one `Null` for each framework.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fleetglass_detectors.detector import State
from fleetglass_detectors.loops import streams
from fleetglass_detectors.loops.look import Look, cosine
from fleetglass_detectors.loops.rephrased import asks_for_another
from fleetglass_detectors.loops.step import Finding

BINS = 12
LAGS = 8
LEAST_STEPS = 200
LEAST_RUNS = 30
"""A role is judged only after this many healthy steps, in this many runs."""
MOST_STEPS, MOST_RUNS, MOST_ROLES = 64, 200, 10_000
"""The most steps of one run, runs of one role, and roles that are learned from."""
QUANTILE = 0.99
CLIP = 4.0
SOFT = 0.5
"""Steps at least this alike count as the same, for the number of occurrences."""
OCCURRENCES = (3, 6)
PEAKED = 12
"""The density of the cosines in a loop is assumed to grow with this power."""

Role = tuple[str, str]


class Null:
    """What is known about the healthy runs of one framework; see `fit`."""

    def __init__(self) -> None:
        self._counts: defaultdict[Role, NDArray[np.float64]] = defaultdict(_prior)
        self._steps: defaultdict[Role, int] = defaultdict(int)
        self._peaks: defaultdict[Role, list[float]] = defaultdict(list)

    def fit(self, runs: Sequence[Sequence[Look]]) -> "Null":
        """Add healthy runs: first how alike their steps are, then how high their scores rise."""
        for looks in runs:
            self._compare(looks)
        for looks in runs:
            self._climb(looks)
        return self

    def learn(self, looks: Sequence[Look]) -> None:
        """Add one healthy run, unless all its roles are known well enough."""
        some = looks[-MOST_STEPS:]
        roles = set(_by_role(some))
        known = {role for role in roles if len(self._peaks.get(role, ())) >= MOST_RUNS}
        if roles - known and len(self._counts) < MOST_ROLES:
            self._compare(some)
            self._climb(some)

    def state(self) -> State:
        counts = {role: counts.tolist() for role, counts in self._counts.items()}
        return {"counts": counts, "steps": dict(self._steps), "peaks": dict(self._peaks)}

    def restore(self, state: State) -> None:
        for role, counts in state["counts"].items():
            self._counts[role] = np.array(counts)
        self._steps.update(state["steps"])
        self._peaks.update({role: [*peaks] for role, peaks in state["peaks"].items()})

    def _compare(self, looks: Sequence[Look]) -> None:
        for role, places in _by_role(looks).items():
            self._steps[role] += len(places)
            for place in places:
                for lag in range(1, LAGS + 1):
                    self._count(role, looks, place=place, lag=lag)

    def _climb(self, looks: Sequence[Look]) -> None:
        for role, places in _by_role(looks).items():
            self._peaks[role].append(max(self.score(looks[: place + 1])[0] for place in places))

    def ready(self, look: Look) -> bool:
        """Return whether enough is known about a step's role."""
        role = _role(look)
        return self._steps[role] >= LEAST_STEPS and len(self._peaks[role]) >= LEAST_RUNS

    def limit(self, look: Look) -> float:
        """Return the score that all but a few healthy runs of a step's role stayed below."""
        return float(np.quantile(self._peaks[_role(look)], QUANTILE))

    def score(self, looks: Sequence[Look]) -> tuple[float, int, int]:
        """Return the best score of the last step over all lags, that lag, and the matches in a row.

        S_p <- max(0, S_p + clip(log f1(s) / f0(s), -4, 4)) along the stream, over 1 + (p - 1) / 4.
        """
        # Of a long run only the end is used: five rounds of the longest cycle.
        stream = _stream(looks)[-5 * LAGS :]
        best = (0.0, 0, 0)
        for lag in range(1, min(LAGS, len(stream) - 1) + 1):
            if alike(stream[-1], stream[-1 - lag]) < SOFT:
                continue
            total, matched = self._along(stream, lag)
            best = max(best, (total / (1 + (lag - 1) / 4), lag, matched))
        return best

    def _along(self, stream: Sequence[Look], lag: int) -> tuple[float, int]:
        total, matched = 0.0, 0
        for place in range(lag, len(stream)):
            like = alike(stream[place], stream[place - lag])
            total = max(0.0, total + self._evidence(_role(stream[place]), like))
            matched = matched + 1 if like >= SOFT else 0
        return total, matched

    def _evidence(self, role: Role, like: float) -> float:
        counts = self._counts[role]
        loop = np.diff(np.linspace(0, 1, BINS + 1) ** (PEAKED + 1))[_bin(like)]
        return float(np.clip(np.log(loop / (counts[_bin(like)] / counts.sum())), -CLIP, CLIP))

    def _count(self, role: Role, looks: Sequence[Look], *, place: int, lag: int) -> None:
        stream = _stream(looks[: place + 1])
        if len(stream) > lag:
            self._counts[role][_bin(alike(stream[-1], stream[-1 - lag]))] += 1


def find(looks: Sequence[Look], *, null: Null) -> Finding | None:
    """Report a finding if the last step continues a cycle longer than healthy runs do."""
    if not looks or looks[-1].call or streams.polling(looks[-1]) or not null.ready(looks[-1]):
        return None
    score, lag, matched = null.score(looks)
    limit = max(null.limit(looks[-1]), CLIP)
    repeats = matched / lag + 1 if lag else 0.0
    if score <= limit or repeats < OCCURRENCES[0]:
        return None
    places = _places(looks)
    steps = f"{lag} steps" if lag > 1 else "a step"
    return Finding(
        kind="lagged",
        critical=repeats >= OCCURRENCES[1],
        places=tuple(places[-matched - lag :]),
        period=lag,
        repeats=repeats,
        score=score / limit,
        summary=f"repeats {steps} {int(repeats)} times, more alike than in healthy runs",
    )


def alike(one: Look, other: Look) -> float:
    """Return how alike two steps are: the lesser of question and answer; 0 for other questions."""
    if one.step.tool != other.step.tool or one.step.kind != other.step.kind:
        return 0.0
    if one.step.kind != "llm" and one.ask != other.ask and asks_for_another(one, other):
        return 0.0
    asked = 1.0 if one.ask == other.ask else cosine(one.vector, other.vector)
    if one.silent and other.silent:
        return max(0.0, asked)
    back = 1.0 if one.outcome == other.outcome else cosine(one.back, other.back)
    return max(0.0, min(asked, back))


def _places(looks: Sequence[Look]) -> list[int]:
    last = looks[-1].step
    if last.kind == "llm":
        return list(streams.words_alone(looks, actor=last.actor))
    return streams.tools(looks, actor=last.actor)


def _stream(looks: Sequence[Look]) -> list[Look]:
    return [looks[place] for place in _places(looks)]


def _role(look: Look) -> Role:
    return (look.step.actor, "said" if look.step.kind == "llm" else "called")


def _by_role(looks: Sequence[Look]) -> dict[Role, list[int]]:
    places: defaultdict[Role, list[int]] = defaultdict(list)
    for place, look in enumerate(looks):
        places[_role(look)].append(place)
    return places


def _bin(like: float) -> int:
    return min(BINS - 1, int(like * BINS))


def _prior() -> NDArray[np.float64]:
    return np.full(BINS, 0.5)
