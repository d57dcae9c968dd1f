"""The configuration."""

from fleetglass_collector.config.config import (
    OTHER_VARIABLES,
    PREFIX,
    Config,
    Journal,
    Query,
    Receiver,
    Retention,
    Store,
    keys,
    load,
    reference,
)

__all__ = [
    "OTHER_VARIABLES",
    "PREFIX",
    "Config",
    "Journal",
    "Query",
    "Receiver",
    "Retention",
    "Store",
    "keys",
    "load",
    "reference",
]
