"""`fleetglass costs`: what the table of a known fleet says."""

from collections.abc import Generator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from kit.databases import opened, running_store
from kit.spent_fleet import (
    UNTIL,
    Captured,
    agent,
    chat,
    emptied,
    fleet,
    kept,
    rows,
    run,
    shown,
    told,
    tool,
)

from fleetglass_collector.config import Retention
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_server.__main__ import main

GOLDEN = Path(__file__).parent / "golden"
DAY = ("--until", UNTIL, "--since", "24h")


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        with opened(dsn) as store:
            migrate(store, cluster="", retention=Retention())
            kept(store)
            told(store, fleet())
            tell_of_a_loop(store)
        with opened(dsn, database="empty") as store:
            store.create_database("")
            migrate(store, cluster="", retention=Retention())
        yield dsn


@pytest.fixture(autouse=True)
def settings(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETGLASS_DATA", str(tmp_path))
    monkeypatch.setenv("FLEETGLASS_QUERY_LISTEN", urlsplit(dsn).netloc.rpartition("@")[2])


def tell_of_a_loop(store: Store) -> None:
    """As the detectors would, of the most expensive run."""
    store.command(
        "INSERT INTO incidents_rows (id, version, tenant, family, state, run_id, updated_at) "
        "SELECT 7, 1, 'default', 'loop', 'open', run_id, now64(9) FROM agent_runs "
        "GROUP BY run_id ORDER BY sum(cost) DESC LIMIT 1"
    )


def test_the_table_reads_so(capsys: Captured, request: pytest.FixtureRequest) -> None:
    text = shown(capsys, *DAY)

    assert text == (GOLDEN / "costs.txt").read_text()


@pytest.mark.parametrize("by", ["agent", "model", "cohort", "tenant", "tool"])
def test_lines_add_up_to_the_total_as_printed(capsys: Captured, by: str) -> None:
    lines = shown(capsys, *DAY, "--by", by, "--limit", "2").splitlines()
    priced = [line for line in lines[2 : lines.index("", 2)] if "no price known" not in line]
    table = [line.split("$") for line in priced]
    costs = [Decimal(cells[1].split()[0].replace(",", "")) for cells in table[1:]]

    assert costs[-1] == (sum(costs[:-1]) if len(costs) > 1 else costs[-1])


def test_reasons_add_up_to_the_change(capsys: Captured) -> None:
    found = rows(capsys, *DAY)
    (total,) = (row for row in found if row["row"] == "total")
    reasons = [row for row in found if row["row"] == "why"]

    assert sum(row["usd"] for row in reasons) == pytest.approx(total["change_usd"], abs=0.005)
    assert {"tokens", "cache", "runs"} <= {row["factor"] for row in reasons}


def test_by_tool_a_calls_cost_goes_to_what_it_read(capsys: Captured) -> None:
    found = {row["tool"]: row for row in rows(capsys, *DAY, "--by", "tool") if row["row"] == "line"}

    # A refund's second call reads orders, the third orders and policy, the others nothing.
    share = found["policy"]["cost_usd"]
    # One run went on: eight of its calls more read orders alone, each worth two halves.
    each = share / 60
    assert found["orders"]["cost_usd"] == pytest.approx(3 * share + 8 * 2 * each)
    assert found["orders"]["calls"] == 129
    assert found["policy"]["runs"] == 60
    assert found[""]["cost_usd"] > 5 * share
    assert found["kb"]["runs"] == 30


def test_what_has_no_price_stands_apart(capsys: Captured) -> None:
    text = shown(capsys, *DAY)

    assert "4 calls of 1 model have no price" in text
    (draft,) = (row for row in rows(capsys, *DAY) if row.get("agent") == "draft")
    assert (draft["cost_usd"], draft["unpriced"]) == (0, 4)


def test_where_nothing_has_a_price_no_dollars_are_shown(
    capsys: Captured, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETGLASS_STORE_DATABASE", "empty")
    call = chat("our-own", (1000, 100, 0), provider="acme")
    with opened(dsn, database="empty") as store:
        told(emptied(store), run("t", 3600_000, agent("draft"), [call, tool("kb"), call]))
    at = ("--since", "2026-09-21", "--until", "2026-09-22")
    by_agent, by_tool = shown(capsys, *at), shown(capsys, *at, "--by", "tool")
    runs = rows(capsys, *at)
    with opened(dsn, database="empty") as store:
        emptied(store)

    assert "$" not in by_agent + by_tool
    assert by_agent.splitlines()[3].startswith("draft  no price known      -       -")
    assert "2 calls of 1 model have no price" in by_agent
    assert not [row for row in runs if row["row"] in ("why", "run")]


def test_a_window_has_its_own_runs_and_no_others(capsys: Captured) -> None:
    def counted(*when: str) -> int:
        (total,) = (row for row in rows(capsys, *when) if row["row"] == "total")
        return int(total["runs"])

    assert counted(*DAY) == 94
    assert counted("--since", "24h", "--until", "2026-09-22T14:14") == 70
    assert counted("--since", "48h", "--until", UNTIL) == 164


def test_a_tenant_is_looked_at_alone(capsys: Captured) -> None:
    assert shown(capsys, *DAY, "--tenant", "nobody").startswith("No spans in the 24 hours")
    assert "tenant default;" in shown(capsys, *DAY, "--tenant", "default")


def test_without_spans_it_says_so(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETGLASS_STORE_DATABASE", "empty")

    for by in ("agent", "tool"):
        assert shown(capsys, "--by", by).startswith("No spans in the 24 hours to ")
    assert [row["row"] for row in rows(capsys)] == ["total"]


def test_a_single_run_reads_well(capsys: Captured) -> None:
    text = shown(capsys, "--since", "5m", "--until", "2026-09-21T14:19", "--by", "model")

    assert "gpt-4o  " in text
    assert "new" in text
    assert "TOTAL" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--since", "soon"], "a time is like '24h'"),
        (["--since", "0m"], "leaves no minute"),
        (["--since", "2026-09-22", "--until", "2026-09-21"], "leaves no minute"),
        (["--reconcile", "/nowhere.csv"], "cannot read '/nowhere.csv'"),
        (["--reconcile", "x.csv", "--bill-timezone", "Mars"], "no time zone 'Mars'"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    capsys: Captured, arguments: list[str], message: str
) -> None:
    assert main(["costs", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_names_cannot_speak_to_the_terminal(capsys: Captured, dsn: str) -> None:
    with opened(dsn, database="empty") as store:
        bell = agent("\x1b[31mred\x07")
        told(emptied(store), run("t", 3600_000, bell, [chat("gpt-4o", (1000, 10, 0))]))
    text = shown(capsys, "--since", "2026-09-21", "--until", "2026-09-22")
    with opened(dsn, database="empty") as store:
        emptied(store)

    assert not {"\x1b", "\x07"} & set(text)


def test_a_database_that_is_away_is_told(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEETGLASS_QUERY_LISTEN", "127.0.0.1:1")

    assert main(["costs"]) == 1
    assert "Start it with 'fleetglass up'" in capsys.readouterr().err
