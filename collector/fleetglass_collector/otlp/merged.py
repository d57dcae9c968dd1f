"""OTLP's messages with one change: a repeated message is declared singular.

The parser then merges all elements into one. So a single parse shows which kinds of values and
which unknown fields are in the whole request, without a Python object per span or attribute.
An attribute has one key and one set member of its value: these two are declared repeated here, so
that they can be counted.
"""

from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MESSAGE, BYTES = FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_BYTES

# The kinds of AnyValue that hold other values. A flat schema has no maps and no nested arrays.
NESTING = frozenset({"array_value", "kvlist_value"})

FieldType = tuple[int, bool]
"""A field's type and whether it repeats."""
Declare = Callable[[FieldDescriptor], FieldType]
Classes = Callable[[str], Any]
"""Finds a message class by its short OTLP name."""


def merged() -> Classes:
    return _build("merged", _merge)


def listed() -> Classes:
    """Like `merged`, but spans and array values are lists, and their contents stay unparsed."""
    return _build("listed", _list)


def counted() -> Classes:
    """Like `merged`, but spans are a list of unparsed bytes, which is enough to count them."""
    return _build("counted", _count)


def _build(package: str, declare: Declare) -> Classes:
    file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for message in _reachable(ExportTraceServiceRequest.DESCRIPTOR, set()):
        built = file.message_type.add(name=message.name)
        for field in message.fields:
            built.field.append(_declared(field, declare(field), package))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return lambda name: message_factory.GetMessageClass(
        pool.FindMessageTypeByName(f"{package}.{name}")
    )


def _declared(field: FieldDescriptor, field_type: FieldType, package: str) -> FieldDescriptorProto:
    kind, repeated = field_type
    return FieldDescriptorProto(
        name=field.name,
        number=field.number,
        type=FieldDescriptorProto.Type.ValueType(kind),
        type_name=f".{package}.{_message(field).name}" if kind == MESSAGE else None,
        label=FieldDescriptorProto.LABEL_REPEATED
        if repeated
        else FieldDescriptorProto.LABEL_OPTIONAL,
    )


def _merge(field: FieldDescriptor) -> FieldType:
    owner = _name(field.containing_type)
    if owner == "AnyValue" or (owner, field.name) == ("KeyValue", "key"):
        return (BYTES if field.type == MESSAGE else field.type), True
    if field.type == FieldDescriptor.TYPE_ENUM:
        return FieldDescriptor.TYPE_INT32, False
    return field.type, field.is_repeated and field.type != MESSAGE


def _count(field: FieldDescriptor) -> FieldType:
    return (BYTES, True) if field.name == "spans" else _merge(field)


def _list(field: FieldDescriptor) -> FieldType:
    if field.type == MESSAGE and _name(field.containing_type) == "Span":
        return BYTES, False
    if _name(field.containing_type) == "ArrayValue":
        return BYTES, True
    return (MESSAGE, True) if field.name == "spans" else _merge(field)


def _name(message: Descriptor | None) -> str:
    return message.name if message else ""


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
