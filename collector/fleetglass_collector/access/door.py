"""Decides which clients may connect, over HTTP, gRPC and SQL.

While there are no keys, only clients on this machine may connect, and they need none. As soon as
there is a key, every client needs one with the right scope.
"""

import hmac
import ipaddress
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from fleetglass_collector.access.address import is_local, is_loopback, split_address
from fleetglass_collector.access.keys import Keyring, Scope
from fleetglass_collector.access.owner import PREFIX as OWNER_PREFIX
from fleetglass_collector.errors import ConfigError, Reason, Refusal

DEFAULT_TENANT = "default"
KEY_HEADER = "x-fleetglass-key"
# A proxy adds one of these when it passes on requests of other machines.
PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
# Names of this machine that no stranger can point elsewhere.
OUR_NAMES = ("localhost", "host.docker.internal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Where a request comes from, and the key it brings."""

    doubt: str = ""
    """Why the request may not come from this machine; empty if it does."""
    secret: str | None = field(default=None, repr=False)

    @classmethod
    def of(cls, peer: str, header: Callable[[str], str | None]) -> Self:
        """Make a caller from the client's address and the request's headers, or gRPC metadata."""
        return cls(
            doubt=_doubt(peer, header),
            secret=header(KEY_HEADER) or bearer(header("authorization")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A client that may connect."""

    tenant: str
    is_owner: bool = False
    """Whether it may see and change what belongs to any tenant."""
    has_key: bool = True
    """False for a process of this machine that came without a key, where there are none."""


class Door:
    def __init__(self, keyring: Keyring, *, owner: str = "") -> None:
        """`owner` is the key of the installation's owner."""
        self._keyring = keyring
        self._owner = owner

    def tenant(self, caller: Caller, scope: Scope) -> str:
        """Return the tenant that the caller's key belongs to.

        Raises:
            Refusal: The caller needs a key and sent none, or the key does not have the scope.
        """
        return self.admit(caller, scope).tenant

    def admit(self, caller: Caller, scope: Scope) -> Guest:
        """Return who the caller is, or raise like `tenant`."""
        secret = caller.secret or ""
        if self._owner and hmac.compare_digest(
            secret.encode("utf-8", "replace"), self._owner.encode()
        ):
            return Guest(tenant=DEFAULT_TENANT, is_owner=True)
        # The owner of another data folder is a client like any other.
        if not secret or secret.startswith(OWNER_PREFIX):
            has_keys = len(self._keyring) > 0
            if not has_keys and not caller.doubt:
                return Guest(tenant=DEFAULT_TENANT, is_owner=True, has_key=False)
            why = caller.doubt or "this fleetglass has keys, so everybody needs one"
            raise Refusal(
                Reason.UNAUTHENTICATED,
                f"a key is needed: {why}. Send the header 'Authorization: Bearer KEY' "
                "(agents: FLEETGLASS_KEY=KEY). Make a key with: "
                f"fleetglass keys add --tenant NAME --scope {scope}",
            )
        key = self._keyring.find(secret, scope, Scope.ADMIN)
        if not key:
            raise Refusal(
                Reason.UNAUTHENTICATED, f"the key is wrong, or does not have scope '{scope}'"
            )
        return Guest(tenant=key.tenant)


def _doubt(peer: str, header: Callable[[str], str | None]) -> str:
    """Return why a request may not come from this machine."""
    if not is_local(peer):
        return "the request comes from another machine"
    if any(header(name) for name in PROXY_HEADERS):
        return "the request comes through a proxy"
    # A web page can make a browser ask 127.0.0.1, under a name that its author points there.
    if (host := header("host")) and not _is_ours(f"//{host}"):
        return f"the request is for the host {host[:100]!r}; use 127.0.0.1 or localhost"
    if (origin := header("origin")) and not _is_ours(origin):
        return "the request comes from a web page of another site"
    return ""


def _is_ours(url: str) -> bool:
    """Return whether a URL names this machine, or an address: only a name can be pointed here."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host in OUR_NAMES or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


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
