"""What routes share that take JSON, ask the database in a thread and answer JSON."""

import asyncio
import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

from fleetglass_collector.errors import ConfigError, Reason, Refusal, StoreError
from fleetglass_collector.receive.routes import JSON, Response
from fleetglass_collector.store.client import Store

LARGEST_BODY = 16 << 10
BODY_TIMEOUT_S = 10.0
LONGEST_S = 366 * 86_400

Connect = Callable[[], Store]
"""Opens a connection to the database; each request uses one of its own."""


def fields_of(body: bytes) -> dict[str, Any]:
    """Return the fields of a JSON object.

    Raises:
        Refusal: The body is something else.
    """
    try:
        document = json.loads(body or b"{}")
    except ValueError as error:
        raise Refusal(Reason.MALFORMED, f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Refusal(Reason.MALFORMED, "the body must be a JSON object")
    return cast("dict[str, Any]", document)


async def in_a_thread(answer: Callable[..., Any], *arguments: object) -> Response:
    document = await asyncio.to_thread(answer, *arguments)
    return Response(kind=JSON, body=json.dumps(document).encode())


@contextmanager
def connected(connect: Connect) -> Generator[Store]:
    store = connect()
    try:
        yield store
    except ConfigError as error:
        raise Refusal(Reason.NOT_FOUND, str(error)) from error
    except StoreError as error:
        # The database's message may quote the SQL, so it is not repeated.
        raise Refusal(
            Reason.UNAVAILABLE, "the database does not answer", retry_after_s=5
        ) from error
    finally:
        store.close()
