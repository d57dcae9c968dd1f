"""Decides which clients may connect, over HTTP, gRPC and SQL.

A client on this machine needs no key. Any other client needs a key with the right scope.
"""

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from fleetglass_collector.access.address import is_local, is_loopback, split_address
from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.errors import ConfigError, Reason, Refusal

DEFAULT_TENANT = "default"
KEY_HEADER = "x-fleetglass-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a request comes from, and the key it brings."""

    is_local: bool
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, peer: str, header: Callable[[str], str | None]) -> Self:
        """Make a caller from the client's address and the request's headers, or gRPC metadata."""
        # A proxy on this machine forwards requests of clients on other machines.
        is_forwarded = header("forwarded") or header("x-forwarded-for")
        return cls(
            is_local=is_local(peer) and not is_forwarded,
            secret=header(KEY_HEADER) or bearer(header("authorization")),
        )


class Door:
    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def tenant(self, caller: Caller, scope: Scope) -> str:
        """Return the tenant that the caller's key belongs to.

        Raises:
            Refusal: The caller needs a key and sent none, or the key does not have the scope.
        """
        if not caller.secret:
            if caller.is_local:
                return DEFAULT_TENANT
            raise Refusal(
                Reason.UNAUTHENTICATED,
                "a key is needed: send the header 'Authorization: Bearer KEY'. Make a key with: "
                f"fleetglass keys add --tenant NAME --scope {scope}",
            )
        key = self._keyring.find(caller.secret, scope, Scope.ADMIN)
        if not key:
            raise Refusal(
                Reason.UNAUTHENTICATED, f"the key is wrong, or does not have scope '{scope}'"
            )
        return key.tenant


def require_key(listen: str, keyring: Keyring, *scopes: Scope) -> None:
    """Refuse to listen for other machines while there is no key.

    Raises:
        ConfigError: Other machines can reach the address, and no key has one of the scopes. The
            message contains the command that makes a key.
    """
    host, _ = split_address(listen)
    if is_loopback(host) or keyring.has(*scopes):
        return
    scope = scopes[0] if scopes else Scope.ADMIN
    folder = shlex.quote(str(keyring.file.parent))
    raise ConfigError(
        f"other machines can reach {listen}, and no key has scope '{scope}'. Make one with "
        f"'fleetglass keys add --data {folder} --tenant default --scope {scope}', "
        "or listen on 127.0.0.1"
    )


def authorization(secret: str) -> str:
    """Return the value of the `Authorization` header for a key.

    Raises:
        ConfigError: The text cannot be a key. The message does not contain it.
    """
    if not re.fullmatch(r"[!-~]+", secret.strip()):
        raise ConfigError("the key contains characters that no key has; copy it again")
    return f"Bearer {secret.strip()}"


def bearer(value: str | None) -> str | None:
    """Return the key in an `Authorization: Bearer KEY` header."""
    scheme, _, secret = (value or "").strip().partition(" ")
    return secret.strip() or None if scheme.lower() == "bearer" else None
