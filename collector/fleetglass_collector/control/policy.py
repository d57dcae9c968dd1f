"""The policy in force, for agents that check what they are about to do.

Its signature is made with the key that the agent asked with: only the collector and the agent know
it, so a policy that somebody changed on the way is refused. Without keys there is no signature.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from fleetglass.signatures import signature
from fleetglass_collector.control.followed import Followed
from fleetglass_collector.store.client import Store

IN_FORCE = """
SELECT toUnixTimestamp64Nano(since) AS since_ns, digest, text
FROM fleet_policies ORDER BY since DESC, at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    since_ns: int = 0
    digest: str = ""
    text: str = ""
    """The section `autonomy` of fleet.yaml, as JSON; empty if there is none."""


def in_force(store: Store) -> Snapshot:
    row = store.query(IN_FORCE)
    if not row:
        return Snapshot()
    now = json.loads(row)
    return Snapshot(since_ns=int(now["since_ns"]), digest=now["digest"], text=now["text"])


class PolicyCache:
    def __init__(self, connect: Callable[[], Store]) -> None:
        self._followed = Followed(connect, in_force, what="policy")
        self.close = self._followed.close

    def answer(self, key: str, known: str = "") -> bytes | None:
        """Return the signed policy as JSON, without its text if it is the known one.

        None while it is not known here. A thousand agents ask every second, and a policy may be
        large.
        """
        found = self._followed.value()
        if found is None:
            return None
        now = found[0]
        text = "" if known == now.digest else now.text
        signed = signature(key, "policy", str(now.since_ns), now.digest, text)
        answer = {
            "since_ns": now.since_ns,
            "digest": now.digest,
            "text": text,
            "signature": signed,
        }
        return json.dumps(answer).encode()
