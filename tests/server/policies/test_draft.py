"""A draft permits what was done, and leaves tools unknown whose names say nothing."""

from fleetglass.autonomy import declared
from fleetglass.autonomy.classes import ActionClass
from fleetglass_detectors.document import load
from fleetglass_server.policies.draft import Seen, drafted


def test_a_tool_whose_name_says_nothing_has_no_class_until_somebody_gives_it_one() -> None:
    did = [
        Seen(agent="refunds", tool="kb", action="", calls=3),
        Seen(agent="refunds", tool="refund", action="", calls=2),
    ]
    text = "\n".join(drafted(did, 7))
    by = declared.policy(load(text)["autonomy"], "the draft")

    assert '    # - {tool: "kb", class: }  # called 3 times' in text
    assert by.class_of("kb", "") is ActionClass.UNKNOWN
    assert [one.action_class for one in by.agents[0].may] == [ActionClass.MONEY]
