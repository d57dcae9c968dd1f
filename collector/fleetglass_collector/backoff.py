"""How long to wait before the next attempt: each wait is twice as long, up to a limit."""

from collections.abc import Callable


class Backoff:
    def __init__(
        self, first_s: float, longest_s: float, *, jitter: Callable[[], float] | None = None
    ) -> None:
        """Take `jitter` to shorten each wait by up to half, so that many do not try at once."""
        self._first_s = first_s
        self._longest_s = longest_s
        self._jitter = jitter
        self._next_s = first_s

    def next(self) -> float:
        """Return how many seconds to wait now."""
        wait_s = self._next_s
        self._next_s = min(self._longest_s, 2 * wait_s)
        return wait_s if self._jitter is None else wait_s * (0.5 + self._jitter() / 2)

    def reset(self) -> None:
        """Start again with the first wait: an attempt has succeeded."""
        self._next_s = self._first_s
