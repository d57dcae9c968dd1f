"""The text that is stored for an attribute, as OpenTelemetry's ClickHouse exporter writes it.

This module is the definition. For flat values the database computes the same text in SQL, and a
test checks that both agree.
"""

import base64
import math
from collections.abc import Iterable
from decimal import Decimal

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

# What ClickHouse escapes in a JSON string.
ESCAPES = {number: f"\\u{number:04X}" for number in range(32)} | {
    0x08: "\\b",
    0x09: "\\t",
    0x0A: "\\n",
    0x0C: "\\f",
    0x0D: "\\r",
    0x22: '\\"',
    0x5C: "\\\\",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}

# The range of the decimal point's place. Outside it, an exponent is written: 1e-7, 1e21.
MIN_POINT, MAX_POINT = -6, 21


def attribute_text(value: AnyValue) -> str:
    """Return strings unchanged, bytes as base64, arrays and maps as JSON, a missing value as ''."""
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "double_value":
            return double_text(value.double_value)
        case "bool_value" | "int_value" | "array_value" | "kvlist_value":
            return json_text(value)
        case _:
            return ""


def json_text(value: AnyValue) -> str:
    """Return the value as compact JSON; bytes are base64, a missing value is null."""
    match value.WhichOneof("value"):
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "int_value":
            return str(value.int_value)
        case "double_value":
            text = double_text(value.double_value)
            return text if math.isfinite(value.double_value) else _quoted(text)
        case "array_value":
            return f"[{','.join(map(json_text, value.array_value.values))}]"
        case "kvlist_value":
            return _object(value.kvlist_value.values)
        case "string_value" | "bytes_value":
            return _quoted(attribute_text(value))
        case _:
            return "null"


def double_text(value: float) -> str:
    """Return the shortest text that reads back as the same double, as ClickHouse writes it."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    minus, text = "-" * sign, "".join(map(str, digits))
    point = len(text) + exponent
    if value == 0:
        return f"{minus}0"
    if not MIN_POINT < point <= MAX_POINT:
        fraction = f".{text[1:]}" if len(text) > 1 else ""
        return f"{minus}{text[0]}{fraction}e{point - 1}"
    if point <= 0:
        return f"{minus}0.{'0' * -point}{text}"
    whole, fraction = text[:point].ljust(point, "0"), text[point:]
    return f"{minus}{whole}{'.' if fraction else ''}{fraction}"


def _object(pairs: Iterable[KeyValue]) -> str:
    return "{" + ",".join(f"{_quoted(p.key)}:{json_text(p.value)}" for p in pairs) + "}"


def _quoted(text: str) -> str:
    return f'"{text.translate(ESCAPES)}"'
