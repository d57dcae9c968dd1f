"""Finds a passage that a text repeats to its end.

The failure function of Knuth, Morris and Pratt gives the shortest period of a text in one pass: the
period is what remains after removing the longest border (a prefix that is also a suffix). The text
is reversed first, so that its end becomes its beginning and whatever stands before the repetition
does not hide it. Fenced code, tables and lists repeat by nature, so they are left out.
"""

import re

LOOKED_AT = 4000
LONGEST = 400
OFTEN = 6
LEAST = 120
"""Characters. A shorter repetition, such as 'ha ha ha ha ha ha', is no incident."""

_PROBE = 24
_FENCE = re.compile(r"```[^`]{0,4000}(?:```|$)")
_BY_NATURE = re.compile(
    r"^[ \t]{0,16}(?:[|+>]|[-*•#=_]|\d{1,4}[.):,;\t]|[^,;\t]{0,40}(?:[;\t]|,\S))"
)


def repeated_end(text: str) -> tuple[int, float]:
    """Return the period of the repetition at the end of a text and its count, or (0, 0.0)."""
    tail = text[-LOOKED_AT:]
    # Nearly every text ends in something that occurs once. Those return here, cheaply.
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
    """Return the lines that are neither code nor a row of a table or a list."""
    text = _FENCE.sub("", text)
    lines = text.splitlines()
    prose = [line for line in lines if not _BY_NATURE.match(line)]
    return " ".join(" ".join(prose).split())


def _period(text: str) -> tuple[int, int]:
    """Return the period and the length of the longest prefix that holds six periods or more."""
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
