"""`fleetglass prices`."""

import json
import tomllib
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from kit.databases import opened, running_store

from fleetglass_collector.config import Retention
from fleetglass_collector.prices.book import Book
from fleetglass_collector.settle import ledger
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.schema.listing import LISTING
from fleetglass_collector.store.schema.rendering import objects
from fleetglass_server.__main__ import main

Captured = pytest.CaptureFixture[str]
SPANS = """CREATE TABLE agent_spans (
    kind LowCardinality(String), start_time DateTime64(9) DEFAULT now64(9) - 60,
    provider LowCardinality(String), model LowCardinality(String),
    response_model LowCardinality(String), input_tokens UInt64, output_tokens UInt64,
    cost Nullable(Float64)) ENGINE = Memory"""
BELL = "my\x1b[31m-\x07model"


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        with opened(dsn, database="spans") as store:
            fill(store)
        with opened(dsn, database="empty") as store:
            tables(store)
        yield dsn


@pytest.fixture(autouse=True)
def settings(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETGLASS_DATA", str(tmp_path))
    monkeypatch.setenv("FLEETGLASS_QUERY_LISTEN", urlsplit(dsn).netloc.rpartition("@")[2])
    monkeypatch.setenv("FLEETGLASS_STORE_DATABASE", "spans")


def tables(store: Store) -> None:
    """Create the table of prices, and an `agent_spans` with the columns needed here."""
    store.create_database("")
    pairs = zip(LISTING, objects(cluster="", retention=Retention()), strict=True)
    for entry, made in pairs:
        if entry.path.startswith("prices/"):
            store.command(made.create)
    store.command(SPANS)


def fill(store: Store) -> None:
    tables(store)
    rows = [
        *[("llm", "openai", "gpt-4o", "gpt-4o-mini", 1000, 100, 0.00021)] * 2,
        ("llm", "openai", "gpt-4o-mini", "", 1000, 0, 0.00015),
        ("llm", "anthropic", "claude-sonnet-4-5", "", 1000, 0, 0.003),
        *[("llm", "openai", "gpt-4o-ours", "gpt-4o-ours", 500, 50, None)] * 3,
        ("llm", "", BELL, "", 1, 2, None),
        ("agent", "", "", "", 7, 0, None),
        ("tool", "", "", "", 0, 0, 0.0),
    ]
    names = ("kind", "provider", "model", "response_model", "input_tokens", "output_tokens", "cost")
    body = "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows)
    store.insert("agent_spans", body.encode())
    ledger.learn(store, Book(), {(row[1], name) for row in rows for name in row[2:4] if name})


def shown(captured: Captured, *arguments: str, status: int = 0) -> str:
    assert main(["prices", *arguments]) == status
    return captured.readouterr().out


def rows(captured: Captured, *arguments: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in shown(captured, *arguments, "--json").splitlines()]


def test_models_in_spans_are_listed_with_their_prices(capsys: Captured) -> None:
    lines = [line.split() for line in shown(capsys).splitlines()[:4]]

    assert lines[0][:6] == ["PROVIDER", "MODEL", "CALLS", "INPUT", "OUTPUT", "COST"]
    assert lines[1][:9] == [
        *("anthropic", "claude-sonnet-4-5", "1", "1,000", "0", "$0.0030"),
        *("3", "15", "0.3"),
    ]
    # The model that answered counts, not the one that was requested.
    assert lines[2][:6] == ["openai", "gpt-4o-mini", "3", "3,000", "200", "$0.0006"]
    assert (lines[1][-1], lines[2][-1]) == ("+", "+")


def test_a_model_without_a_price_is_not_free(capsys: Captured) -> None:
    text = shown(capsys)

    ours = next(line for line in text.splitlines() if "gpt-4o-ours" in line)
    assert ours.split()[5:] == ["unpriced", "-", "-", "-", "genai-prices", "0.2.3"]
    assert "5 calls have no price: 'fleetglass prices --unknown'." in text


def test_models_without_a_price_are_counted_with_the_reason(capsys: Captured) -> None:
    lines = shown(capsys, "--unknown").splitlines()

    counted = next(line for line in lines if "gpt-4o-ours" in line).split()
    assert counted[:5] == ["openai", "gpt-4o-ours", "3", "1,500", "150"]
    assert "has no such model of openai" in " ".join(counted)
    assert any(line.endswith("the spans name no model") for line in lines)
    assert not any("claude" in line for line in lines)


def test_models_without_a_price_come_with_toml_to_fill_in(capsys: Captured) -> None:
    text = shown(capsys, "--unknown")
    blocks = text[text.index("[[prices]]") :]

    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(blocks)
    filled = tomllib.loads(blocks.replace("input =", "input = 1").replace("output =", "output = 2"))
    assert {(p.get("provider"), p["model"]) for p in filled["prices"]} == {
        ("openai", "gpt-4o-ours"),
        (None, BELL),
    }


def test_control_characters_in_names_are_replaced(capsys: Captured) -> None:
    for text in (shown(capsys), shown(capsys, "--unknown")):
        assert not {"\x1b", "\x07"} & set(text)
        assert "my?[31m-?model" in text


def test_json_is_one_object_per_line(capsys: Captured) -> None:
    by_model = {row["model"]: row for row in rows(capsys)}

    mini = by_model["gpt-4o-mini"]
    assert (mini["calls"], mini["input_tokens"], mini["input"]) == (3, 3000, 0.15)
    assert mini["cost"] == pytest.approx(0.00057)
    assert (mini["known"], mini["cache_write"]) == (1, None)
    assert (by_model["gpt-4o-ours"]["known"], by_model["gpt-4o-ours"]["cost"]) == (0, None)
    assert [row["unpriced"] for row in rows(capsys, "--unknown")] == [3, 1, 1]


def test_without_spans_no_model_is_listed(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETGLASS_STORE_DATABASE", "empty")

    assert shown(capsys) == "No spans of models yet.\n"
    assert shown(capsys, "--unknown") == "Every call has a price.\n"
    assert shown(capsys, "--json") == ""


def test_a_model_is_shown_with_all_its_conditions(capsys: Captured) -> None:
    text = shown(capsys, "--model", "claude-haiku-5-5", "--provider", "anthropic")
    lines = [" ".join(line.split()) for line in text.splitlines()]

    assert "anthropic anthropic claude-haiku-5-5 always 0.1 0.5 0.01 0.125" in lines
    assert (
        "anthropic anthropic claude-haiku-5-5 batch, from 2026-10-14, input above 100,000 "
        "0.25 1.25 0.025 0.3125"
    ) in lines


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("deepseek-v4-pro", "until 2026-08-17, 01:00-04:00 UTC"),
        ("sonar", "per 1000 requests 12"),
        ("gpt-4o", "github-copilot"),
        ("gpt-4o", "free"),
    ],
)
def test_without_a_provider_all_providers_of_the_model_are_shown(
    capsys: Captured, model: str, expected: str
) -> None:
    assert expected in shown(capsys, "--model", model)


def test_a_model_can_be_shown_as_json(capsys: Captured) -> None:
    (row,) = rows(capsys, "--model", "gpt-4o", "--provider", "openai")

    assert row["priced_as"] == "openai gpt-4o"
    assert row["known"] is True


def test_a_configured_price_is_shown_at_once(capsys: Captured, tmp_path: Path) -> None:
    file = tmp_path / "fleetglass.toml"
    file.write_text('[[prices]]\nmodel = "gpt-4o-*"\ninput = 1.5\noutput = 2\nfrom = 2026-01-31')
    text = shown(capsys, "--config", str(file), "--model", "gpt-4o-ours")

    assert "gpt-4o-*   from 2026-01-31  1.5    2" in text


def test_the_reason_for_a_missing_price_is_shown(capsys: Captured) -> None:
    text = shown(capsys, "--model", "gpt-4o", "--provider", "ollama", status=1)

    assert text == "'gpt-4o' has no price: genai-prices 0.2.3 has no such provider.\n"


def test_an_unreachable_database_is_an_error(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETGLASS_QUERY_LISTEN", "127.0.0.1:1")

    assert main(["prices"]) == 1
    assert "Start it with 'fleetglass up'" in capsys.readouterr().err
