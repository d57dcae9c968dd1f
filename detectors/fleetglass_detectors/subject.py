"""What a signal is about: one run, or all runs of an agent, cohort, model or tenant."""

from dataclasses import dataclass
from hashlib import blake2b

RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    about: str = RUN
    """`run`, `agent`, `cohort`, `model`, `tenant` and so on."""
    name: str = ""
    """Tells subjects apart that are not runs."""
    tenant: str = ""
    trace_id: str = ""
    run_id: str = ""
    agent: str = ""
    tool: str = ""
    """The tool of the last step, if that was a tool call."""

    @property
    def number(self) -> int:
        """Identifies a subject that is not a run. A run is identified by its trace."""
        key = f"{self.about}\0{self.tenant}\0{self.name}".encode()
        return int.from_bytes(blake2b(key, digest_size=8).digest(), "little")

    @property
    def title(self) -> str:
        if self.about == RUN:
            return self.agent or "a run"
        return self.name if self.about == "agent" else f"{self.about} {self.name}".rstrip()
