"""Decides which statements bring a database up to date, or why that is impossible."""

from collections.abc import Iterator, Mapping, Sequence

from fleetglass_collector.store.schema.object import SchemaObject, Step


def pending(objects: Sequence[SchemaObject], recorded: Mapping[str, str]) -> Iterator[Step]:
    """Yield the statements to run, given the checksum of each record."""
    for each in objects:
        yield from each.steps(recorded)


def difference(objects: Sequence[SchemaObject], recorded: Mapping[str, str]) -> str:
    """Say why this version cannot use a database; empty if it can."""
    known = {record for each in objects for record in each.records}
    if unknown := sorted(recorded.keys() - known):
        return f"it has {unknown[0]!r}, which this version does not know"
    if changed := [each.name for each in objects if each.differs(recorded)]:
        return f"its table {changed[0]!r} is not the one of this version"
    return ""
