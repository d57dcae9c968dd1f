"""What cannot be judged, with how much traffic it carries: that is no violation."""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum


class Unknown(StrEnum):
    TOOL = "has no class: give it one under 'kinds'"
    AGENT = "has no entry under 'agents'"
    ARGUMENTS = "has a limit, and its arguments are not recorded"
    NO_AGENT = "has no agent"


Coverage = Counter[tuple[Unknown, str]]
"""By what is unknown, and the name of the tool or agent: the number of actions."""


def sentences(coverage: Coverage) -> Iterator[str]:
    """Yield a line for each thing that is not known, the busiest first."""
    for (unknown, name), count in coverage.most_common():
        yield f"{name or '(no name)'} {unknown}; {count:,} action{'s' * (count != 1)}"
