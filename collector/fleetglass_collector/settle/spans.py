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
IDENTITY = (AGENT, 8, 16, 32, 64, 128)
WORKFLOW, TARGET, CALLER, CONVERSATION = 256, 512, 1024, 2048
# A tool's span that repeats what another tells: its row says "other".
REPEAT = 4096
SETTLED = 1 << 15

# Of `usage`: the span tells of tokens or money; they do not count now.
TOLD, HELD = 1, 2

# What a row consists of, in its order: how long each piece is is a number too.
PIECES = ("identity_own", "identity", "context", "counted", "caller", "target", "held", "rest")

# As they come from sql/read.sql. `..._own` is 0 where the fact is not the span's own; `..._now` is
# what its row says.
NUMBERS = (
    "key",
    "parent",
    "trace",
    "segment",
    "start",
    "identity_own",
    "identity_now",
    "agent",
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
    *(f"{piece}_length" for piece in PIECES),
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
