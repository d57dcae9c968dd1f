"""The section `autonomy` of fleet.yaml, and what is said of its mistakes."""

import pytest
from kit.autonomy_runs import policy

from fleetglass import ConfigurationError
from fleetglass.autonomy.classes import ActionClass
from fleetglass.autonomy.policy import Approval, Notice


def mistake(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        policy(text)
    return str(caught.value)


def test_a_whole_section_is_read() -> None:
    read = policy("""
tiers: [watch, say, ask, tell, own]
kinds: [{tool: "wire_*", class: money, amount: sum.usd, to: iban}]
approval: {by: "*@example.com", valid: 1h}
notice: {tool: tell, within: 2m}
agents:
  - agent: payments-*
    cohort: eu
    tier: say
    owner: payments
    contact: "#payments"
    may: [{class: money, tier: own, amount: 50, calls_an_hour: 20}]
""")
    (standing,) = read.agents
    (permission,) = standing.may

    assert (standing.tier, standing.owner, standing.line) == (1, "payments", 7)
    assert standing.approval == Approval(by=("*@example.com",), valid_s=3600)
    assert (permission.tier, permission.amount, permission.calls_an_hour) == (4, 50, 20)
    assert read.class_of("wire_eu", "") is ActionClass.MONEY
    assert read.notice == Notice(tool="tell", within_s=120)


def test_an_empty_section_is_a_policy_without_agents() -> None:
    assert policy("").agents == ()
    assert policy("agents:").agents == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("agent: []", "has an unknown key 'agent'; did you mean 'agents'?"),
        ("agents: [{tier: 1}]", "needs an 'agent' or a 'cohort'; '*' stands for all"),
        ("agents:\n  - agent: a\n    tier: 7", "not 7, line 3, column 5"),
        ("agents: [{agent: a, tier: sugest}]", "did you mean 'suggest'?"),
        ("agents: [{agent: a, tier: yes}]", "must be one of 0 (observe), 1 (suggest)"),
        ("agents: [{agent: a, tier: 1, teir: 2}]", "did you mean 'tier'?"),
        ("agents: [{agent: a, tier: 1, may: [{tier: 2}]}]", "needs a 'class', a 'tool'"),
        ("kinds: [{tool: x, class: monney}]", "did you mean 'money'?"),
        ("kinds: [{tool: x}]", "say one of read, draft,"),
        ("kinds: [{class: money}]", "needs a 'tool' or an 'action'"),
        ("agents: [{agent: a, tier: 1, may: [{tool: x, tier: 2, amount: -1}]}]", "a number over 0"),
        (
            "agents: [{agent: a, tier: 1, may: [{tool: x, tier: 2, when: 'args.'}]}]",
            "not valid CEL",
        ),
        ("tiers: [a, b]", "must be five names"),
        ("tiers: [a, b, c, d, a]", "has a name twice"),
        ("approval: {by: 7}", "must be texts, not 7"),
        ("notice: {within: 5m}", "needs the 'tool' that tells people"),
        (
            "agents: [{agent: '*', tier: 1}, {agent: b, tier: 2}]",
            "never counts: the entry on line 1",
        ),
        ("agents: [{agent: b, tier: 1}, {agent: b, tier: 2}]", "'b' of 'autonomy'"),
        ("7", "must hold names with values, not 7"),
        ("agents: 7", "'agents' in 'autonomy' in fleet.yaml must be a list, not 7"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_a_suggestion(text: str, says: str) -> None:
    assert says in mistake(text)


def test_comments_and_layout_do_not_change_the_digest() -> None:
    one = policy("agents: [{agent: a, tier: 1}]  # mine")
    other = policy("agents:\n  - tier: 1\n    agent: a\n")

    assert one.digest == other.digest != policy("agents: [{agent: a, tier: 2}]").digest


def test_five_thousand_agents_are_read() -> None:
    lines = "\n".join(f"  - {{agent: agent-{n}, tier: {n % 5}}}" for n in range(5000))
    read = policy(f"agents:\n{lines}\n")

    last = read.agents[-1]
    assert read.standing("agent-4999", "") is last
    assert (last.tier, last.line) == (4, 5001)
