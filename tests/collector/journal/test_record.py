from hypothesis import given
from hypothesis import strategies as st

from fleetglass_collector.journal.record import (
    Damage,
    Facts,
    Record,
    frame,
    read_varint,
    varint,
    walk,
)

bodies = st.lists(st.binary(max_size=300), max_size=8)


def segment(bodies: list[bytes]) -> bytes:
    framed: list[bytes] = []
    for index, body in enumerate(bodies):
        facts = Facts(tenant="t", segment=7, received_ns=5, spans=2, offset=2 * index)
        framed += frame(body, facts)
    return b"".join(framed)


@given(st.integers(0, 2**64 - 1))
def test_a_varint_reads_back_as_the_same_number(number: int) -> None:
    assert read_varint(varint(number), 0) == (number, len(varint(number)))


@given(bodies)
def test_walk_yields_every_record_with_its_facts(bodies: list[bytes]) -> None:
    items = list(walk(memoryview(segment(bodies))))

    assert [(item.offset, item.spans) for item in items if isinstance(item, Record)] == [
        (2 * index, 2) for index in range(len(bodies))
    ]


@given(bodies, st.data())
def test_a_cut_segment_has_whole_records_and_a_torn_rest(
    bodies: list[bytes], data: st.DataObject
) -> None:
    whole = segment(bodies)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [item.end for item in walk(memoryview(whole))]

    items = list(walk(memoryview(whole[:cut])))

    kept = [end for end in ends if end <= cut]
    assert [item.end for item in items if isinstance(item, Record)] == kept
    assert all(item.torn for item in items if isinstance(item, Damage))
    assert len(items) == len(kept) + (cut not in (0, *ends))


@given(bodies.filter(bool), st.data())
def test_a_changed_byte_damages_only_its_own_record(
    bodies: list[bytes], data: st.DataObject
) -> None:
    whole = segment(bodies)
    place = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))

    items = list(walk(memoryview(bytes(changed))))

    lost = {r.offset for r in walk(memoryview(whole)) if isinstance(r, Record)} - {
        r.offset for r in items if isinstance(r, Record)
    }
    assert len(lost) == 1
    assert any(item.start <= place < item.end for item in items if isinstance(item, Damage))


@given(bodies, st.integers(1, 5000))
def test_zeros_at_the_end_are_one_torn_item(bodies: list[bytes], zeros: int) -> None:
    items = list(walk(memoryview(segment(bodies) + bytes(zeros))))

    assert isinstance(items[-1], Damage)
    assert items[-1].torn
    assert len(items) == len(bodies) + 1
