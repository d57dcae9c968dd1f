"""Keys: who may send, read or administer, and whose spans they are.

They live in one file, `keys.json`, as hashes. Running processes notice when it changes.
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

# What tells one version of the file from the next: inode, size, time of change.
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
    """The keys in a file; a file that is not there holds none.

    Raises:
        ConfigError: The file cannot be read, or is not a list of keys.
    """

    def __init__(self, file: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.file = file
        self._clock = clock
        # The stamp is taken before the file is read: a change in between is read again, not missed.
        self._held: tuple[_Stamp, tuple[Key, ...]] = (_stamp(file), _read(file))

    def __len__(self) -> int:
        return len(self._current())

    def keys(self) -> list[Key]:
        return list(self._current())

    def has(self, *scopes: Scope) -> bool:
        return any(key.allows(scopes) for key in self._current())

    def find(self, secret: str, *scopes: Scope) -> Key | None:
        """Return the key of this secret when it has one of the scopes; admin has all of them."""
        wanted, found = _hash(secret), None
        # Every key is compared, each in constant time: how long it takes tells nothing.
        for key in self._current():
            if hmac.compare_digest(key.hash, wanted):
                found = key
        return found if found and found.allows(scopes) else None

    def add(self, tenant: str, scope: Scope) -> str:
        """Make a key and return its secret, which is kept nowhere.

        Raises:
            ConfigError: The tenant's name will not do, or the file cannot be written.
        """
        if not TENANT.fullmatch(tenant):
            raise ConfigError(
                f"{tenant!r} cannot be a tenant: use letters, digits, '.', '_' and '-', "
                "beginning with a letter or digit, 100 at most"
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
        stamp, held = self._held
        now = _stamp(self.file)
        if now != stamp:
            try:
                held = _read(self.file)
            except ConfigError as error:
                # A running collector goes on with the keys it had; it says so once a change.
                log.error("%s; the keys read before stay in force", error)
            self._held = (now, held)
        return held

    @contextmanager
    def _changing(self) -> Generator[None]:
        """Keep two commands that change the file at once from undoing each other."""
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
                f"cannot write the keys {str(self.file)!r}: {error.strerror}"
            ) from error


def _hash(secret: str) -> str:
    # A plain hash is enough: the secret is 256 random bits, so there is no dictionary to slow down.
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def _stamp(file: Path) -> _Stamp:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(file: Path) -> tuple[Key, ...]:
    try:
        listed = json.loads(file.read_text())
        return tuple(_key(item) for item in listed)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigError(f"cannot read the keys {str(file)!r}: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"{str(file)!r} is not a list of keys. Restore it, or delete it and make "
            "new keys with 'fleetglass keys add'"
        ) from error


def _key(item: dict[str, Any]) -> Key:
    fields = {name: item[name] for name in ("id", "tenant", "hash", "created")}
    if not all(isinstance(value, str) and value.isascii() for value in fields.values()):
        raise TypeError("a key's fields are plain text")
    return Key(**fields, scope=Scope(item["scope"]))


def _write(file: Path, keys: list[Key]) -> None:
    """Replace the file, readable by its owner only."""
    content = json.dumps([asdict(key) for key in keys], indent=1)
    files.write(file, [content.encode()], mode=0o600)
