"""The policy that holds now, from the database: so it can be asked for from anywhere."""

import json

from fleetglass.autonomy.declared import policy
from fleetglass.autonomy.policy import Policy
from fleetglass_collector.store.reader import Reader
from fleetglass_detectors.autonomy.versions import versions
from fleetglass_server.policies.readable import ReadOnly


def in_force(reader: Reader) -> Policy:
    """Return the policy; an empty one if there never was any."""
    known = versions(ReadOnly(reader))
    return policy(json.loads(known[-1].text), "the policy in force") if known else Policy()
