"""The database that the configuration names, as the shipper sees it."""

from fleetglass_collector.config import Config
from fleetglass_collector.embedded.users import WRITER, writer_secret
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate


class StoreTarget:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._store = Store.open(
            config.store.dsn if config.is_remote else _embedded(config),
            database=config.store.database,
            timeout_s=config.store.insert_timeout_s,
        )

    def prepare(self) -> None:
        migrate(self._store, cluster=self._config.store.cluster, retention=self._config.retention)

    def insert_segment(self, body: bytes | memoryview, token: str) -> None:
        self._store.insert_segment(body, token)

    def close(self) -> None:
        self._store.close()


def _embedded(config: Config) -> str:
    return f"http://{WRITER}:{writer_secret(config.folder)}@{config.query.listen}"
