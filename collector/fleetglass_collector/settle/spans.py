"""What settling knows of spans: columns of numbers."""

import numpy as np
import numpy.typing as npt

KINDS = (
    "agent",
    "llm",
    "tool",
    "retrieval",
    "embedding",
    "workflow",
    "handoff",
    "guardrail",
    "other",
)
KIND = {name: code for code, name in enumerate(KINDS)}

# The bits of `own`: which facts are the span's own. Of a row as it arrived only the first three are
# told, and whatever else is there is its own; SETTLED says that all are told.
AGENT, RUN, SESSION = 1, 2, 4
WORKFLOW, TARGET, CALLER, CONVERSATION = 256, 512, 1024, 2048
# A tool's span that repeats what another tells: its row says "other".
REPEAT = 4096
SETTLED = 1 << 15

# Of `usage`: the span tells of tokens or money; they do not count now.
TOLD, HELD = 1, 2

# What an agent passes on, with the bits that say that it is the span's own. An identity as one
# number is the sum of these, weighted: so whose they are together can be calculated.
IDENTITY = {
    "agent": AGENT,
    "agent_version": 8,
    "agent_id": 16,
    "cohort": 32,
    "tier": 64,
    "prompt_version": 128,
}
WEIGHTS = dict(zip(IDENTITY, (1, 3, 5, 7, 9, 11), strict=True))

# As they come from sql/read.sql: texts as hashes, 0 where there is none. `..._now` is what the row
# says; the others of its kind are 0 where the fact is not the span's own.
NUMBERS = (
    "key",
    "parent",
    "trace",
    "segment",
    "start",
    *IDENTITY,
    "identity_now",
    "run_own",
    "run_now",
    "conversation_own",
    "conversation_now",
    "workflow_own",
    "workflow_now",
    "tool",
    "asked",
    "target_own",
    "target_now",
    "caller_own",
    "caller_now",
    "kind",
    "kind_now",
    "own",
    "usage",
    "version",
)

Numbers = npt.NDArray[np.uint64]
Spans = dict[str, Numbers]
"""A column for each of NUMBERS, all of one length."""


def none() -> Spans:
    return {name: np.zeros(0, np.uint64) for name in NUMBERS}


def joined(first: Spans, second: Spans) -> Spans:
    return {name: np.concatenate([first[name], second[name]]) for name in NUMBERS}


def chosen(spans: Spans, which: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Spans:
    return {name: column[which] for name, column in spans.items()}
