"""OTLP's own message classes, declared anew so that one parse answers one question."""

from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MESSAGE = FieldDescriptor.TYPE_MESSAGE
BYTES = FieldDescriptor.TYPE_BYTES

# Kinds of AnyValue that hold values. A flat schema has no maps, and no arrays inside arrays.
NESTING = frozenset({"array_value", "kvlist_value"})

TypeOfField = tuple[int, bool]
"""A field's type and whether it repeats."""
Declare = Callable[[FieldDescriptor], TypeOfField]
Classes = Callable[[str], Any]
"""Finds a message class by OTLP's short name."""


def merged() -> Classes:
    """Repeated messages are singular: the parser merges all the elements into one.

    Values that nest are repeated bytes, so that each is seen, whatever else the merged value holds.
    """
    return _build("merged", _merge)


def listed() -> Classes:
    """As `merged`, but spans are a list, and what they hold is left unparsed."""
    return _build("listed", _list)


def _merge(field: FieldDescriptor) -> TypeOfField:
    if field.name in NESTING and _owner(field) == "AnyValue":
        return BYTES, True
    if field.type == FieldDescriptor.TYPE_ENUM:
        return FieldDescriptor.TYPE_INT32, False
    return field.type, field.is_repeated and field.type != MESSAGE


def _list(field: FieldDescriptor) -> TypeOfField:
    if field.type == MESSAGE and _owner(field) == "Span":
        return BYTES, False
    if field.name == "spans":
        return MESSAGE, True
    return _merge(field)


def _build(package: str, declare: Declare) -> Classes:
    file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for message in dict.fromkeys(_reachable(ExportTraceServiceRequest.DESCRIPTOR, set())):
        built = file.message_type.add(name=message.name)
        for field in message.fields:
            kind, repeated = declare(field)
            added = built.field.add(name=field.name, number=field.number)
            added.type = FieldDescriptorProto.Type.ValueType(kind)
            added.label = (
                FieldDescriptorProto.LABEL_REPEATED
                if repeated
                else FieldDescriptorProto.LABEL_OPTIONAL
            )
            if kind == MESSAGE:
                added.type_name = f".{package}.{_message(field).name}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return lambda name: message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"{package}.{name}")
    )


def _owner(field: FieldDescriptor) -> str:
    return field.containing_type.name if field.containing_type else ""


def _message(field: FieldDescriptor) -> Descriptor:
    assert field.message_type is not None
    return field.message_type


def _reachable(message: Descriptor, seen: set[str]) -> Iterator[Descriptor]:
    if message.name in seen:
        return
    seen.add(message.name)
    yield message
    for field in message.fields:
        if field.type == MESSAGE:
            yield from _reachable(_message(field), seen)
