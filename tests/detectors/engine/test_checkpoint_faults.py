"""A checkpoint that cannot be used is named in the log and kept aside."""

import logging

import pytest

from fleetglass_detectors.detector import State
from fleetglass_detectors.engine import checkpoint
from fleetglass_detectors.engine.actions import Actions
from fleetglass_detectors.engine.engine import Engine, TrackedDatabase, Watch
from fleetglass_detectors.engine.health import Board
from fleetglass_detectors.engine.recent import Recent

WHOLE = b"".join(checkpoint.encode({"a": 1}))
OTHER = b"fleetglass detectors 1, python 3.8\n" + WHOLE.partition(b"\n")[2]


class Kept:
    def __init__(self, content: bytes) -> None:
        self.content: bytes | None = content
        self.aside: bytes | None = None

    def save(self, *parts: bytes | memoryview) -> None:
        self.content = b"".join(parts)

    def load(self) -> bytes | None:
        return self.content

    def set_aside(self) -> None:
        self.content, self.aside = None, self.content


class NoDatabase:
    def query(self, sql: str, **_: object) -> bytes:
        return b""

    def insert(self, table: str, rows: bytes, **_: object) -> None: ...


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (WHOLE[:-1] + b"?", "the checkpoint is damaged"),
        (
            OTHER,
            "is of 'fleetglass detectors 1, python 3.8' and this is 'fleetglass detectors 2'",
        ),
        (b"\x00\x01", "the checkpoint is no checkpoint"),
    ],
)
def test_a_checkpoint_that_cannot_be_used_is_kept_and_named(
    content: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    storage = Kept(content)
    database = TrackedDatabase(NoDatabase())
    engine = Engine(
        database,
        Watch(database, []),
        storage,
        board=Board(lambda _: None, clock_ns=lambda: 0),
    )
    with caplog.at_level(logging.WARNING):
        assert not engine.start()

    assert (storage.content, storage.aside) == (None, content)
    assert reason in caplog.text
    assert "detection starts anew" in caplog.text


class Away:
    def query(self, sql: str, **_: object) -> bytes:
        raise ConnectionRefusedError

    def insert(self, table: str, rows: bytes, **_: object) -> None:
        raise ConnectionRefusedError


def test_a_database_that_is_away_at_the_start_costs_no_checkpoint() -> None:
    database = TrackedDatabase(Away())
    watch = Watch(database, [])
    state: State = {
        "feed": {"watermark": 7, "seen": {}, "recent": Recent().state()},
        "watch": watch.state(),
        "now_ns": 7,
        "actions": Actions(database).state(),
    }
    content = b"".join(checkpoint.encode(state))
    storage = Kept(content)
    engine = Engine(database, watch, storage, board=Board(lambda _: None, clock_ns=lambda: 0))

    assert engine.start()
    with pytest.raises(ConnectionRefusedError):
        engine.step()
    assert (storage.content, storage.aside) == (content, None)
