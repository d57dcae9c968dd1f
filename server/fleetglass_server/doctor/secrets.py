"""Checks keys and certificates, and never shows what is in them."""

import os
import ssl
from collections.abc import Generator
from pathlib import Path

from fleetglass_collector.access.door import require_key
from fleetglass_collector.access.keys import FILE_NAME, Keyring, Scope
from fleetglass_collector.config import Config
from fleetglass_collector.errors import ConfigError
from fleetglass_server.doctor.check import Check


def keys(config: Config) -> Generator[Check]:
    try:
        keyring = Keyring(config.folder / FILE_NAME)
        require_key(config.receiver.http, keyring, Scope.INGEST)
        require_key(config.receiver.grpc, keyring, Scope.INGEST)
        require_key(config.api.listen, keyring, Scope.READ)
        if not config.is_remote:
            require_key(config.query.listen, keyring, Scope.READ)
        yield Check.ok(
            "keys",
            f"number of keys: {len(keyring)}" if len(keyring) else "no keys, and none needed",
        )
    except ConfigError as error:
        finding, _, advice = str(error).partition(". ")
        yield Check.fail("keys", finding, advice or "see the message")
    for file in (config.folder / FILE_NAME, config.folder / "writer.key"):
        yield from _permissions(file)


def _permissions(file: Path) -> Generator[Check]:
    """Yield a failure if other users of the machine can read this secret."""
    mode = os.stat(file).st_mode & 0o777 if os.path.exists(file) else 0
    if mode & 0o077:
        yield Check.fail(
            "keys", f"other users can read {file} (mode {mode:o})", f"chmod 600 {file}"
        )


def certificate(config: Config) -> Generator[Check]:
    pem, key = config.receiver.tls_certificate, config.receiver.tls_key
    if not pem:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(pem, key)
    except OSError as error:
        why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        yield Check.fail(
            "tls",
            f"cannot use {pem} and {key}: {why or error}",
            "use a certificate and its own key, as PEM files that this user can read",
        )
    else:
        yield Check.ok("tls", f"{pem} and its key are usable")
