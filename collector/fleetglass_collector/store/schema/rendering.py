"""Fills in the .sql files for one server or for a cluster."""

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template

from fleetglass_collector.config import Retention
from fleetglass_collector.store.schema import clauses
from fleetglass_collector.store.schema.listing import LISTING, Comments, Definition, Entry, Table
from fleetglass_collector.store.schema.object import SchemaObject, checksum, significant, update_of
from fleetglass_collector.store.schema.variables import is_setting, variables

FOLDER = files("fleetglass_collector.store.schema")
PROTO = (FOLDER / "otlp" / "otlp.proto").read_text()
"""The schema that every insert into otlp_in carries."""
WORD = re.compile(r"[\w.]+")


def objects(
    *,
    cluster: str,
    retention: Retention,
    login: str = "",
    folder: Traversable = FOLDER,
    listing: Sequence[Entry] = LISTING,
) -> list[SchemaObject]:
    """Return the objects of a listing in order. `login` is the clause with a dictionary's user.

    Raises:
        ConfigError: A table is to be kept for less than a day.
    """
    values = variables(cluster=cluster, retention=retention, login=login)
    rendering = _Rendering(values, cluster, folder)
    for entry in listing:
        rendering.add(entry)
    return rendering.objects


class _Rendering:
    def __init__(self, values: Mapping[str, str], cluster: str, folder: Traversable) -> None:
        self.objects: list[SchemaObject] = []
        self._folder = folder
        self._values = values
        self._lasting = {name: "" if is_setting(name) else values[name] for name in values}
        self._cluster = cluster
        self._checksums: dict[str, str] = {}

    def add(self, entry: Entry) -> None:
        name = entry.path.rpartition("/")[2]
        text = self._read(entry.path)
        if isinstance(entry, Definition):
            self._add_definition(name, text)
        elif isinstance(entry, Comments):
            self._add_comments(name, text)
        elif not entry.shard_by:
            self._add_table(name, text, entry)
        else:
            self._add_table(clauses.local(name, cluster=self._cluster), text, entry)
            if self._cluster:
                self._add_distributed(name, entry.shard_by)

    def _add_table(self, name: str, text: str, entry: Table) -> None:
        later = range(2, entry.version + 1)
        alterations = [self._read(f"{entry.path}.{version}") for version in later]
        self._append(
            SchemaObject(
                name=name,
                create=self._filled(text),
                checksum=checksum(self._lasting_text(text)),
                alterations=tuple(map(self._filled, alterations)),
            )
        )

    def _add_definition(self, name: str, text: str) -> None:
        create = self._filled(text)
        self._append(
            SchemaObject(
                name=name,
                create=create,
                checksum=self._checksum_with_uses(text),
                update=update_of(create),
                uses_login="${login}" in text,
            )
        )

    def _add_comments(self, name: str, text: str) -> None:
        """Add what writes comments; an object that is made again has lost them."""
        filled = self._filled(text)
        self._append(
            SchemaObject(
                name=f"{name}.comments",
                create=filled,
                checksum=checksum(self._lasting_text(text), self._checksums[name]),
                update=filled,
            )
        )

    def _add_distributed(self, name: str, shard_by: str) -> None:
        """Add the table over all shards. It holds no rows itself, so it can be replaced."""
        own = {"name": name, "shard_by": shard_by}
        text = Template(self._read("distributed")).safe_substitute(own)
        create = self._filled(text)
        self._append(
            SchemaObject(
                name=name,
                create=create,
                checksum=self._checksum_with_uses(text),
                update=create.replace("CREATE TABLE IF NOT EXISTS", "CREATE OR REPLACE TABLE"),
            )
        )

    def _read(self, path: str) -> str:
        return (self._folder / f"{path}.sql").read_text()

    def _append(self, added: SchemaObject) -> None:
        self.objects.append(added)
        self._checksums[added.name] = added.checksum

    def _filled(self, text: str) -> str:
        return Template(text).substitute(self._values)

    def _lasting_text(self, text: str) -> str:
        """Fill in a text without settings: a changed retention does not make another table."""
        return significant(Template(text).substitute(self._lasting))

    def _checksum_with_uses(self, text: str) -> str:
        """Hash a text with the checksums of the objects that it names, which include theirs.

        The database expands functions when a view is made, and fixes the view's columns then.
        """
        lasting = self._lasting_text(text)
        words = set(WORD.findall(lasting))
        used = [self._checksums[name] for name in sorted(words & self._checksums.keys())]
        return checksum(lasting, *used)
