"""Turns the prices of the package genai-prices into offers; its own code says which price applies.

Offers have everything that its `calc_price` uses and a span reports: prices from a date on or by
the time of day, thresholds of the input (passing one sets the price of all tokens), the classes of
tokens, prices of service tiers and batches. They leave out what no span reports: searches, seconds
of sound, and how long cached tokens live.
"""

import importlib.metadata
import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    MatchLogic,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from fleetglass_collector.prices import spelling
from fleetglass_collector.prices.offer import DAY_S, ENDLESS, FOREVER, Offer, Rates

SOURCE = f"genai-prices {importlib.metadata.version('genai-prices')}"

CLASSES = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "reasoning": "output_reasoning_mtok",
    "audio_input": "input_audio_mtok",
    "audio_output": "output_audio_mtok",
    "audio_cache_read": "cache_audio_read_mtok",
    "request": "requests_kcount",
}
"""Our classes of tokens by the package's keys."""
_REPORTED = frozenset(CLASSES.values())

TIER_KEYS = ("service_tier", "processing", "speed")
"""The keys of the package's price context that a span's service tier may be a value of."""

Match = tuple[Provider, ModelInfo]
Price = Decimal | TieredPrices


def find(provider: str, model: str) -> Match | None:
    """Return the model that the package takes for a span with these names."""
    snapshot = get_snapshot()
    for name, reference in itertools.product(spelling.providers(provider), spelling.models(model)):
        try:
            return snapshot.find_provider_model(reference, None, name, None)
        except LookupError:
            continue
    return None


def provider_ids() -> list[str]:
    return [provider.id for provider in get_snapshot().providers]


def provider_id(spelled: str) -> str:
    """Return the package's name of a provider; empty if it has none."""
    for name in spelling.providers(spelled):
        try:
            return get_snapshot().find_provider(None, name, None).id
        except LookupError:
            continue
    return ""


def names() -> Iterator[tuple[str, str]]:
    """Yield every pair that the package lists, with providers as spans spell them."""
    for provider in get_snapshot().providers:
        for spelled in ("", provider.id, *spelling.PROVIDERS.get(provider.id, ())):
            for model in provider.models:
                yield from ((spelled, name) for name in {model.id, *_equals(model.match)})


def offers(match: Match) -> Iterator[Offer]:
    """Yield every price of a model; none if it is priced only by what no span reports."""
    provider, model = match
    standard = list(_tier(model, ""))
    yield from standard
    # The package applies tiers only with the model's own provider.
    own = any(model is listed for listed in provider.models)
    for tier in _tiers(model) if own else ():
        priced = list(_tier(model, tier))
        if priced != [replace(offer, service_tier=tier) for offer in standard]:
            yield from priced


def unreported(match: Match) -> str:
    """Name what a model is priced by and spans do not report."""
    listed = match[1].prices
    prices = [listed] if isinstance(listed, ModelPrice) else [item.prices for item in listed]
    return ", ".join(sorted({key for price in prices for key in _priced(price)} - _REPORTED))


def _tier(model: ModelInfo, tier: str) -> Iterator[Offer]:
    for since, until, day in _dated(model, tier):
        for day_from, day_until, price in day:
            base = Offer(
                since=since,
                until=until,
                day_from=day_from,
                day_until=day_until,
                service_tier=tier,
                rates=Rates(),
            )
            yield from _by_input(base, price)


def _by_input(base: Offer, price: ModelPrice) -> Iterator[Offer]:
    priced = _priced(price)
    if priced and not _REPORTED & priced.keys():
        return
    for least, end in itertools.pairwise([*_thresholds(priced), ENDLESS + 1]):
        rates = {name: _rate(priced[key], least) for name, key in CLASSES.items() if key in priced}
        yield replace(base, from_input=least, up_to_input=end - 1, rates=Rates(**rates))


_Day = tuple[tuple[int, int, ModelPrice], ...]


def _dated(model: ModelInfo, tier: str) -> Iterator[tuple[int, int, _Day]]:
    """Yield the prices of a day, for each period of days with the same prices."""
    days = [
        (since, until, tuple(_day(model, since, tier)))
        for since, until in itertools.pairwise([*_dates(model), FOREVER])
    ]
    for day, stretch in itertools.groupby(days, key=lambda item: item[2]):
        same = list(stretch)
        yield same[0][0], same[-1][1], day


def _day(model: ModelInfo, since: int, tier: str) -> Iterator[tuple[int, int, ModelPrice]]:
    """Yield the prices by the time of day, on the day that begins at `since`."""
    context = {key: tier for key in TIER_KEYS if tier}

    def at(second: int) -> ModelPrice:
        return model.get_prices(datetime.fromtimestamp(since + second, UTC), context)

    times = [*_times(model), DAY_S]
    priced = [(start, end, at(start)) for start, end in itertools.pairwise(times)]
    for price, stretch in itertools.groupby(priced, key=lambda item: item[2]):
        same = list(stretch)
        yield same[0][0], same[-1][1], price


def _tiers(model: ModelInfo) -> list[str]:
    single = [variant.when for variant in model.price_variants or () if len(variant.when) == 1]
    return sorted({word for when in single for key, word in when.items() if key in TIER_KEYS})


def _limits(model: ModelInfo) -> Iterator[StartDateConstraint | TimeOfDateConstraint | None]:
    if not isinstance(model.prices, ModelPrice):
        yield from (price.constraint for price in model.prices)
    yield from (variant.constraint for variant in model.price_variants or ())


def _dates(model: ModelInfo) -> list[int]:
    limits = [limit for limit in _limits(model) if isinstance(limit, StartDateConstraint)]
    return sorted({0, *(_epoch(limit.start_date) for limit in limits)})


def _times(model: ModelInfo) -> list[int]:
    limits = [limit for limit in _limits(model) if isinstance(limit, TimeOfDateConstraint)]
    moments = [moment for limit in limits for moment in (limit.start_time, limit.end_time)]
    return sorted({0, *(_second(moment) for moment in moments)})


def _epoch(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())


def _second(moment: time) -> int:
    """Return the second of the day in UTC."""
    shift = moment.utcoffset() or timedelta()
    second = timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second) - shift
    return int(second.total_seconds()) % DAY_S


def _priced(price: ModelPrice) -> dict[str, Price]:
    return {key: value for key, value in vars(price).items() if value is not None}


def _thresholds(priced: dict[str, Price]) -> list[int]:
    tiered = [value for value in priced.values() if isinstance(value, TieredPrices)]
    return sorted({0, *(tier.start + 1 for value in tiered for tier in value.tiers)})


def _rate(price: Price, total_input: int) -> float:
    if not isinstance(price, TieredPrices):
        return float(price)
    passed = [tier.price for tier in price.tiers if total_input > tier.start]
    return float(passed[-1] if passed else price.base)


def _equals(clause: MatchLogic) -> Iterator[str]:
    """Yield the names that a model's rule lists."""
    if isinstance(clause, ClauseEquals):
        yield clause.equals
    elif isinstance(clause, ClauseOr):
        for inner in clause.or_:
            yield from _equals(inner)
