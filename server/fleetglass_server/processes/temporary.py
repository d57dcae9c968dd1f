"""A temporary store: a process with its own folder, which is deleted at the end."""

import os
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fleetglass_collector.config import PREFIX, Config, load
from fleetglass_collector.errors import StoreError
from fleetglass_server.processes.supervisor import Child

START_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TemporaryStore:
    config: Config
    """Names the store, and nothing of the real installation."""
    child: Child
    log: Path

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + START_S
        while self.child.poll() is None and not self.child.ready:
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        if not self.child.ready:
            output = self.log.read_text(errors="replace").strip()
            raise StoreError(f"the temporary store does not start: {output}")


@contextmanager
def temporary_store() -> Generator[TemporaryStore]:
    """Start a store; it may not answer yet, so that the caller can do other things meanwhile."""
    with TemporaryDirectory(prefix="fleetglass-") as folder:
        listen = f"127.0.0.1:{_free_port()}"
        # Leave out the settings of the real installation, such as its ports and TLS.
        environment = {name: os.environ[name] for name in os.environ if not name.startswith(PREFIX)}
        environment["FLEETGLASS_QUERY_LISTEN"] = listen
        log = Path(folder) / "log"
        child = Child("store", ["store", "--data", folder], environment, log=log)
        child.start()
        try:
            config = load(None, {}, data=folder, query__listen=listen)
            yield TemporaryStore(config=config, child=child, log=log)
        finally:
            # Nothing of it is kept: it need not close its files.
            child.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
