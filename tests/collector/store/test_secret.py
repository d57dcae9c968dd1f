"""Each installation has its own key of the fingerprints, which readers cannot use."""

from collections.abc import Generator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

HASH = "SELECT fleetglassHash('', 'hello') AS hash"


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        with opened(dsn) as store:
            prepare(store)
        yield dsn


def prepare(store: Store) -> None:
    migrate(store, cluster="", retention=Retention())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM fleetglass_secret.keys",
        "SELECT * FROM fleetglass_secret.key",
        "SELECT dictGet('fleetglass_secret.key', 'k0', 1::UInt64)",
        "SELECT dictGet(concat('fleetglass_', 'secret.key'), 'k0', 1::UInt64)",
        "SELECT * FROM dictionary('fleetglass_secret.key')",
        HASH,
    ],
)
def test_a_reader_cannot_see_the_key_or_test_a_guess(dsn: str, sql: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(f"http://{dsn.partition('@')[2]}/", data=sql.encode())

    assert refused.value.code == 403
    assert b"Not enough privileges" in refused.value.read()


def test_the_key_stays_and_differs_between_installations(dsn: str, tmp_path: Path) -> None:
    with opened(dsn) as store:
        before = store.query(HASH)
        prepare(store)
        after = store.query(HASH)
    with running_store(tmp_path / "other") as other, opened(other) as store:
        prepare(store)
        elsewhere = store.query(HASH)

    assert before == after
    assert before != elsewhere
