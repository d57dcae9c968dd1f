"""Runs that are made, and say so: healthy work that looks repetitive, and loops put into real runs.

Healthy work goes through ids, cities or pages, waits for a job that gets on, or edits and tests
until the tests pass. A loop is a cycle of one to eight calls, gone through eight times in the
middle of a real healthy run: exactly, with fresh ids and times, in other words each time, or in
other words with answers of which half is new.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from fleetglass_detectors.loops.step import Step
from loops_runs import SECOND, Run

REPEATS = 8
CITIES = (
    "Paris", "London", "Rome", "Madrid", "Berlin", "Vienna", "Prague", "Lisbon", "Dublin",
    "Athens", "Oslo", "Helsinki", "Warsaw", "Budapest", "Zurich", "Brussels", "Tallinn", "Riga",
    "Vilnius", "Sofia", "Zagreb", "Belgrade", "Valletta", "Nicosia",
)  # fmt: skip
FRUIT = (
    "apples", "pears", "plums", "cherries", "grapes", "melons", "figs", "dates", "limes",
    "lemons", "kiwis", "mangoes",
)  # fmt: skip
LANDS = (
    "Germany", "the United Kingdom", "France", "the Czech Republic", "Bosnia and Herzegovina",
    "Spain", "South Korea", "the Democratic Republic of the Congo", "Japan", "New Zealand", "Chad",
)  # fmt: skip
TOPICS = (
    "annual rainfall figures measured across the northern alpine region since 1950",
    "minutes of the harbour committee meeting about dredging the eastern channel",
    "maximum payload of the second stage when launched into polar orbit",
    "list of former mayors who later served in the national parliament",
    "average waiting time for hip surgery at public hospitals in 2019",
    "translation of the inscription above the old library entrance",
    "chemical composition of the blue pigment used in the ceiling fresco",
    "number of passengers carried by night trains between both capitals",
    "original recipe of the dumplings mentioned in the travel diary",
    "reason given by the referee for stopping the final match early",
    "court ruling on shared water rights of the two valley towns",
    "early reviews of the composer's third string quartet premiere",
)
SYNONYMS = {
    "annual": "yearly", "figures": "numbers", "measured": "recorded", "since": "from",
    "minutes": "protocol", "meeting": "session", "about": "concerning", "maximum": "greatest",
    "launched": "sent", "list": "overview", "former": "previous", "later": "afterwards",
    "average": "mean", "waiting": "queueing", "public": "state", "translation": "rendering",
    "old": "historic", "entrance": "door", "composition": "makeup", "used": "found",
    "number": "count", "carried": "transported", "original": "first", "mentioned": "described",
    "reason": "explanation", "given": "stated", "stopping": "ending", "early": "prematurely",
    "ruling": "decision", "shared": "common", "towns": "villages", "reviews": "critiques",
}  # fmt: skip
FILLERS = ("please", "exactly", "details on", "information about", "the", "official", "find", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """A real run with a loop in it."""

    run: Run
    start: int
    """Where the loop begins."""
    period: int
    kind: str


def call(tool: str, asked: object, answered: str, *, failed: bool = False) -> Step:
    """A call that nobody has made yet: `timed` says when it is made."""
    return Step(
        span_id="",
        start_ns=0,
        end_ns=0,
        actor="assistant",
        kind="tool",
        tool=tool,
        asked=json.dumps(asked),
        answered=answered,
        failed=failed,
    )


def said(text: str) -> Step:
    return Step(
        span_id="", start_ns=0, end_ns=0, actor="assistant", kind="llm", answered=text, tokens=400
    )


def timed(steps: Sequence[Step]) -> tuple[Step, ...]:
    """A second each, in this order."""
    return tuple(
        replace(step, span_id=f"{at:016x}", start_ns=at * SECOND, end_ns=at * SECOND)
        for at, step in enumerate(steps)
    )


def healthy(random: Random, count: int) -> dict[str, list[Run]]:
    """So many runs of each sort of repetitive work that gets somewhere."""
    sorts: dict[str, Callable[[Random], Iterator[Step]]] = {
        "batch work": _batch,
        "progress polling": _polling,
        "edit-test-edit": _edit_test,
        "code agent, edit-test-edit": _code_agent,
    }
    return {
        sort: [
            Run(name=f"{sort} {number}", group=sort, steps=timed(list(make(random))))
            for number in range(count)
        ]
        for sort, make in sorts.items()
    }


def _batch(random: Random) -> Iterator[Step]:
    """Going through things: numbered, named, by UUID, by page or by cursor; often all alike."""
    first, chatty = random.randint(1, 900), random.random() < 0.5
    way = random.randrange(8)
    for item in range(random.randint(10, 60)):
        if chatty:
            yield said("That worked. I will go on with the next one.")
        if way == 0:
            state = random.choice(["open", "paid", "shipped"])
            yield call("get_order", {"order": first + item}, json.dumps({"state": state}))
            yield call("close_order", {"order": first + item}, "ok")
        elif way == 1:
            number = str(uuid.UUID(int=random.getrandbits(128)))
            yield call("delete_document", {"document_id": number}, "deleted")
        elif way == 2:
            city = CITIES[item % len(CITIES)]
            answer = f"{city}: {random.randint(-9, 39)} degrees, {random.choice(['rain', 'sun'])}"
            yield call("web_search", {"query": f"weather in {city} tomorrow morning"}, answer)
            if item + 1 == len(CITIES):
                break
        elif way == 3:
            rows = [random.randint(1, 10**6) for _ in range(20)]
            yield call("list_rows", {"table": "sales", "page": item + 1}, json.dumps(rows))
        elif way == 4:
            token = f"{random.getrandbits(96):024x}"
            names = [f"{random.choice(FRUIT)} {random.randint(1, 999)}" for _ in range(10)]
            yield call("list_files", {"cursor": token}, json.dumps({"files": names}))
        elif way == 5:
            land = LANDS[item % len(LANDS)]
            asked = {"query": f"Revenue of ACME Corp in {land}, Q3 2024, in EUR"}
            answer = f"ACME Corp made {random.randint(1, 900)} million EUR in {land}."
            yield call("web_search", asked, answer)
            if item + 1 == len(LANDS):
                break
        elif way == 6:
            fruit = FRUIT[item % len(FRUIT)]
            answer = f"{fruit} cost {random.randint(1, 9)}.{random.randint(10, 99)} euros a kilo."
            yield call("web_search", {"query": f"price of {fruit} today"}, answer)
            if item + 1 == len(FRUIT):
                break
        else:
            yield call("find_invoice", {"invoice": f"2024-{first + item}"}, "No invoice found.")


def _polling(random: Random) -> Iterator[Step]:
    """Waiting for a job: a percentage, lines done, a growing log; with some standing still."""
    done, way = 0, random.randrange(3)
    job = random.randint(100, 999)
    while done < 100:
        done = min(100, done + random.choice([0, 1, 3, 7, 10]))
        if way == 0:
            state = "running" if done < 100 else "done"
            answer = json.dumps({"job": job, "state": state, "progress": done})
        elif way == 1:
            answer = f"{done * 37} of 3700 lines processed, in progress"
        else:
            answer = "\n".join(f"epoch {epoch} loss {3 / (epoch + 1):.3f}" for epoch in range(done))
        yield call("get_job_status", {"job": job}, answer)


def _edit_test(random: Random) -> Iterator[Step]:
    """Edits with new text, and tests that fail less and less, if not each time less."""
    failing = random.randint(2, 6)
    number = 0
    while failing:
        number += 1
        path = f"src/{random.choice(FRUIT)}.py"
        change = f"return {random.choice(FRUIT)}[{random.randint(0, 99)}] + {random.randint(0, 9)}"
        yield said(f"The tests still fail. I will change {path}.")
        yield call("edit_file", {"path": path, "old": f"pass  # {number}", "new": change}, "ok")
        failing -= random.random() < 0.4
        answer = f"{failing} failed, {40 - failing} passed in {random.random() * 3:.2f}s"
        yield call("run_tests", {"path": "tests"}, answer, failed=failing > 0)


def _code_agent(random: Random) -> Iterator[Step]:
    """The same in a model's own words, which are the only steps."""
    thoughts = (
        "The output shows that the parser drops the last field, so the loop has to run further.",
        "Now the totals agree but the dates are shifted; the offset belongs before the cast.",
        "The remaining error comes from an empty row, which I will skip with a guard.",
        "The function is correct now, yet slow; a dictionary lookup replaces the nested scan.",
        "One check is left: the header must not be counted, so I start from the second line.",
        "All is well on the sample. I will run it over the whole file and print a summary.",
        "The summary lacks the currency. It has to be read from the third column of the sheet.",
    )
    names = random.sample(FRUIT, 7)
    for place, thought in enumerate(thoughts[: random.randint(4, 7)]):
        lines = (
            f"    {names[place]} = rows[{random.randint(0, 9)}].strip()\n"
            f"    {random.choice(names)} += {random.choice(['len', 'sum', 'max'])}({names[place]})"
        )
        yield said(f"Thought: {thought}\nCode:\n```py\nfor row in rows:\n{lines}\n```")


def injected(random: Random, runs: Sequence[Run], *, each: int) -> list[Injected]:
    """For each way of repeating and each period, so many runs with such a loop in their middle."""
    kinds: dict[str, Callable[[Random, Step, int], Step]] = {
        "exact": lambda _random, step, _turn: step,
        "volatile ids": _volatile,
        "re-phrased": _rephrased,
        "new answers": _with_other_results,
    }
    made = [
        _with_loop(random, random.choice(runs), kind=kind, period=period, again=again)
        for kind, again in kinds.items()
        for period in range(1, 9)
        for _ in range(each)
    ]
    rings = [_with_ring(random, random.choice(runs)) for _ in range(each * 4)]
    return made + rings


def _with_loop(
    random: Random, run: Run, *, kind: str, period: int, again: Callable[[Random, Step, int], Step]
) -> Injected:
    cycle = _cycle(random, period)
    loop = [again(random, step, turn) for turn in range(REPEATS) for step in cycle]
    return _put(random, run, loop, kind=kind, period=period)


def _with_ring(random: Random, run: Run) -> Injected:
    """Three agents that hand the same thing on to one another."""
    topic = random.choice(TOPICS)
    agents = ("planner", "researcher", "reviewer")
    cycle = [
        replace(
            call("delegate", {"to": agents[(place + 1) % 3], "task": topic}, f"{topic}: no result"),
            actor=agent,
        )
        for place, agent in enumerate(agents)
    ]
    loop = [_volatile(random, step, turn) for turn in range(REPEATS) for step in cycle]
    return _put(random, run, loop, kind="ring of three", period=3)


def _put(random: Random, run: Run, loop: Sequence[Step], *, kind: str, period: int) -> Injected:
    start = random.randint(0, len(run.steps))
    words = [
        step if random.random() < 0.5 else replace(step, tokens=random.randint(300, 900))
        for step in loop
    ]
    steps = timed([*run.steps[:start], *words, *run.steps[start:]])
    name = f"{kind} {period} at {start} in {run.name} {random.getrandbits(32):08x}"
    return Injected(
        run=replace(run, name=name, steps=steps, looping=True),
        start=start,
        period=period,
        kind=kind,
    )


def _cycle(random: Random, period: int) -> list[Step]:
    """Different calls: searches, pages, look-ups, with answers of a few lines."""
    topics = random.sample(TOPICS, period)
    cycle: list[Step] = []
    for place, topic in enumerate(topics):
        tool, key = random.choice(
            [("web_search", "query"), ("ask_archive", "question"), ("search_notes", "text")]
        )
        answer = f"Results for {topic}: " + " ".join(random.sample(TOPICS[place].split(), 5))
        asked = {key: topic, "limit": random.randint(3, 20)}
        cycle.append(call(tool, asked, f"{answer}. Nothing more is known about it."))
    return cycle


def _volatile(random: Random, step: Step, turn: int) -> Step:
    """Fresh ids, times and attempts, and keys in another order, in question and answer."""
    fields = [*json.loads(step.asked).items()]
    fields += [
        ("request_id", str(uuid.UUID(int=random.getrandbits(128)))),
        ("timestamp", 1_760_000_000 + turn * 37 + random.randint(0, 9)),
        ("attempt", turn + 1),
    ]
    random.shuffle(fields)
    when = f"2026-03-{random.randint(10, 28)}T10:{turn:02}:{random.randint(10, 59)}Z"
    trace = f"{random.getrandbits(64):016x}"
    answer = f"[{when}] {step.answered} (trace {trace}, {random.random() * 3:.3f}s)"
    return replace(step, asked=json.dumps(dict(fields)), answered=answer)


def _with_other_results(random: Random, step: Step, turn: int) -> Step:
    """Re-phrased, and something else comes back each time, of which some is what came before."""
    again = _rephrased(random, step, turn)
    found = [f"{topic}, {random.randint(1, 99)} of them" for topic in random.sample(TOPICS, 2)]
    return replace(again, answered=f"{again.answered} Also found: {'; '.join(found)}.")


def _rephrased(random: Random, step: Step, turn: int) -> Step:
    """Words in another order, some by a synonym, a filler here and there; the answer, a little."""
    fields = json.loads(step.asked)
    key = next(iter(fields))
    words = [
        SYNONYMS[word] if word in SYNONYMS and random.random() < 0.4 else word
        for word in fields[key].split()
    ]
    cut = random.randint(1, len(words) - 1)
    if random.random() < 0.5:
        words = words[cut:] + words[:cut]
    words.insert(random.randint(0, len(words)), random.choice(FILLERS))
    fields[key] = " ".join(" ".join(words).split())
    results = step.answered.split(": ", 1)[1].split()
    if turn and random.random() < 0.5:
        place = random.randrange(len(results) - 1)
        results[place], results[place + 1] = results[place + 1], results[place]
    return replace(
        step, asked=json.dumps(fields), answered=f"Results for {fields[key]}: {' '.join(results)}"
    )
