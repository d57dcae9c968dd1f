"""Every object of the database, in the order in which they are made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table is made once and never replaced.

    When its file changes, its version goes up by one, and a file `NAME.VERSION.sql` alters existing
    tables of the version before.
    """

    path: str
    """The path of the file in this folder, without `.sql`. The file has the object's name."""
    version: int = 1
    shard_by: str = ""
    """The expression that decides a row's shard in a cluster; empty for a table without shards."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A view, function or dictionary: replaced when its text, or one that it uses, changes."""

    path: str


@dataclass(frozen=True, slots=True)
class Comments:
    """What a table or view and its columns are for; written again when the text or object changes.

    They stand apart from the object, because a table keeps its text, and a view does not take the
    comments of what it reads.
    """

    path: str
    """The path of the file in this folder, without `.sql`. The file has the object's name."""


Entry = Table | Definition | Comments

LISTING: tuple[Entry, ...] = (
    Table("otlp/otlp_in"),
    Definition("otlp/fleetglassElementText"),
    Definition("otlp/fleetglassValueText"),
    Definition("otlp/fleetglassTextMap"),
    Definition("otlp/fleetglassTime"),
    Definition("otlp/fleetglassId"),
    Table("traces/otel_traces", shard_by="cityHash64(TraceId)"),
    Table("traces/otel_traces_trace_id_ts", shard_by="cityHash64(TraceId)"),
    Definition("traces/otel_traces_trace_id_ts_mv"),
    Definition("traces/otel_traces_from_otlp"),
    Definition("text/fleetglassEventText"),
    Definition("text/fleetglassUnwrapped"),
    Definition("text/fleetglassRecorded"),
    Definition("text/fleetglassWithoutIds"),
    Definition("text/fleetglassIsSchema"),
    Definition("text/fleetglassTarget"),
    Definition("traces/span_texts"),
    Definition("fingerprints/fleetglass_secret"),
    Table("fingerprints/fleetglass_secret.keys"),
    Definition("fingerprints/fleetglass_secret.key"),
    Definition("fingerprints/fleetglassHash"),
    Definition("fingerprints/fleetglassArgumentsHash"),
    Definition("fingerprints/fleetglassShape"),
    Table("prices/prices"),
    Definition("prices/prices_now"),
    Definition("prices/fleetglassPricedModel"),
    Definition("prices/fleetglassPriceKey"),
    Definition("prices/fleetglassUsualPrice"),
    Definition("prices/fleetglassUsualCost"),
    Definition("prices/fleetglassOfferCost"),
    Definition("prices/fleetglassCostByKey"),
    Definition("prices/fleetglassCallCost"),
    Definition("prices/fleetglassCost"),
    Table("spans/agent_spans_in", version=2),
    Table("spans/agent_spans_rows", version=2, shard_by="cityHash64(trace_id)"),
    Definition("spans/agent_spans_rows_mv"),
    Definition("spans/agent_spans"),
    Definition("minutes/fleetglassBucket"),
    Definition("minutes/fleetglassQuantile"),
    Table("minutes/agent_minutes", shard_by="cityHash64(agent)"),
    Definition("minutes/agent_minutes_mv"),
    Table("runs/agent_runs", shard_by="cityHash64(run_id)"),
    Definition("runs/agent_runs_mv"),
    Table("spans/otlp_spans"),
    Definition("spans/otlp_spans_mv"),
    Table("spans/span_facts"),
    Definition("spans/span_facts_mv"),
    Definition("spans/agent_spans_from_facts"),
    Table("settled/settled", version=2),
    Table("directives/directives"),
    Table("policies/fleet_policies"),
    Table("approvals/approval_requests"),
    Table("approvals/approval_decisions"),
    Definition("approvals/approvals"),
    Table("audit/audit_log"),
    Table("incidents/signals"),
    Table("incidents/incidents_rows"),
    Table("incidents/incident_actions"),
    Definition("incidents/incidents"),
    Comments("comments/otlp_in"),
    Comments("comments/otel_traces"),
    Comments("comments/otel_traces_trace_id_ts"),
    Comments("comments/otel_traces_trace_id_ts_mv"),
    Comments("comments/otel_traces_from_otlp"),
    Comments("comments/span_texts"),
    Comments("comments/prices"),
    Comments("comments/agent_spans_in"),
    Comments("comments/agent_spans_rows"),
    Comments("comments/agent_spans_rows_mv"),
    Comments("comments/agent_spans"),
    Comments("comments/agent_minutes"),
    Comments("comments/agent_minutes_mv"),
    Comments("comments/agent_runs"),
    Comments("comments/agent_runs_mv"),
    Comments("comments/otlp_spans"),
    Comments("comments/otlp_spans_mv"),
    Comments("comments/span_facts"),
    Comments("comments/span_facts_mv"),
    Comments("comments/agent_spans_from_facts"),
    Comments("comments/settled"),
    Comments("comments/directives"),
    Comments("comments/fleet_policies"),
    Comments("comments/approval_requests"),
    Comments("comments/approval_decisions"),
    Comments("comments/approvals"),
    Comments("comments/signals"),
    Comments("comments/incidents_rows"),
    Comments("comments/incident_actions"),
    Comments("comments/incidents"),
    Comments("comments/audit_log"),
)
