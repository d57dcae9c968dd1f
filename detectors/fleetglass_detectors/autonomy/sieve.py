"""Tells which spans the rules need not look at, from numbers alone.

Most calls of most agents read. A read breaks no tier, so unless a permission limits reads, or the
call opens an address that somebody may have planted, its run is not read from the database. Nor is
it if no entry of the policy is about the agent.
"""

import json
import re
from collections.abc import Callable, Iterable
from importlib.resources import files
from string import Template
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fleetglass.autonomy.classes import ActionClass
from fleetglass.autonomy.policy import Policy, fits
from fleetglass_detectors.database import Database
from fleetglass_detectors.spans import HANDOFF, RETRIEVAL, TOOL, Keys, Rows
from fleetglass_detectors.sql import numbers

NAMES = Template((files("fleetglass_detectors.autonomy") / "names.sql").read_text())
MOST_NAMES = 200_000
# An odd number: pairs of two hashes stay apart as one number.
MIX = np.uint64(0x9E3779B97F4A7C15)
IS_CALL = np.isin(np.arange(256), (TOOL, RETRIEVAL, HANDOFF))
_OPENS = re.compile(r"web|url|page|brows|visit|fetch|http|link|site|download|scrape|crawl", re.I)


class Named(NamedTuple):
    """The hashes by which the detectors know an agent, a tool and an action, and their names."""

    agent_hash: int
    tool_hash: int
    action_hash: int
    agent: str
    tool: str
    action: str


NameReader = Callable[[Keys], Iterable[Named]]


def names(database: Database, segments: Keys) -> Iterable[Named]:
    answer = database.query(NAMES.substitute(segments=numbers(segments)))
    for row in map(json.loads, answer.splitlines()):
        agent, tool, action = (int(row[f"{name}_hash"]) for name in ("agent", "tool", "action"))
        yield Named(agent, tool, action, row["agent"], row["tool"], row["action"])


def is_plain(policy: Policy, tool: str, action: str) -> bool:
    """Return whether no rule could object to such a call."""
    if policy.class_of(tool, action) is not ActionClass.READ or _OPENS.search(tool):
        return False
    return not any(
        permission.matches(ActionClass.READ, tool, action)
        for standing in policy.agents
        for permission in standing.may
    )


class Sieve:
    """Remembers what it knows about each agent, and about each pair of a tool and an action."""

    def __init__(self, policy: Policy, read: NameReader, *, everybody: bool = False) -> None:
        """`everybody`: also agents that no entry is about."""
        self._policy = policy
        self._read = read
        self._everybody = everybody
        self._strangers: dict[int, bool] = {}
        # By the mixed hashes of a tool and an action.
        self._plain: dict[int, bool] = {}

    def set(self, policy: Policy) -> None:
        if policy.digest != self._policy.digest:
            self._policy, self._plain, self._strangers = policy, {}, {}

    def consequential(self, rows: Rows) -> NDArray[np.bool_]:
        """Mark the spans that the rules have to look at."""
        marked: NDArray[np.bool_] = IS_CALL[rows["kind"]] | (rows["action"] != 0)
        if not marked.any():
            return marked
        pairs = rows["tool"][marked] + rows["action"][marked] * MIX
        unique, place = np.unique(pairs, return_inverse=True)
        agents, whose = np.unique(rows["agent"][marked], return_inverse=True)
        keys, agent_keys = unique.tolist(), agents.tolist()
        is_new = any(key not in self._plain for key in keys)
        if is_new or any(key not in self._strangers for key in agent_keys):
            self._learn(np.unique(rows["segment"][marked]))
        # A name that is not known yet may be anything.
        plain = np.array([self._plain.get(key, False) for key in keys], np.bool_)
        strange = np.array([self._strangers.get(key, False) for key in agent_keys], np.bool_)
        marked[marked] = ~plain[place] & ~strange[whose]
        return marked

    def _learn(self, segments: Keys) -> None:
        if len(self._plain) + len(self._strangers) > MOST_NAMES:
            self._plain, self._strangers = {}, {}
        for named in self._read(segments):
            key = (named.tool_hash + named.action_hash * int(MIX)) % (1 << 64)
            self._plain[key] = is_plain(self._policy, named.tool, named.action)
            self._strangers[named.agent_hash] = self._is_stranger(named.agent)

    def _is_stranger(self, agent: str) -> bool:
        # An agent without a name may get one when its spans are settled.
        known = not agent or any(fits(agent, one.agent) for one in self._policy.agents)
        return not known and not self._everybody
