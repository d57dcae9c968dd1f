"""Approvals: an agent asks whether it may do one action, and a person grants or denies it."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fleetglass_collector.store.client import Store

FIELDS = """
    toString(id) AS id, toString(at) AS at, tenant, agent, lineage, cohort, run_id, trace_id, tool,
    action, toString(action_class) AS action_class, amount, fingerprint, arguments, reason, policy,
    toUnixTimestamp(ends) AS ends, state, decided_by, why, toString(decided_at) AS decided_at
"""
LIST = f"""
SELECT {FIELDS} FROM approvals
WHERE ({{tenant:String}} = '' OR tenant = {{tenant:String}})
    AND ({{state:String}} = '' OR state = {{state:String}})
    AND ({{id:String}} = '' OR startsWith(toString(id), {{id:String}}))
ORDER BY at DESC LIMIT {{most:UInt32}}
"""
LONGEST_TEXT = 4_000
MOST_LINEAGE = 64


class Readable(Protocol):
    """A database that can be asked, by its owner or by a reader."""

    def query(self, sql: str, /, *, parameters: Mapping[str, Any]) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an agent asks for."""

    tenant: str
    agent: str
    tool: str
    fingerprint: str
    action: str = ""
    lineage: Sequence[str] = ()
    cohort: str = ""
    run_id: str = ""
    trace_id: str = ""
    action_class: str = ""
    amount: float | None = None
    arguments: str = ""
    reason: str = ""
    policy: str = ""
    ends: int = 0


def ask(store: Store, asked: Asked) -> str:
    """Write a request; return its id."""
    id = str(uuid.uuid4())
    row = {
        "id": id,
        **{name: getattr(asked, name) for name in Asked.__dataclass_fields__},
        "lineage": [*asked.lineage][:MOST_LINEAGE],
        "arguments": asked.arguments[:LONGEST_TEXT],
    }
    store.insert("approval_requests", json.dumps(row).encode())
    return id


def approvals(
    database: Readable, *, tenant: str = "", state: str = "", id: str = "", most: int = 200
) -> list[dict[str, Any]]:
    """Return requests with their state, the newest first."""
    parameters = {"tenant": tenant, "state": state, "id": id, "most": most}
    answer = database.query(LIST, parameters=parameters)
    return [json.loads(line) for line in answer.splitlines()]


def decide(store: Store, request: Mapping[str, Any], *, granted: bool, by: str, why: str) -> None:
    row = {
        "id": request["id"],
        "tenant": request["tenant"],
        "granted": int(granted),
        "by": by,
        "why": why,
    }
    store.insert("approval_decisions", json.dumps(row).encode())
