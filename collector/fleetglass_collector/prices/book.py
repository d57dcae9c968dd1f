"""Looks up the price of a provider and a model: in the configuration first, then in the package."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fleetglass_collector.config.prices import ConfiguredPrice
from fleetglass_collector.prices import package
from fleetglass_collector.prices.offer import FOREVER, NONE, Entry, Offer, Rates

CONFIGURATION = "configuration"
MAX_NAME = 300
"""No model has a longer name, and matching one would cost time."""


class Book:
    def __init__(self, configured: Sequence[ConfiguredPrice] = ()) -> None:
        self._configured = tuple(configured)
        self._offers: dict[tuple[str, int], tuple[Offer, ...]] = {}

    def entry(self, provider: str, model: str) -> Entry:
        listed = self._listed(provider, model)
        own = self._own(provider, model)
        if not own:
            return listed
        begin = own[0].since
        before = [replace(o, until=min(o.until, begin)) for o in listed.offers if o.since < begin]
        tiers = {"", *(offer.service_tier for offer in before)}
        return replace(
            listed,
            source=CONFIGURATION,
            priced_as=own[0].model,
            note="",
            offers=(*before, *(o for tier in sorted(tiers) for o in _timeline(own, tier))),
        )

    def seeds(self) -> Iterator[tuple[str, str]]:
        """Yield pairs that spans are likely to name, so that these have a price on arrival."""
        yield from package.names()
        yield from ((own.provider, own.model) for own in self._configured if not own.is_prefix)

    def _listed(self, provider: str, model: str) -> Entry:
        unknown = Entry(provider=provider, model=model, source=package.SOURCE)
        if not model or len(model) > MAX_NAME or len(provider) > MAX_NAME:
            return replace(unknown, note="this is not the name of a model")
        match = package.find(provider, model)
        if match is None:
            return replace(unknown, note=_missing(provider))
        offers = self._offers_of(match)
        if not offers:
            note = f"priced by {package.unreported(match)}, which spans do not report"
            return replace(unknown, note=note)
        return replace(unknown, priced_as=f"{match[0].id} {match[1].id}", offers=offers)

    def _offers_of(self, match: package.Match) -> tuple[Offer, ...]:
        # Many names lead to the same model.
        key = (match[0].id, id(match[1]))
        if key not in self._offers:
            self._offers[key] = tuple(package.offers(match))
        return self._offers[key]

    def _own(self, provider: str, model: str) -> list[ConfiguredPrice]:
        """Return the configured prices with the closest name, by the day they begin."""
        fitting = [own for own in self._configured if own.covers(model) and _is_of(own, provider)]
        closest = max(map(_closeness, fitting), default=None)
        same = [own for own in fitting if _closeness(own) == closest]
        return sorted(same, key=lambda own: own.since)


def _closeness(own: ConfiguredPrice) -> tuple[bool, int, bool]:
    return (not own.is_prefix, len(own.model), own.provider != "")


def _is_of(own: ConfiguredPrice, provider: str) -> bool:
    """Whether a configured price is for a provider; `google` also means `gcp.gemini`."""
    wanted, given = own.provider.lower(), provider.strip().lower()
    if not wanted or wanted == given:
        return True
    return bool(given) and package.provider_id(wanted) == package.provider_id(given) != ""


def _timeline(prices: Sequence[ConfiguredPrice], tier: str) -> Iterator[Offer]:
    ends = [price.since for price in prices[1:]] + [FOREVER]
    for price, until in zip(prices, ends, strict=True):
        rates = Rates(
            input=price.input,
            output=price.output,
            cache_read=_or_none(price.cache_read),
            cache_write=_or_none(price.cache_write),
            request=_or_none(price.request),
        )
        yield Offer(since=price.since, until=until, service_tier=tier, rates=rates)


def _or_none(price: float | None) -> float:
    return NONE if price is None else price


def _missing(provider: str) -> str:
    known = package.provider_id(provider)
    if known:
        return f"{package.SOURCE} has no such model of {known}"
    if provider:
        return f"{package.SOURCE} has no such provider"
    return f"{package.SOURCE} cannot tell the provider"
