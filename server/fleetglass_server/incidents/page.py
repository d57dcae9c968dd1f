"""One incident as a page of text: what is wrong, who, whether it goes on, what to do next."""

import shlex
import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SHORT_S = 120.0


def page(row: Mapping[str, Any]) -> Iterator[str]:
    evidence = row["evidence"]
    yield f"{row['severity'].upper()}  {row['summary']}"
    yield ""
    yield from _facts(row, evidence)
    for error in row["now"].get("errors", ()):
        yield f"  {'failed':14}  {_error(error)}"
    for reason in evidence.get("why", ()):
        yield f"  {'why':14}  {reason}"
    if row["cycles"]:
        yield ""
        yield from _side_by_side(row["cycles"])
    yield ""
    yield "what to do next"
    yield from (f"  {line}" for line in _next(row))
    yield ""
    yield "history"
    for change in row["history"]:
        why = f" ({change['why']})" if change["why"] else ""
        yield f"  {change['at'][:19]}  {change['by']}: {change['what']}{why}"


def _facts(row: Mapping[str, Any], evidence: Mapping[str, Any]) -> Iterator[str]:
    is_run = row["about"] == "run"
    facts = {
        "id": row["id"],
        "severity": evidence.get("severity_why", ""),
        "state": ", by ".join(filter(None, (row["state"], row["said_by"]))),
        "silenced until": row["silent_until"],
        "" if is_run else row["about"]: row["subject"],
        "agent": ", ".join(dict.fromkeys((row["agent"], *row["agents"]))) if is_run else "",
        "version": row["now"].get("version", ""),
        "cohort": row["now"].get("cohort", ""),
        "run": row["run"],
        "now": _now(row["now"]),
        "tenant": row["tenant"],
        "detected by": ", ".join(
            f"{d} ({k})" for d, k in zip(row["detectors"], row["kinds"], strict=False)
        ),
        "began": f"{row['first_at'][:19]} UTC{_at_step(evidence)}",
        "last new step": str(evidence.get("last_new_at", ""))[:19].replace("T", " "),
        "opened": f"{row['opened_at'][:19]} UTC{_times(row['opened'])}",
        "resolved": row["resolved_at"][:19],
        "since then": _since(row) if is_run else "",
        "extra cost": "" if is_run else money(row),
        "cost rate": _rate(row),
    }
    return (f"  {name:14}  {value}" for name, value in facts.items() if value)


def _since(row: Mapping[str, Any]) -> str:
    return f"{row['spans']:,} spans, {row['tokens']:,} tokens, {money(row)}"


def _at_step(evidence: Mapping[str, Any]) -> str:
    return f", at step {evidence['first_step']}" if evidence.get("first_step") else ""


def _side_by_side(pairs: Sequence[Sequence[Mapping[str, str]]]) -> Iterator[str]:
    half = max(30, (shutil.get_terminal_size((140, 24)).columns - 4) // 2)
    yield f"{'first cycle':{half}}  last cycle"
    for pair in pairs:
        for field in ("name", "asked", "answered"):
            cells = [_cell(field, step[field], half) for step in pair]
            if any(cells):
                yield "  ".join(f"{cell:{half}}" for cell in cells).rstrip()


def _cell(field: str, text: str, width: int) -> str:
    mark = {"name": "", "asked": "  > ", "answered": "  < "}[field]
    return textwrap.shorten(f"{mark}{text}", width, placeholder=" ...") if text else ""


def money(row: Mapping[str, Any]) -> str:
    # A cost that is not known is not $0.
    return "unpriced" if row["unpriced"] and not row["cost_usd"] else f"${row['cost_usd']:,.2f}"


def _times(opened: int) -> str:
    return f", {opened} times" if opened > 1 else ""


def _rate(row: Mapping[str, Any]) -> str:
    """Return the cost of an hour; nothing of a problem that lasted less than two minutes."""
    rate = row["usd_per_hour"]
    seconds = row["cost_usd"] / rate * 3600 if rate else 0.0
    return f"${rate:,.2f} an hour" if seconds >= SHORT_S else ""


def _now(now: Mapping[str, Any]) -> str:
    if not now or not now["last_at"]:
        return ""
    if now["is_over"]:
        return f"the run has ended; its last span began at {now['last_at'][:19]} UTC"
    return f"the run goes on: its last span or heartbeat began {now['ago_s']} s ago"


def _error(error: Mapping[str, Any]) -> str:
    what = error["tool"] or "a model call"
    message = " ".join(error["message"].split())
    words = ": ".join(dict.fromkeys(filter(None, (error["error"], message))))
    return f"{what}, {error['times']} times: {words}"


def _next(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the commands that a person is most likely to type next."""
    id, agent = row["id"][:8], row["agent"]
    is_over = row["now"].get("is_over")
    if row["family"] == "autonomy":
        # Its next run will do the same.
        is_over = False
        yield f"{'fleetglass fleet show':60}  # what each agent may do"
    if agent and row["state"] != "resolved" and not is_over:
        halt = f"fleetglass directives halt --agent {shlex.quote(agent)}"
        yield f"{halt:60}  # stops every run of it that has the guard on"
    if row["run"]:
        columns = "start_time, kind, name, error_type, cost"
        sql = f"SELECT {columns} FROM agent_spans WHERE trace_id = '{row['run']}'"
        yield f'fleetglass query "{sql} ORDER BY start_time"'
    if row["state"] == "resolved":
        yield f"fleetglass incidents reopen {id}"
    else:
        yield f"{f'fleetglass incidents ack {id}':60}  # you work on it"
        yield f"{f'fleetglass incidents silence {id} --for 2h':60}  # no page meanwhile"
