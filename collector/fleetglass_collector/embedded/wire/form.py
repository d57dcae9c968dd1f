"""Reads parameters from a form, which clickhouse-connect sends when a URL would be too long."""

from email.parser import BytesParser
from email.policy import HTTP

from fleetglass_collector.embedded.engine.faults import Fault

NOT_IMPLEMENTED = 48


def is_form(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/form-data")


def fields(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Return the form's fields in order.

    Raises:
        Fault: The form holds a file, which would be a table of the client's own.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    pairs: list[tuple[str, str]] = []
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() is not None:
            raise Fault(NOT_IMPLEMENTED, "External data for query processing is not supported.")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            pairs.append((name, content.decode("utf-8", "replace")))
    return pairs
