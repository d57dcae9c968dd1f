"""The event loop is not kept busy by one request: large and compressed bodies go to a thread."""

import asyncio
import gzip
import threading
from pathlib import Path

import pytest
from kit.spans import request
from prometheus_client import CollectorRegistry

from fleetglass_collector.config import Journal as JournalSettings
from fleetglass_collector.config import Receiver
from fleetglass_collector.journal import Journal
from fleetglass_collector.otlp.check import Checked, check
from fleetglass_collector.receive import intake as module
from fleetglass_collector.receive.intake import Intake


def decoded_by(folder: Path, body: bytes, encoding: str, monkeypatch: pytest.MonkeyPatch) -> str:
    threads: list[str] = []

    def noted(plain: bytes) -> Checked:
        threads.append(threading.current_thread().name)
        return check(plain)

    async def taken() -> None:
        journal = Journal(folder, JournalSettings())
        intake = Intake(journal, Receiver(), CollectorRegistry())
        await intake.take(body, tenant="default", protocol="http", encoding=encoding)
        await asyncio.to_thread(journal.stop)
        journal.close()

    monkeypatch.setattr(module, "check", noted)
    asyncio.run(taken())
    return threads[0].partition("_")[0]


@pytest.mark.parametrize(
    ("repeat", "encoding", "thread"),
    [
        (1, "", "MainThread"),
        (1, "gzip", "MainThread"),
        # Many MB of the same span, in a body that is small.
        (50_000, "gzip", "intake"),
        (50_000, "", "intake"),
    ],
)
def test_a_body_is_decoded_where_it_holds_up_nobody(
    repeat: int, encoding: str, thread: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = request() * repeat
    sent = gzip.compress(body) if encoding else body
    assert not encoding or len(sent) < module.INLINE_BYTES

    assert decoded_by(tmp_path / "journal", sent, encoding, monkeypatch) == thread
