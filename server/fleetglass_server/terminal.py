"""Text for a terminal."""

# A span may hold anything. No control character reaches a terminal, so none can move the cursor,
# rename the window or hide a line.
_SAFE = {code: "?" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def printable(text: str) -> str:
    """Replace control characters."""
    return text.translate(_SAFE)
