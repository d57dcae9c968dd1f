"""An in-memory twin of the database: it answers the queries of every listed detector."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any

import numpy as np

from fleetglass_detectors.spans import AGENT, HEARTBEAT_KIND, LLM, TOOL, Rows
from kit.fleet_rows import WORDS

SQL = files("fleetglass_detectors")
SECOND = 1_000_000_000
MINUTE = 60
TENANT, MODEL = "default", "gpt-4o"
Row = dict[str, Any]
Parameters = Mapping[str, Any]


@dataclass
class MemoryDatabase:
    """Holds each span once, whatever came twice, late or out of order."""

    spans: dict[int, Row] = field(default_factory=dict[int, Row])
    directives: list[Row] = field(default_factory=list[Row])
    now_ns: int = 0

    def store(self, rows: Rows, now_ns: int) -> None:
        self.now_ns = max(self.now_ns, now_ns)
        for row in rows:
            self.spans.setdefault(int(row["span"]), _stored(row))

    def query(
        self, sql: str, *, fmt: str = "JSONEachRow", parameters: Parameters | None = None
    ) -> bytes:
        for pattern, answer in ANSWERS:
            if match := pattern.fullmatch(sql):
                return answer(self, match.groupdict() | dict(parameters or {}))
        raise AssertionError(f"teach tests/kit/memory_database.py to answer this query:\n{sql}")

    def insert(self, table: str, rows: bytes, *, fmt: str = "JSONEachRow", token: str = "") -> None:
        assert table == "directives"
        for line in rows.splitlines():
            at_us = self.now_ns // 1000 + len(self.directives)
            self.directives.append(json.loads(line) | {"at_us": at_us})

    def runs(self) -> dict[int, list[Row]]:
        by_run: dict[int, list[Row]] = defaultdict(list)
        for span in self.spans.values():
            by_run[span["run"]].append(span)
        return dict(sorted(by_run.items()))


def _stored(row: Any) -> Row:
    """Return a span as the database holds it: costs are decimals, and no number is infinite."""
    names: tuple[str, ...] = row.dtype.names
    span = {name: row[name].item() for name in names}
    cost, tokens = span["cost"], span["tokens"]
    span["cost"] = Decimal(str(cost)) if np.isfinite(cost) else None
    span["tokens"] = max(0, int(tokens)) if np.isfinite(tokens) else 0
    return span


def _steps(database: MemoryDatabase, parameters: Parameters) -> bytes:
    keys = [int(key) for key in parameters["keys"].split(", ")]
    found = [(key, WORDS[key]) for key in keys if key in WORDS and key in database.spans]
    return _lines(
        {
            "key": key,
            "trace_id": str(database.spans[key]["run"]),
            "span_id": step.span_id,
            "parent_span_id": step.parent_span_id,
            "start_ns": step.start_ns,
            "end_ns": step.end_ns,
            "agent": step.actor,
            "kind": step.kind,
            "tool": step.tool,
            "tokens": step.tokens,
            "cost": step.cost,
            "failed": step.failed,
        }
        for key, step in found
    )


def _texts(database: MemoryDatabase, parameters: Parameters) -> bytes:
    keys = [int(key) for key in parameters["keys"].split(", ")]
    return _lines(
        {
            "trace_id": str(database.spans[key]["run"]),
            "span_id": WORDS[key].span_id,
            "asked": WORDS[key].asked,
            "answered": WORDS[key].answered,
            "said": WORDS[key].answered,
        }
        for key in keys
        if key in WORDS and key in database.spans
    )


def _tool(span: Row) -> str:
    """Every other tool deletes, so that the rules of autonomy have something to say."""
    return f"{'delete' if span['tool'] % 4 == 1 else 'get'}_{span['tool']}" if span["tool"] else ""


def _tool_names(database: MemoryDatabase, parameters: Parameters) -> bytes:
    named = {
        (span["agent"], span["tool"], _agent(span), _tool(span))
        for span in database.spans.values()
        if span["tool"]
    }
    return _lines(
        {
            "agent_hash": agent_hash,
            "tool_hash": tool_hash,
            "action_hash": 0,
            "agent": agent,
            "tool": tool,
            "action": "",
        }
        for agent_hash, tool_hash, agent, tool in sorted(named)
    )


def _whole_runs(database: MemoryDatabase, parameters: Parameters) -> bytes:
    wanted = {int(run) for run in parameters["runs"].split(", ")}
    kinds = {AGENT: "agent", LLM: "llm", TOOL: "tool", HEARTBEAT_KIND: "other"}
    spans = [span for span in database.spans.values() if span["run"] in wanted]
    return _lines(
        {
            "run": span["run"],
            "key": span["span"],
            "segment": span["segment"],
            "tenant": TENANT,
            "trace_id": str(span["run"]),
            "span_id": f"{span['span']:016x}",
            "parent_span_id": f"{span['parent']:016x}" if span["parent"] else "",
            "start_ns": span["start_ns"],
            "end_ns": span["end_ns"],
            "kind": kinds.get(span["kind"], "other"),
            "name": "",
            "agent": _agent(span),
            "cohort": "",
            "tier": "",
            "tool": _tool(span),
            "action": "",
            "failed": span["failed"],
        }
        for span in sorted(spans, key=lambda span: (span["start_ns"], span["span"]))
    )


def _settled(database: MemoryDatabase, parameters: Parameters) -> bytes:
    return str(max((span["segment"] for span in database.spans.values()), default=0)).encode()


def _runs_by_key(database: MemoryDatabase, parameters: Parameters) -> bytes:
    after, up_to, quiet_since = (int(parameters[n]) for n in ("after", "up_to", "quiet_since"))
    rows: list[list[Any]] = []
    for run, spans in database.runs().items():
        segments = [span["segment"] for span in spans if span["segment"] > after]
        if segments and min(segments) <= up_to and max(segments) <= quiet_since:
            rows += ([run, *key, f"run-{run}", *_totals(spans, key)] for key in _keys(spans))
    return _columns(rows)


def _totals(spans: list[Row], key: tuple[str, str, str]) -> list[float]:
    mine = [span for span in spans if key[1] != "agent" or _agent(span) == key[2]]
    calls = [span for span in mine if span["kind"] == LLM]
    tokens = sum(span["tokens"] for span in mine)
    return [
        float(_cost(mine)),
        sum(span["cost"] is None for span in mine),
        tokens,
        tokens,
        0,
        len(calls),
        sum(span["failed"] for span in calls),
        max((span["tokens"] for span in calls), default=0),
        int(any(span["kind"] == AGENT and not span["parent"] for span in spans)),
    ]


def _begun(database: MemoryDatabase, parameters: Parameters) -> bytes:
    since, until = (_seconds(parameters[name]) for name in ("since", "until"))
    counts: dict[tuple[Any, ...], int] = defaultdict(int)
    for spans in database.runs().values():
        began = min(span["start_ns"] for span in spans) // SECOND
        if since <= began < until:
            for key in _keys(spans):
                counts[(began // MINUTE * MINUTE, *key)] += 1
    return _columns([[*key, count] for key, count in sorted(counts.items())])


def _spend(database: MemoryDatabase, parameters: Parameters) -> bytes:
    buckets: dict[int, list[Row]] = defaultdict(list)
    for span in _in_scope(database, parameters):
        at = span["start_ns"] // SECOND // MINUTE * MINUTE
        if parameters["since"] <= at < parameters["until"]:
            wide = MINUTE if at >= parameters["fine"] else parameters["step"]
            since = parameters["since"]
            buckets[since + (at - since) // wide * wide].append(span)
    return _lines(
        {
            "at": at,
            "cost": str(_cost(spans)),
            "unpriced": sum(span["cost"] is None for span in spans),
        }
        for at, spans in sorted(buckets.items())
    )


def _costly_runs(database: MemoryDatabase, parameters: Parameters) -> bytes:
    by_run: dict[int, list[Row]] = defaultdict(list)
    for span in _in_scope(database, parameters):
        by_run[span["run"]].append(span)
    rows = [
        {
            "tenant": TENANT,
            "run_id": f"run-{run}",
            "cost": str(_cost(spans)),
            "unpriced": 0,
            "first_ns": min(span["start_ns"] for span in spans),
            "over": int(any(span["kind"] == AGENT and not span["parent"] for span in spans)),
        }
        for run, spans in by_run.items()
        if _cost(spans) >= max(Decimal(parameters["least"]), Decimal("1e-12"))
        and max(span["end_ns"] for span in spans) >= parameters["since"] * SECOND
    ]
    rows.sort(key=lambda row: (-Decimal(str(row["cost"])), str(row["run_id"])))
    return _lines(rows[: parameters["most"]])


def _tenants(database: MemoryDatabase, parameters: Parameters) -> bytes:
    return _lines([{"tenant": TENANT}] if [*_in_scope(database, parameters)] else [])


def _directives(database: MemoryDatabase, parameters: Parameters) -> bytes:
    """Return the last directive of each author for each scope and period."""
    names = ("tenant", "agent", "cohort", "by", "until")
    last: dict[tuple[Any, ...], Row] = {}
    for row in database.directives:
        key = tuple(row[name] for name in names)
        first_us = last[key]["first_us"] if key in last else row["at_us"]
        last[key] = row | {"ends": row["until"], "first_us": first_us, "last_us": row["at_us"]}
    return _lines(sorted(last.values(), key=lambda row: int(row["last_us"])))


def _now(database: MemoryDatabase, parameters: Parameters) -> bytes:
    return str(database.now_ns // SECOND).encode()


def _nothing(database: MemoryDatabase, parameters: Parameters) -> bytes:
    return b""


def _no_columns(database: MemoryDatabase, parameters: Parameters) -> bytes:
    return b"[]"


def _in_scope(database: MemoryDatabase, parameters: Parameters) -> Iterator[Row]:
    for span in database.spans.values():
        tenant, agent = parameters["tenant"], parameters["agent"]
        if tenant in ("", TENANT) and agent in ("", _agent(span)) and not parameters["cohort"]:
            yield span


def _keys(spans: list[Row]) -> list[tuple[str, str, str]]:
    agents = sorted({_agent(span) for span in spans})
    keys = [(TENANT, "agent", agent) for agent in agents]
    return [*keys, (TENANT, "model", MODEL), (TENANT, "tenant", TENANT)]


def _agent(span: Row) -> str:
    return f"agent-{span['agent']}"


def _cost(spans: Iterable[Row]) -> Decimal:
    return sum((span["cost"] or Decimal() for span in spans), Decimal())


def _seconds(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())


def _lines(rows: Iterable[Row]) -> bytes:
    return b"\n".join(json.dumps(row).encode() for row in rows)


def _columns(rows: list[list[Any]]) -> bytes:
    return json.dumps([*zip(*rows, strict=True)]).encode()


def _matching(sql: str) -> re.Pattern[str]:
    """Return a pattern that matches a query template once it is filled in."""
    parts = re.split(r"\$\{(\w+)\}", sql)
    pattern, names = re.escape(parts[0]), set[str]()
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        pattern += f"(?P={name})" if name in names else f"(?P<{name}>.*?)"
        pattern += re.escape(text)
        names.add(name)
    return re.compile(pattern, re.DOTALL)


def _file(name: str) -> re.Pattern[str]:
    return _matching((SQL / name).read_text())


Answer = Callable[[MemoryDatabase, Parameters], bytes]
ANSWERS: tuple[tuple[re.Pattern[str], Answer], ...] = (
    (_file("loops/steps.sql"), _steps),
    (_file("loops/texts.sql"), _texts),
    (_file("autonomy/names.sql"), _tool_names),
    (_file("autonomy/spans.sql"), _whole_runs),
    (_file("autonomy/words.sql"), _nothing),
    (_file("cost/runs.sql"), _runs_by_key),
    (_file("cost/begun.sql"), _begun),
    (_file("cost/cells.sql"), _nothing),
    (_file("cost/run.sql"), _nothing),
    (_file("cost/prices.sql"), _no_columns),
    (_file("cost/users.sql"), _nothing),
    (_file("budgets/spend.sql"), _spend),
    (_file("budgets/runs.sql"), _costly_runs),
    (_file("budgets/tenants.sql"), _tenants),
    (_file("budgets/directives.sql"), _directives),
    (re.compile(r"SELECT .* FROM settled .*"), _settled),
    (re.compile(r"SELECT toUnixTimestamp\(now\(\)\)"), _now),
)
