"""A policy: what each agent may do, as the owner declared it in `fleet.yaml`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from fleetglass.autonomy.classes import ActionClass, by_name
from fleetglass.autonomy.conditions import Condition

TIERS = ("observe", "suggest", "act with approval", "act and notify", "act in domain")
SPANS, FLEETGLASS = "spans", "fleetglass"
MOST_KNOWN = 100_000
OBSERVE, SUGGEST, ASK, NOTIFY, ACT = range(5)


def fits(name: str, pattern: str) -> bool:
    """Return whether a name fits a pattern, in which `*` stands for any text."""
    return pattern in ("*", name) or fnmatchcase(name, pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What some tools or actions do, and which of their arguments say how much and to whom."""

    action_class: ActionClass
    tool: str = "*"
    action: str = "*"
    amount: str = ""
    to: str = ""
    rows: str = ""

    def matches(self, tool: str, action: str) -> bool:
        return fits(tool, self.tool) and fits(action, self.action)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who may approve, and for how long an approval holds."""

    by: tuple[str, ...] = ()
    """Names, `*` matches any text. Empty: anybody who is no agent of the run."""
    valid_s: float = 900.0
    through: str = SPANS
    """`fleetglass`: only what a person has granted with `fleetglass approvals` counts.
    `spans`: what the agent's own spans say counts too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """At which tier an agent does some sort of action, and within which limits."""

    tier: int
    action_class: ActionClass | None = None
    tool: str = "*"
    action: str = "*"
    amount: float | None = None
    recipients: int | None = None
    rows: int | None = None
    to: tuple[str, ...] = ()
    when: Condition | None = None
    amount_a_day: float | None = None
    calls_an_hour: int | None = None
    approval: Approval | None = None
    line: int = 0

    def matches(self, action_class: ActionClass, tool: str, action: str) -> bool:
        return (
            self.action_class in (None, action_class)
            and fits(tool, self.tool)
            and fits(action, self.action)
        )

    @property
    def words(self) -> str:
        """What it is about, as an owner would say it."""
        names = [str(self.action_class)] if self.action_class else []
        names += [f"tool {self.tool}"] if self.tool != "*" else []
        names += [f"action {self.action}"] if self.action != "*" else []
        return ", ".join(names) or "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The tier of an agent, and what differs from it for some actions."""

    agent: str = "*"
    cohort: str = "*"
    tier: int
    may: tuple[Permission, ...] = ()
    owner: str = ""
    contact: str = ""
    approval: Approval = Approval()
    line: int = 0

    def is_of(self, agent: str, cohort: str) -> bool:
        return fits(agent, self.agent) and fits(cohort, self.cohort)

    def permissions(
        self, action_class: ActionClass, tool: str, action: str
    ) -> Iterator[Permission]:
        return (one for one in self.may if one.matches(action_class, tool, action))


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How an agent of tier 3 tells people what it did."""

    tool: str
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    tiers: tuple[str, ...] = TIERS
    kinds: tuple[Kind, ...] = ()
    agents: tuple[Standing, ...] = ()
    notice: Notice | None = None
    split_s: float = 3600.0
    """Payments to one recipient within this time count together."""
    digest: str = ""
    """Identifies what it says."""
    text: str = "{}"
    """What it was read from, as JSON."""
    # What was looked up before: a file of thousands of agents is a long list to go through.
    _classes: dict[tuple[str, str], ActionClass] = field(
        default_factory=dict[tuple[str, str], ActionClass], repr=False, compare=False
    )
    _standings: dict[tuple[str, str], Standing | None] = field(
        default_factory=dict[tuple[str, str], Standing | None], repr=False, compare=False
    )
    _places: dict[str, list[int]] = field(
        default_factory=dict[str, list[int]], repr=False, compare=False
    )
    """By agent, the places of its entries; the empty name has those with patterns."""

    @property
    def asks_people(self) -> bool:
        """Whether some approvals count only if they were granted through fleetglass."""
        return any(
            terms is not None and terms.through == FLEETGLASS
            for standing in self.agents
            for terms in (standing.approval, *(one.approval for one in standing.may))
        )

    def tier_text(self, tier: int) -> str:
        return f"{tier} ({self.tiers[tier]})"

    def kind_of(self, tool: str, action: str) -> Kind | None:
        return next((kind for kind in self.kinds if kind.matches(tool, action)), None)

    def class_of(self, tool: str, action: str) -> ActionClass:
        """Return the class that was declared, or else the one that the names suggest."""
        known = self._classes.get((tool, action))
        if known is None:
            kind = self.kind_of(tool, action)
            known = kind.action_class if kind else _by_names(tool, action)
            if len(self._classes) > MOST_KNOWN:
                self._classes.clear()
            self._classes[tool, action] = known
        return known

    def standing(self, agent: str, cohort: str) -> Standing | None:
        key = agent, cohort
        if key not in self._standings:
            if len(self._standings) > MOST_KNOWN:
                self._standings.clear()
            self._standings[key] = self._found(agent, cohort)
        return self._standings[key]

    def _found(self, agent: str, cohort: str) -> Standing | None:
        if not self._places:
            for place, one in enumerate(self.agents):
                # An exact name is found at once, and only patterns are gone through.
                key = "" if set(one.agent) & set("*?[") else one.agent
                self._places.setdefault(key, []).append(place)
        places = sorted((*self._places.get(agent, ()), *self._places.get("", ())))
        fitting = (self.agents[place] for place in places)
        return next((one for one in fitting if one.is_of(agent, cohort)), None)


def _by_names(tool: str, action: str) -> ActionClass:
    declared = by_name(action) if action else ActionClass.UNKNOWN
    return by_name(tool) if declared is ActionClass.UNKNOWN else declared


def tier_of(text: str, tiers: Sequence[str]) -> int | None:
    """Return the tier that a span claims, by its number or by its name."""
    words: Mapping[str, int] = {name: number for number, name in enumerate(tiers)}
    clean = text.strip().lower()
    return int(clean) if clean in ("0", "1", "2", "3", "4") else words.get(clean)
