"""A writer's chain has no gap and no fork, whatever fails and whenever it stops."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.audit.entry import Entry, Event
from fleetglass_detectors.audit.log import KNOWN, LAST, Log
from fleetglass_detectors.audit.verify import walks


class Away(Exception):
    """The database does not answer."""


@dataclass
class Table:
    """The table `audit_log`: a row that comes again is no second one."""

    rows: dict[tuple[str, int, str], Entry] = field(
        default_factory=dict[tuple[str, int, str], Entry]
    )
    inserts: int = 0
    fails: list[str] = field(default_factory=list[str])
    """What the next inserts do: `before` they store, `after` they have stored, or `no`."""
    lag: int = 0
    """So many of the last rows do not show yet."""

    def query(
        self, sql: str, *, fmt: str = "JSONEachRow", parameters: Mapping[str, Any] | None = None
    ) -> bytes:
        asked = parameters or {}
        shown = self.entries[: len(self.rows) - self.lag]
        if sql == LAST:
            mine = [one for one in shown if one.chain == asked["chain"]]
            return "".join(entry.line for entry in mine[-1:]).encode()
        assert sql == KNOWN
        abouts = {one.about for one in shown if one.kind == asked["kind"]} & {*asked["abouts"]}
        return "\n".join(json.dumps({"about": about}) for about in abouts).encode()

    def insert(self, table: str, rows: bytes, *, fmt: str = "JSONEachRow", token: str = "") -> None:
        self.inserts += 1
        how = self.fails.pop(0) if self.fails else "no"
        if how == "before":
            raise Away
        for line in rows.splitlines():
            entry = Entry.of(json.loads(line))
            self.rows[entry.chain, entry.number, entry.hash] = entry
        if how == "after":
            raise Away

    @property
    def entries(self) -> list[Entry]:
        return sorted(self.rows.values(), key=lambda entry: (entry.chain, entry.number))

    @property
    def said(self) -> list[str]:
        assert all(walk.is_whole for walk in walks(self.entries))
        return [entry.about for entry in self.entries]


@dataclass
class Kept:
    content: bytes | None = None
    is_full: bool = False

    def save(self, content: bytes) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.content = content

    def load(self) -> bytes | None:
        return self.content


def started(kept: Kept, id: str = "1a") -> Log:
    return Log("api", lambda: kept, clock_ns=lambda: 0, new_id=lambda: id)


def event(about: object, kind: str = "incident") -> Event:
    return Event(kind=kind, by="ann", about=str(about))


def test_a_batch_is_one_insert() -> None:
    table = Table()
    started(Kept()).write(table, [event(number) for number in range(1_000)])

    assert table.inserts == 1
    assert len(table.said) == 1_000
    assert table.entries[0].chain == "api-1a"


def test_nothing_is_no_insert() -> None:
    table = Table()
    started(Kept()).write(table, [])

    assert table.inserts == 0


def test_a_restart_continues_the_chain() -> None:
    table, kept = Table(), Kept()
    started(kept).write(table, [event(1), event(2)])
    started(kept, "2b").write(table, [event(3)])

    assert table.said == ["1", "2", "3"]
    assert {entry.chain for entry in table.entries} == {"api-1a"}


def test_a_restart_continues_where_a_lagging_replica_does_not_show_the_last_entries() -> None:
    table, kept = Table(), Kept()
    started(kept).write(table, [event(1)])
    started(kept).write(table, [event(2)])
    table.lag = 2
    started(kept).write(table, [event(3)])

    assert table.said == ["1", "2", "3"]


@pytest.mark.parametrize("how", ["before", "after"])
def test_an_insert_that_fails_leaves_no_gap_and_no_second_entry(how: str) -> None:
    table = Table(fails=["no", how])
    log = started(Kept())
    log.write(table, [event(1)])
    with pytest.raises(Away):
        log.write(table, [event(2)])
    log.write(table, [event(3)])

    assert table.said == ["1", "2", "3"]


@pytest.mark.parametrize("how", ["before", "after"])
def test_what_a_stopped_writer_could_not_insert_is_inserted_by_the_next(how: str) -> None:
    table, kept = Table(fails=[how]), Kept()
    with pytest.raises(Away):
        started(kept).write(table, [event(1)])
    started(kept).write(table, [event(2)])

    assert table.said == ["1", "2"]


def test_while_the_database_is_away_nothing_piles_up() -> None:
    table = Table(fails=["before"] * 5)
    log = started(Kept())
    for number in range(5):
        with pytest.raises(Away):
            log.write(table, [event(number)])
    log.write(table, [event(5)])

    assert table.said == ["0", "5"]


def test_a_full_disk_does_not_stop_the_log() -> None:
    table, kept = Table(), Kept()
    started(kept).write(table, [event(1)])
    kept.is_full = True
    started(kept).write(table, [event(2)])
    started(kept).write(table, [event(3)])

    assert table.said == ["1", "2", "3"]


@pytest.mark.parametrize("content", [b"no JSON", b'{"chain": "api-1a"}', b"\xff", b"[1]"])
def test_a_damaged_file_begins_a_new_chain(content: bytes) -> None:
    table = Table()
    started(Kept()).write(table, [event(1)])
    started(Kept(content), "2b").write(table, [event(2)])

    assert table.said == ["1", "2"]
    assert [entry.chain for entry in table.entries] == ["api-1a", "api-2b"]


def test_without_a_folder_each_start_has_its_chain() -> None:
    def refused() -> Kept:
        raise PermissionError(13, "Permission denied")

    table = Table()
    for id in ("1a", "2b"):
        Log("api", refused, clock_ns=lambda: 0, new_id=lambda id=id: id).write(table, [event(id)])

    assert [(entry.chain, entry.number) for entry in table.entries] == [
        ("api-1a", 1),
        ("api-2b", 1),
    ]


def test_what_is_known_is_not_written_again() -> None:
    table, kept = Table(fails=["after"]), Kept()
    with pytest.raises(Away):
        started(kept).write_once(table, [event(1), event(2)])
    started(kept).write_once(table, [event(1), event(2), event(3), event(1, kind="policy")])

    assert table.said == ["1", "2", "3", "1"]


@given(st.lists(st.tuples(st.sampled_from(["no", "before", "after"]), st.booleans())))
def test_whatever_fails_what_was_written_is_there_once(turns: list[tuple[str, bool]]) -> None:
    table, kept, written = Table(), Kept(), list[str]()
    log = started(kept)
    for number, (how, restarts) in enumerate(turns):
        table.fails = [how]
        log = started(kept) if restarts else log
        try:
            log.write(table, [event(number)])
            written.append(str(number))
        except Away:
            pass
    table.fails = []
    log.write(table, [event("end")])

    assert len(table.said) == len({*table.said})
    assert {*written, "end"} <= {*table.said}
