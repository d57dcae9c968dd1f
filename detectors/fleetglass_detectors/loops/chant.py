"""Chanting: one output that says the same thing over and over until something stops it.

The failure function of Knuth, Morris and Pratt gives the shortest period of a text in one pass: it
is what is left when the longest border, a beginning that is also the end, is taken away. Reversed,
the text's end is its beginning, so that what went before the chant does not hide it. Fenced code,
tables and lists repeat by nature and are left out.
"""

import re

LOOKED_AT = 4000
LONGEST = 400
OFTEN = 6
CRITICAL = 12
LEAST = 120
"""Characters: 'ha ha ha ha ha ha' is no incident."""

_PROBE = 24
_FENCE = re.compile(r"```[^`]{0,4000}(?:```|$)")
_BY_NATURE = re.compile(
    r"^[ \t]{0,16}(?:[|+>]|[-*•#=_]|\d{1,4}[.):,;\t]|[^,;\t]{0,40}(?:[;\t]|,\S))"
)


def chanted(text: str) -> tuple[int, float]:
    """The period of a chant at the end of a text and how often it was said, or (0, 0.0)."""
    tail = text[-LOOKED_AT:]
    # Nearly every text ends in something that it says once: nothing else is done about those.
    if len(tail) < LEAST or tail.count(tail[-_PROBE:]) < 3:
        return 0, 0.0
    prose = _prose(tail)
    if len(prose) < LEAST:
        return 0, 0.0
    period, length = _period(prose[::-1])
    repeats = length / period if period else 0.0
    wordy = any(character.isalpha() for character in prose[-period:]) if period else False
    return (period, repeats) if wordy and repeats >= OFTEN and length >= LEAST else (0, 0.0)


def _prose(text: str) -> str:
    """The lines that are neither code nor a row of a table or a list."""
    text = _FENCE.sub("", text)
    lines = text.splitlines()
    prose = [line for line in lines if not _BY_NATURE.match(line)]
    return " ".join(" ".join(prose).split())


def _period(text: str) -> tuple[int, int]:
    """The period that the longest beginning with six periods or more has, and its length."""
    border = [0] * len(text)
    matched = 0
    best = (0, 0)
    for place in range(1, len(text)):
        while matched and text[place] != text[matched]:
            matched = border[matched - 1]
        matched += text[place] == text[matched]
        border[place] = matched
        length, period = place + 1, place + 1 - matched
        if period <= LONGEST and length >= OFTEN * period:
            best = (period, length)
    return best
