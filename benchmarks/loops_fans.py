"""Fan-out that is made, and says so: rounds that each start more than before, and healthy rounds.

An agent asks its model, starts children, waits for all, and asks again. Children are tool calls, or
agents with a call of their own behind a tool each; rounds lie under one span, as most frameworks
tell them, or under a span each. Each child has work of its own: no words repeat.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from random import Random

import numpy as np

from fleetglass_detectors.loops.branching import Branching
from fleetglass_detectors.loops.judge import in_order
from fleetglass_detectors.loops.step import Step
from fleetglass_detectors.spans import KINDS, SPAN, Batch, Rows
from loops_made import CITIES, FRUIT, SYNONYMS, TOPICS, call, said
from loops_runs import SECOND, Run

ROUNDS = 12
MOST = 60
"""Children of one round; growth beyond that needs no detector."""
WORDS = sorted({*CITIES, *FRUIT, *SYNONYMS, *" ".join((*TOPICS, *SYNONYMS.values())).split()})
ROOT = 1 << 62
AT_ONCE = 200
"""Runs that are read beside one another."""

Grow = Callable[[Random, int, int], float]
"""How many a round starts: from how many it grew, and which round it is."""
GROWTHS: dict[str, Grow] = {
    "+1": lambda _random, first, turn: first + turn,
    "x1.5": lambda _random, first, turn: first * 1.5**turn,
    "+1 each 2nd": lambda _random, first, turn: first + turn // 2,
    "x1.2": lambda _random, first, turn: first * 1.2**turn,
    "+1, setbacks": lambda random, first, turn: first + turn - 2 * (random.random() < 0.25),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """A real run in which an agent starts more round after round."""

    run: Run
    ends: tuple[int, ...]
    """Where each round's last step is; in front, the last step before the first round."""
    kind: str

    def rounds(self, at: int | None) -> int | None:
        """In which round a step is, if in any; rounds count from one."""
        if at is None or not self.ends[0] < at <= self.ends[-1]:
            return None
        return next(turn for turn, end in enumerate(self.ends) if at <= end)


def fans(random: Random, hosts: Sequence[Run], *, each: int) -> list[Fan]:
    """For each way of growing, first round, sort of child and place of rounds, so many."""
    return [
        _put(random, random.choice(hosts), kind, counts_of(random, grow, first), (agents, turns))
        for kind, grow in GROWTHS.items()
        for first in (1, 2, 3)
        for agents in (False, True)
        for turns in (False, True)
        for _ in range(each)
    ]


def counts_of(random: Random, grow: Grow, first: int) -> list[int]:
    counts = [max(1, int(grow(random, first, turn) + 0.5)) for turn in range(ROUNDS)]
    return [count for count in counts if count <= MOST]


def healthy(random: Random, count: int) -> dict[str, list[Run]]:
    """So many runs of each sort of fan-out that is work."""
    sorts: dict[str, Callable[[], list[int]]] = {
        "maps over 5": lambda: [5] * random.randint(6, 20),
        "maps over 20": lambda: [20] * random.randint(6, 12),
        "maps over 50": lambda: [50] * random.randint(6, 8),
        "varies, 1 to 12": lambda: [random.randint(1, 12) for _ in range(random.randint(8, 30))],
        "wanders from 8": lambda: _wandering(random, random.randint(8, 30)),
        "one of 50 to 200": lambda: [random.randint(50, 200)],
    }
    return {
        sort: [_alone(random, f"{sort} {number}", counts(), number) for number in range(count)]
        for sort, counts in sorts.items()
    }


def _wandering(random: Random, rounds: int) -> list[int]:
    counts = [8]
    while len(counts) < rounds:
        counts.append(max(1, counts[-1] + random.randint(-3, 3)))
    return counts


def _alone(random: Random, name: str, counts: Sequence[int], number: int) -> Run:
    made = _rounds(random, counts, 0, (number % 2 == 1, number % 4 > 1))
    steps, around = _apart(made)
    return Run(name=name, group=name, steps=steps, around=around)


def _put(
    random: Random, host: Run, kind: str, counts: Sequence[int], shape: tuple[bool, bool]
) -> Fan:
    own = sorted((*host.steps, *_leaves(host)), key=lambda step: (step.start_ns, step.end_ns))
    start = random.randint(0, len(own))
    made = _rounds(random, counts, start * SECOND, shape)
    after = max(step.end_ns for step in made[-1]) // SECOND + 1
    moved = [
        replace(step, span_id=f"{at:016x}", start_ns=second * SECOND, end_ns=second * SECOND)
        for at, step in enumerate(own)
        for second in [at if at < start else after + at - start]
    ]
    steps, around = _apart([moved, *made])
    place = {step.span_id: at for at, step in enumerate(steps)}
    ends = [max(place.get(step.span_id, -1) for step in turn) for turn in made]
    first = min(place[step.span_id] for turn in made for step in turn if step.span_id in place)
    name = f"{kind} at {start} in {host.name} {random.getrandbits(32):08x}"
    around += tuple(one for one in host.around if one.kind != "llm")
    run = replace(host, name=name, steps=steps, around=around, looping=True)
    return Fan(run=run, ends=(first - 1, *ends), kind=kind)


def _leaves(run: Run) -> Iterator[Step]:
    return (one for one in run.around if one.kind == "llm")


def _apart(made: Sequence[Sequence[Step]]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Steps in the order in which they ended, and what is around them."""
    every = in_order(step for turn in made for step in turn)
    wordless = {step.span_id for step in every if step.kind == "llm" and not step.answered}
    around = {step.span_id for step in every if step.kind in ("agent", "other")} | wordless
    return (
        tuple(step for step in every if step.span_id not in around),
        tuple(step for step in every if step.span_id in around),
    )


def _rounds(
    random: Random, counts: Sequence[int], at_ns: int, shape: tuple[bool, bool]
) -> list[list[Step]]:
    """Each round's steps and spans; all that is started runs at the same time."""
    agents, turns = shape
    boss = replace(said(""), span_id=_id(random), kind="agent", actor="boss", start_ns=at_ns)
    made: list[list[Step]] = []
    for count in counts:
        began, span = at_ns, boss.span_id
        if turns:
            span = _id(random)
        words = f"{_words(random, 12)}."
        asked = replace(said(words), span_id=_id(random), parent_span_id=span, actor="boss")
        steps = [replace(asked, start_ns=began, end_ns=began + SECOND)]
        for _ in range(count):
            steps += _child(random, began + SECOND, span, agents=agents)
        at_ns = max(step.end_ns for step in steps) + SECOND // 100
        if turns:
            ids = {"span_id": span, "parent_span_id": boss.span_id}
            steps.append(replace(boss, kind="other", **ids, start_ns=began, end_ns=at_ns))
        made.append(steps)
    made[-1].append(replace(boss, end_ns=at_ns + SECOND // 100))
    return made


def _child(random: Random, at_ns: int, parent: str, *, agents: bool) -> list[Step]:
    """A call; or a call behind which an agent asks its model once and makes a call of its own."""
    end = at_ns + random.randint(SECOND, 9 * SECOND)
    one = _task(random, "ask_worker" if agents else "web_search")
    one = replace(one, parent_span_id=parent, actor="boss", start_ns=at_ns, end_ns=end)
    if not agents:
        return [one]
    worker = replace(one, span_id=_id(random), parent_span_id=one.span_id, kind="agent")
    worker = replace(worker, actor="worker", tool="", end_ns=end - 1)
    thought = replace(said(f"{_words(random, 12)}."), span_id=_id(random), actor="worker")
    inner = _task(random, "web_search")
    own = {"parent_span_id": worker.span_id, "start_ns": at_ns, "end_ns": (at_ns + end) // 2}
    inner = replace(inner, parent_span_id=worker.span_id, actor="worker")
    inner = replace(inner, start_ns=(at_ns + end) // 2, end_ns=end - 2)
    return [one, worker, replace(thought, **own), inner]


def _task(random: Random, tool: str) -> Step:
    """Something that nobody asked before, and what came of it."""
    step = call(tool, {"query": _words(random, 8)}, f"{_words(random, 15)}.")
    return replace(step, span_id=_id(random))


def _words(random: Random, count: int) -> str:
    return " ".join(random.sample(WORDS, count))


def _id(random: Random) -> str:
    return f"{random.getrandbits(60) | 1 << 60:016x}"


def branching(runs: Sequence[Run]) -> dict[str, int | None]:
    """The step at which each run was first flagged, its spans being told as they end."""
    fired: dict[str, int | None] = dict.fromkeys(run.name for run in runs)
    for start in range(0, len(runs), AT_ONCE):
        some = runs[start : start + AT_ONCE]
        detector, told = Branching(), [rows(run, number + 1) for number, run in enumerate(some)]
        for place in range(max(map(len, told))):
            batch = np.concatenate([one[place : place + 1] for one in told if place < len(one)])
            for signal in detector.update(Batch(rows=batch, now_ns=int(batch["end_ns"].max()))):
                run = some[signal.run - 1]
                if fired[run.name] is None:
                    ended = int(told[signal.run - 1]["end_ns"][place])
                    fired[run.name] = _step_at(run, ended)
    return fired


def _step_at(run: Run, end_ns: int) -> int:
    return max(0, sum(step.end_ns <= end_ns for step in run.steps) - 1)


def rows(run: Run, number: int) -> Rows:
    """A run's spans as detectors get them, in the order in which they end."""
    spans = in_order((*run.steps, *run.around))
    made = np.zeros(len(spans), SPAN)
    made["run"] = number
    made["span"] = np.array([int(step.span_id, 16) for step in spans], np.uint64)
    parents = [int(step.parent_span_id or f"{ROOT:x}", 16) for step in spans]
    made["parent"] = np.array(parents, np.uint64)
    made["start_ns"] = [step.start_ns for step in spans]
    made["end_ns"] = [step.end_ns for step in spans]
    made["agent"] = np.array([_number(step.actor) for step in spans], np.uint64)
    made["kind"] = [KINDS.get(step.kind, 0) for step in spans]
    return made


def _number(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little") | 1
