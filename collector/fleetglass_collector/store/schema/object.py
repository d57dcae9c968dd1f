"""An object of the database: the SQL that makes it and the SQL that updates an older one."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MATERIALIZED_VIEW = re.compile(r"^CREATE MATERIALIZED VIEW IF NOT EXISTS (.+) TO \w+ AS\n", re.M)
COMMENT = re.compile(r"^\s*--.*$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One statement to run, and what the database remembers of it."""

    record: str
    checksum: str
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaObject:
    name: str
    create: str
    """Makes it where it does not exist; running it twice does no harm."""
    checksum: str
    update: str = ""
    """Replaces one that was made from another text. A table has none."""
    alterations: tuple[str, ...] = ()
    """For a table: from version 1 to 2, from 2 to 3, and so on."""
    uses_login: bool = False
    """For a dictionary: its text holds a user and password, which may change at any start."""

    @property
    def records(self) -> tuple[str, ...]:
        """The names under which its versions are recorded, the latest last."""
        later = (f"{self.name}.{version}" for version, _ in enumerate(self.alterations, 2))
        return (self.name, *later)

    def steps(self, recorded: Mapping[str, str]) -> Iterator[Step]:
        """Yield what has to run, given the checksums of what ran before."""
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
        """Whether a table of this version was made from another text."""
        latest = self.records[-1]
        return not self.update and recorded.get(latest, self.checksum) != self.checksum


def update_of(create: str) -> str:
    """Return the statement that replaces an object that exists.

    A materialized view gets a new query in one stroke, so no insert passes between an old view
    that is gone and a new one that is not there yet.
    """
    match = MATERIALIZED_VIEW.search(create)
    if match is None:
        return create
    return f"ALTER TABLE {match[1]} MODIFY QUERY\n{create[match.end() :]}"


def significant(text: str) -> str:
    """Leave out comments, and how the lines are broken."""
    return " ".join(COMMENT.sub("", text).split())


def checksum(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
