"""The result of one check."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    name: str
    level: Level
    finding: str
    advice: str = ""
    running: bool = False
    """Whether a running fleetglass was found."""

    @classmethod
    def ok(cls, name: str, finding: str, *, running: bool = False) -> Self:
        return cls(name=name, level=Level.OK, finding=finding, running=running)

    @classmethod
    def note(cls, name: str, finding: str, advice: str = "") -> Self:
        return cls(name=name, level=Level.NOTE, finding=finding, advice=advice)

    @classmethod
    def fail(cls, name: str, finding: str, advice: str) -> Self:
        return cls(name=name, level=Level.FAIL, finding=finding, advice=advice)
