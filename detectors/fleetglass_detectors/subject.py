"""Whom a signal or an incident is about: a run, or all of an agent, a cohort, a model, a tenant."""

from dataclasses import dataclass
from hashlib import blake2b

RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    about: str = RUN
    """What sort of subject it is; all but runs are told apart by their names."""
    name: str = ""
    tenant: str = ""
    trace_id: str = ""
    run_id: str = ""
    agent: str = ""
    tool: str = ""
    """Of the last step, where that was a tool's."""

    @property
    def number(self) -> int:
        """Of one that is no run: runs have their trace's."""
        told = f"{self.about}\0{self.tenant}\0{self.name}".encode()
        return int.from_bytes(blake2b(told, digest_size=8).digest(), "little")

    @property
    def title(self) -> str:
        """For people."""
        if self.about == RUN:
            return self.agent or "a run"
        return self.name if self.about == "agent" else f"{self.about} {self.name}".rstrip()
