"""Refuses queries that a reader may not send, before the engine sees them.

The engine itself refuses most of them. The reader role has only SELECT, SHOW and dictGet. So
writing, DDL, temporary tables and every table function that reaches a file, a URL or another
server fail with ACCESS_DENIED. `readonly=1` keeps settings and limits unchanged.
Measured with chDB 4.4.0, the following pass both checks, so this module refuses them:

- statements that are neither DDL nor data: KILL QUERY, SYSTEM STOP MERGES, SET ROLE, USE,
  SELECT ... INTO OUTFILE, several statements at once;
- the scalar function `file('/etc/passwd')`, and `Python(x)`, which looks for objects in the
  calling Python frames;
- SETTINGS in a subquery, which `readonly` does not check (the limits did not change, but a query
  could change many other settings);
- `system.processes` and similar tables, which show other people's queries and all thread stacks.

The check first searches the raw text for suspect words. If it finds one, the engine parses the
text (EXPLAIN AST). So no tokenizer of ours has to agree with the engine's.
"""

import re
from collections.abc import Mapping

from fleetglass_collector.embedded.engine.engine import Connection
from fleetglass_collector.embedded.engine.faults import Fault
from fleetglass_collector.embedded.engine.limits import READONLY

ACCESS_DENIED = 497
UNKNOWN_TABLE = 60

_FUNCTIONS = r"file|python|merge|loop|executable|input"
_TABLES = r"processes|processlist|stack_trace|schema_inference_cache|user_processes|query_cache"
# A backslash inside a quoted name can hide any of these words, so it is suspect too.
_REACHES = re.compile(r"\b(file|url|\w+local|\w+cluster)[`\"]?\s*\(", re.IGNORECASE)
_SUSPECT = re.compile(rf"\b({_FUNCTIONS}|{_TABLES}|settings)\b|[`\"][^`\"]*\\", re.IGNORECASE)
# Lines of EXPLAIN AST. It does not show a function named in `apply(...)`, and it shows a lambda's
# name like a column's. In a suspect text, both are refused.
_REFUSED = re.compile(
    rf"^\s*(?:(?:Function|Identifier) (?:{_FUNCTIONS})\b"
    rf"|(?:Table)?Identifier (?:.*\.)?(?:{_TABLES})\b"
    r"|ShowProcesslistQuery|ColumnsApplyTransformer|Set$)",
    re.IGNORECASE | re.MULTILINE,
)


def explain(error: Fault, sql: str) -> Fault:
    """Replace a misleading error about files by one about a missing table.

    For an unknown table, the default database also looks for a file of that name. So a reader who
    mistypes a table's name would get an error about access to files.
    """
    if error.code == ACCESS_DENIED and "READ ON FILE" in error.text and not _REACHES.search(sql):
        return Fault(UNKNOWN_TABLE, "There is no such table here. (UNKNOWN_TABLE)")
    return error


def check(connection: Connection, sql: str, params: Mapping[str, str]) -> None:
    """Let a text pass if it is one statement that only reads.

    Raises:
        Fault: It is something else, or it uses what readers may not use.
    """
    connection.must_be_single(sql)
    if not connection.only_reads(sql):
        raise Fault(READONLY, "reader: Cannot execute query in readonly mode. (READONLY)")
    if _SUSPECT.search(" ".join((sql, *params.values()))):
        refused = _REFUSED.search(connection.syntax_tree(sql, params))
        if refused:
            raise Fault(
                ACCESS_DENIED,
                f"reader: Not enough privileges: {refused[0].strip()!r} is not for readers. "
                "(ACCESS_DENIED)",
            )
