"""Lists for queries: `x IN (...)`."""

from collections.abc import Iterable


def numbers(values: Iterable[int]) -> str:
    """Return the numbers with commas; 0, which identifies nothing, if there are none."""
    return ", ".join(map(str, values)) or "0"


def texts(values: Iterable[str]) -> str:
    r"""Return the texts quoted, whatever they hold.

    >>> print(texts(["a", "it's"]))
    'a', 'it\'s'
    """
    quoted = (value.replace("\\", "\\\\").replace("'", "\\'") for value in values)
    return ", ".join(f"'{value}'" for value in quoted) or "''"
