"""The command, the panels and the list of runs say the same dollars, whatever happened to spans."""

import re
import uuid
from collections.abc import Generator, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.agent_fleets import arrivals, fleet
from kit.agent_requests import Sent, request
from kit.agent_rows import ask
from kit.databases import opened, running_store, segment
from kit.places import ROOT
from kit.short_book import ShortBook
from kit.spent_fleet import Captured, emptied, kept, rows

from fleetglass_collector.config import Retention
from fleetglass_collector.config.prices import ConfiguredPrice
from fleetglass_collector.settle.settler import Settler
from fleetglass_collector.store.client import Store
from fleetglass_collector.store.migrate import migrate
from fleetglass_server.costs.report import DIMENSIONS

CENT = Decimal("0.01")
PAGE = (ROOT / "docs" / "queries.md").read_text()
PANEL = re.findall(r"^### Cost by agent\n.*?^```sql\n(.*?)^```", PAGE, re.M | re.S)[0]
# All of a made fleet begins within these ten minutes.
WHEN = ("--since", "2026-09-21T14:10", "--until", "2026-09-21T14:20")
HIGHER_PRICE = ConfiguredPrice(model="gpt-4o-mini", input=700.0, output=900.0)


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running_store(tmp_path_factory.mktemp("store")) as dsn:
        with opened(dsn) as store:
            migrate(store, cluster="", retention=Retention())
            kept(store)
        yield dsn


@pytest.fixture
def store(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Store]:
    monkeypatch.setenv("FLEETGLASS_DATA", str(tmp_path))
    monkeypatch.setenv("FLEETGLASS_QUERY_LISTEN", urlsplit(dsn).netloc.rpartition("@")[2])
    with opened(dsn) as store:
        yield store


def settle(store: Store, folder: str, *prices: ConfiguredPrice) -> None:
    settler = Settler(store, Path(folder), ShortBook(prices))
    settler.start()
    settler.settle()
    settler.close()


def live(store: Store, random: Random, spans: Sequence[Sent]) -> None:
    """Spans come late, twice and in any order, segments again, and in between prices change."""
    arrived = arrivals(random, spans, gap=1)
    changes = random.randrange(len(arrived))
    with TemporaryDirectory() as folder:
        for at, arrival in enumerate(arrived):
            body = segment([request(arrival.spans)], number=arrival.number)
            token = uuid.uuid4().hex
            for _ in range(random.choice((1, 1, 2))):
                store.insert_segment(body, token)
            settle(store, folder, *([HIGHER_PRICE] if at >= changes else []))


def dollars(rows: Sequence[dict[str, object]], key: str = "dollars") -> Decimal:
    return sum((Decimal(repr(row[key])) for row in rows), Decimal())


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**6))
def test_sums_agree_to_the_cent(store: Store, capsys: Captured, seed: int) -> None:
    random = Random(seed)
    emptied(store)
    live(store, random, fleet(random, traces=30, size=9))
    panel = {
        row["agent"]: row["dollars"]
        for row in ask(store, re.sub(r"now\(\).*DAY", "toDateTime(0)", PANEL))
    }
    runs = ask(store, "SELECT sum(cost) AS dollars FROM agent_runs")
    spans = ask(store, "SELECT sum(toDecimal128(ifNull(cost, 0), 12)) AS dollars FROM agent_spans")

    wanted = cents(dollars(runs))
    assert wanted == cents(dollars(spans)) == cents(Decimal(repr(sum(panel.values()))))
    for by in DIMENSIONS:
        found = rows(capsys, *WHEN, "--by", by, "--limit", str(random.choice((1, 3, 99))))
        lines = [row for row in found if row["row"] in ("line", "others")]
        (total,) = (row for row in found if row["row"] == "total")
        assert cents(dollars(lines, "cost_usd")) == wanted == cents(dollars([total], "cost_usd"))
        if by == "agent":
            assert all(
                cents(Decimal(repr(row["cost_usd"]))) == cents(Decimal(repr(panel[row["agent"]])))
                for row in lines
                if row["row"] == "line"
            )


def test_a_period_that_is_cut_in_two_adds_up(store: Store, capsys: Captured) -> None:
    random = Random(7)
    emptied(store)
    live(store, random, fleet(random, traces=30, size=9))
    for by in DIMENSIONS:
        halves = [
            next(row for row in rows(capsys, *when, "--by", by) if row["row"] == "total")
            for when in (WHEN, ("--since", "2m", "--until", "2026-09-21T14:16"))
        ]

        whole, later = halves
        assert later["before_usd"] + later["cost_usd"] == pytest.approx(whole["cost_usd"], abs=1e-9)
        assert 0 < later["cost_usd"] < whole["cost_usd"]
