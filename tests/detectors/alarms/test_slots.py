import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.alarms.slots import Slots

keys = st.sampled_from([f"agent-{n}" for n in range(12)] + ["", "\0", "é"])
batches = st.lists(st.lists(keys, max_size=5), max_size=20)


@given(batches)
def test_no_two_keys_share_a_slot_and_memory_is_bounded(batches: list[list[str]]) -> None:
    slots = Slots(5)

    for batch in batches:
        claim = slots.claim(batch)
        assert len(slots) <= 5
        assert dict(zip(batch, claim.slots.tolist(), strict=True)) == {
            key: int(slots.find([key])[0]) for key in batch
        }
    held = slots.state()["slots"]

    assert len(set(held)) == len(held)


@given(batches)
def test_a_slot_is_fresh_exactly_when_its_key_is_new(batches: list[list[str]]) -> None:
    slots = Slots(5)

    for batch in batches:
        new = {key for key in batch if key not in slots}
        claim = slots.claim(batch)
        fresh = set(claim.fresh.tolist())
        assert {key for key in batch if int(slots.find([key])[0]) in fresh} == new
        assert not set(claim.evicted) & set(batch)


@given(st.lists(keys, max_size=30))
def test_with_room_for_all_a_batch_is_the_same_as_one_by_one(batch: list[str]) -> None:
    together, singly = Slots(20), Slots(20)

    at_once = together.claim(batch).slots.tolist()
    in_turn = [int(singly.claim([key]).slots[0]) for key in batch]

    assert at_once == in_turn
    assert together.state() == singly.state()


@given(batches, batches)
def test_what_is_restored_goes_on_as_if_never_stopped(
    before: list[list[str]], after: list[list[str]]
) -> None:
    first, second = Slots(5), Slots(5)
    for batch in before:
        first.claim(batch)

    second.restore(first.state())

    for batch in after:
        one, other = first.claim(batch), second.claim(batch)
        assert one.slots.tolist() == other.slots.tolist()
        assert one.evicted == other.evicted
    assert first.state() == second.state()


def test_looking_touches_nobody() -> None:
    slots = Slots(2)
    slots.claim(["old", "new"])

    slots.find(["old"])

    assert slots.claim(["newest"]).evicted == ("old",)


def test_more_keys_at_once_than_there_is_room_for_are_refused() -> None:
    with pytest.raises(ValueError, match="split the batch"):
        Slots(1).claim(["a", "b"])


def test_a_state_that_does_not_fit_is_refused() -> None:
    large = Slots(3)
    large.claim(["a", "b", "c"])

    with pytest.raises(ValueError, match="3 keys"):
        Slots(2).restore(large.state())
