"""Spans as settling sees them: columns of numbers."""

import numpy as np
import numpy.typing as npt

from fleetglass_collector.dialects.kinds import KINDS
from fleetglass_collector.dialects.own import IDENTITY

KIND = {name: code for code, name in enumerate(KINDS)}

# The bits of `usage`: the span reports tokens or money; they do not count now.
REPORTED, HELD = 1, 2

# An agent's identity as one number is the sum of the hashes of its columns, each times its weight:
# so the identity that a span has from two others can be calculated.
WEIGHTS = dict(zip(IDENTITY, (1, 3, 5, 7, 9, 11), strict=True))

# As sql/read.sql returns them: texts as hashes, 0 for an empty text. `..._now` is what the row
# says; `..._own` and the columns of the identity are 0 if the fact is not the span's own.
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
