"""`fleetglass costs --reconcile`: where a bill and the spans differ, and by how much."""

from collections.abc import Generator, Iterable
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from kit.agent_rows import ask
from kit.databases import opened, running_store
from kit.spent_fleet import Captured, fleet, kept, rows, shown, told

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate

Line = tuple[str, str, float]
HERE = (
    "SELECT toString(toDate(minute, '{zone}')) AS day, model, toFloat64(sum(cost)) AS cost "
    "FROM agent_minutes GROUP BY day, model HAVING cost > 0 ORDER BY day, model"
)
# As a bill spells them.
SPELLED = {"gpt-4o": "gpt-4o-2024-08-06, input", "gpt-4o-mini": "GPT 4o mini"}


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        with opened(dsn) as store:
            migrate(store, cluster="", retention=Retention())
            kept(store)
            told(store, fleet())
        yield dsn


@pytest.fixture
def store(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Store]:
    monkeypatch.setenv("FLEETGLASS_DATA", str(tmp_path))
    monkeypatch.setenv("FLEETGLASS_QUERY_LISTEN", urlsplit(dsn).netloc.rpartition("@")[2])
    with opened(dsn) as store:
        yield store


def here(store: Store, zone: str = "UTC") -> list[Line]:
    found = ask(store, HERE.format(zone=zone))
    return [(row["day"], SPELLED[row["model"]], row["cost"]) for row in found]


def bill(folder: Path, lines: Iterable[Line]) -> str:
    file = folder / "bill.csv"
    body = "".join(f'{day},"{model}",{cost:.12f}\n' for day, model, cost in lines)
    file.write_text(f"date,model,cost_usd\n{body}")
    return str(file)


def test_a_bill_that_is_right_is_within(store: Store, tmp_path: Path, capsys: Captured) -> None:
    text = shown(capsys, "--reconcile", bill(tmp_path, here(store)))

    assert "within 1% of the bill" in text
    assert "(days of UTC), openai" in text
    assert "+$0.00" not in text


def test_what_is_only_on_the_bill_is_told(store: Store, tmp_path: Path, capsys: Captured) -> None:
    lines = [*here(store), ("2026-09-22", "o3", 2.0)]
    text = shown(capsys, "--reconcile", bill(tmp_path, lines), status=1)

    first = text.splitlines()[3].split(maxsplit=5)
    assert first[:5] == ["o3", "$2.00", "$0.00", "-$2.00", "-100.0%"]
    assert first[5] == "only on the bill"
    assert "2026-09-22" in text
    assert "calls that were not traced" in text


def test_cells_add_up_to_both_sums(store: Store, tmp_path: Path, capsys: Captured) -> None:
    lines = [(day, model, cost * 1.1) for day, model, cost in here(store)[1:]]
    found = rows(capsys, "--reconcile", bill(tmp_path, lines), status=1)
    (total,) = (row for row in found if row["row"] == "total")

    for kind in ("cell", "model"):
        parts = [row for row in found if row["row"] == kind]
        for side in ("billed_usd", "here_usd", "difference_usd"):
            assert sum(row[side] for row in parts) == pytest.approx(total[side], abs=1e-9)
    assert total["billed_usd"] == pytest.approx(sum(line[2] for line in lines), abs=1e-9)
    days = {line[0] for line in lines}
    wanted = sum(cost for day, _, cost in here(store) if min(days) <= day <= max(days))
    assert total["here_usd"] == pytest.approx(wanted, abs=1e-9)


def test_the_columns_add_up_as_printed(store: Store, tmp_path: Path, capsys: Captured) -> None:
    lines = [(day, model, cost * 0.93 + 0.004) for day, model, cost in here(store)]
    text = shown(capsys, "--reconcile", bill(tmp_path, lines), status=1)
    table = text.split("\n\n")[1].splitlines()[1:]

    for column in (1, 2, 3):
        cells = [Decimal(line.split("$")[column].split()[0].rstrip("+-")) for line in table]
        if column < 3:
            assert sum(cells[:-1]) == cells[-1]


def test_tokens_and_prices_are_told_apart(store: Store, tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "bill.csv"
    tokens = ask(
        store,
        "SELECT sum(input_tokens) AS i, sum(output_tokens) AS o, toFloat64(sum(cost)) AS c"
        " FROM agent_minutes WHERE model = 'gpt-4o' AND toDate(minute) = '2026-09-22'",
    )[0]
    head = "date,model,input_tokens,output_tokens,cost\n2026-09-22,gpt-4o,"
    file.write_text(f"{head}{tokens['i'] * 2},{tokens['o'] * 2},{tokens['c'] * 2}\n")
    twice = shown(capsys, "--reconcile", str(file), status=1)
    file.write_text(f"{head}{tokens['i']},{tokens['o']},{tokens['c'] / 2}\n")
    half = shown(capsys, "--reconcile", str(file), status=1)

    assert "tokens: " in twice
    assert "price: " not in twice
    assert "price: " in half
    assert "tokens: " not in half


def test_a_bill_of_other_days_is_told_the_zone(
    store: Store, tmp_path: Path, capsys: Captured
) -> None:
    file = bill(tmp_path, here(store, "Asia/Tokyo"))
    off = shown(capsys, "--reconcile", file)
    fits = shown(capsys, "--reconcile", file, "--bill-timezone", "Asia/Tokyo")

    assert "DAYS OFF" in off
    assert "--bill-timezone Asia/Tokyo" in off
    assert "OFF" not in fits


def test_others_models_are_no_part_of_it(store: Store, tmp_path: Path, capsys: Captured) -> None:
    file = bill(tmp_path, [("2026-09-22", "Claude Haiku 4.5", 1.0)])
    text = shown(capsys, "--reconcile", file, status=1)

    assert ", anthropic" in text
    assert "Left out here: $" in text
    assert "gpt-4o" not in text


def test_a_bill_without_models_is_held_against_all(
    store: Store, tmp_path: Path, capsys: Captured
) -> None:
    days: dict[str, float] = {}
    for day, _, cost in here(store):
        days[day] = days.get(day, 0) + cost

    text = shown(capsys, "--reconcile", bill(tmp_path, [(d, "", c) for d, c in days.items()]))
    assert "4 calls have no price here" in text
