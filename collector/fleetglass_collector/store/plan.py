"""What has to run to bring a database's objects up to date, or why it cannot be."""

from collections.abc import Iterator, Mapping, Sequence

from fleetglass_collector.store.schema.object import SchemaObject, Step


def pending(objects: Sequence[SchemaObject], recorded: Mapping[str, str]) -> Iterator[Step]:
    """Yield the statements to run, given the checksum of each record."""
    for each in objects:
        yield from each.steps(recorded)


def difference(objects: Sequence[SchemaObject], recorded: Mapping[str, str]) -> str:
    """Say why a database is not one of this version's or an earlier one's; empty if it is."""
    known = {record for each in objects for record in each.records}
    if unknown := sorted(recorded.keys() - known):
        return f"it has {unknown[0]!r}, which this version does not know"
    if changed := [each.name for each in objects if each.differs(recorded)]:
        return f"its table {changed[0]!r} is not the one of this version"
    return ""
