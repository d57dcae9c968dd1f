"""The policy that holds now, from the database: so it can be asked for from anywhere."""

import json

from fleetglass.autonomy.declared import policy
from fleetglass.autonomy.policy import Policy
from fleetglass_collector.store.reader import Reader
from fleetglass_detectors.autonomy.versions import versions
from fleetglass_server.policies.readable import ReadOnly


def in_force(reader: Reader) -> Policy:
    """Return the policy; an empty one if there never was any."""
    known = history(reader, most=1)
    return known[-1][1] if known else Policy()


def history(reader: Reader, *, most: int = 0) -> list[tuple[int, Policy]]:
    """Return the last policies, with the nanosecond since which each was in force; 0 for all."""
    known = versions(ReadOnly(reader))[-most:]
    return [(one.since_ns, policy(json.loads(one.text), "the policy in force")) for one in known]
