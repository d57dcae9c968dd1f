"""The golden files have the SQL as it is sent, for one server and for a cluster.

To accept a change: UPDATE_GOLDEN=1 pytest tests/collector/store/test_schema.py
"""

import os
import re
from collections.abc import Generator
from importlib.resources import as_file
from pathlib import Path

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.errors import ConfigError
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.schema.listing import LISTING, Comments, Table
from fleetglass_collector.store.schema.object import SchemaObject, significant
from fleetglass_collector.store.schema.rendering import FOLDER, objects

GOLDEN = Path(__file__).with_name("golden")
KINDS = {"single": "", "cluster": "it's"}
STATEMENT = re.compile(
    r"CREATE (?:OR REPLACE )?(DATABASE|TABLE|VIEW|MATERIALIZED VIEW|FUNCTION|DICTIONARY)"
    r"(?: IF NOT EXISTS)? ([\w.]+)"
)
COMMENTS = re.compile(r"ALTER TABLE (\w+) MODIFY COMMENT '")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        yield store


def rendered(kind: str) -> list[SchemaObject]:
    return objects(cluster=KINDS[kind], retention=Retention())


def by_name(kind: str) -> dict[str, SchemaObject]:
    return {each.name: each for each in rendered(kind)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_sql_is_as_reviewed(kind: str) -> None:
    text = "\n".join(f"-- {each.name}\n{each.create}" for each in rendered(kind))
    golden = GOLDEN / f"store_{kind}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(text)

    assert text == golden.read_text()


@pytest.mark.parametrize("each", rendered("cluster"), ids=lambda each: each.name)
def test_the_engine_parses_a_clusters_sql(store: Store, each: SchemaObject) -> None:
    for sql in filter(None, (each.create, each.update)):
        formatted = store.query(
            "SELECT formatQuery({sql:String})", fmt="TSVRaw", parameters={"sql": sql}
        ).decode()

        assert "ON CLUSTER `it's`" in formatted


@pytest.mark.parametrize("kind", KINDS)
def test_each_file_makes_the_object_of_its_name(kind: str) -> None:
    for each in rendered(kind):
        sql = significant(each.create.replace(" ON CLUSTER 'it\\'s'", ""))
        made, commented = STATEMENT.match(sql), COMMENTS.match(sql)

        assert made or commented, each.name
        assert made is None or made[2] == each.name
        assert commented is None or f"{commented[1]}.comments" == each.name


def test_each_file_is_listed_once() -> None:
    paths = [entry.path for entry in LISTING]
    paths += [
        f"{entry.path}.{version}"
        for entry in LISTING
        if isinstance(entry, Table)
        for version in range(2, entry.version + 1)
    ]
    with as_file(FOLDER) as folder:
        found = [file.relative_to(folder).with_suffix("") for file in folder.glob("*/*.sql")]

    assert sorted(paths) == sorted(map(str, found))


def test_tables_are_never_replaced_and_all_else_is() -> None:
    for entry, made in zip(LISTING, rendered("single"), strict=True):
        if isinstance(entry, Comments):
            continue
        statement = STATEMENT.match(significant(made.create))
        assert statement
        if isinstance(entry, Table):
            assert statement[1] == "TABLE"
            assert "IF NOT EXISTS" in statement[0]
            # The table would keep the function as it was when the table was made.
            assert "fleetglass" not in significant(made.create).replace("fleetglass_secret", "")
        elif statement[1] not in ("DATABASE", "MATERIALIZED VIEW"):
            assert "OR REPLACE" in statement[0]


def test_a_cluster_has_a_local_and_a_distributed_table_of_each_that_is_sharded() -> None:
    cluster = by_name("cluster")

    for entry in LISTING:
        if isinstance(entry, Table) and entry.shard_by:
            name = entry.path.rpartition("/")[2]
            assert f"TABLE IF NOT EXISTS {name}_local ON CLUSTER" in cluster[f"{name}_local"].create
            assert "ENGINE = Replicated" in cluster[f"{name}_local"].create
            assert f"{name}_local, {entry.shard_by})" in cluster[name].create
            assert cluster[name].update.count("CREATE OR REPLACE TABLE") == 1
            assert f"{name}_local" not in by_name("single")


def test_settings_leave_checksums_as_they_are() -> None:
    retention = Retention(otel_traces=90)
    changed = objects(cluster="", retention=retention, login=" USER 'a' PASSWORD 'b'")

    assert [each.checksum for each in rendered("single")] == [each.checksum for each in changed]


def test_less_than_a_day_is_no_retention() -> None:
    with pytest.raises(ConfigError, match=r"'retention.otel_traces' must be at least 1 day, not 0"):
        objects(cluster="", retention=Retention(otel_traces=0))
