"""Whatever is changed in a chain shows, at the very entry."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.audit.entry import Entry, Event, chained
from fleetglass_detectors.audit.verify import Walk, Way, walks

SECOND = 1_000_000_000
texts = st.text(max_size=8)
events = st.builds(
    Event,
    kind=texts,
    by=texts,
    tenant=texts,
    about=texts,
    body=st.dictionaries(texts, st.none() | st.integers() | st.floats(allow_nan=False) | texts),
)
chains = st.lists(events, min_size=1, max_size=12).map(
    lambda several: [*chained("api-1", None, several, SECOND)]
)
Fault = tuple[Way, int, int]


def found(entries: Sequence[Entry], *expected: str, is_part: bool = False) -> list[Fault]:
    pairs = [("api-1", hash) for hash in expected]
    return [
        (fault.way, fault.number, fault.last)
        for walk in walks(entries, pairs, is_part=is_part)
        for fault in walk.faults
    ]


def one(way: Way, number: int) -> list[Fault]:
    return [(way, number, number)]


def with_its_hash(entry: Entry, **changes: Any) -> Entry:
    """Change an entry as somebody does who knows how hashes are made."""
    changed = replace(entry, **changes)
    return replace(changed, hash=changed.right_hash)


@given(chains)
def test_a_chain_is_whole_also_after_it_was_written_and_read(chain: list[Entry]) -> None:
    read = [Entry.of(json.loads(entry.line)) for entry in chain]

    assert read == chain
    assert found(read, chain[-1].hash) == []
    assert all(line.line.isascii() for line in read)


@given(chains, st.data())
def test_a_changed_field_is_found_at_its_entry(chain: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    names = sorted(set(asdict(chain[at])) - {"chain", "number"})
    name = data.draw(st.sampled_from(names))
    chain[at] = replace(chain[at], **{name: getattr(chain[at], name) + "!"})

    assert found(chain) == one(Way.CHANGED, at + 1)


@given(chains, st.data())
def test_a_new_hash_does_not_hide_a_change(chain: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    hash = chain[at].hash
    chain[at] = with_its_hash(chain[at], body='{"amount": 1}')
    walk = Walk("api-1", {hash})
    for entry in chain:
        walk.take(entry)

    # Of the last entry nothing says what it was, but for a hash that was kept elsewhere.
    is_last = at == len(chain) - 1
    assert found(chain) == ([] if is_last else one(Way.CHANGED, at + 1))
    assert (walk.missed, walk.is_whole) == ({hash}, False)


@given(chains, st.data())
def test_missing_entries_are_named(chain: list[Entry], data: st.DataObject) -> None:
    first = data.draw(st.integers(1, len(chain)))
    last = data.draw(st.integers(first, len(chain)))
    rest = chain[: first - 1] + chain[last:]
    is_end = last == len(chain)

    assert found(rest) == ([] if is_end else [(Way.MISSING, first, last)])
    (walk,) = walks(rest, [("api-1", chain[-1].hash)])
    assert walk.is_whole is False
    assert walk.missed == ({chain[-1].hash} if is_end else set())


@given(chains, events, st.data())
def test_an_entry_that_was_put_in_is_found(
    chain: list[Entry], event: Event, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    before = chain[at - 1] if at else None
    (forged,) = chained("api-1", before, [replace(event, by="nobody!!!")], 2 * SECOND)
    side = data.draw(st.integers(0, 1))

    assert found([*chain[: at + side], forged, *chain[at + side :]]) == one(Way.DOUBLED, at + 1)


@given(chains, st.data())
def test_the_same_line_twice_is_found(chain: list[Entry], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    to = data.draw(st.integers(at, len(chain)))

    assert found([*chain[:to], chain[at], *chain[to:]]) == one(Way.DOUBLED, at + 1)


@given(chains.filter(lambda chain: len(chain) > 1), st.data())
def test_swapped_lines_are_found(chain: list[Entry], data: st.DataObject) -> None:
    second = data.draw(st.integers(1, len(chain) - 1))
    first = data.draw(st.integers(0, second - 1))
    chain[first], chain[second] = chain[second], chain[first]

    # Each that stands after the one that came too early.
    late = range(first + 1, second + 1)
    assert found(chain) == [(Way.OUT_OF_ORDER, number, number) for number in late]


@given(chains.filter(lambda chain: len(chain) > 1), st.data())
def test_swapped_contents_are_found(chain: list[Entry], data: st.DataObject) -> None:
    second = data.draw(st.integers(1, len(chain) - 1))
    first = data.draw(st.integers(0, second - 1))
    a, b = chain[first], chain[second]
    chain[first] = replace(a, by=b.by + "!", body=b.body)
    chain[second] = replace(b, by=a.by + "!", body=a.body)

    assert found(chain) == one(Way.CHANGED, first + 1) + one(Way.CHANGED, second + 1)


@given(chains, st.data())
def test_an_entry_with_another_number_is_missed_where_it_was(
    chain: list[Entry], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(chain) - 1))
    far = 10**18
    chain[at] = replace(chain[at], number=far)
    chain.sort(key=lambda entry: entry.number)

    names = [(way, number) for way, number, _ in found(chain)]
    assert (Way.CHANGED, far) in names
    assert (Way.MISSING, at + 1) in names


@given(chains, st.data())
def test_a_part_may_begin_anywhere_and_a_whole_chain_may_not(
    chain: list[Entry], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(chain) - 1))
    part = chain[start:]

    assert found(part, is_part=True) == []
    assert found(part) == ([(Way.MISSING, 1, start)] if start else [])


@given(chains)
def test_the_entries_of_several_chains_may_stand_in_turn(chain: list[Entry]) -> None:
    other = [*chained("detect-2", None, [Event(kind="a", by="b")] * len(chain), SECOND)]
    mixed = [entry for pair in zip(chain, other, strict=True) for entry in pair]

    assert [walk.chain for walk in walks(mixed)] == ["api-1", "detect-2"]
    assert all(walk.is_whole for walk in walks(mixed))


def test_a_chain_that_is_expected_and_not_there_is_not_whole() -> None:
    (walk,) = walks([], [("api-1", "0" * 64)])

    assert (walk.count, walk.is_whole) == (0, False)


def test_the_hash_is_what_the_documentation_says() -> None:
    (entry,) = chained(
        "api-1", None, [Event(kind="incident", by="ännchen")], 1_782_907_200 * SECOND
    )

    text = (
        '{"about":"","at":"2026-07-01 12:00:00.000000","body":"{}","by":"ännchen",'
        '"chain":"api-1","kind":"incident","number":1,"previous":"","tenant":""}'
    )
    assert entry.hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [{"number": 1.0}, {"number": "1"}, {"number": True}, {"by": None}, {"by": 1}, {"more": ""}],
)
def test_a_line_of_another_kind_is_no_entry(changes: dict[str, Any]) -> None:
    (entry,) = chained("api-1", None, [Event(kind="a", by="b")], SECOND)

    with pytest.raises(TypeError):
        Entry.of(asdict(entry) | changes)


def test_a_lone_surrogate_is_replaced_because_no_database_keeps_it() -> None:
    (entry,) = chained("api-1", None, [Event(kind="a", by="\ud800", body={"why": "\udfff"})], 0)

    assert entry.by == "?"
    assert entry.body == '{"why":"?"}'
    assert entry.is_intact
