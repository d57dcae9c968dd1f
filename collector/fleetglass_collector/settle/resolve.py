"""Derives from a set of spans the facts that follow from their relations.

The result depends only on the set of spans, not on their order of arrival. So late, early and
repeated spans end in the same rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fleetglass_collector.dialects.own import SESSION
from fleetglass_collector.settle import ancestry
from fleetglass_collector.settle.ancestry import Indices, Mask
from fleetglass_collector.settle.spans import KIND, REPORTED, Spans


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """For each span, the index of the span that a fact is taken from, or -1."""

    parent: Indices
    identity: Indices
    run: Indices
    conversation: Indices
    workflow: Indices
    caller: Indices
    """Of an agent: the agent that it works for."""
    target: Indices
    """Of a handoff or a tool: the agent that takes over."""
    counts: Mask
    """Whether the usage that the span reports counts."""
    is_repeat: Mask
    """Whether a tool's span reports the same call as the span around it."""

    @property
    def sources(self) -> tuple[Indices, ...]:
        """The columns of the spans that texts are taken from."""
        return (
            self.identity,
            self.run,
            self.conversation,
            self.workflow,
            self.caller,
            self.target,
        )


def resolve(spans: Spans) -> Resolved:
    """Take whole traces, each span once."""
    parent = ancestry.parents(spans["key"], spans["parent"])
    parent[parent == np.arange(len(parent))] = -1
    kind = spans["kind"]
    is_agent = kind == KIND["agent"]
    owner = ancestry.nearest(parent, is_agent & (spans["agent"] != 0))
    names_caller = spans["caller_own"] != 0
    is_repeat = _repeats(spans, parent)
    return Resolved(
        parent=parent,
        identity=_identity(spans, owner),
        run=_own_or_nearest(parent, spans["run_own"] != 0),
        conversation=_conversation(spans, parent),
        workflow=_own_or_nearest(parent, spans["workflow_own"] != 0),
        caller=np.where(is_agent & ~names_caller, owner, -1),
        target=_targets(spans, parent, owner=owner, is_repeat=is_repeat),
        counts=_counts(spans, parent),
        is_repeat=is_repeat,
    )


def _identity(spans: Spans, owner: Indices) -> Indices:
    """An agent's release and tier apply to its own work, not to another agent under it."""
    agent = spans["agent"]
    same = (agent == 0) | (agent == agent[owner])
    return np.where((owner >= 0) & same, owner, -1)


def _own_or_nearest(parent: Indices, has: Mask) -> Indices:
    return np.where(has, np.arange(len(has)), ancestry.nearest(parent, has))


def _conversation(spans: Spans, parent: Indices) -> Indices:
    """Take a span's own session, else the conversation of the topmost span that names one.

    Some frameworks begin a conversation with each nested agent; people talk to the outermost one.
    """
    has = spans["conversation_own"] != 0
    outer = ancestry.nearest(parent, has)
    topmost = ancestry.top(outer)
    here = np.arange(len(parent))
    # On a cycle no span is topmost.
    is_lost = topmost[outer] < 0
    inherited = np.where(outer < 0, -1, np.where(is_lost, outer, topmost[outer]))
    keeps = has & ((spans["own"] & SESSION != 0) | (outer < 0) | is_lost)
    found = np.where(keeps, here, inherited)
    return np.where(found < 0, _of_the_trace(spans, found), found)


def _of_the_trace(spans: Spans, found: Indices) -> Indices:
    """Return the conversation of a trace that has only one, for the spans above and beside it.

    Some frameworks write it on model calls only. If a trace has several, a span that is in none of
    them is its own source: it has no conversation.
    """
    here, told = np.arange(len(found)), spans["conversation_own"]
    _, trace = np.unique(spans["trace"], return_inverse=True)
    named = np.flatnonzero(found >= 0)
    # The earliest span of a trace comes last and stays.
    named = named[_latest_first(spans, named)]
    first = np.full(len(found), -1, np.int64)
    first[trace[named]] = found[named]
    others = named[told[found[named]] != told[first[trace[named]]]]
    has_several = np.isin(trace, trace[others])
    return np.where((first[trace] >= 0) & has_several, here, first[trace])


def _counts(spans: Spans, parent: Indices) -> Mask:
    """Usage counts on leaves only.

    An agent's own usage counts if no model call is below it, a call's own if no call with usage is
    below it that the same agent makes.
    """
    kind, reports = spans["kind"], (spans["usage"] & REPORTED) != 0
    is_call = kind == KIND["llm"]
    is_container = (kind == KIND["agent"]) | (kind == KIND["workflow"])
    over_call = ancestry.above(parent, is_call)
    # In some frameworks a call stands above the agents that it asks for, whose calls are others.
    within_agent = np.where(kind == KIND["agent"], -1, parent)
    over_usage = ancestry.above(within_agent, is_call & reports)
    counts: Mask = reports & np.where(is_container, ~over_call, ~(is_call & over_usage))
    return counts


def _repeats(spans: Spans, parent: Indices) -> Mask:
    """Find an MCP client's span inside a tool's span: both report one call.

    A tool that calls itself with other arguments makes a new call.
    """
    tool = (spans["kind"] == KIND["tool"]) & (spans["tool"] != 0)
    around = ancestry.nearest(parent, tool | (spans["kind"] == KIND["agent"]))
    asked = spans["asked"]
    alike = (asked == asked[around]) | (asked == 0) | (asked[around] == 0)
    alike &= spans["tool"] == spans["tool"][around]
    repeats: Mask = tool & (around >= 0) & tool[around] & alike
    return repeats


def _targets(spans: Spans, parent: Indices, *, owner: Indices, is_repeat: Mask) -> Indices:
    """Find the agent that takes over, for spans that do not name it."""
    kind = spans["kind"]
    passes, is_tool = kind == KIND["handoff"], (kind == KIND["tool"]) & ~is_repeat
    is_agent = (kind == KIND["agent"]) & (spans["agent"] != 0)
    silent = spans["target_own"] == 0
    target = np.full(len(parent), -1, np.int64)
    # The agent under a tool or a handoff; the first of several.
    doer = ancestry.nearest(parent, passes | is_tool | (kind == KIND["agent"]))
    called = np.flatnonzero(is_agent & (doer >= 0) & (passes | is_tool)[doer])
    called = called[_latest_first(spans, called)]
    target[doer[called]] = called
    waiting = passes & silent & (target < 0) & (owner >= 0)
    target = np.where(waiting, _next_siblings(spans, parent, is_agent, waiting, owner), target)
    return np.where(silent, target, -1)


def _latest_first(spans: Spans, chosen: Indices) -> npt.NDArray[np.intp]:
    return np.lexsort((spans["key"][chosen], spans["start"][chosen]))[::-1]


def _next_siblings(
    spans: Spans, parent: Indices, is_agent: Mask, handoffs: Mask, owner: Indices
) -> Indices:
    """Find the agent that starts next beside the one that hands over.

    Some frameworks record no more. Agents and handoffs are sorted by family and time; each handoff
    then takes the agent that follows.
    """
    agents, waiting = np.flatnonzero(is_agent), np.flatnonzero(handoffs)
    events = np.concatenate([waiting, agents])
    beside = np.concatenate([owner[waiting], agents])
    family, trace = parent[beside], spans["trace"][events]
    starts_agent = np.repeat([False, True], [len(waiting), len(agents)])
    order = np.lexsort((spans["key"][events], starts_agent, spans["start"][events], family, trace))
    place = np.where(starts_agent[order], np.arange(len(order)), len(order))
    following = np.minimum.accumulate(place[::-1])[::-1]
    after = order[np.minimum(following, len(order) - 1)]
    good = (
        (following < len(order)) & (family[after] == family[order]) & (trace[after] == trace[order])
    )
    result = np.full(len(parent), -1, np.int64)
    result[events[order]] = np.where(good & ~starts_agent[order], events[after], -1)
    return result
