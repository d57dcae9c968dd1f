"""Resolving spans does not depend on their order."""

from dataclasses import fields
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_collector.dialects.own import SESSION
from fleetglass_collector.settle.resolve import Resolved, resolve
from fleetglass_collector.settle.spans import KIND, NUMBERS, REPORTED, Spans, chosen

FACTS = (
    "agent",
    "run_own",
    "conversation_own",
    "workflow_own",
    "tool",
    "asked",
    "target_own",
    "caller_own",
)


@st.composite
def traces(draw: st.DrawFn) -> Spans:
    """Make any spans: parents missing, on cycles, in other traces; few values, so some match."""
    size = draw(st.integers(1, 16))

    def column(values: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(values, min_size=size, max_size=size))

    few = st.integers(0, 2)
    told: dict[str, list[int]] = {
        "key": draw(st.permutations(range(1, size + 1))),
        "parent": column(st.integers(0, size + 1)),
        "trace": column(st.integers(1, 2)),
        "start": column(few),
        "kind": column(st.integers(0, len(KIND) - 1)),
        "own": column(st.sampled_from([0, SESSION])),
        "usage": column(st.sampled_from([0, REPORTED])),
        **{name: column(few) for name in FACTS},
    }
    return {name: np.array(told.get(name, [0] * size), np.uint64) for name in NUMBERS}


def by_key(spans: Spans, resolved: Resolved) -> dict[int, list[int]]:
    """Return the facts of each span, with keys in place of indices."""
    keys = [int(key) for key in spans["key"]]
    return {
        key: [_named(keys, getattr(resolved, field.name)[at]) for field in fields(resolved)]
        for at, key in enumerate(keys)
    }


def _named(keys: list[int], value: np.generic) -> int:
    if isinstance(value, np.bool_):
        return int(value)
    return keys[int(value)] if int(value) >= 0 else -1


@given(traces(), st.randoms(use_true_random=False))
def test_the_order_of_spans_does_not_matter(spans: Spans, random: Random) -> None:
    order = list(range(len(spans["key"])))
    random.shuffle(order)
    shuffled = chosen(spans, np.array(order))

    assert by_key(shuffled, resolve(shuffled)) == by_key(spans, resolve(spans))


@given(traces())
def test_an_own_fact_is_never_taken_from_another_span(spans: Spans) -> None:
    resolved = resolve(spans)
    here = np.arange(len(spans["key"]))

    for name, told in (("run_own", resolved.run), ("workflow_own", resolved.workflow)):
        own = spans[name] != 0
        assert (told[own] == here[own]).all()
        assert (spans[name][told[told >= 0]] != 0).all()
    assert (resolved.target[spans["target_own"] != 0] == -1).all()
    assert (resolved.caller[spans["caller_own"] != 0] == -1).all()


@given(traces())
def test_reported_usage_counts_somewhere(spans: Spans) -> None:
    counts = resolve(spans).counts
    told = (spans["usage"] & np.uint64(REPORTED)) != 0

    assert not counts[~told].any()
    call = told & (spans["kind"] == KIND["llm"])
    leaf = ~np.isin(spans["key"], spans["parent"])
    assert counts[call & leaf].all()


def test_a_trace_with_one_conversation_is_all_in_it() -> None:
    # A root and two children; the first child names a conversation.
    assert conversations(parents=[0, 1, 1], told=[0, 7, 0]) == [1, 1, 1]
    assert conversations(parents=[0, 1, 1], told=[0, 7, 7]) == [1, 1, 2]


def test_spans_outside_the_conversations_of_a_trace_have_none() -> None:
    assert conversations(parents=[0, 1, 1, 3], told=[0, 7, 8, 0]) == [0, 1, 2, 2]
    assert conversations(parents=[0, 1], told=[0, 0]) == [-1, -1]


def test_a_call_counts_if_another_agent_makes_calls_below_it() -> None:
    # A call, the agent that it asks for, and the agent's call.
    kinds = [KIND[kind] for kind in ("llm", "agent", "llm")]
    spans = chain(parents=[0, 1, 2], kind=kinds, usage=[REPORTED, 0, REPORTED])

    assert resolve(spans).counts.tolist() == [True, False, True]


def conversations(*, parents: list[int], told: list[int]) -> list[int]:
    spans = chain(parents=parents, conversation_own=told)
    return resolve(spans).conversation.tolist()


def chain(*, parents: list[int], **columns: list[int]) -> Spans:
    """Make spans of one trace, in the order of their start, that say who is above them."""
    keys = list(range(1, len(parents) + 1))
    told = {"key": keys, "start": keys, "parent": parents, **columns}
    return {name: np.array(told.get(name, [0] * len(keys)), np.uint64) for name in NUMBERS}
