"""Who acts, and the span attributes that say so."""

from dataclasses import dataclass, fields

from fleetglass import conventions as names


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which agent acts, as its author names it."""

    agent: str = ""
    id: str = ""
    version: str = ""
    cohort: str = ""
    tier: str = ""
    prompt_version: str = ""

    def attributes(self) -> dict[str, str]:
        return attributes_of(**{field.name: getattr(self, field.name) for field in fields(self)})


ATTRIBUTES = {
    "agent": names.AGENT_NAME,
    "id": names.AGENT_ID,
    "version": names.AGENT_VERSION,
    "cohort": names.COHORT,
    "tier": names.TIER,
    "prompt_version": names.PROMPT_VERSION,
    "run": names.RUN_ID,
    "conversation": names.CONVERSATION,
}


def attributes_of(**facts: str) -> dict[str, str]:
    # A number or a UUID stands for its text.
    return {ATTRIBUTES[name]: str(value) for name, value in facts.items() if value}
