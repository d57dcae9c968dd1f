"""One name for a model, however bills and spans spell it: the price list's."""

import re
from functools import cache

from fleetglass_collector.prices import package


@cache
def known(provider: str, model: str) -> tuple[str, str]:
    """Provider and model by the price list's names; what it does not know keeps its own."""
    for spelled in (model, re.sub(r"[\s._]+", "-", model.strip().lower())):
        if spelled and (found := package.find(provider, spelled)):
            # Who sells it may be another than who made it: a bill is of who sells.
            return (package.provider_id(provider) or found[0].id, found[1].id)
    return package.provider_id(provider) if provider else "", model.strip().lower()
