"""A price with its conditions, as in the table `prices`."""

import dataclasses
from dataclasses import dataclass

FOREVER = 0xFFFF_FFFF
"""The last second that a DateTime can hold."""
DAY_S = 86_400
ENDLESS = (1 << 64) - 1

NONE = -1.0
"""No price of its own: such tokens cost as much as the tokens that they are a part of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Dollars per million tokens, and per thousand requests."""

    input: float = NONE
    output: float = NONE
    cache_read: float = NONE
    cache_write: float = NONE
    reasoning: float = NONE
    audio_input: float = NONE
    audio_output: float = NONE
    audio_cache_read: float = NONE
    request: float = NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """At most one offer of a pair applies to a call. Ranges of time exclude their end."""

    since: int = 0
    until: int = FOREVER
    day_from: int = 0
    day_until: int = DAY_S
    service_tier: str = ""
    from_input: int = 0
    up_to_input: int = ENDLESS
    rates: Rates

    @property
    def columns(self) -> dict[str, object]:
        # Tens of thousands are written at the first start, and `asdict` copies each value deeply.
        ranges = {name: getattr(self, name) for name in RANGES}
        return ranges | {name: getattr(self.rates, name) for name in CLASSES}


RANGES = tuple(
    field.name for field in dataclasses.fields(Offer) if field.name not in ("service_tier", "rates")
)
CLASSES = tuple(field.name for field in dataclasses.fields(Rates))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The offers of a pair. Without one it has no price, and `note` says why."""

    provider: str
    model: str
    source: str
    priced_as: str = ""
    note: str = ""
    offers: tuple[Offer, ...] = ()

    @property
    def known(self) -> bool:
        return bool(self.offers)
