"""The owner's secret, in the data folder: whoever can read that folder owns the installation.

Our own processes write to the embedded store with it. Commands on this machine use a key that is
derived from it, so that they need no key of their own once there are keys.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

from fleetglass_collector import files
from fleetglass_collector.errors import ConfigError

FILE_NAME = "writer.key"
PREFIX = "fg_owner_"


def owner_secret(folder: Path) -> str:
    """Return the secret. The first process to need it makes it."""
    file = folder / FILE_NAME
    try:
        if not file.exists():
            # Of two processes that start at once, the second reads the first's.
            files.create(file, [f"{secrets.token_urlsafe(32)}\n".encode()], mode=0o600)
        secret = file.read_text().strip()
    except OSError as error:
        raise ConfigError(f"cannot use {str(file)!r}: {error.strerror}") from error
    if not secret:
        raise ConfigError(f"{str(file)!r} is empty; remove it, and the next start makes a new one")
    return secret


def owner_key(secret: str) -> str:
    """Return the key that the owner's commands send."""
    return PREFIX + hmac.digest(secret.encode(), b"owner key", hashlib.sha256).hex()


def known_owner_key(folder: Path) -> str:
    """Return the owner's key if this folder has one that we may read. Nothing is created."""
    try:
        secret = (folder / FILE_NAME).read_text().strip()
    except OSError:
        return ""
    return owner_key(secret) if secret else ""
