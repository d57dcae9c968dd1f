"""Calls of models, what our SQL makes them cost, and what genai-prices does."""

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseStartsWith,
    MatchLogic,
    ModelInfo,
)

from fleetglass_collector.store.client import Store

CALLS = """CREATE TABLE IF NOT EXISTS calls (
    number UInt64, provider LowCardinality(String), model LowCardinality(String),
    response_model LowCardinality(String), service_tier LowCardinality(String),
    at DateTime64(9), input UInt64, output UInt64, cache_read UInt64, cache_write UInt64,
    reasoning UInt64, audio_input UInt64, audio_output UInt64, audio_cache_read UInt64
) ENGINE = Memory"""
COST = """fleetglassCallCost(
    provider, model, response_model, service_tier, at, input, output, cache_read, cache_write,
    reasoning, audio_input, audio_output, audio_cache_read)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    provider: str
    model: str
    response_model: str = ""
    service_tier: str = ""
    at: int = 1_795_000_000
    """Seconds since 1970; in November 2026 unless told."""
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0
    audio_cache_read: int = 0

    def usage(self) -> Usage:
        return Usage(
            input_tokens=self.input,
            output_tokens=self.output,
            cache_read_tokens=self.cache_read,
            cache_write_tokens=self.cache_write,
            output_reasoning_tokens=self.reasoning,
            input_audio_tokens=self.audio_input,
            output_audio_tokens=self.audio_output,
            cache_audio_read_tokens=self.audio_cache_read,
        )


def costs(store: Store, calls: Sequence[Call]) -> list[float | None]:
    """By the SQL that prices spans, over a table, as there."""
    store.command(CALLS)
    store.command("TRUNCATE TABLE calls")
    rows = (asdict(call) | {"number": number} for number, call in enumerate(calls))
    store.insert("calls", "\n".join(map(json.dumps, rows)).encode())
    found = store.query(f"SELECT {COST} FROM calls ORDER BY number", fmt="JSONCompactEachRow")
    return [json.loads(line)[0] for line in found.splitlines()]


def cost(store: Store, call: Call) -> float | None:
    return costs(store, [call])[0]


def theirs(call: Call, context: dict[str, str] | None = None) -> float:
    """By the package's own calculation."""
    price = calc_price(
        call.usage(),
        call.model,
        provider_id=call.provider or None,
        genai_request_timestamp=datetime.fromtimestamp(call.at, UTC),
        price_context=context,
    )
    return float(price.total_price)


def listed() -> Iterator[tuple[str, str, ModelInfo]]:
    """Every model of the package, with a provider and a name that lead to it."""
    snapshot = get_snapshot()
    for provider in snapshot.providers:
        for model in provider.models:
            yield provider.id, _name(provider.id, model), model


def _name(provider: str, model: ModelInfo) -> str:
    for name in (model.id, *_spelled(model.match)):
        try:
            found = get_snapshot().find_provider_model(name, None, provider, None)
        except LookupError:
            continue
        if found[1] is model:
            return name
    raise AssertionError(f"no name leads to {model.id!r} of {provider!r}")


def _spelled(clause: MatchLogic) -> Iterable[str]:
    match clause:
        case ClauseEquals():
            return [clause.equals]
        case ClauseStartsWith():
            return [clause.starts_with]
        case ClauseEndsWith():
            return [clause.ends_with]
        case ClauseContains():
            return [clause.contains]
        case ClauseOr():
            return itertools.chain.from_iterable(map(_spelled, clause.or_))
        case ClauseAnd():
            parts = [list(_spelled(inner)) or [""] for inner in clause.and_]
            return ("".join(chosen) for chosen in itertools.product(*parts))
        case _:
            return []
