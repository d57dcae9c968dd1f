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
    """Counts what its agent and all below it use; safe to use from many threads.

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
        # Named by its trace: who gets that knows the run.
        self.is_trace = False
        self.told: tuple[str, ...] = ()
        self._lock = threading.Lock()
        # Whether anybody in the chain is watched: most are not, and are asked nothing.
        self.guarded: bool = budget is not None or (parent is not None and parent.guarded)

    @property
    def id(self) -> str:
        return self.attributes.get(names.RUN_ID, "")

    def chain(self) -> "Iterator[Run]":
        """This run and those that it works for."""
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

    def identify(self, **told: str) -> None:
        """What is learned of it while it runs; what was stamped before stays as it is."""
        self.attributes = self.attributes | attributes_of(**told)

    def adopt(self) -> None:
        """Another agent starts to work for this one."""
        with self._lock:
            self.children += 1


def run_of(context: Context | None = None) -> Run | None:
    """The run that a context belongs to."""
    found = get_value(RUN, get_current() if context is None else context)
    return found if isinstance(found, Run) else None
