"""Prices for tests that start many settlers."""

from collections.abc import Iterator

from fleetglass_collector.prices.book import Book


class ShortBook(Book):
    """Begins with few names: who starts looks all of them up, and thousands take seconds."""

    def seeds(self) -> Iterator[tuple[str, str]]:
        yield from (("", "gpt-4o-mini"), ("openai", "gpt-4o-mini"))
