"""A request for approval: asks the collector, and waits until a person has decided."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from fleetglass._errors import TierViolation
from fleetglass.autonomy.action import Action
from fleetglass.signatures import is_genuine

log = logging.getLogger("fleetglass")

POLL_S = 1.0


class Line(Protocol):
    """A connection to the collector."""

    def get(self, path: str) -> Any: ...
    def post(self, path: str, document: Mapping[str, Any]) -> Any: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Granted:
    by: str
    fingerprint: str


class Asked:
    """One call that waits for a person."""

    def __init__(
        self,
        connect: Callable[[], Line],
        key: str,
        action: Action,
        document: dict[str, Any],
        *,
        wait_s: float,
    ) -> None:
        self.document = document
        """What the collector is told. The caller adds what it knows of the run."""
        self._connect = connect
        self._key = key
        self._action = action
        self._wait_s = wait_s

    def refused(self, what: str) -> TierViolation:
        return TierViolation(
            self._action.agent,
            self._action.name,
            rule="no-approval",
            what=what,
            legal_if="a person approves it",
        )

    def wait(self) -> Granted | TierViolation:
        """Ask, and wait for the decision. Blocks its thread."""
        with closing(self._connect()) as line:
            return self._answer(line, time.monotonic() + self._wait_s)

    def _answer(self, line: Line, until: float) -> Granted | TierViolation:
        try:
            id = str(line.post("/v1/approvals", self.document)["id"])
        except Exception as error:
            log.debug("an approval could not be asked for: %s", error)
            return self.refused("needs an approval, and nobody could be asked")
        while time.monotonic() < until:
            decision = self._decision(line, id)
            if decision is not None:
                return decision
            time.sleep(POLL_S)
        return self.refused(f"needs an approval, and nobody decided within {self._wait_s:g} s")

    def _decision(self, line: Line, id: str) -> Granted | TierViolation | None:
        try:
            told = line.get(f"/v1/approvals/{id}")
        except Exception as error:
            log.debug("the decision could not be read: %s", error)
            return None
        names = ("id", "state", "decided_by", "why", "fingerprint")
        parts = [str(told[name]) for name in names]
        if not is_genuine(str(told["signature"]), self._key, *parts) or parts[0] != id:
            return self.refused("was approved with a wrong signature")
        _, state, by, why, mark = parts
        if state == "pending":
            return None
        if state == "granted" and mark == self.document["fingerprint"]:
            return Granted(by=by, fingerprint=mark)
        reason = f": {why}" if why else ""
        return self.refused(f"was refused by {by}{reason}" if by else "was not approved in time")
