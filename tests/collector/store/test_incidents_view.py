"""The view of incidents shows the id that people see and type."""

from collections.abc import Generator

import pytest
from kit.agent_rows import ask
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_detectors.incidents.incident import hex_id
from fleetglass_server.incidents.incidents import find_incident, list_incidents

# Without care, an id that begins with zeros loses them.
IDS = (1, 0x00AB << 40, 0xFEDCBA9876543210)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        values = ", ".join(f"({id}, 1, 'open', now64(9), '{{}}')" for id in IDS)
        columns = "id, version, state, updated_at, evidence"
        store.command(f"INSERT INTO incidents_rows ({columns}) VALUES {values}")
        yield store


def test_sql_has_the_id_as_people_type_it(store: Store) -> None:
    rows = ask(store, "SELECT id, hex FROM incidents ORDER BY id")

    assert [(row["id"], row["hex"]) for row in rows] == [(id, hex_id(id)) for id in IDS]


def test_an_incident_is_found_by_the_id_that_is_listed(store: Store) -> None:
    listed = [row["id"] for row in list_incidents(store)]

    assert sorted(listed) == [hex_id(id) for id in IDS]
    for id in listed:
        assert find_incident(store, id)["id"] == id
