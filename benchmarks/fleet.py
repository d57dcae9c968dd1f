"""A day of a fleet in the embedded store: how long the questions of docs/queries.md take.

    .venv/bin/python benchmarks/fleet.py [--spans 10000000] [--rewritten 5]

Spans are made inside the database, by fleet.sql: 300 agents, 10 models, 30 tools, 8 cohorts, runs
of twenty spans. They go the way that arriving spans go, and some are told anew, as settling does.
Each question is asked as a reader without a key asks it, over HTTP.
"""

import argparse
import math
import os
import re
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from string import Template
from urllib.parse import urlsplit

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests")]

from kit.databases import opened, running_store  # noqa: E402

from fleetglass_collector.config import Retention  # noqa: E402
from fleetglass_collector.store.client import DEDUPLICATED, Store  # noqa: E402
from fleetglass_collector.store.migrate import migrate  # noqa: E402
from processes import Meter, tree  # noqa: E402

ROWS = Template((HERE / "fleet.sql").read_text())
PAGE = HERE.parent / "docs" / "queries.md"
DAY_NS = 86_400_000_000_000
SPANS_IN_A_RUN = 20
AGENTS = 300
BATCH = 100_000
WARM_UP = 3
QUIET_S = 3.0
TABLES = ("agent_spans_rows", "agent_minutes", "agent_runs")
MORE = {
    "count() of agent_spans_rows": "SELECT count() FROM agent_spans_rows",
    "count() of agent_spans": "SELECT count() FROM agent_spans",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    spans: int
    rewritten: int
    """Of a hundred spans, how many are told anew."""
    now_ns: int

    def rows(self, first: int) -> Iterator[str]:
        """Tell a batch as it arrives, take back what turns out otherwise, and tell that anew."""
        late = f"number % 100 < {self.rewritten} AND kind != 'agent'"
        yield self._insert(first, sign=1, version=0, is_settled=f"NOT ({late})", which="1")
        yield self._insert(first, sign=-1, version=0, is_settled="0", which=late)
        yield self._insert(first, sign=1, version=1, is_settled="1", which=late)

    def _insert(self, first: int, **variables: str | int) -> str:
        return ROWS.substitute(
            variables,
            first=first,
            count=min(BATCH, self.spans - first),
            agents=AGENTS,
            start_ns=self.now_ns - DAY_NS,
            run_ns=DAY_NS // max(1, self.spans // SPANS_IN_A_RUN),
            now_ns=self.now_ns,
        )


def fill(store: Store, fleet: Fleet) -> None:
    settings = ", ".join(f"{name} = {value}" for name, value in DEDUPLICATED.items())
    for first in range(0, fleet.spans, BATCH):
        for statement in fleet.rows(first):
            store.command(f"{statement} SETTINGS {settings}")


def wait_for_merges(store: Store) -> None:
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < QUIET_S:
        time.sleep(0.5)
        if store.query("SELECT count() FROM system.merges", fmt="TSV").strip() != b"0":
            quiet_since = time.monotonic()


def questions(fleet: Fleet) -> dict[str, str]:
    """The documented ones, at the moment when the fleet's day ends, about runs that it has."""
    found = re.findall(r"^### ([^\n]+)\n.*?^```sql\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    now = f"toDateTime({fleet.now_ns // 1_000_000_000})"
    return {
        name: sql.replace("now()", now).replace("today()", f"toDate({now})") for name, sql in found
    } | MORE


def ask(dsn: str, sql: str) -> bytes:
    url = urlsplit(dsn)
    request = f"http://{url.hostname}:{url.port}/?default_format=JSONEachRow"
    with urllib.request.urlopen(request, data=sql.encode()) as answer:
        body: bytes = answer.read()
    return body


def milliseconds(dsn: str, sql: str, fleet: Fleet, turns: range) -> list[float]:
    """Ask again and again, each time for another run."""
    taken: list[float] = []
    for turn in turns:
        run = (1000 + 7919 * turn) % (fleet.spans // SPANS_IN_A_RUN) // 3 * 3 + 1
        this = re.sub(r"'[0-9a-f]{32}'", f"lower(hex(MD5('{run}')))", sql)
        began = time.perf_counter()
        ask(dsn, this)
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)


def report_times(dsn: str, fleet: Fleet, times: int) -> None:
    store = tree(os.getpid())[1:]
    print(f"{'':36} {'median ms':>10} {'p95 ms':>10} {'CPU ms':>10}")
    for name, sql in questions(fleet).items():
        milliseconds(dsn, sql, fleet, range(WARM_UP))
        meter = Meter(store)
        taken = milliseconds(dsn, sql, fleet, range(WARM_UP, WARM_UP + times))
        p95 = taken[math.ceil(0.95 * len(taken)) - 1]
        cpu = meter.read() / times * 1000
        print(f"{name:36} {median(taken):10.1f} {p95:10.1f} {cpu:10.1f}", flush=True)


def report_sizes(store: Store, fleet: Fleet, title: str) -> None:
    print(f"\n{title}: bytes a span, rows, parts")
    for table in TABLES:
        sql = (
            f"SELECT round(sum(bytes_on_disk) / {fleet.spans}, 1), sum(rows), count() "
            f"FROM system.parts WHERE active AND table = '{table}'"
        )
        print(f"{table:36}", store.query(sql, fmt="TSV").decode().strip())


def report_columns(store: Store, fleet: Fleet, table: str) -> None:
    sql = (
        f"SELECT column, round(sum(column_data_compressed_bytes) / {fleet.spans}, 2) AS bytes "
        f"FROM system.parts_columns WHERE active AND table = '{table}' "
        "GROUP BY column ORDER BY bytes DESC LIMIT 8"
    )
    columns = store.query(sql, fmt="TSV").decode().replace("\t", " ").splitlines()
    print(f"{table}: {', '.join(columns)}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spans", type=int, default=10_000_000)
    parser.add_argument("--rewritten", type=int, default=5, help="of a hundred")
    parser.add_argument("--times", type=int, default=20, help="each question")
    options = parser.parse_args()
    fleet = Fleet(spans=options.spans, rewritten=options.rewritten, now_ns=time.time_ns())
    with (
        tempfile.TemporaryDirectory(prefix="fleetglass-bench-") as folder,
        running_store(Path(folder)) as dsn,
        opened(dsn) as store,
    ):
        migrate(store, cluster="", retention=Retention())
        fill(store, fleet)
        wait_for_merges(store)
        report_times(dsn, fleet, options.times)
        report_sizes(store, fleet, "As merged so far")
        for table in TABLES:
            store.command(f"OPTIMIZE TABLE {table} FINAL")
        report_sizes(store, fleet, "Merged into one")
        for table in TABLES:
            report_columns(store, fleet, table)


if __name__ == "__main__":
    main()
