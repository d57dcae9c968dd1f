"""The prices of a model with their conditions, as `fleetglass prices --model` shows them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from fleetglass_collector.prices import package
from fleetglass_collector.prices.book import Book
from fleetglass_collector.prices.offer import DAY_S, FOREVER, Entry, Offer, Rates
from fleetglass_server.prices.columns import columns, dollars

_RARE = {
    "reasoning": "reasoning",
    "audio_input": "audio in",
    "audio_output": "audio out",
    "audio_cache_read": "audio cached",
    "request": "per 1000 requests",
}


def entries(book: Book, model: str, provider: str | None) -> list[Entry]:
    """Return a model's entry with one provider, or with every provider that offers it."""
    if provider is not None:
        return [book.entry(provider, model)]
    candidates = [book.entry(name, model) for name in (*package.provider_ids(), "")]
    # Without a provider, a model has the price of one of the providers or none.
    known = {entry.priced_as: entry for entry in candidates[::-1] if entry.known}
    return [entry for entry in candidates if known.get(entry.priced_as) is entry] or candidates[-1:]


def shown(entries: Sequence[Entry]) -> str:
    known = [entry for entry in entries if entry.known]
    if not known:
        return "\n".join(f"{entry.model!r} has no price: {entry.note}." for entry in entries)
    head = ("PROVIDER", "PRICED AS", "WHEN", "IN", "OUT", "CACHE READ", "CACHE WRITE", "OTHER")
    table = [head, *(_line(entry, offer) for entry in known for offer in entry.offers)]
    return "\n".join([columns(table, right=range(3, 7)), "", "Dollars per million tokens."])


def rows(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the entries for programs."""
    return [asdict(entry) | {"known": entry.known} for entry in entries]


def _line(entry: Entry, offer: Offer) -> tuple[str, ...]:
    rates = offer.rates
    own = (rates.input, rates.output, rates.cache_read, rates.cache_write)
    other = [f"{word} {dollars(getattr(rates, name))}" for name, word in _RARE.items()]
    rare = ", ".join(text for text in other if not text.endswith("-"))
    rare = "free" if rates == Rates() else rare
    return (entry.provider or "any", entry.priced_as, when(offer), *map(dollars, own), rare)


def when(offer: Offer) -> str:
    conditions = [offer.service_tier] if offer.service_tier else []
    if offer.since:
        conditions.append(f"from {_day(offer.since)}")
    if offer.until != FOREVER:
        conditions.append(f"until {_day(offer.until)}")
    if (offer.day_from, offer.day_until) != (0, DAY_S):
        conditions.append(f"{_clock(offer.day_from)}-{_clock(offer.day_until)} UTC")
    if offer.from_input:
        conditions.append(f"input above {offer.from_input - 1:,}")
    return ", ".join(conditions) or "always"


def _day(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).date().isoformat()


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second % 3600 // 60:02}"
