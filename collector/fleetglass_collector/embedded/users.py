"""Decides whether a client is the writer, who knows the secret in our file, or a reader."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from fleetglass_collector.access.door import Caller, Door
from fleetglass_collector.access.keys import Scope
from fleetglass_collector.embedded.engine.faults import Fault
from fleetglass_collector.errors import Refusal

WRITER = "writer"
READERS = ("", "default", "reader")
AUTHENTICATION_FAILED = 516
REQUIRED_PASSWORD = 194


class Role(Enum):
    READER = "reader"
    WRITER = "writer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    user: str
    password: str


def credentials(headers: Mapping[str, str], params: Mapping[str, str]) -> Credentials:
    """Read the credentials where ClickHouse does, in its order; `Bearer` is our addition."""
    if "x-clickhouse-user" in headers or "x-clickhouse-key" in headers:
        return Credentials(
            user=headers.get("x-clickhouse-user", ""), password=headers.get("x-clickhouse-key", "")
        )
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return Credentials(user="", password=value.strip())
    if kind.lower() == "basic":
        user, _, password = _basic(value).partition(":")
        return Credentials(user=user, password=password)
    return Credentials(user=params.get("user", ""), password=params.get("password", ""))


def _basic(value: str) -> str:
    try:
        return base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Fault(
            AUTHENTICATION_FAILED, "Authentication failed: not Basic credentials"
        ) from error


class Roles:
    """Decides which role a request has; readers pass the same check of keys as everywhere."""

    def __init__(self, owner_secret: str, door: Door) -> None:
        self._owner_secret = owner_secret
        self._door = door

    def of(self, login: Credentials, caller: Caller) -> Role:
        """Return the role of a client.

        Raises:
            Fault: The credentials are wrong, or are missing and needed.
        """
        if login.user == WRITER:
            if hmac.compare_digest(login.password.encode(), self._owner_secret.encode()):
                return Role.WRITER
            raise _refused(login.user)
        # With a key, the user name does not matter.
        if not login.password and login.user not in READERS:
            raise _refused(login.user)
        try:
            self._door.tenant(replace(caller, secret=login.password or None), Scope.READ)
        except Refusal as refusal:
            if login.password:
                raise _refused(login.user) from refusal
            raise Fault(
                REQUIRED_PASSWORD, f"{refusal}. SQL clients may send the key as password."
            ) from refusal
        return Role.READER


def _refused(user: str) -> Fault:
    return Fault(
        AUTHENTICATION_FAILED,
        f"{user or 'default'}: Authentication failed: password is incorrect, or there is "
        "no user with such name.",
    )
