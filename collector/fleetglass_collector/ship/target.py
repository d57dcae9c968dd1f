"""The database that the configuration names, with the methods that the shipper calls."""

from urllib.parse import unquote, urlsplit

from fleetglass_collector.access.owner import owner_secret
from fleetglass_collector.config import Config
from fleetglass_collector.embedded.users import WRITER
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.endpoint import Endpoint
from fleetglass_collector.store.migrate import migrate
from fleetglass_collector.store.schema.clauses import login, on_cluster


class StoreTarget:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._store = store_of(config)

    def prepare(self) -> None:
        cluster = self._config.store.cluster
        # This comes first: every query names its database.
        self._store.create_database(on_cluster(cluster))
        migrate(
            self._store,
            cluster=cluster,
            retention=self._config.retention,
            login=_login(self._config, self._store),
        )

    def insert_segment(self, body: bytes | memoryview, token: str) -> None:
        self._store.insert_segment(body, token)

    def close(self) -> None:
        self._store.close()


def store_of(config: Config) -> Store:
    """Return a client of the database that may write."""
    return _remote(config) if config.is_remote else _embedded(config)


def _login(config: Config, store: Store) -> str:
    """Return the clause that lets dictionaries read with our user's rights.

    It is empty where the database does not know our user, as in an embedded store elsewhere.
    """
    url = urlsplit(config.store.dsn if config.is_remote else "")
    user = unquote(url.username or "")
    if not user or store.query("SELECT currentUser()", fmt="TSVRaw").decode().strip() != user:
        return ""
    return login(user, unquote(url.password or ""))


def _remote(config: Config) -> Store:
    store = config.store
    return Store.open(store.dsn, database=store.database, timeout_s=store.insert_timeout_s)


def _embedded(config: Config) -> Store:
    """Connect to the store process beside us, whose certificate may have another name."""
    certificate = config.receiver.tls_certificate if config.receiver.tls_key else ""
    endpoint = Endpoint.of_listener(config.query.listen, certificate=certificate)
    scheme, _, place = str(endpoint).partition("://")
    return Store.open(
        f"{scheme}://{WRITER}:{owner_secret(config.folder)}@{place}",
        database=config.store.database,
        timeout_s=config.store.insert_timeout_s,
        trust=endpoint.trust() if endpoint.secure else None,
    )
