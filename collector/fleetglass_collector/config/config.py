"""The configuration: one TOML file, overridden by environment variables and command-line flags.

The variable of the key `[journal] max_bytes` is `FLEETGLASS_JOURNAL_MAX_BYTES`. The table in
`docs/configuration.md` is the output of `reference()`.
"""

import dataclasses
import difflib
import itertools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from fleetglass.variables import VARIABLES as SDK_VARIABLES
from fleetglass_collector.access.address import split_address
from fleetglass_collector.config import prices as configured_prices
from fleetglass_collector.config.values import (
    ADDRESS,
    CLUSTER,
    DSN,
    FILE,
    FOLDER,
    NAME,
    Kind,
    seconds,
    size,
    whole,
)
from fleetglass_collector.errors import ConfigError

PREFIX = "FLEETGLASS_"
# Variables with our prefix that are not configuration keys: those of the SDK, the secret for the
# command line, and the supervisor's connection to its children.
OTHER_VARIABLES = frozenset(
    {
        *itertools.chain.from_iterable(SDK_VARIABLES.values()),
        "FLEETGLASS_KEY",
        "FLEETGLASS_LIFELINE",
    }
)

DAY_S = 86_400.0
# The database counts seconds since 1970 in 32 bits. With a retention that ends after 2106, it would
# delete the rows at once.
DAYS = whole(1, 20_000)


def _key(default: Any, kind: Kind, doc: str) -> Any:
    return field(default=default, metadata={"kind": kind, "doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    http: str = _key("127.0.0.1:4318", ADDRESS, "Address where the collector receives OTLP/HTTP.")
    grpc: str = _key("127.0.0.1:4317", ADDRESS, "Address where the collector receives OTLP/gRPC.")
    max_request_bytes: int = _key(
        32 << 20, size(1), "Largest request accepted, after decompression."
    )
    body_timeout_s: float = _key(
        30.0, seconds(DAY_S), "How long a client may take to send one request body."
    )
    max_waiting_bytes: int = _key(
        256 << 20,
        size(1),
        "Memory for requests in progress; above it, clients are told to retry later.",
    )
    tls_certificate: str = _key(
        "", FILE, "PEM file of the certificate; with tls_key, all addresses use TLS."
    )
    tls_key: str = _key("", FILE, "PEM file of the certificate's private key.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    max_bytes: int = _key(
        4 << 30,
        size(1),
        "Largest size of the journal on disk; above it, clients are told to retry later.",
    )
    segment_bytes: int = _key(
        64 << 20, size(1), "A journal segment goes to the database when it has this size ..."
    )
    segment_age_ms: int = _key(1000, whole(1, 3_600_000), "... or this age.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    dsn: str = _key(
        "",
        DSN,
        "Database: a folder (embedded), or http(s)://user:password@host:port. Empty: DATA/store.",
    )
    database: str = _key("default", NAME, "Name of the database with the tables.")
    cluster: str = _key(
        "", CLUSTER, "Name of a ClickHouse cluster: tables are then replicated and distributed."
    )
    insert_timeout_s: float = _key(300.0, seconds(DAY_S), "How long one insert may take.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    listen: str = _key(
        "127.0.0.1:8123", ADDRESS, "Address of the embedded database: ClickHouse's HTTP protocol."
    )
    max_seconds: int = _key(60, whole(1, 86_400), "How long one query of a reader may run.")
    max_memory_bytes: int = _key(
        1 << 30, size(1 << 20), "Memory that one query of a reader may use."
    )
    max_result_rows: int = _key(
        10_000_000, whole(1), "Most rows that one query of a reader may return."
    )
    max_threads: int = _key(2, whole(1, 1024), "Threads of one query of a reader.")
    max_concurrent: int = _key(
        4, whole(1, 1024), "Queries of readers that run at the same time; others wait."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    listen: str = _key(
        "127.0.0.1:4319", ADDRESS, "Address of the HTTP API, which shows and changes incidents."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    otel_traces: int = _key(7, DAYS, "Days to keep spans with all their content.")
    otel_traces_trace_id_ts: int = _key(7, DAYS, "Days to keep the index from trace ids to times.")
    agent_spans: int = _key(
        90, DAYS, "Days to keep spans without prompts, answers and other content."
    )
    agent_minutes: int = _key(400, DAYS, "Days to keep the sums per minute.")
    agent_runs: int = _key(90, DAYS, "Days to keep the list of runs.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    data: str = _key(
        "fleetglass-data", FOLDER, "Folder for the journal, the keys and the embedded database."
    )
    fleet: str = _key(
        "",
        FILE,
        "Path of fleet.yaml, your description of the fleet: what agents may do, budgets, polling "
        "tools, severities.",
    )
    receiver: Receiver = Receiver()
    journal: Journal = Journal()
    store: Store = Store()
    query: Query = Query()
    api: Api = Api()
    retention: Retention = Retention()
    prices: tuple[configured_prices.ConfiguredPrice, ...] = ()

    @property
    def folder(self) -> Path:
        return Path(self.data)

    def with_absolute_paths(self) -> "Config":
        """Return the same configuration for a process with another working folder."""
        receiver, store = self.receiver, self.store
        return dataclasses.replace(
            self,
            data=_absolute(self.data),
            fleet=_absolute(self.fleet),
            receiver=dataclasses.replace(
                receiver,
                tls_certificate=_absolute(receiver.tls_certificate),
                tls_key=_absolute(receiver.tls_key),
            ),
            store=store if self.is_remote else dataclasses.replace(store, dsn=_absolute(store.dsn)),
        )

    @property
    def is_remote(self) -> bool:
        return self.store.dsn.startswith(("http://", "https://"))

    @property
    def store_folder(self) -> Path:
        return Path(self.store.dsn) if self.store.dsn else self.folder / "store"


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One line of the table of keys."""

    section: str
    name: str
    default: Any
    kind: Kind
    doc: str

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        return PREFIX + self.path.replace(".", "_").upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """An unchecked value, and the name of its key for messages."""

    value: object
    label: str


def keys() -> Iterator[Key]:
    """Yield every key, in the order of the dataclasses."""
    for top in dataclasses.fields(Config):
        if "kind" in top.metadata:
            yield Key(section="", name=top.name, default=top.default, **top.metadata)
            continue
        # Prices are a list, and can only be set in the file.
        section = getattr(_DEFAULT, top.name)
        for item in dataclasses.fields(section) if section else ():
            yield Key(section=top.name, name=item.name, default=item.default, **item.metadata)


def load(file: Path | None, environment: Mapping[str, str], **overrides: str) -> Config:
    """Read the file, then the environment, then `overrides` (`data`, `store__dsn`); the last wins.

    Raises:
        ConfigError: A key is unknown, or a value is not allowed.
    """
    document = _document(file) if file else {}
    prices = configured_prices.read(document.pop("prices", []), where=repr(str(file)))
    settings = _from_document(document, repr(str(file)))
    settings |= _from_environment(environment)
    for name, value in overrides.items():
        path = name.replace("__", ".")
        settings[path] = _Setting(value=value, label=f"--{path.rpartition('.')[2]}")
    present = [key for key in keys() if key.path in settings]
    config = _build({key.path: _read(key, settings[key.path]) for key in present})
    _check_together(config)
    return dataclasses.replace(config, prices=prices)


def reference() -> str:
    """Return the table of keys, as Markdown."""
    rows = [
        f"| `{k.path}` | `{k.variable}` | `{k.kind.show(k.default)}` | {k.doc} |" for k in keys()
    ]
    return "\n".join(["| key | variable | default | meaning |", "| --- | --- | --- | --- |", *rows])


def _build(values: Mapping[str, Any]) -> Config:
    top: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        section, _, name = path.rpartition(".")
        (sections.setdefault(section, {}) if section else top)[name] = value
    for section, chosen in sections.items():
        top[section] = dataclasses.replace(getattr(_DEFAULT, section), **chosen)
    return Config(**top)


def _check_together(config: Config) -> None:
    """Refuse values that are allowed one by one, but not together."""
    if bool(config.receiver.tls_certificate) != bool(config.receiver.tls_key):
        raise ConfigError(
            "TLS needs both 'receiver.tls_certificate' and 'receiver.tls_key': set both"
        )
    listening = {
        "receiver.http": config.receiver.http,
        "receiver.grpc": config.receiver.grpc,
        "api.listen": config.api.listen,
        "query.listen": "" if config.is_remote else config.query.listen,
    }
    for one, other in itertools.combinations(listening, 2):
        address = listening[one]
        if address == listening[other] and address and split_address(address)[1]:
            raise ConfigError(f"{one!r} and {other!r} are both {address}; give each its own port")


def _document(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"cannot read the configuration file {str(file)!r}: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(file)!r} is not valid TOML: {error}") from error


def _from_document(document: Mapping[str, object], where: str) -> dict[str, _Setting]:
    flat = dict(_flat(document))
    _refuse_unknown(flat, [key.path for key in keys()], where=where)
    return {
        path: _Setting(value=value, label=f"{path!r} in {where}") for path, value in flat.items()
    }


def _flat(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        # An unknown section is an error even if it is empty.
        if not isinstance(value, dict) or not (value or hasattr(_DEFAULT, name)):
            yield name, value
            continue
        for inner, item in cast(dict[str, object], value).items():
            yield f"{name}.{inner}", item


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Setting]:
    paths = {key.variable: key.path for key in keys()}
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    ours = {name: value for name, value in ours.items() if name not in OTHER_VARIABLES}
    _refuse_unknown(ours, paths, where="the environment")
    return {paths[name]: _Setting(value=value, label=name) for name, value in ours.items()}


def _refuse_unknown(names: Iterable[str], allowed: Iterable[str], *, where: str) -> None:
    allowed = list(allowed)
    for name in names:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1, cutoff=0.0)
            raise ConfigError(f"unknown key {name!r} in {where}; did you mean {near[0]!r}?")


def _read(key: Key, setting: _Setting) -> Any:
    try:
        return key.kind.read(setting.value)
    except ValueError as error:
        message = f"{setting.label} must be {key.kind.expected}"
        # A DSN may contain a password, so the message does not repeat it.
        if key.kind is not DSN:
            message += f", not {setting.value!r}"
        raise ConfigError(message) from error


_DEFAULT = Config()
