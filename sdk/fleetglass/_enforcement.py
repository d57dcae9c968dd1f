"""Checks each call of a tool against the policy before it is made, if its author asked for that.

A thread follows the policy. Until the first one has come, and where the collector has none, the
author's choice holds: `enforce_without` allows or refuses. A policy that was fetched once holds
until there is another, also while the collector is away.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

from fleetglass._errors import ConfigurationError, TierViolation
from fleetglass._requests import Asked, Line
from fleetglass.autonomy import declared
from fleetglass.autonomy.action import Action
from fleetglass.autonomy.authority import Case, beyond, borrowed, case_of
from fleetglass.autonomy.coverage import Coverage
from fleetglass.autonomy.policy import ASK, Policy
from fleetglass.fingerprints import fingerprint
from fleetglass.signatures import is_genuine

log = logging.getLogger("fleetglass")

POLL_S = 1.0
# The collector reads the policy when it is first asked for it.
FIRST_POLL_S = 0.1
# How long the first calls wait for the policy.
PATIENCE_S = 2.0
MOST_WARNINGS = 1_000


class Enforcement:
    """`mode` is observe, refuse or ask; see `Settings.enforce`."""

    def __init__(
        self, connect: Callable[[], Line], key: str, mode: str, *, without: str, wait_s: float
    ) -> None:
        self._connect = connect
        self._key = key
        self._mode = mode
        self._without = without
        self._wait_s = wait_s
        self._policy: Policy | None = None
        self._digest = ""
        self._warned: set[str] = set()
        self._lock = threading.Lock()
        self._is_known = False
        self._patient_until = 0.0
        self._fetched = threading.Event()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def verdict(self, action: Action) -> "TierViolation | Asked | None":
        """Return why the call must not be made, or whom to ask first; None if it may be made."""
        policy = self._now()
        if policy is None:
            return self._unknown(action)
        case = case_of(policy, action, Coverage())
        if case is None:
            return None
        violation = beyond(case) or borrowed(case, lambda: False)
        asks = case.ruling.tier == ASK and not case.is_harmless
        if violation is None and not asks:
            return None
        if violation is None and self._mode == "ask":
            return self._asked(case)
        return self._refused(
            action,
            rule=str(violation.rule) if violation else "no-approval",
            what=violation.what if violation else "needs an approval and has none",
            legal_if=violation.legal_if if violation else "a person approves it",
        )

    def close(self) -> None:
        self._ended.set()

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self._ended, self._fetched = threading.Event(), threading.Event()
        self._thread = None

    def _refused(
        self, action: Action, *, rule: str, what: str, legal_if: str
    ) -> TierViolation | None:
        error = TierViolation(action.agent, action.name, rule=rule, what=what, legal_if=legal_if)
        if self._mode == "observe":
            self._warn(f"{action.agent}: {error}; it is not refused, since enforce is 'observe'")
            return None
        return error

    def _warn(self, message: str) -> None:
        # Once for each: an agent may try again and again.
        if message not in self._warned and len(self._warned) < MOST_WARNINGS:
            self._warned.add(message)
            log.warning("fleetglass: %s", message)

    def _asked(self, case: Case) -> Asked:
        action = case.action
        kind = case.policy.kind_of(action.tool, action.action)
        document = {
            "agent": action.agent,
            "lineage": [*action.lineage],
            "cohort": action.cohort,
            "tool": action.tool,
            "action": action.action,
            "action_class": str(case.action_class),
            "amount": action.amount(kind),
            "fingerprint": fingerprint(action.values),
            "reason": f"tier {case.policy.tier_text(ASK)} asks before it acts",
            "policy": case.policy.digest,
            "wait_s": self._wait_s,
        }
        return Asked(self._connect, self._key, action, document, wait_s=self._wait_s)

    def _unknown(self, action: Action) -> TierViolation | None:
        if self._without == "allow":
            return None
        return self._refused(
            action,
            rule="no-policy",
            what="cannot be checked, because the policy is not known",
            legal_if="the collector answers and has a policy",
        )

    @property
    def is_waiting(self) -> bool:
        """Whether a call would wait for the first policy now."""
        started = self._thread is not None
        return not self._is_known and (not started or time.monotonic() < self._patient_until)

    def _now(self) -> Policy | None:
        if self._thread is None:
            self._start()
        if not self._is_known and (wait_s := self._patient_until - time.monotonic()) > 0:
            self._fetched.wait(wait_s)
        return self._policy

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                # Only the first calls wait. An agent whose collector is away is not slowed down.
                self._patient_until = time.monotonic() + PATIENCE_S
                self._thread = threading.Thread(
                    target=self._run, name="fleetglass-policy", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        ended = self._ended
        with closing(self._connect()) as line:
            while not ended.is_set():
                self._fetch(line)
                ended.wait(POLL_S if self._is_known else FIRST_POLL_S)

    def _fetch(self, line: Line) -> None:
        try:
            self._take(line.get(f"/v1/policy?known={self._digest}"))
        except ConfigurationError as error:
            # It says which place of the policy, and what to do.
            self._warn(f"the policy cannot be used: {error}. {self._otherwise}")
        except Exception as error:
            log.debug("no policy: %s", error)
            if not self._is_known and time.monotonic() > self._patient_until:
                self._warn(f"the policy cannot be fetched: {error}. {self._otherwise}")
            return
        self._is_known = True
        self._fetched.set()

    @property
    def _otherwise(self) -> str:
        if self._policy is not None:
            return "The one of before still holds."
        done = "made without a check" if self._without == "allow" else "refused"
        return f"Until there is one, calls are {done} (enforce_without={self._without!r})."

    def _take(self, told: Mapping[str, Any]) -> None:
        parts = (str(told["since_ns"]), str(told["digest"]), str(told["text"]))
        if not is_genuine(str(told["signature"]), self._key, "policy", *parts):
            self._warn(f"the policy has a wrong signature: it is not used. {self._otherwise}")
            return
        if told["digest"] != self._digest:
            text = parts[2]
            self._policy = declared.policy(json.loads(text), "the policy") if text else None
            self._digest = parts[1]
