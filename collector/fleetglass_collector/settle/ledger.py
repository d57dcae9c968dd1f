"""Keeps the table `prices` and its dictionary up to date with the book."""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from fleetglass_collector.prices.book import Book
from fleetglass_collector.prices.offer import Entry, Offer, Rates
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.schema.clauses import on_cluster

Pair = tuple[str, str]
"""A provider and a model, as spans spell them."""

MAX_PAIRS = 20_000
"""No more pairs are stored, so that invented names cannot fill the memory."""

_COLUMNS = tuple(Offer(rates=Rates()).columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table: a pair at one service tier."""

    entry: Entry
    service_tier: str
    offers: tuple[Offer, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.entry.provider, self.entry.model, self.service_tier)

    @property
    def digest(self) -> str:
        """A hash of the offers, to see a change without reading them back."""
        return hashlib.sha256(repr(self.offers).encode()).hexdigest()[:16] if self.offers else ""

    @property
    def columns(self) -> dict[str, Any]:
        columns = [offer.columns for offer in self.offers]
        return {
            "provider": self.entry.provider,
            "model": self.entry.model,
            "service_tier": self.service_tier,
            "known": int(bool(self.offers)),
            "source": self.entry.source,
            "priced_as": self.entry.priced_as,
            "note": self.entry.note,
            "digest": self.digest,
            **{f"offers.{name}": [column[name] for column in columns] for name in _COLUMNS},
        }

    @property
    def facts(self) -> tuple[str, ...]:
        """The columns in which a row differs from an earlier row of its key."""
        return (self.digest, self.entry.source, self.entry.priced_as, self.entry.note)


def sync(store: Store, book: Book, *, cluster: str = "") -> set[Pair]:
    """Bring the table up to date with the package and the configuration.

    Returns:
        The pairs whose price is new or has changed.
    """
    stored = _stored(store)
    pairs = {key[:2] for key in stored} | set(book.seeds())
    rows = [row for pair in pairs for row in _rows(book.entry(*pair))]
    # A likely pair without a price needs no row until a span names it.
    rows = [row for row in rows if row.offers or row.key in stored]
    wanted = {row.key for row in rows}
    rows += [_without_price(key) for key in stored if key not in wanted and stored[key][0]]
    new = [row for row in rows if stored.get(row.key) != row.facts]
    _write(store, new, cluster)
    return {row.key[:2] for row in new if stored.get(row.key, ("",))[0] != row.digest}


def learn(store: Store, book: Book, pairs: Collection[Pair], *, cluster: str = "") -> set[Pair]:
    """Look up pairs that spans name, each once; pairs without a price are stored too.

    Returns:
        The pairs that now have a price.
    """
    remembered = _remembered(store)
    entries = [book.entry(*pair) for pair in sorted(set(pairs) - remembered)]
    room = max(0, MAX_PAIRS - len(remembered))
    taken = sorted(entries, key=lambda entry: not entry.known)[:room]
    _write(store, [row for entry in taken for row in _rows(entry)], cluster)
    return {(entry.provider, entry.model) for entry in taken if entry.known}


def _rows(entry: Entry) -> Iterator[Row]:
    """Yield a row for each service tier, at least one; it may say that there is no price."""
    tiers = {"", *(offer.service_tier for offer in entry.offers)}
    for tier in sorted(tiers):
        offers = tuple(offer for offer in entry.offers if offer.service_tier == tier)
        yield Row(entry=entry, service_tier=tier, offers=offers)


def _without_price(key: tuple[str, str, str]) -> Row:
    provider, model, tier = key
    entry = Entry(provider=provider, model=model, source="", note="costs as any other call")
    return Row(entry=entry, service_tier=tier, offers=())


def _stored(store: Store) -> dict[tuple[str, str, str], tuple[str, ...]]:
    rows = store.query(
        "SELECT provider, model, service_tier, digest, source, priced_as, note FROM prices FINAL",
        fmt="JSONCompactEachRow",
    )
    read = map(json.loads, rows.splitlines())
    return {(row[0], row[1], row[2]): tuple(row[3:]) for row in read}


def _remembered(store: Store) -> set[Pair]:
    rows = store.query("SELECT DISTINCT provider, model FROM prices", fmt="JSONCompactEachRow")
    return {(row[0], row[1]) for row in map(json.loads, rows.splitlines())}


def _write(store: Store, rows: Collection[Row], cluster: str) -> None:
    if not rows:
        return
    store.insert("prices", "\n".join(json.dumps(row.columns) for row in rows).encode())
    clause = on_cluster(cluster)
    if cluster:
        store.command(f"SYSTEM SYNC REPLICA{clause} prices")
    store.command(f"SYSTEM RELOAD DICTIONARY{clause} prices_now")
