"""The cost of model calls, from the package genai-prices if it is installed."""

import logging
from collections.abc import Mapping
from typing import Any

log = logging.getLogger("fleetglass")

_calc: Any = None
_warned = False


def prepare() -> None:
    """Load the prices when a budget in dollars is made, so that no step waits for it."""
    global _calc, _warned
    if _calc is not None or _warned:
        return
    try:
        import genai_prices
    except ImportError:
        _warned = True
        log.warning(
            "a budget in usd counts only costs that spans report themselves; "
            "for others, pip install genai-prices, or configure(price=...)"
        )
        return
    _calc = genai_prices


def usual(provider: str, model: str, tokens: Mapping[str, int]) -> float | None:
    """Return the dollars for a call; None if the price is not known."""
    if _calc is None or not model:
        return None
    used = _calc.Usage(
        input_tokens=tokens["input"],
        output_tokens=tokens["output"],
        cache_read_tokens=tokens["cache_read"] or None,
        cache_write_tokens=tokens["cache_write"] or None,
    )
    try:
        return float(_calc.calc_price(used, model, provider_id=provider or None).total_price)
    except (LookupError, ValueError):
        return None
