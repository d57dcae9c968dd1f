"""Equal arguments, results and outputs have equal fingerprints in every run."""

from collections.abc import Generator
from pathlib import Path

import pytest
from kit.agent_rows import Row, settled
from kit.databases import opened, running_store
from kit.frameworks.again import again
from kit.places import RECORDED

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded spans beside the checkout")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Generator[Store]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn, opened(dsn) as store:
        migrate(store, cluster="", retention=Retention())
        yield store


@recorded
@pytest.mark.parametrize("file", sorted(RECORDED.glob("*.pb")), ids=lambda file: file.stem)
def test_the_same_run_again_has_the_same_fingerprints(store: Store, file: Path) -> None:
    body = file.read_bytes()

    rows = settled(store, [body, again(body)])

    first, second = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    assert [fingerprints(row) for row in second] == [fingerprints(row) for row in first]


def fingerprints(row: Row) -> tuple[str, ...]:
    hashes = ("arguments_hash", "result_hash", "output_hash")
    return (row["name"], *(f"{name} {row[name]}" for name in hashes))
