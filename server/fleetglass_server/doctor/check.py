"""One finding of the doctor."""

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
    found: str
    advice: str = ""
    running: bool = False
    """Whether it is fleetglass itself that was found."""

    @classmethod
    def ok(cls, name: str, found: str, *, running: bool = False) -> Self:
        return cls(name=name, level=Level.OK, found=found, running=running)

    @classmethod
    def note(cls, name: str, found: str, advice: str = "") -> Self:
        return cls(name=name, level=Level.NOTE, found=found, advice=advice)

    @classmethod
    def fail(cls, name: str, found: str, advice: str) -> Self:
        return cls(name=name, level=Level.FAIL, found=found, advice=advice)
