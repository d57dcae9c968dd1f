import asyncio
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from kit.disks import mounted

from fleetglass_collector.config import config
from fleetglass_collector.errors import JournalError, Reason, Refusal
from fleetglass_collector.journal import Journal, Segment
from fleetglass_collector.journal.record import Record, walk

LIMITS = config.Journal(segment_age_ms=20)


@contextmanager
def journal(folder: Path, limits: config.Journal = LIMITS) -> Generator[Journal]:
    opened = Journal(folder, limits)
    try:
        yield opened
    finally:
        opened.close()


def append(journal: Journal, *bodies: bytes) -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(journal.append(body, tenant="t", spans=3) for body in bodies))

    asyncio.run(all_at_once())


def next_segment(journal: Journal) -> Segment:
    segment = journal.next(timeout_s=5)
    assert segment
    return segment


def records(journal: Journal, segment: Segment) -> list[Record]:
    items = list(walk(memoryview(journal.read(segment))))
    assert all(isinstance(item, Record) for item in items)
    return [item for item in items if isinstance(item, Record)]


def accounts(journal: Journal) -> tuple[int, int, int, int]:
    state = journal.state()
    return state.accepted, state.stored, state.waiting, state.quarantined


def test_next_returns_a_segment_until_it_is_retired(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        append(opened, b"one", b"two")
        segment = next_segment(opened)
        assert b"one" in opened.read(segment)
        assert opened.next(timeout_s=0) == segment
        opened.retire(segment, stored=6)

        assert opened.next(timeout_s=0) is None
        assert accounts(opened) == (6, 6, 0, 0)


def test_requests_that_arrive_together_share_a_commit(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        append(opened, *[b"x" * 1000] * 200)

        assert opened.state().commits < 100
        assert opened.state().accepted == 600


def test_waiting_segments_and_counts_survive_a_restart(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        append(opened, b"one")
        opened.retire(next_segment(opened), stored=3)
        append(opened, b"two")
    with journal(tmp_path) as opened:
        assert accounts(opened) == (6, 3, 3, 0)
        append(opened, b"three")

        offsets = [record.offset for record in records(opened, next_segment(opened))]
        assert offsets == [3]
        assert accounts(opened) == (9, 3, 6, 0)


def test_a_torn_tail_is_cut_off_after_the_last_whole_record(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        append(opened, b"one", b"two")
        segment = next_segment(opened)
    sealed = segment.path(tmp_path)
    content = sealed.read_bytes()
    sealed.rename(tmp_path / f"{segment.id:020d}-0.open").write_bytes(content + content[:20])

    with journal(tmp_path) as opened:
        assert opened.state().torn_bytes == 20
        assert opened.read(next_segment(opened)) == content


def test_a_second_collector_on_the_folder_is_refused_with_the_process_id(tmp_path: Path) -> None:
    with journal(tmp_path), pytest.raises(JournalError, match=f"process id {os.getpid()}"):
        Journal(tmp_path, LIMITS)


def test_a_full_journal_refuses_requests_and_drops_nothing(tmp_path: Path) -> None:
    with journal(tmp_path, config.Journal(max_bytes=3000)) as opened:
        append(opened, b"x" * 2000)
        with pytest.raises(Refusal) as refused:
            append(opened, b"x" * 2000)

        assert refused.value.reason is Reason.FULL
        assert refused.value.retry_after_s
        assert opened.state().accepted == 3


def test_two_halves_replace_a_segment(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        append(opened, b"one")
        segment = next_segment(opened)
        data = memoryview(opened.read(segment))
        halves = [
            (Segment(id=segment.id, start=0, spans=1, size=len(data)), data),
            (Segment(id=segment.id, start=1, spans=2, size=len(data)), data),
        ]
        opened.retire(segment, pieces=halves)
        assert opened.next(timeout_s=0) == halves[0][0]
        assert accounts(opened) == (3, 0, 3, 0)
    with journal(tmp_path) as opened:
        assert opened.next(timeout_s=0) == halves[0][0]


def test_a_start_deletes_the_halves_of_an_interrupted_division(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        append(opened, b"one")
        segment = next_segment(opened)
        half = Segment(id=segment.id, start=0, spans=1, size=1)
        half.path(tmp_path).write_bytes(b"x")
    with journal(tmp_path) as opened:
        assert opened.next(timeout_s=0) == segment
        assert not half.path(tmp_path).exists()
        assert accounts(opened) == (3, 0, 3, 0)


def test_a_segment_retired_before_a_crash_is_not_returned_again(
    tmp_path: Path,
) -> None:
    with journal(tmp_path) as opened:
        append(opened, b"one")
        segment = next_segment(opened)
        content = opened.read(segment)
        opened.retire(segment, stored=3)
    segment.path(tmp_path).write_bytes(content)
    with journal(tmp_path) as opened:
        assert opened.next(timeout_s=0) is None
        assert accounts(opened) == (3, 3, 0, 0)


def test_an_error_names_a_damaged_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.json").write_text("{")

    with pytest.raises(JournalError, match="ledger"):
        Journal(tmp_path, LIMITS)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted(tmp_path / "disk", size="1m") as folder:
        yield folder


def test_a_full_disk_refuses_requests_until_space_is_free(small_disk: Path) -> None:
    with journal(small_disk / "journal") as opened:
        filler = small_disk / "filler"
        append(opened, b"before")
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(bytes(2 << 20))
        with pytest.raises(Refusal, match="No space left") as refused:
            append(opened, b"x" * 50_000)
        assert refused.value.reason is Reason.UNAVAILABLE
        filler.unlink()
        append(opened, b"after")
        first = next_segment(opened)

        assert accounts(opened) == (6, 0, 6, 0)
        assert b"before" in opened.read(first)
