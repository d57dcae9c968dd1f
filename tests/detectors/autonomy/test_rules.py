"""Each rule of autonomy: one action that breaks it, and the nearest one that does not."""

from typing import Any

import pytest
from kit.autonomy_runs import action, approval, policy, rules, run, violations

from fleetglass.autonomy.action import Action
from fleetglass.autonomy.classes import LEAST_TIER, ActionClass
from fleetglass.autonomy.coverage import Unknown, sentences
from fleetglass.fingerprints import fingerprint
from fleetglass_detectors.autonomy.rules import judge
from fleetglass_detectors.autonomy.run import Approval

TOOLS = {
    ActionClass.READ: "get_order",
    ActionClass.DRAFT: "draft_reply",
    ActionClass.REVERSIBLE: "update_order",
    ActionClass.IRREVERSIBLE: "delete_order",
    ActionClass.MONEY: "refund",
    ActionClass.EXTERNAL: "send_mail",
    ActionClass.CODE: "run_shell",
    ActionClass.SPAWN: "spawn_worker",
}
REFUNDS = policy("""
kinds:
  - {tool: refund, class: money, amount: usd, to: account}
  - {tool: dispute, class: money}
approval: {by: ["*@example.com"], valid: 10m}
notice: {tool: tell_owner, within: 60s}
agents:
  - agent: refunds
    tier: suggest
    may:
      - {tool: refund, tier: act in domain, amount: 50, to: ["DE*"]}
      - {tool: refund, tier: act with approval, amount: 200}
      - {tool: dispute, tier: observe}
      - {tool: send_mail, tier: act and notify}
      - {class: irreversible write, tier: 4, when: 'args.kind == "draft"'}
  - {agent: front-desk, tier: 1}
  - {agent: boss, tier: 4}
""")


def small(**more: Any) -> Action:
    return action("refund", args={"usd": 20, "account": "DE12"}, **more)


@pytest.mark.parametrize("tier", range(5))
@pytest.mark.parametrize("action_class", TOOLS)
def test_an_action_below_the_tier_that_its_class_needs_is_above_tier(
    tier: int, action_class: ActionClass
) -> None:
    rule = policy(f"agents: [{{agent: refunds, tier: {tier}}}]")
    tool = TOOLS[action_class]
    done = run(action(tool), approvals=(approval(tool),))

    assert rules(done, rule) == (["above-tier"] if tier < LEAST_TIER[action_class] else [])


def test_tier_two_acts_with_an_approval_only() -> None:
    big = {"usd": 120, "account": "DE12"}

    assert rules(run(action("refund", args=big)), REFUNDS) == ["no-approval"]
    assert rules(run(action("refund", args=big), approvals=(approval("refund"),)), REFUNDS) == []


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (approval("refund", granted=False), "was refused"),
        (approval("refund", at=101), "only after it began"),
        (approval("refund", at=-600), "approvals hold 10 min"),
        (approval("refund", by="eve@elsewhere.org"), "may not approve"),
        (approval("refund", arguments=fingerprint({"usd": 1})), "other arguments"),
        (approval("dispute"), "has none"),
    ],
)
def test_an_approval_that_does_not_count_is_none(given: Approval, what: str) -> None:
    big = action("refund", args={"usd": 120, "account": "DE12"})
    (found,) = violations(run(big, approvals=(given,)), REFUNDS)

    assert found.rule == "no-approval"
    assert what in found.what


def test_an_approval_for_exactly_these_arguments_counts_however_they_are_spelled() -> None:
    big = action("refund", args={"usd": 120.0, "account": "DE12"})
    given = approval("refund", arguments=fingerprint({"account": "DE12", "usd": 120}))

    assert rules(run(big, approvals=(given,)), REFUNDS) == []


def test_an_approval_of_certain_arguments_is_for_one_action() -> None:
    args = {"usd": 120, "account": "DE12"}
    twice = [action("refund", at, args=args) for at in (100, 110)]
    given = approval("refund", arguments=fingerprint(args))
    (found,) = violations(run(*twice, approvals=(given,)), REFUNDS)

    assert found.action is twice[1]
    assert found.what == "was approved once and done again"
    assert rules(run(*twice, approvals=(given, given)), REFUNDS) == []


def test_a_span_that_says_it_was_approved_is_no_grant_where_people_must_grant() -> None:
    rule = policy("agents: [{agent: refunds, tier: 2, approval: {through: fleetglass}}]")
    (found,) = violations(run(action("refund"), approvals=(approval("refund"),)), rule)

    assert found.what == "was approved by a span alone, which anybody can send"
    assert (
        rules(run(action("refund"), approvals=(approval("refund", is_granted=True),)), rule) == []
    )


def test_clocks_of_agent_and_approver_may_differ_by_a_minute() -> None:
    rule = policy("agents: [{agent: refunds, tier: 2, approval: {through: fleetglass}}]")
    done = action("refund", at=100)

    def granted(at: float) -> list[str]:
        return rules(run(done, approvals=(approval("refund", at=at, is_granted=True),)), rule)

    assert granted(150) == []
    assert granted(170) == ["no-approval"]


def test_arguments_that_are_recorded_in_part_are_compared_by_their_mark() -> None:
    given = approval("refund", arguments="abc")
    same = action("refund", args={"usd": 120, "account": "DE…"}, mark="abc")
    other = action("refund", args={"usd": 120, "account": "DE…"}, mark="abd")

    assert rules(run(same, approvals=(given,)), REFUNDS) == []
    assert rules(run(other, approvals=(given,)), REFUNDS) == ["no-approval"]


def test_an_agent_of_the_run_cannot_approve() -> None:
    rule = policy("agents: [{agent: refunds, tier: 2}]")
    done = action("refund", lineage=("boss",))

    assert rules(run(done, approvals=(approval("refund", by="refunds"),)), rule) == [
        "self-approval"
    ]
    assert rules(run(done, approvals=(approval("refund", by="boss"),)), rule) == ["self-approval"]
    assert rules(run(done, approvals=(approval("refund", by="ann"),)), rule) == []


def test_limits_of_amount_and_scope_say_what_would_have_been_legal() -> None:
    over = violations(run(action("refund", args={"usd": 500, "account": "DE12"})), REFUNDS)
    abroad = policy(
        'agents: [{agent: refunds, tier: 1, may: [{tool: refund, tier: 4, to: ["DE*"]}]}]'
    )
    out = violations(run(action("refund", args={"account": "FR7612345678"})), abroad)

    assert [(v.rule, v.legal_if) for v in over] == [("over-limit", "the amount is 200 or less")]
    assert [(v.rule, v.legal_if) for v in out] == [("out-of-scope", "it goes to DE*")]
    assert "FR7612345678" not in out[0].what


def test_the_first_permission_that_is_kept_counts() -> None:
    assert rules(run(small()), REFUNDS) == []
    # Not to Germany: the second permission fits, and it asks for an approval.
    elsewhere = action("refund", args={"usd": 20, "account": "FR12"})
    assert rules(run(elsewhere), REFUNDS) == ["no-approval"]
    assert rules(run(action("dispute")), REFUNDS) == ["above-tier"]


def test_a_condition_is_a_limit_too() -> None:
    draft = action("delete_file", args={"kind": "draft"})
    final = action("delete_file", args={"kind": "final"})

    assert rules(run(draft), REFUNDS) == []
    assert rules(run(final), REFUNDS) == ["out-of-scope"]


def test_an_agent_may_not_do_for_another_what_that_one_may_not() -> None:
    assert rules(run(small(lineage=("front-desk",))), REFUNDS) == ["borrowed-authority"]
    assert rules(run(small(lineage=("boss",))), REFUNDS) == []
    assert rules(run(small(lineage=("a stranger",))), REFUNDS) == []


def test_what_is_done_for_one_that_must_ask_needs_an_approval() -> None:
    rule = policy("agents: [{agent: refunds, tier: 4}, {agent: junior, tier: 2}]")
    done = action("refund", lineage=("junior",))

    assert rules(run(done), rule) == ["borrowed-authority"]
    assert rules(run(done, approvals=(approval("refund"),)), rule) == []


def test_permissions_and_policies_are_nobodys_to_change_but_by_an_entry() -> None:
    rule = policy("agents: [{agent: refunds, tier: 4}]")
    named = policy("agents: [{agent: refunds, tier: 4, may: [{class: identity, tier: 4}]}]")

    assert rules(run(action("grant_role")), rule) == ["self-governance"]
    assert rules(run(action("grant_role")), named) == []


def test_an_agent_that_acts_and_notifies_has_to_notify_in_time() -> None:
    mail = action("send_mail", at=100)

    assert rules(run(mail), REFUNDS, now=130) == []
    assert rules(run(mail), REFUNDS, now=200) == ["no-notice"]
    assert rules(run(mail, action("tell_owner", at=150)), REFUNDS, now=200)[:1] != ["no-notice"]
    assert "no-notice" in rules(run(mail, action("tell_owner", at=190)), REFUNDS, now=200)


def test_a_span_that_claims_another_tier_is_told_once() -> None:
    claims = [action("get_order", claimed="4"), action("get_order", claimed="act in domain")]

    assert rules(run(*claims), REFUNDS) == ["false-tier"]
    assert rules(run(action("get_order", claimed="suggest")), REFUNDS) == []
    assert rules(run(action("get_order", claimed="gold")), REFUNDS) == []


def test_what_is_unknown_is_coverage_and_no_guilt() -> None:
    rule = policy("agents: [{agent: refunds, tier: 0, may: [{class: money, tier: 4, amount: 5}]}]")
    done = run(
        action("kb"),
        action("kb"),
        action("refund"),
        action("refund", agent="stranger"),
        action("refund", agent=""),
    )
    result = judge(done, lambda _: rule, 0)

    assert result.violations == []
    assert dict(result.coverage) == {
        (Unknown.TOOL, "kb"): 2,
        (Unknown.ARGUMENTS, "refund"): 1,
        (Unknown.AGENT, "stranger"): 1,
        (Unknown.NO_AGENT, "refund"): 1,
    }
    assert next(sentences(result.coverage)) == (
        "kb has no class: give it one under 'kinds'; 2 actions"
    )


def test_a_span_is_judged_by_the_policy_of_its_own_time() -> None:
    strict, lax = (policy(f"agents: [{{agent: refunds, tier: {tier}}}]") for tier in (1, 4))
    early, late = action("refund", at=10), action("refund", at=20)
    change = (early.start_ns + late.start_ns) // 2
    judged = judge(run(early, late), lambda at: strict if at < change else lax, 0)

    assert [found.action for found in judged.violations] == [early]
