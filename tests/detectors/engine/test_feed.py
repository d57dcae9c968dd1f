"""The detectors get each span once, however late its segment comes."""

import uuid
from collections.abc import Generator

import pytest
from kit.agent_requests import Sent, request
from kit.agent_rows import empty
from kit.databases import opened, running_store, segment

from fleetglass.following import FAR_EVERY_S
from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.engine.feed import Feed

DAY_NS = 86_400 * 10**9
NOW_NS = 20_000 * DAY_NS


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        store.command("SYSTEM STOP TTL MERGES agent_spans_rows")
        yield store


@pytest.fixture
def store(whole: Store) -> Store:
    empty(whole)
    return whole


class Watched:
    """A feed whose clock goes on by a minute with each look."""

    def __init__(self, store: Store) -> None:
        self._now = 0.0
        self.feed = Feed(store, clock=self._clock)

    def _clock(self) -> float:
        self._now += FAR_EVERY_S
        return self._now

    def spans(self) -> int:
        """Read on until nothing is left; return how many spans there were."""
        count = 0
        while batch := self.feed.next():
            count += len(batch.rows)
        return count


def come(store: Store, number: int, *, spans: int = 1) -> None:
    sent = [Sent(id=f"{number} {index}") for index in range(spans)]
    store.insert_segment(segment([request(sent)], number=number), uuid.uuid4().hex)


def test_each_segment_is_read_once_however_late_it_comes(store: Store) -> None:
    watched = Watched(store)
    come(store, NOW_NS)
    assert (watched.spans(), watched.spans()) == (1, 0)

    for number in (NOW_NS + 1, NOW_NS - 7 * DAY_NS, NOW_NS - DAY_NS // 12):
        come(store, number, spans=2)
        assert (watched.spans(), watched.spans()) == (2, 0)
    assert watched.feed.watermark == NOW_NS + 1


def test_what_comes_late_while_the_detectors_are_stopped_is_read_by_the_next(store: Store) -> None:
    first, second = Watched(store), Watched(store)
    come(store, NOW_NS)
    assert first.spans() == 1
    come(store, NOW_NS - DAY_NS)
    assert first.spans() == 1
    come(store, NOW_NS - 2 * DAY_NS)
    come(store, NOW_NS + DAY_NS)

    second.feed.restore(first.feed.state())
    assert (second.spans(), second.spans()) == (2, 0)


def test_the_first_start_reads_only_the_last_hour(store: Store) -> None:
    for number in (NOW_NS - DAY_NS, NOW_NS - 60 * 10**9, NOW_NS):
        come(store, number)
    watched = Watched(store)

    assert (watched.spans(), watched.spans()) == (2, 0)


def test_a_segment_that_is_written_again_is_not_read_again(store: Store) -> None:
    watched = Watched(store)
    for number in (NOW_NS, NOW_NS - DAY_NS):
        come(store, number)
    store.command(
        "INSERT INTO agent_spans_rows SELECT * REPLACE(version + 1 AS version) "
        "FROM agent_spans_rows"
    )
    assert watched.spans() == 1
    store.command("OPTIMIZE TABLE agent_spans_rows FINAL")

    assert watched.spans() == 0
