"""An object of the database: the SQL that makes it and the SQL that updates an older one."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MATERIALIZED_VIEW = re.compile(r"^CREATE MATERIALIZED VIEW IF NOT EXISTS (.+) TO \w+ AS\n", re.M)
COMMENT = re.compile(r"^\s*--.*$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One statement to run, and the record that the database keeps of it."""

    record: str
    checksum: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaObject:
    name: str
    create: str
    """Makes the object if it does not exist; running it twice does no harm."""
    checksum: str
    update: str = ""
    """Replaces an object that was made from another text. Empty for a table."""
    alterations: tuple[str, ...] = ()
    """For a table: the statements from version 1 to 2, from 2 to 3, and so on."""
    uses_login: bool = False
    """Whether its text has the user and password of the configuration, as dictionaries do."""

    @property
    def records(self) -> tuple[str, ...]:
        """The names of the records of its versions, the latest last."""
        later = (f"{self.name}.{version}" for version, _ in enumerate(self.alterations, 2))
        return (self.name, *later)

    def steps(self, recorded: Mapping[str, str]) -> Iterator[Step]:
        """Yield the statements to run, given the checksum of each record."""
        latest = self.records[-1]
        versions = [at for at, record in enumerate(self.records) if record in recorded]
        if not versions:
            yield Step(record=latest, checksum=self.checksum, sql=self.create)
        elif latest not in recorded:
            start = versions[-1]
            pending = zip(self.records[start + 1 :], self.alterations[start:], strict=True)
            for record, sql in pending:
                yield Step(record=record, checksum=self.checksum, sql=sql)
        elif recorded[latest] != self.checksum and self.update:
            yield Step(record=latest, checksum=self.checksum, sql=self.update)

    def differs(self, recorded: Mapping[str, str]) -> bool:
        """Whether this is a table that was made from another text of the same version."""
        latest = self.records[-1]
        return not self.update and recorded.get(latest, self.checksum) != self.checksum


def update_of(create: str) -> str:
    """Return the statement that replaces an existing object.

    A materialized view gets its new query in one step: if it were dropped and made again, another
    collector's inserts in between would be lost. The price: ClickHouse 26.9 does not recognise an
    insert from before the change that is sent again after it, so the view stores its rows twice.
    """
    match = MATERIALIZED_VIEW.search(create)
    if match is None:
        return create
    return f"ALTER TABLE {match[1]} MODIFY QUERY\n{create[match.end() :]}"


def significant(text: str) -> str:
    """Return the text without comments and line breaks."""
    return " ".join(COMMENT.sub("", text).split())


def checksum(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
