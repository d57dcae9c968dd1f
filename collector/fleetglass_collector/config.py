"""Everything that can be configured: one TOML file, overridden by environment variables.

A key `[journal] max_bytes` is the variable `FLEETGLASS_JOURNAL_MAX_BYTES`. `docs/configuration.md`
holds the table that `reference()` prints.
"""

import dataclasses
import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetglass_collector.errors import ConfigError

PREFIX = "FLEETGLASS_"


def _key(default: Any, doc: str) -> Any:
    return field(default=default, metadata={"doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    http: str = _key("127.0.0.1:4318", "Address for OTLP/HTTP.")
    grpc: str = _key("127.0.0.1:4317", "Address for OTLP/gRPC.")
    max_request_bytes: int = _key(32 << 20, "Largest request taken, after decompression.")
    body_timeout_s: float = _key(30.0, "How long a client may take to send one body.")
    max_waiting_bytes: int = _key(
        256 << 20, "Memory for request bodies in flight; beyond it clients are told to retry."
    )
    tls_certificate: str = _key("", "PEM file; with tls_key, HTTP and gRPC speak TLS.")
    tls_key: str = _key("", "PEM file with the certificate's private key.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    max_bytes: int = _key(
        4 << 30, "Disk the journal may take; at the bound clients are told to retry."
    )
    segment_bytes: int = _key(24 << 20, "A segment is inserted once it is this large ...")
    segment_age_ms: int = _key(1000, "... or this old.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    dsn: str = _key(
        "", "A directory (embedded), or http(s)://user:password@host:port. Empty: DATA/store."
    )
    database: str = _key("default", "Database that holds the tables.")
    cluster: str = _key("", "Cluster name: tables are made ON CLUSTER, replicated and distributed.")
    insert_timeout_s: float = _key(300.0, "How long one insert may take.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    listen: str = _key("127.0.0.1:8123", "Address of the ClickHouse HTTP endpoint (embedded).")
    max_seconds: int = _key(60, "Longest a reader's query may run.")
    max_memory_bytes: int = _key(1 << 30, "Memory one reader's query may take.")
    max_result_rows: int = _key(10_000_000, "Most rows one reader's query may return.")
    max_threads: int = _key(1, "Threads of one reader's query.")
    max_concurrent: int = _key(4, "Readers' queries that run at once; more wait.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    otel_traces: int = _key(7, "Days that spans with their payload are kept.")
    otel_traces_trace_id_ts: int = _key(7, "Days that the trace lookup is kept.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    data: str = _key("fleetglass-data", "Folder for the journal, the keys and the embedded store.")
    receiver: Receiver = Receiver()
    journal: Journal = Journal()
    store: Store = Store()
    query: Query = Query()
    retention: Retention = Retention()

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
    doc: str

    @property
    def path(self) -> str:
        return f"{self.section}.{self.name}" if self.section else self.name

    @property
    def variable(self) -> str:
        return PREFIX + self.path.replace(".", "_").upper()


def keys() -> Iterator[Key]:
    """Every key there is, in the order of the dataclasses."""
    for top in dataclasses.fields(Config):
        if not dataclasses.is_dataclass(top.default):
            yield Key(section="", name=top.name, default=top.default, doc=top.metadata["doc"])
            continue
        for item in dataclasses.fields(top.default):
            yield Key(
                section=top.name, name=item.name, default=item.default, doc=item.metadata["doc"]
            )


def load(file: Path | None, environment: Mapping[str, str], **overrides: str) -> Config:
    """Read the file, then the environment, then `overrides` by path (`data`, `store__dsn`).

    Raises:
        ConfigError: A key is unknown, or a value has the wrong type.
    """
    values = _from_file(file) if file else {}
    values |= _from_environment(environment)
    values |= {path.replace("__", "."): value for path, value in overrides.items()}
    return _build({key.path: _typed(key, values[key.path]) for key in keys() if key.path in values})


def reference() -> str:
    """The table of keys, as Markdown."""
    rows = [f"| `{k.path}` | `{k.variable}` | `{k.default!r}` | {k.doc} |" for k in keys()]
    return "\n".join(["| key | variable | default | what |", "| --- | --- | --- | --- |", *rows])


def _build(values: Mapping[str, Any]) -> Config:
    top: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        section, _, name = path.rpartition(".")
        (sections.setdefault(section, {}) if section else top)[name] = value
    for item in dataclasses.fields(Config):
        if item.name in sections:
            top[item.name] = dataclasses.replace(item.default, **sections[item.name])  # type: ignore[type-var]
    return Config(**top)


def _from_file(file: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(file.read_text())
    except OSError as error:
        raise ConfigError(
            f"cannot read the configuration {str(file)!r}: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(file)!r} is not TOML: {error}") from error
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": item for inner, item in value.items()}
        else:
            flat[name] = value
    _refuse_unknown(flat, [key.path for key in keys()], where=str(file))
    return flat


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    known = {key.variable: key.path for key in keys()}
    ours = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    _refuse_unknown(ours, list(known), where="the environment")
    return {known[name]: value for name, value in ours.items()}


def _refuse_unknown(given: Mapping[str, Any], known: list[str], *, where: str) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise ConfigError(f"unknown key {name!r} in {where}; did you mean {near[0]!r}?")


def _typed(key: Key, value: Any) -> Any:
    kind = type(key.default)
    fits = isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)
    if fits:
        return value
    try:
        if isinstance(value, str) or (kind is float and isinstance(value, int)):
            return kind(value)
    except ValueError:
        pass
    raise ConfigError(f"{key.path!r} wants {kind.__name__}, not {value!r}")
