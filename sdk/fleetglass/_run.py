"""A run: one call of an agent, with who it is and what it has used so far."""

import threading
import time
from collections.abc import Iterator

from opentelemetry.context import Context, create_key, get_current, get_value
from opentelemetry.trace import SpanContext

from fleetglass import conventions as names
from fleetglass._budget import Budget
from fleetglass._identity import Identity, attributes_of

RUN = create_key("fleetglass-run")


class Run:
    """Counts what its agent and all agents below it use. Many threads may use it.

    `attributes` is stamped on every span under it, whoever makes that span.
    """

    def __init__(
        self,
        identity: Identity,
        attributes: dict[str, str],
        *,
        parent: "Run | None" = None,
        budget: Budget | None = None,
        cadence_s: float = 0.0,
    ) -> None:
        self.identity = identity
        self.attributes = attributes
        self.parent = parent
        self.budget = budget
        self.cadence_s = cadence_s
        self.depth: int = parent.depth + 1 if parent else 1
        self.steps = 0
        self.tokens = 0
        self.usd = 0.0
        self.children = 0
        self.last_step = ""
        self.began_s = time.monotonic()
        self.next_beat_s = 0.0
        self.beats = 0
        self.span: SpanContext | None = None
        # Its id is its trace id, so the trace alone identifies the run.
        self.is_trace = False
        self.warned: tuple[str, ...] = ()
        self._lock = threading.Lock()
        # Whether any run of the chain has a budget. Most have none, and then no check is made.
        self.guarded: bool = budget is not None or (parent is not None and parent.guarded)

    @property
    def id(self) -> str:
        return self.attributes.get(names.RUN_ID, "")

    def chain(self) -> "Iterator[Run]":
        """Yield this run and the runs that it works for."""
        run: Run | None = self
        while run is not None:
            yield run
            run = run.parent

    @property
    def open_s(self) -> float:
        return time.monotonic() - self.began_s

    def step(self, name: str) -> None:
        for run in self.chain():
            with run._lock:
                run.steps += 1
                run.last_step = name

    def use(self, tokens: int, usd: float | None) -> None:
        for run in self.chain():
            with run._lock:
                run.tokens += tokens
                run.usd += usd or 0.0

    def identify(self, **facts: str) -> None:
        """Add facts. Spans that were stamped before do not change."""
        self.attributes = self.attributes | attributes_of(**facts)

    def adopt(self) -> None:
        """Count an agent that starts to work for this one."""
        with self._lock:
            self.children += 1


def run_of(context: Context | None = None) -> Run | None:
    """Return the run that a context belongs to; None if there is none."""
    run = get_value(RUN, get_current() if context is None else context)
    return run if isinstance(run, Run) else None
