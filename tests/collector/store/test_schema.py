"""The SQL as it is sent, for one server and for a cluster, held in golden files.

To accept a change: UPDATE_GOLDEN=1 pytest tests/collector/test_store_schema.py
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import ConfigError
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.schema import Migration, migrations

GOLDEN = Path(__file__).with_name("golden")
KINDS = {"single": "", "cluster": "it's"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        yield store


def rendered(kind: str) -> list[Migration]:
    return list(migrations(cluster=KINDS[kind], retention=Retention()))


@pytest.mark.parametrize("kind", KINDS)
def test_the_sql_is_as_reviewed(kind: str) -> None:
    text = "\n".join(f"-- {step.name}\n{step.sql}" for step in rendered(kind))
    golden = GOLDEN / f"store_{kind}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)

    assert text == golden.read_text()


@pytest.mark.parametrize("step", rendered("cluster"), ids=lambda step: step.name)
def test_the_engine_parses_a_clusters_sql(store: Store, step: Migration) -> None:
    formatted = store.query(
        "SELECT formatQuery({sql:String})", fmt="TSVRaw", parameters={"sql": step.sql}
    ).decode()

    assert "ON CLUSTER `it's`" in formatted


def test_a_cluster_has_a_local_and_a_distributed_table_of_each() -> None:
    names = {step.name: step.sql for step in rendered("cluster")}

    assert "otel_traces_local ON CLUSTER" in names["0007_otel_traces"]
    assert "ReplicatedMergeTree" in names["0007_otel_traces"]
    assert "cityHash64(TraceId)" in names["0008_otel_traces"]
    assert "0008_otel_traces" not in {step.name for step in rendered("single")}


def test_a_change_of_retention_is_no_change_of_the_migration() -> None:
    longer = Retention(otel_traces=90)

    assert [step.checksum for step in rendered("single")] == [
        step.checksum for step in migrations(cluster="", retention=longer)
    ]


def test_less_than_a_day_is_no_retention() -> None:
    with pytest.raises(ConfigError, match=r"'retention.otel_traces' must be at least 1 day, not 0"):
        list(migrations(cluster="", retention=Retention(otel_traces=0)))
