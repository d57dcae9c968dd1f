"""Answers requests to ClickHouse's HTTP interface."""

import contextlib
import itertools
import sys
import threading
import uuid
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from fleetglass_collector.access.door import Caller
from fleetglass_collector.config import Query
from fleetglass_collector.embedded import handshake
from fleetglass_collector.embedded.engine import gate, limits
from fleetglass_collector.embedded.engine.engine import Connection, Engine
from fleetglass_collector.embedded.engine.faults import Fault
from fleetglass_collector.embedded.engine.spool import spooled
from fleetglass_collector.embedded.engine.statement import HEAD_BYTES, Statement, parse
from fleetglass_collector.embedded.engine.watch import Watch
from fleetglass_collector.embedded.exchange import PIECE, Reply, Request
from fleetglass_collector.embedded.users import Role, Roles, credentials
from fleetglass_collector.embedded.wire import compression, form, formats, frames
from fleetglass_collector.embedded.wire.answer import SERVER_NAME, Answer

TOO_MANY_QUERIES = 202
READONLY = limits.READONLY
SYNTAX_ERROR = 62
LOGICAL_ERROR = 49
# How long a query waits for its turn. Inserts wait long: their sender has no other store.
READER_WAIT_S, WRITER_WAIT_S = 15.0, 120.0
WRITERS = 4
# If a query runs this long past its limit, the engine has failed to end it.
GRACE_S = 2.0
WRITER_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One request, read up to the end of its statement."""

    request: Request
    role: Role
    statement: Statement
    sql: str
    data: Iterator[bytes]
    marker: str

    @property
    def format(self) -> str:
        params, headers = self.request.params, self.request.headers
        default = params.get("default_format") or headers.get("x-clickhouse-format")
        return self.statement.format or default or "TabSeparated"

    @property
    def params(self) -> dict[str, str]:
        pairs = self.request.params.items()
        return {name[6:]: value for name, value in pairs if name.startswith("param_")}

    @property
    def database(self) -> str:
        params, headers = self.request.params, self.request.headers
        return params.get("database") or headers.get("x-clickhouse-database", "")


class Endpoint:
    """The application that the listener serves."""

    def __init__(self, engine: Engine, roles: Roles, bounds: Query) -> None:
        self._engine = engine
        self._roles = roles
        self._limits = bounds
        self.watch = Watch(engine.kill)
        self._slots = {
            Role.READER: threading.BoundedSemaphore(bounds.max_concurrent),
            Role.WRITER: threading.BoundedSemaphore(WRITERS),
        }
        with engine.connection() as connection:
            row = connection.query("SELECT version(), timezone()").body.decode()
        self._version, self._timezone = row.strip().split("\t")

    def __call__(self, request: Request, reply: Reply) -> None:
        answer = Answer(
            request=request,
            reply=reply,
            query_id=_clean(request.params.get("query_id", "")) or str(uuid.uuid4()),
            timezone=self._timezone,
        )
        try:
            self._route(request, answer)
        except Fault as error:
            answer.refuse(error)
        except OSError:
            raise
        except Exception as error:
            # Our own error must not end the connection. Its text may hold data: print the type.
            print(f"fleetglass store: {type(error).__name__} in a request", file=sys.stderr)
            answer.refuse(Fault(LOGICAL_ERROR, "Internal error of the store."))

    def _route(self, request: Request, answer: Answer) -> None:
        has_query = request.method == "POST" or "query" in request.params
        if request.path in ("/ping", "/replicas_status") or (request.path == "/" and not has_query):
            answer.reply.whole(200, {"Content-Type": "text/html; charset=UTF-8"}, b"Ok.\n")
        elif request.method not in ("GET", "HEAD", "POST"):
            answer.reply.whole(405, {"Allow": "GET, HEAD, POST"}, b"")
        elif request.path != "/":
            message = f"There is no path {request.path}; send queries to /\n"
            answer.reply.whole(404, {"Content-Type": "text/plain"}, message.encode())
        else:
            login = credentials(request.headers, request.params)
            role = self._roles.of(login, Caller.of(request.client, request.headers.get))
            self._answer(self._job(_with_form(request), role), answer)

    def _job(self, request: Request, role: Role) -> Job:
        pieces = compression.decode(request.headers.get("content-encoding", ""), request.body)
        if request.params.get("decompress") == "1":
            pieces = frames.decode(pieces)
        head = request.params.get("query", "").encode("utf-8", "surrogateescape")
        if not head:
            head = _gather(b"", pieces)
        text = head.decode("latin-1")
        statement = parse(text)
        if statement.data is None:
            # A statement without data is the whole body.
            head = _gather(head, pieces)
            statement = parse(head.decode("latin-1"))
        if statement.data is None and len(head) >= HEAD_BYTES:
            raise Fault(SYNTAX_ERROR, f"Query is larger than {HEAD_BYTES} bytes. (SYNTAX_ERROR)")
        return Job(
            request=request,
            role=role,
            statement=statement,
            sql=_decoded(statement.text),
            data=itertools.chain([head[statement.data :]], pieces) if statement.data else pieces,
            marker=uuid.uuid4().hex,
        )

    def _answer(self, job: Job, answer: Answer) -> None:
        if job.statement.insert and (job.role is Role.READER or job.request.method != "POST"):
            raise Fault(READONLY, f"{job.role.value}: Cannot execute query in readonly mode.")
        if handshake.is_handshake(job.sql) and job.format == "Native":
            answer.format = job.format
            answer.send(iter([self._greeting(job)]))
            return
        with self._slot(job.role), self._engine.connection() as connection:
            if job.statement.data is not None:
                self._insert(job, connection, answer)
            else:
                self._query(job, connection, answer)

    def _greeting(self, job: Job) -> bytes:
        text = job.request.params.get("client_protocol_version", "")
        revision = int(text) if text.isascii() and text.isdigit() else 0
        return handshake.answer(SERVER_NAME, self._version, self._timezone, revision=revision)

    @contextlib.contextmanager
    def _slot(self, role: Role) -> Generator[None]:
        slot = self._slots[role]
        wait_s = READER_WAIT_S if role is Role.READER else WRITER_WAIT_S
        if not slot.acquire(timeout=wait_s):
            raise Fault(
                TOO_MANY_QUERIES,
                f"Too many simultaneous queries: none ended within {wait_s:g} s; try again.",
            )
        try:
            yield
        finally:
            slot.release()

    def _insert(self, job: Job, connection: Connection, answer: Answer) -> None:
        if job.database:
            connection.use(job.database)
        connection.set(limits.writer_settings(job.request.params))
        with spooled(job.data, self._engine.folder) as path:
            result = connection.query(_decoded(job.statement.reading(path)))
        answer.summary.written_rows = result.written_rows
        answer.summary.written_bytes = result.written_bytes
        answer.send(iter(()))

    def _query(self, job: Job, connection: Connection, answer: Answer) -> None:
        streams = _can_stream(job)
        seconds = self._prepare(job, connection, held=not streams)
        answer.format = job.format
        with self.watch.over(job.marker, job.request.connection, seconds=seconds):
            run = self._streamed if streams else self._held
            try:
                with contextlib.closing(run(job, connection, answer)) as pieces:
                    answer.send(pieces)
            except Fault as error:
                raise gate.explain(error, job.sql) from error

    def _prepare(self, job: Job, connection: Connection, *, held: bool) -> float:
        """Set the connection up for its one query; return how many seconds the query may run."""
        params = job.request.params
        if job.database:
            connection.use(job.database)
        if job.role is Role.WRITER:
            connection.must_be_single(job.sql)
            connection.set(limits.writer_settings(params) | {"log_comment": job.marker})
            if job.request.method != "POST":
                connection.set({"readonly": "2"})
            return WRITER_SECONDS
        settings = limits.reader_settings(self._limits, params, held=held)
        connection.set(settings | {"log_comment": job.marker})
        connection.become_reader()
        gate.check(connection, job.sql, job.params)
        return float(settings["max_execution_time"]) + GRACE_S

    def _held(self, job: Job, connection: Connection, answer: Answer) -> Generator[bytes]:
        result = connection.query(job.sql, job.format, job.params)
        answer.summary.read_rows = result.rows_read
        answer.summary.read_bytes = result.bytes_read
        answer.summary.result_rows = result.rows
        answer.summary.result_bytes = len(result.body)
        for start in range(0, len(result.body), PIECE):
            yield result.body[start : start + PIECE]

    def _streamed(self, job: Job, connection: Connection, answer: Answer) -> Generator[bytes]:
        blocks = connection.stream(job.sql, job.format, job.params)
        empty = True
        with contextlib.closing(blocks):
            for piece in formats.join(job.format, blocks):
                empty = False
                answer.summary.result_bytes += len(piece)
                yield piece
        if empty and formats.has_header(job.format):
            # A streamed result without rows has no block, and so no header line.
            yield from self._held(job, connection, answer)


def _with_form(request: Request) -> Request:
    kind = request.headers.get("content-type", "")
    if not form.is_form(kind):
        return request
    pieces = compression.decode(request.headers.get("content-encoding", ""), request.body)
    fields = form.fields(kind, _gather(b"", pieces))
    headers = {name: text for name, text in request.headers.items() if name != "content-encoding"}
    return replace(request, query=(*request.query, *fields), body=iter(()), headers=headers)


def _can_stream(job: Job) -> bool:
    keywords = job.statement.keywords
    reads = job.statement.first in ("SELECT", "WITH", "(")
    plain = reads and not keywords & {"TOTALS", "EXPLAIN", "DESCRIBE", "DESC"}
    return plain and formats.streams(job.format) and job.request.params.get("extremes") != "1"


def _gather(head: bytes, pieces: Iterator[bytes]) -> bytes:
    """Read until there is enough to find the end of a statement."""
    while len(head) < HEAD_BYTES and (piece := next(pieces, None)) is not None:
        head += piece
    return head


def _decoded(text: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError as error:
        raise Fault(SYNTAX_ERROR, "The query is not UTF-8. (SYNTAX_ERROR)") from error


def _clean(text: str) -> str:
    return "".join(letter for letter in text if letter.isascii() and letter.isprintable())[:200]
