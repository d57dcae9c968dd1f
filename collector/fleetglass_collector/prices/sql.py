"""The SQL that reads prices, made from the fields of an offer."""

from collections.abc import Iterable
from dataclasses import fields

from fleetglass_collector.prices.offer import Rates

_CONDITIONS = {
    "since": "DateTime('UTC')",
    "until": "DateTime('UTC')",
    "day_from": "UInt32",
    "day_until": "UInt32",
    "from_input": "UInt64",
    "up_to_input": "UInt64",
}
_RATES = tuple(field.name for field in fields(Rates))
_OFFER = _CONDITIONS | dict.fromkeys(_RATES, "Float64")

# The offer that most calls of today fall under, in columns of its own.
_USUAL = {
    "known": "UInt8",
    "usual_since": "DateTime('UTC')",
    "usual_until": "DateTime('UTC')",
    "usual_day_from": "UInt32",
    "usual_day_until": "UInt32",
    "usual_up_to_input": "UInt64",
    "usual_input": "Float64",
    "usual_output": "Float64",
    "usual_cache_read": "Float64",
    "usual_cache_write": "Float64",
    "usual_request": "Float64",
}

# The classes of tokens that a call is billed for.
_TOKENS = tuple(rate for rate in _RATES if rate != "request")

# What a call costs, from the columns of its row, and from the usage in `held` that does not count.
COST = (
    "fleetglassCallCost(provider, model, response_model, service_tier, start_time, input_tokens, "
    "output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, 0, 0, 0)"
)
HELD_COST = (
    "fleetglassCallCost(provider, model, response_model, service_tier, start_time, "
    "toUInt64(held[1]), toUInt64(held[2]), toUInt64(held[3]), toUInt64(held[4]), "
    "toUInt64(held[5]), 0, 0, 0)"
)


def variables() -> dict[str, str]:
    """Return what the SQL files may name: `${offer_columns}`, `${token_arguments}` and so on."""
    rates = [f"p_{rate}" for rate in _RATES]
    return {
        "offer_columns": _lines((f"{name} {kind}" for name, kind in _OFFER.items()), 8),
        "offer_attributes": _lines(
            (f"`offers.{name}` Array({kind})" for name, kind in _OFFER.items()), 4
        ),
        "offer_lookups": _lines(
            (f"dictGet('prices_now', 'offers.{name}', key)" for name in _OFFER), 12
        ),
        "usual_attributes": _lines((f"{name} {kind}" for name, kind in _USUAL.items()), 4),
        "usual_names": ", ".join(f"'{name}'" for name in _USUAL),
        # Of the tuple that fleetglassUsualPrice returns.
        **{f"the_{name}": f"tupleElement(usual, {place})" for place, name in enumerate(_USUAL, 1)},
        "condition_arguments": ", ".join(_CONDITIONS),
        "rate_arguments": ", ".join(rates),
        "token_arguments": ", ".join(_TOKENS),
        "tokens_as_floats": ", ".join(f"toFloat64({name})" for name in _TOKENS),
    }


def _lines(items: Iterable[str], indent: int) -> str:
    return ",\n".join(" " * indent + item for item in items)
