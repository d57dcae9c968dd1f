"""What a reader is refused before the engine sees it.

The engine does most of it itself: the reader's role is granted SELECT and SHOW and nothing else,
so writing, DDL, temporary tables and every table function that reaches a file, a URL or another
server fail with ACCESS_DENIED; `readonly=1` keeps settings and limits as they are.
Measured with chDB 4.4.0, these pass both, and are stopped here:

- statements that are neither DDL nor data: KILL QUERY, SYSTEM STOP MERGES, SET ROLE, USE,
  SELECT ... INTO OUTFILE, several statements at once;
- the scalar function `file('/etc/passwd')`, and `Python(x)`, which looks for objects in the
  calling Python frames;
- SETTINGS in a subquery, which are not held against `readonly` (the limits stayed as they were,
  but what else could be changed is a long list);
- `system.processes` and its kin: other people's queries, stacks of all threads.

The words are looked for in the raw text first. Only a text that holds one is parsed, by the
engine (EXPLAIN AST), so nothing rests on a tokenizer of ours agreeing with the engine's.
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
# A backslash inside a quoted name can spell any of the words without showing it.
_REACHES = re.compile(r"\b(file|url|\w+local|\w+cluster)[`\"]?\s*\(", re.IGNORECASE)
_SUSPECT = re.compile(rf"\b({_FUNCTIONS}|{_TABLES}|settings)\b|[`\"][^`\"]*\\", re.IGNORECASE)
# Lines of EXPLAIN AST. A function named in `apply(...)` is not shown there, nor a lambda's name
# told from a column's: both are refused when the text is suspect.
_REFUSED = re.compile(
    rf"^\s*(?:(?:Function|Identifier) (?:{_FUNCTIONS})\b"
    rf"|(?:Table)?Identifier (?:.*\.)?(?:{_TABLES})\b"
    r"|ShowProcesslistQuery|ColumnsApplyTransformer|Set$)",
    re.IGNORECASE | re.MULTILINE,
)


def explain(error: Fault, sql: str) -> Fault:
    """Say what an error means here.

    The default database also looks for files of a table's name, so that a reader who mistypes one
    is told that it may not read files.
    """
    if error.code == ACCESS_DENIED and "READ ON FILE" in error.text and not _REACHES.search(sql):
        return Fault(UNKNOWN_TABLE, "There is no such table here. (UNKNOWN_TABLE)")
    return error


def check(connection: Connection, sql: str, params: Mapping[str, str]) -> None:
    """Let one reading statement through.

    Raises:
        Fault: It is something else, or it reaches for what readers may not have.
    """
    connection.must_be_single(sql)
    if not connection.only_reads(sql):
        raise Fault(READONLY, "reader: Cannot execute query in readonly mode. (READONLY)")
    if _SUSPECT.search(" ".join((sql, *params.values()))):
        found = _REFUSED.search(connection.syntax_tree(sql, params))
        if found:
            raise Fault(
                ACCESS_DENIED,
                f"reader: Not enough privileges: {found[0].strip()!r} is not for readers. "
                "(ACCESS_DENIED)",
            )
