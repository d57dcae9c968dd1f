"""V4 and V9 over time: what an agent did in an hour or a day, and sums split to stay below a limit.

Each permission with such a limit has a ledger of what was done under it. A limit is broken by the
action that passes it; the finding lasts as long as the sum of the window stays above the limit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Literal, cast

from fleetglass.autonomy.action import Action
from fleetglass.autonomy.policy import Permission, Policy
from fleetglass.autonomy.ruling import masked, ruling
from fleetglass.autonomy.violation import NUMBER, Rule
from fleetglass_detectors.autonomy.pending import Pending
from fleetglass_detectors.autonomy.rules import PolicyAt
from fleetglass_detectors.autonomy.sieve import NameReader, Sieve
from fleetglass_detectors.autonomy.signals import FAMILY
from fleetglass_detectors.autonomy.watch import GRACE_NS, Reader, segments_of
from fleetglass_detectors.detector import State
from fleetglass_detectors.harm import Harm
from fleetglass_detectors.signal import Level, Signal
from fleetglass_detectors.spans import Batch
from fleetglass_detectors.subject import Subject

SECOND_NS = 1_000_000_000
HOUR_S, DAY_S = 3600.0, 86_400.0
MOST_ENTRIES = 200_000


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One action under a permission with a limit."""

    start_ns: int
    key: int
    tenant: str
    agent: str
    permission: int
    """What `identity` says of its permission: places change when the file does."""
    amount: float
    target: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A limit of a permission, and the entries that count together for it."""

    rule: Rule
    what: str
    limit: float
    seconds: float
    counts_calls: bool = False
    by_target: bool = False


class Quotas:
    name = "quotas"
    by: Literal["agent"] = "agent"

    def __init__(
        self, policy_at: PolicyAt, read: Reader, names: NameReader, *, grace_ns: int = GRACE_NS
    ) -> None:
        self._policy_at = policy_at
        self._read = read
        self._sieve = Sieve(policy_at(0), names)
        self._pending = Pending(grace_ns)
        self._entries: dict[int, Entry] = {}
        self._digest = ""
        self._limited: Mapping[int, Permission] = {}

    def keys(self) -> int:
        return len(self._entries)

    def update(self, batch: Batch) -> Iterable[Signal]:
        now_ns = batch.now_ns
        policy = self._policy_at(now_ns)
        self._sieve.set(policy)
        news = (
            segments_of(batch.rows[self._sieve.consequential(batch.rows)])
            if len(batch.rows)
            else {}
        )
        self._pending.add(news, now_ns)
        due = self._pending.due(now_ns)
        if wanted := self._pending.wanted(news, now_ns):
            self._enter(wanted, policy, now_ns)
            for run in due.intersection(wanted):
                self._pending.again(run, 0)
        if self._pending.grace_ns:
            self._forget(now_ns)
            return [*self._findings(policy, now_ns)]
        # In a recording, what was broken at any time counts.
        return [*self._findings(policy, 0)]

    def state(self) -> State:
        entries = [astuple(entry) for entry in self._entries.values()]
        return {"pending": self._pending.state(), "entries": entries}

    def restore(self, state: State) -> None:
        held = cast(dict[str, State], state)
        self._pending.restore(held["pending"])
        self._entries = {values[1]: Entry(*values) for values in held["entries"]}

    def _enter(self, wanted: Sequence[int], policy: Policy, now_ns: int) -> None:
        for run in self._read({number: self._pending.segments(number) for number in wanted}):
            self._pending.was_read(run.number, len(run.actions), now_ns)
            for action in run.actions:
                if entry := _entry(action, run.tenant, policy):
                    self._entries[action.key] = entry

    def _findings(self, policy: Policy, now_ns: int) -> Iterator[Signal]:
        if policy.digest != self._digest:
            self._digest, self._limited = policy.digest, _limited(policy)
        groups: dict[tuple[str, str, int], list[Entry]] = {}
        for entry in sorted(self._entries.values()):
            # A permission that was changed begins anew; what was done under the old one waits.
            if entry.permission in self._limited:
                key = entry.tenant, entry.agent, entry.permission
                groups.setdefault(key, []).append(entry)
        for (_, _, number), entries in groups.items():
            for window in windows(self._limited[number], policy.split_s):
                for part in _parts(entries, window):
                    if broken := _broken(part, window, now_ns):
                        yield _signal(broken, window, policy)

    def _forget(self, now_ns: int) -> None:
        since = now_ns - int(DAY_S * SECOND_NS)
        if any(entry.start_ns < since for entry in self._entries.values()):
            kept = {key: one for key, one in self._entries.items() if one.start_ns >= since}
            self._entries = kept
        while len(self._entries) > MOST_ENTRIES:
            del self._entries[next(iter(self._entries))]


def windows(permission: Permission, split_s: float) -> Iterator[Window]:
    """Yield the limits of a permission that need more than one action to be broken."""
    if permission.amount_a_day is not None:
        what, limit = "moved {} within a day", permission.amount_a_day
        yield Window(rule=Rule.OVER_LIMIT, what=what, limit=limit, seconds=DAY_S)
    if permission.calls_an_hour is not None:
        what, limit = "was called {} times within an hour", permission.calls_an_hour
        yield Window(
            rule=Rule.OVER_LIMIT, what=what, limit=limit, seconds=HOUR_S, counts_calls=True
        )
    if permission.amount is not None:
        what, limit = "moved {} to one recipient in several parts", permission.amount
        yield Window(rule=Rule.SPLIT, what=what, limit=limit, seconds=split_s, by_target=True)


def has_quotas(policy: Policy) -> bool:
    return bool(_limited(policy))


def _limited(policy: Policy) -> Mapping[int, Permission]:
    """Return the permissions with such a limit, by what identifies each."""
    return {
        identity(standing.agent, standing.cohort, one): one
        for standing in policy.agents
        for one in standing.may
        if [*windows(one, 1.0)]
    }


@lru_cache(maxsize=65_536)
def identity(agent: str, cohort: str, permission: Permission) -> int:
    """Return what identifies a permission in all versions of the file that have it."""
    said = repr((agent, cohort, replace(permission, line=0)))
    return int.from_bytes(sha256(said.encode()).digest()[:8])


def _entry(action: Action, tenant: str, policy: Policy) -> Entry | None:
    standing = policy.standing(action.agent, action.cohort) if action.agent else None
    if standing is None or action.failed:
        return None
    kind = policy.kind_of(action.tool, action.action)
    permission = ruling(
        standing, action, policy.class_of(action.tool, action.action), kind
    ).permission
    if permission is None or not [*windows(permission, 1.0)]:
        return None
    return Entry(
        start_ns=action.start_ns,
        key=action.key,
        tenant=tenant,
        agent=action.agent,
        permission=identity(standing.agent, standing.cohort, permission),
        amount=action.amount(kind) or 0.0,
        target=next(iter(action.targets(kind)), ""),
        name=action.name,
    )


def _parts(entries: Sequence[Entry], window: Window) -> Iterator[Sequence[Entry]]:
    if not window.by_target:
        yield entries
        return
    by_target: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.target:
            by_target.setdefault(entry.target, []).append(entry)
    yield from by_target.values()


def _broken(entries: Sequence[Entry], window: Window, now_ns: int) -> Sequence[Entry]:
    """Return the entries of the window up to the one that passes the limit, if it still counts."""
    span_ns = int(window.seconds * SECOND_NS)
    total, first = 0.0, 0
    for place, entry in enumerate(entries):
        total += 1.0 if window.counts_calls else entry.amount
        while entries[first].start_ns <= entry.start_ns - span_ns:
            total -= 1.0 if window.counts_calls else entries[first].amount
            first += 1
        if total > window.limit and place > first and entry.start_ns > now_ns - span_ns:
            return entries[first : place + 1]
    return ()


def _signal(entries: Sequence[Entry], window: Window, policy: Policy) -> Signal:
    last = entries[-1]
    subject = Subject(about="agent", name=last.agent, tenant=last.tenant, agent=last.agent)
    total = len(entries) if window.counts_calls else sum(entry.amount for entry in entries)
    what = window.what.format(f"{total:,g}")
    legal_if = f"{window.limit:,g} or less"
    to = [f"recipient {masked(last.target)}"] if window.by_target else []
    return Signal(
        family=FAMILY,
        detector="quotas",
        kind=window.rule,
        level=Level.CRITICAL,
        run=subject.number,
        subject=subject,
        harm=Harm(actions=len(entries)),
        is_declared=True,
        span=last.key,
        at_ns=last.start_ns,
        first_ns=entries[0].start_ns,
        score=total / window.limit,
        summary=f"{last.name} {what}; legal if it is {legal_if}",
        evidence={
            "rule": NUMBER[window.rule],
            "action": last.name,
            "legal_if": legal_if,
            "policy": policy.digest,
            "level_why": "critical, because a limit that the owner set is passed",
            "why": [f"{len(entries)} actions", *to],
        },
    )
