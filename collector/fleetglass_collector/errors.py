"""What can go wrong, as a tree.

FleetglassError
├── ConfigError       the configuration or the command line is wrong; the message says how to fix it
├── JournalError      the journal's folder cannot be used (locked by another collector, unwritable)
├── Refusal           a request is refused; carries the HTTP and gRPC status the client is told
└── StoreError        the database is away or busy; the same request may succeed later
    └── DatabaseError the database refuses the request; the same request will fail again
"""

from enum import Enum


class FleetglassError(Exception):
    """Base of everything raised on purpose here."""


class ConfigError(FleetglassError):
    pass


class JournalError(FleetglassError):
    pass


class Reason(Enum):
    """Why a request is refused: HTTP status, gRPC status code."""

    MALFORMED = (400, 3)
    UNAUTHENTICATED = (401, 16)
    FORBIDDEN = (403, 7)
    NOT_FOUND = (404, 12)
    METHOD = (405, 12)
    TIMEOUT = (408, 4)
    TOO_LARGE = (413, 8)
    MEDIA_TYPE = (415, 3)
    FULL = (429, 8)
    UNAVAILABLE = (503, 14)
    INTERNAL = (500, 13)

    @property
    def http(self) -> int:
        return self.value[0]

    @property
    def grpc(self) -> int:
        return self.value[1]


class Refusal(FleetglassError):
    def __init__(self, reason: Reason, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry_after_s = retry_after_s


class StoreError(FleetglassError):
    """The database is away, busy or says no. The same request may succeed later.

    `code` is ClickHouse's number of the error; 0 where it sent none.
    """

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class DatabaseError(StoreError):
    """The database refuses this request, and will refuse it again."""
