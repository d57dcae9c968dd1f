"""Keys and certificates; what they hold is never shown."""

import os
import ssl
from collections.abc import Generator
from pathlib import Path

from fleetglass_collector.access.door import refuse_open_door
from fleetglass_collector.access.keys import FILE_NAME, Keyring, Scope
from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError
from fleetglass_server.doctor.check import Check


def keys(config: Config) -> Generator[Check]:
    try:
        keyring = Keyring(config.folder / FILE_NAME)
        refuse_open_door(config.receiver.http, keyring, Scope.INGEST)
        refuse_open_door(config.receiver.grpc, keyring, Scope.INGEST)
        if not config.is_remote:
            refuse_open_door(config.query.listen, keyring, Scope.READ)
        yield Check.ok("keys", f"{len(keyring)} keys" if len(keyring) else "none, none needed")
    except ConfigError as error:
        found, _, advice = str(error).partition(". ")
        yield Check.fail("keys", found, advice or "see the message")
    for file in (config.folder / FILE_NAME, config.folder / "writer.key"):
        yield from _closed(file)


def _closed(file: Path) -> Generator[Check]:
    """Complain about a secret that other users of the machine can read."""
    mode = os.stat(file).st_mode & 0o777 if os.path.exists(file) else 0
    if mode & 0o077:
        yield Check.fail("keys", f"{file} is open to others ({mode:o})", f"chmod 600 {file}")


def certificate(config: Config) -> Generator[Check]:
    given = config.receiver
    if not given.tls_certificate:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            given.tls_certificate, given.tls_key
        )
    except OSError as error:
        why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        yield Check.fail(
            "tls",
            f"{given.tls_certificate} and {given.tls_key}: {why or error}",
            "give PEM files that belong together and that this user can read",
        )
    else:
        yield Check.ok("tls", f"{given.tls_certificate} and its key")
