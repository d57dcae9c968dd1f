"""Steps of runs that loop, and of runs that only look as if they did."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from fleetglass_detectors.loops.look import Look, look
from fleetglass_detectors.loops.step import Step


def called(
    tool: str, asked: object = None, answered: str = "", *, failed: bool = False, actor: str = "a"
) -> Step:
    return Step(
        span_id="",
        start_ns=0,
        end_ns=0,
        actor=actor,
        kind="tool",
        tool=tool,
        asked=json.dumps(asked if asked is not None else {}),
        answered=answered,
        failed=failed,
    )


def said(text: str, *, actor: str = "a", tokens: int = 500) -> Step:
    return Step(
        span_id="", start_ns=0, end_ns=0, actor=actor, kind="llm", answered=text, tokens=tokens
    )


def in_time(steps: Iterable[Step]) -> list[Step]:
    return [
        replace(step, span_id=f"{at:04x}", start_ns=at, end_ns=at) for at, step in enumerate(steps)
    ]


def looks(steps: Iterable[Step]) -> Sequence[Look]:
    return [look(step) for step in in_time(steps)]


def different_calls(count: int) -> list[Step]:
    """Calls that have nothing in common but their tool."""
    words = [
        "alpha",
        "brook",
        "cedar",
        "delta",
        "ember",
        "fjord",
        "grove",
        "haven",
        "inlet",
        "jetty",
        "knoll",
        "lagoon",
    ]
    return [
        called(
            "web_search", {"query": f"{word} {word[::-1]}"}, f"{word * 3} lies by {word[:2] * 9}"
        )
        for word in words[:count]
    ]


def batch_over_orders(count: int = 40) -> list[Step]:
    return [
        step
        for order in range(100, 100 + count)
        for step in (
            called("get_order", {"order": order}, '{"state": "open"}'),
            said("Done. Now the next one."),
            called("close_order", {"order": order}, "ok"),
        )
    ]


def batch_over_cities() -> list[Step]:
    cities = [
        "Paris",
        "London",
        "Rome",
        "Madrid",
        "Berlin",
        "Vienna",
        "Prague",
        "Lisbon",
        "Dublin",
        "Athens",
    ]
    return [
        called("web_search", {"query": f"weather in {city} tomorrow"}, f"{city}: {size} degrees")
        for size, city in enumerate(cities, 11)
    ]


def polling(count: int = 60) -> list[Step]:
    return [
        called("get_job_status", {"job": 7}, json.dumps({"state": "running", "progress": at // 2}))
        for at in range(count)
    ]


def editing_and_testing(rounds: int = 12) -> list[Step]:
    return [
        step
        for at in range(rounds)
        for step in (
            said("The tests still fail. I will change it once more."),
            called("edit_file", {"path": "src/a.py", "new": f"return {at} + {at * 7}"}, "ok"),
            called(
                "run_tests",
                {"path": "tests"},
                f"{3 - at // 4} failed in {at / 7:.2f}s",
                failed=at // 4 < 3,
            ),
        )
    ]


def paging(count: int = 30) -> list[Step]:
    return [
        called("page_down", {}, f"Page {at} of 99. {at:b} " + "xyz"[at % 3] * at)
        for at in range(count)
    ]


HEALTHY = {
    "batch over orders": batch_over_orders(),
    "batch over cities": batch_over_cities(),
    "polling": polling(),
    "editing and testing": editing_and_testing(),
    "paging": paging(),
    "different calls": different_calls(12),
}
