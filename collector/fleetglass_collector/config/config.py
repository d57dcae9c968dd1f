"""Everything that can be configured: one TOML file, overridden by environment variables.

A key `[journal] max_bytes` is the variable `FLEETGLASS_JOURNAL_MAX_BYTES`. `docs/configuration.md`
holds the table that `reference()` prints.
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
from fleetglass_collector.access.door import split_address
from fleetglass_collector.config import prices as configured
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
# Variables with our prefix that are no keys: what agents read, a secret for the command line, and
# the supervisor's line to its children.
OTHER_VARIABLES = frozenset(
    {
        *itertools.chain.from_iterable(SDK_VARIABLES.values()),
        "FLEETGLASS_KEY",
        "FLEETGLASS_LIFELINE",
    }
)

DAY_S = 86_400.0
# The database counts seconds from 1970 in 32 bits: what would be kept beyond 2106 would be gone at
# once.
DAYS = whole(1, 20_000)


def _key(default: Any, kind: Kind, doc: str) -> Any:
    return field(default=default, metadata={"kind": kind, "doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    http: str = _key("127.0.0.1:4318", ADDRESS, "Address for OTLP/HTTP.")
    grpc: str = _key("127.0.0.1:4317", ADDRESS, "Address for OTLP/gRPC.")
    max_request_bytes: int = _key(32 << 20, size(1), "Largest request taken, after decompression.")
    body_timeout_s: float = _key(
        30.0, seconds(DAY_S), "How long a client may take to send one body."
    )
    max_waiting_bytes: int = _key(
        256 << 20,
        size(1),
        "Memory for request bodies in flight; beyond it clients are told to retry.",
    )
    tls_certificate: str = _key("", FILE, "PEM file; with tls_key, HTTP and gRPC speak TLS.")
    tls_key: str = _key("", FILE, "PEM file with the certificate's private key.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    max_bytes: int = _key(
        4 << 30, size(1), "Disk the journal may take; at the bound clients are told to retry."
    )
    segment_bytes: int = _key(64 << 20, size(1), "A segment is inserted once it is this large ...")
    segment_age_ms: int = _key(1000, whole(1, 3_600_000), "... or this old.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    dsn: str = _key(
        "", DSN, "A directory (embedded), or http(s)://user:password@host:port. Empty: DATA/store."
    )
    database: str = _key("default", NAME, "Database that holds the tables.")
    cluster: str = _key(
        "", CLUSTER, "Cluster name: tables are made ON CLUSTER, replicated and distributed."
    )
    insert_timeout_s: float = _key(300.0, seconds(DAY_S), "How long one insert may take.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    listen: str = _key(
        "127.0.0.1:8123", ADDRESS, "Address of the ClickHouse HTTP endpoint (embedded)."
    )
    max_seconds: int = _key(60, whole(1, 86_400), "Longest a reader's query may run.")
    max_memory_bytes: int = _key(1 << 30, size(1 << 20), "Memory one reader's query may take.")
    max_result_rows: int = _key(10_000_000, whole(1), "Most rows one reader's query may return.")
    max_threads: int = _key(2, whole(1, 1024), "Threads of one reader's query.")
    max_concurrent: int = _key(4, whole(1, 1024), "Readers' queries that run at once; more wait.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    otel_traces: int = _key(7, DAYS, "Days that spans with their payload are kept.")
    otel_traces_trace_id_ts: int = _key(7, DAYS, "Days that the trace lookup is kept.")
    agent_spans: int = _key(90, DAYS, "Days that spans without payload are kept.")
    agent_minutes: int = _key(400, DAYS, "Days that the fleet by the minute is kept.")
    agent_runs: int = _key(90, DAYS, "Days that the list of runs is kept.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    data: str = _key(
        "fleetglass-data", FOLDER, "Folder for the journal, the keys and the embedded store."
    )
    fleet: str = _key("", FILE, "fleet.yaml: what is normal for this fleet, and what it may spend.")
    receiver: Receiver = Receiver()
    journal: Journal = Journal()
    store: Store = Store()
    query: Query = Query()
    retention: Retention = Retention()
    prices: tuple[configured.ConfiguredPrice, ...] = ()

    @property
    def folder(self) -> Path:
        return Path(self.data)

    @property
    def is_remote(self) -> bool:
        return self.store.dsn.startswith(("http://", "https://"))

    @property
    def store_folder(self) -> Path:
        return Path(self.store.dsn) if self.store.dsn else self.folder / "store"


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
class _Given:
    """A value as it came, and what to call its key in a message."""

    value: object
    called: str


def keys() -> Iterator[Key]:
    """Every key there is, in the order of the dataclasses."""
    for top in dataclasses.fields(Config):
        if "kind" in top.metadata:
            yield Key(section="", name=top.name, default=top.default, **top.metadata)
            continue
        # Prices are a list, in the file alone.
        section = getattr(_DEFAULT, top.name)
        for item in dataclasses.fields(section) if section else ():
            yield Key(section=top.name, name=item.name, default=item.default, **item.metadata)


def load(file: Path | None, environment: Mapping[str, str], **overrides: str) -> Config:
    """Read the file, then the environment, then `overrides` by path (`data`, `store__dsn`).

    Raises:
        ConfigError: A key is unknown, or a value will not do.
    """
    document = _document(file) if file else {}
    prices = configured.read(document.pop("prices", []), where=repr(str(file)))
    given = _from_document(document, repr(str(file)))
    given |= _from_environment(environment)
    for name, value in overrides.items():
        path = name.replace("__", ".")
        given[path] = _Given(value=value, called=f"--{path.rpartition('.')[2]}")
    config = _build({key.path: _read(key, given[key.path]) for key in keys() if key.path in given})
    _check_together(config)
    return dataclasses.replace(config, prices=prices)


def reference() -> str:
    """The table of keys, as Markdown."""
    rows = [
        f"| `{k.path}` | `{k.variable}` | `{k.kind.show(k.default)}` | {k.doc} |" for k in keys()
    ]
    return "\n".join(["| key | variable | default | what |", "| --- | --- | --- | --- |", *rows])


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
    """Refuse values that are fine one by one and make no sense together."""
    if bool(config.receiver.tls_certificate) != bool(config.receiver.tls_key):
        raise ConfigError("TLS needs both 'receiver.tls_certificate' and 'receiver.tls_key'")
    listening = {
        "receiver.http": config.receiver.http,
        "receiver.grpc": config.receiver.grpc,
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
            f"cannot read the configuration {str(file)!r}: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(file)!r} is not TOML: {error}") from error


def _from_document(document: Mapping[str, object], where: str) -> dict[str, _Given]:
    flat = dict(_flat(document))
    _refuse_unknown(flat, [key.path for key in keys()], where=where)
    return {
        path: _Given(value=value, called=f"{path!r} in {where}") for path, value in flat.items()
    }


def _flat(document: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        # A section that is empty and unknown is a typing error all the same.
        if not isinstance(value, dict) or not (value or hasattr(_DEFAULT, name)):
            yield name, value
            continue
        for inner, item in cast(dict[str, object], value).items():
            yield f"{name}.{inner}", item


def _from_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    known = {key.variable: key.path for key in keys()}
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    ours = {name: value for name, value in ours.items() if name not in OTHER_VARIABLES}
    _refuse_unknown(ours, known, where="the environment")
    return {known[name]: _Given(value=value, called=name) for name, value in ours.items()}


def _refuse_unknown(given: Iterable[str], known: Iterable[str], *, where: str) -> None:
    known = list(known)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise ConfigError(f"unknown key {name!r} in {where}; did you mean {near[0]!r}?")


def _read(key: Key, given: _Given) -> Any:
    try:
        return key.kind.read(given.value)
    except ValueError as error:
        # A DSN may hold a password, so a value that will not do is not repeated there.
        found = "what it was given" if key.kind is DSN else repr(given.value)
        raise ConfigError(f"{given.called} wants {key.kind.expected}, not {found}") from error


_DEFAULT = Config()
