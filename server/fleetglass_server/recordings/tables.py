"""The tables in which recorded spans are looked at; nobody else reads them, and none is kept."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from fleetglass_collector.config import Retention
from fleetglass_collector.ship.target import store_of
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import make
from fleetglass_collector.store.schema.listing import LISTING, Comments
from fleetglass_server.processes.temporary import TemporaryStore

# A recording may be of any age, and all of it is kept.
FOR_EVER = Retention(
    otel_traces=20_000,
    otel_traces_trace_id_ts=20_000,
    agent_spans=20_000,
    agent_minutes=20_000,
    agent_runs=20_000,
)
# What only panels, people and running detectors read. It takes as long to make as all the rest.
UNREAD = (
    *("otel_traces_trace_id_ts", "otel_traces_trace_id_ts_mv"),
    *("agent_minutes", "agent_minutes_mv", "fleetglassBucket", "fleetglassQuantile"),
    *("agent_runs", "agent_runs_mv", "directives", "incident_actions", "incidents"),
    *("fleet_policies", "approvals", "approval_decisions"),
)


@contextmanager
def tables(temporary: TemporaryStore) -> Generator[Store]:
    """Wait for the store and make its tables; yield its client."""
    read = [
        entry
        for entry in LISTING
        if not isinstance(entry, Comments) and entry.path.rpartition("/")[2] not in UNREAD
    ]
    with closing(store_of(temporary.config)) as store:
        temporary.wait()
        make(store, read, retention=FOR_EVER)
        yield store
