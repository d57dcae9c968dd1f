"""Parameters sent as a form: clickhouse-connect does so where a URL would be too long."""

from email.parser import BytesParser
from email.policy import HTTP

from fleetglass_collector.embedded.engine.faults import Fault

NOT_IMPLEMENTED = 48


def is_form(content_type: str) -> bool:
    return content_type.lower().startswith("multipart/form-data")


def fields(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """The form's fields, in order.

    Raises:
        Fault: A file is among them: tables of the client's own are not taken.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    found: list[tuple[str, str]] = []
    for part in BytesParser(policy=HTTP).parsebytes(head + body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() is not None:
            raise Fault(NOT_IMPLEMENTED, "External data for query processing is not taken.")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found.append((name, content.decode("utf-8", "replace")))
    return found
