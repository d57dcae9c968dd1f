"""The rules that others go by, as they publish them: each gives the step at which it first fires.

Written from their descriptions, over the same steps as ours. Where a rule speaks of actions, those
are calls; a model's message counts only where a rule says so.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fleetglass_detectors.loops.step import Step

First = Callable[[Sequence[Step]], int | None]


def same_tool_three_times(steps: Sequence[Step]) -> int | None:
    """The same tool three times in a row, whatever it was asked."""
    return _in_a_row([(at, step.tool) for at, step in _calls(steps)], 3)


def identical_call_twice(steps: Sequence[Step]) -> int | None:
    """A call with the very arguments of an earlier one."""
    seen: set[tuple[str, str]] = set()
    for at, step in _calls(steps):
        if (step.tool, step.asked) in seen:
            return at
        seen.add((step.tool, step.asked))
    return None


def cline(steps: Sequence[Step]) -> int | None:
    """Cline and Roo Code: identical (tool, sorted arguments) three times in a row."""
    return _in_a_row([(at, (step.tool, _sorted(step.asked))) for at, step in _calls(steps)], 3)


def gemini(steps: Sequence[Step]) -> int | None:
    """Gemini CLI: identical (tool, arguments) five times in a row."""
    return _in_a_row([(at, (step.tool, step.asked)) for at, step in _calls(steps)], 5)


def openhands(steps: Sequence[Step]) -> int | None:
    """OpenHands' stuck detector, the four rules that do not need its own event types.

    The same action and observation four times; the same action with an error three times; the
    same message three times with nothing observed in between; two alternating over six steps.
    """
    calls = _calls(steps)
    pairs = [(at, (step.tool, step.asked, step.answered)) for at, step in calls]
    errors = [(at, (step.tool, step.asked) if step.failed else at) for at, step in calls]
    messages = [
        (at, (step.actor, step.answered) if step.kind == "llm" and step.answered else at)
        for at, step in enumerate(steps)
    ]
    fired = [
        _in_a_row(pairs, 4),
        _in_a_row(errors, 3),
        _in_a_row(messages, 3),
        _alternating(pairs),
    ]
    return min((at for at in fired if at is not None), default=None)


def long_runs(steps: Sequence[Step]) -> int | None:
    """No rule at all: any run of more than 20 steps. What length alone explains."""
    return 20 if len(steps) > 20 else None


RIVALS: dict[str, First] = {
    "same tool 3 times in a row": same_tool_three_times,
    "identical call twice": identical_call_twice,
    "OpenHands' stuck rules": openhands,
    "Cline/Roo identical x3": cline,
    "Gemini CLI identical x5": gemini,
    "more than 20 steps": long_runs,
}


def agent_vitals(python: Path, runs: Sequence[Sequence[Step]]) -> list[int | None]:
    """agent-vitals in an interpreter of its own, with its default thresholds.

    Spans carry none of its counters, so it is given the nearest thing to each. It is stepped at
    each call; findings are the distinct outcomes so far, sources the distinct questions; tokens,
    errors and queries are counted; its text is what came back. Coverage is 0, as nothing tells it.
    Of eight ways to feed it (calls or all steps; coverage none, or findings over 10, 30 or steps)
    this one did best by far on TRAIL's labels, all of them, so that its figure flatters it.
    """
    feed = [_signals(steps) for steps in runs]
    done = subprocess.run(
        [str(python), "-c", _FEED], input=json.dumps(feed), capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"agent-vitals under {str(python)!r}: {done.stderr[-300:]}")
    fired: list[int | None] = json.loads(done.stdout.splitlines()[-1])
    return [
        None if call is None else _calls(steps)[call][0]
        for call, steps in zip(fired, runs, strict=True)
    ]


_FEED = """
import json, sys, logging
logging.disable(logging.CRITICAL)
from agent_vitals import AgentVitals
fired = []
for number, run in enumerate(json.load(sys.stdin)):
    monitor = AgentVitals(mission_id=str(number))
    at = None
    for place, signals in enumerate(run):
        shot = monitor.step(**signals)
        if shot.loop_detected or shot.stuck_detected:
            at = place
            break
    fired.append(at)
print(json.dumps(fired))
"""


def _signals(steps: Sequence[Step]) -> list[dict[str, Any]]:
    found: set[str] = set()
    asked: set[str] = set()
    tokens = errors = 0
    signals: list[dict[str, Any]] = []
    for step in steps:
        tokens += step.tokens
        if step.kind == "llm":
            continue
        errors += step.failed
        found.add(step.answered)
        asked.add(step.tool + step.asked)
        signals.append(
            {
                "findings_count": len(found),
                "coverage_score": 0.0,
                "total_tokens": tokens,
                "error_count": errors,
                "query_count": len(signals) + 1,
                "sources_count": len(asked),
                "output_text": step.answered[:4000],
            }
        )
    return signals


def _calls(steps: Sequence[Step]) -> list[tuple[int, Step]]:
    return [(at, step) for at, step in enumerate(steps) if step.kind != "llm"]


def _in_a_row(keys: Sequence[tuple[int, object]], count: int) -> int | None:
    run = 0
    for place, (at, key) in enumerate(keys):
        run = run + 1 if place and keys[place - 1][1] == key else 1
        if run >= count:
            return at
    return None


def _alternating(keys: Sequence[tuple[int, object]]) -> int | None:
    for place in range(5, len(keys)):
        last = [key for _, key in keys[place - 5 : place + 1]]
        if last[0::2] == [last[0]] * 3 and last[1::2] == [last[1]] * 3 and last[0] != last[1]:
            return keys[place][0]
    return None


def _sorted(asked: str) -> str:
    try:
        return json.dumps(json.loads(asked), sort_keys=True)
    except ValueError:
        return asked
