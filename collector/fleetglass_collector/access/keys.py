"""Keys: each has a tenant, and a scope that says what it may do.

Their hashes are in one file, `keys.json`. Running processes notice when it changes.
"""

import fcntl
import hashlib
import hmac
import json
import logging
import os
import re
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from fleetglass_collector import files
from fleetglass_collector.errors import ConfigError

FILE_NAME = "keys.json"
TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

log = logging.getLogger(__name__)

# Identifies a version of the file: inode, size, time of change.
_Stamp = tuple[int, int, int] | None


class Scope(StrEnum):
    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    id: str
    tenant: str
    scope: Scope
    hash: str
    created: str

    def allows(self, scopes: tuple[Scope, ...]) -> bool:
        return not scopes or self.scope is Scope.ADMIN or self.scope in scopes


def utc_now() -> datetime:
    return datetime.now(UTC)


class Keyring:
    """The keys in a file. A missing file counts as empty.

    Raises:
        ConfigError: The file cannot be read, or is not a list of keys.
    """

    def __init__(self, file: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.file = file
        self._clock = clock
        # Take the stamp before reading: a change in between is then read again, not missed.
        self._loaded: tuple[_Stamp, tuple[Key, ...]] = (_stamp(file), _read(file))

    def __len__(self) -> int:
        return len(self._current())

    def keys(self) -> list[Key]:
        return list(self._current())

    def has(self, *scopes: Scope) -> bool:
        return any(key.allows(scopes) for key in self._current())

    def find(self, secret: str, *scopes: Scope) -> Key | None:
        """Return the key with this secret if it has one of the scopes. Admin has all scopes."""
        wanted, match = _hash(secret), None
        # Compare every key, each in constant time, so that the time taken reveals nothing.
        for key in self._current():
            if hmac.compare_digest(key.hash, wanted):
                match = key
        return match if match and match.allows(scopes) else None

    def add(self, tenant: str, scope: Scope) -> str:
        """Make a key and return its secret, which is stored nowhere.

        Raises:
            ConfigError: The tenant's name is not allowed, or the file cannot be written.
        """
        if not TENANT.fullmatch(tenant):
            raise ConfigError(
                f"{tenant!r} cannot be a tenant: use at most 100 letters, digits, '.', '_', '-', "
                "and begin with a letter or digit"
            )
        secret = "fg_" + secrets.token_urlsafe(32)
        key = Key(
            id="k" + secrets.token_hex(4),
            tenant=tenant,
            scope=scope,
            hash=_hash(secret),
            created=self._clock().isoformat(timespec="seconds"),
        )
        with self._changing():
            _write(self.file, [*_read(self.file), key])
        return secret

    def remove(self, id: str) -> bool:
        with self._changing():
            before = _read(self.file)
            after = [key for key in before if key.id != id]
            if len(after) < len(before):
                _write(self.file, after)
        return len(after) < len(before)

    def _current(self) -> tuple[Key, ...]:
        stamp, keys = self._loaded
        now = _stamp(self.file)
        if now != stamp:
            try:
                keys = _read(self.file)
            except ConfigError as error:
                # A running collector continues with its old keys, and logs this once per change.
                log.error("%s; the keys read before this stay valid", error)
            self._loaded = (now, keys)
        return keys

    @contextmanager
    def _changing(self) -> Generator[None]:
        """Lock the file, so that two commands at the same time do not undo each other's change."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.file.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)
        except OSError as error:
            raise ConfigError(
                f"cannot write the file of keys {str(self.file)!r}: {error.strerror}"
            ) from error


def _hash(secret: str) -> str:
    # A plain hash is enough: the secret is 256 random bits, so no dictionary attack is possible.
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _stamp(file: Path) -> _Stamp:
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _read(file: Path) -> tuple[Key, ...]:
    try:
        items = json.loads(file.read_text())
        return tuple(_key(item) for item in items)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigError(
            f"cannot read the file of keys {str(file)!r}: {error.strerror}"
        ) from error
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"{str(file)!r} is not a list of keys. Restore it from a backup, or delete it and make "
            "new keys with 'fleetglass keys add'"
        ) from error


def _key(item: dict[str, Any]) -> Key:
    fields = {name: item[name] for name in ("id", "tenant", "hash", "created")}
    if not all(isinstance(value, str) and value.isascii() for value in fields.values()):
        raise TypeError("the fields of a key must be plain text")
    return Key(**fields, scope=Scope(item["scope"]))


def _write(file: Path, keys: list[Key]) -> None:
    """Replace the file, readable by its owner only."""
    content = json.dumps([asdict(key) for key in keys], indent=1)
    files.write(file, [content.encode()], mode=0o600)
