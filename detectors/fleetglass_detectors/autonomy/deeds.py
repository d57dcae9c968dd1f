"""What a run did, by class, for the severity of its incidents.

Only what was declared counts: an action that the code names (`fleetglass.action`), or a tool that
`fleet.yaml` gives a class. What the name of a tool suggests is enough to list it, and not enough to
wake somebody.
"""

from collections import Counter
from collections.abc import Mapping

from fleetglass.autonomy.classes import HARMFUL, HARMLESS
from fleetglass.autonomy.policy import Policy

Done = Mapping[tuple[str, str], int]
"""How many times each pair of a tool and an action was called without failing."""
Weighed = tuple[int, tuple[tuple[str, int], ...]]


def weighed(done: Done, policy: Policy) -> Weighed:
    """Return how many declared actions change something, and what cannot be undone by class.

    >>> weighed({("refund", "refund.create"): 2, ("get_order", "order.read"): 9}, Policy())
    (2, (('money', 2),))
    """
    actions = 0
    harmful: Counter[str] = Counter()
    for (tool, action), count in done.items():
        if not action and policy.kind_of(tool, action) is None:
            continue
        action_class = policy.class_of(tool, action)
        if action_class in HARMLESS:
            continue
        actions += count if action else 0
        if action_class in HARMFUL:
            harmful[str(action_class)] += count
    return actions, tuple(harmful.most_common())
