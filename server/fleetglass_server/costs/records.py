"""The report for programs: an object a line, `row` says of what kind."""

from collections.abc import Iterator
from typing import Any

from fleetglass_server.costs.report import Line, Report

Record = dict[str, Any]


def records(report: Report) -> Iterator[Record]:
    """Lines first; lines and others add up to the total, and the reasons to its change."""
    yield from (_line(report, "line", line) for line in report.lines)
    if report.others:
        yield _line(report, "others", report.others)
    yield _line(report, "total", report.total) | {
        "from": report.period.start,
        "to": report.period.until,
    }
    for reason in report.reasons:
        usd = float(reason.amount)
        yield {"row": "why", "factor": reason.factor, "usd": usd, "words": reason.words}
    if report.main:
        dimension, key, share = report.main
        yield {"row": "main", "of": dimension, "key": key, "share": round(share, 4)}
    for model, calls in report.unpriced.items():
        yield {"row": "unpriced", "model": model, "calls": calls}
    for one in report.reported:
        yield {
            "row": "reported",
            "provider": one.provider,
            "model": one.model,
            "calls": one.calls,
            "reported_usd": float(one.reported),
            "cost_usd": float(one.cost),
        }
    for run in report.runs:
        yield {
            "row": "run",
            "run": run.run,
            "tenant": run.tenant,
            "agent": run.agent,
            "cost_usd": float(run.cost),
            "steps": run.steps,
            "verdict": run.verdict,
        }


def _line(report: Report, row: str, line: Line) -> Record:
    found: Record = {"row": row}
    if row == "line":
        found[report.dimension] = line.key
    else:
        found["keys"] = line.many
    return found | {
        "cost_usd": float(line.cost),
        "before_usd": float(line.before),
        "change_usd": float(line.change),
        "share": float(line.cost / report.total.cost) if report.total.cost else 0.0,
        "runs": line.runs if row != "others" else None,
        "input_tokens": round(line.input),
        "output_tokens": round(line.output),
        "cache_read_tokens": round(line.cached),
        "calls": line.calls,
        "failed_calls": line.failed,
        "unpriced": line.unpriced,
    }
