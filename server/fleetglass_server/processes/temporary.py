"""A temporary store: a process with its own folder, which is deleted at the end."""

import os
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from fleetglass_collector.config import PREFIX, Retention, load
from fleetglass_collector.errors import StoreError
from fleetglass_collector.ship.target import store_of
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_server.processes.supervisor import Child

START_S = 60.0
# A recording may be of any age, and all of it is kept.
FOR_EVER = Retention(
    otel_traces=20_000,
    otel_traces_trace_id_ts=20_000,
    agent_spans=20_000,
    agent_minutes=20_000,
    agent_runs=20_000,
)


@contextmanager
def temporary_store() -> Generator[Store]:
    with TemporaryDirectory(prefix="fleetglass-") as folder:
        listen = f"127.0.0.1:{_free_port()}"
        # Leave out the settings of the real installation, such as its ports and TLS.
        environment = {name: os.environ[name] for name in os.environ if not name.startswith(PREFIX)}
        environment["FLEETGLASS_QUERY_LISTEN"] = listen
        log = Path(folder) / "log"
        child = Child("store", ["store", "--data", folder], environment, log=log)
        store = store_of(load(None, {}, data=folder, query__listen=listen))
        child.start()
        try:
            _wait(child, log)
            migrate(store, cluster="", retention=FOR_EVER)
            yield store
        finally:
            store.close()
            child.stop()


def _wait(child: Child, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while child.poll() is None and not child.ready:
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    if not child.ready:
        output = log.read_text(errors="replace").strip()
        raise StoreError(f"the temporary store does not start: {output}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
