"""An agent that lost a tier begins anew, and must be more convincing."""

from kit.autonomy_runs import policy

from fleetglass_detectors.autonomy.earned.standing import Advice, Task
from fleetglass_server.tiers.demotions import demotions, tier_of
from fleetglass_server.tiers.record import Who, kept, opinion_of
from fleetglass_server.tiers.report import lines, why

WHO = Who("default", "refunds", "", "money")
NOW = 1_700_000_000 * 10**9


def at_tier(tier: int) -> str:
    return f"agents: [{{agent: refunds, tier: {tier}}}]"


def tasks(count: int, *, since: int = 0) -> list[Task]:
    return [Task(at_ns=since + n, good=1.0) for n in range(count)]


def test_the_widest_permission_of_a_class_is_the_tier_for_it() -> None:
    file = """
agents:
  - agent: refunds
    tier: 1
    may:
      - {class: money, tier: 4, amount: 50}
      - {class: money, tier: 2, amount: 200}
"""
    assert tier_of(policy(file), WHO) == 2
    assert tier_of(policy(file), Who("default", "refunds", "", "identity")) == 1
    assert tier_of(policy(file), Who("default", "stranger", "", "money")) is None


def test_each_fall_counts_and_a_rise_does_not() -> None:
    history = [(n, policy(at_tier(tier))) for n, tier in enumerate((2, 3, 3, 1, 2, 0))]
    history.insert(2, (2, policy("agents: []")))

    assert demotions(history, WHO) == [3, 5]


def test_the_record_of_before_a_fall_does_not_count() -> None:
    history = [(0, policy(at_tier(3))), (NOW, policy(at_tier(2)))]
    record = {WHO: [*tasks(450), *tasks(30, since=NOW)]}
    (line,) = lines(record, history, NOW + 1000)

    assert (line.earned.tasks, line.earned.tier, line.earned.advice) == (30, 2, Advice.KEEP)
    assert "needs" in why(line)


def test_a_second_try_needs_more_evidence_than_a_first() -> None:
    record = {WHO: tasks(450, since=NOW)}
    first = lines(record, [(0, policy(at_tier(2)))], NOW + 1000)[0]
    second = lines(record, [(0, policy(at_tier(3))), (1, policy(at_tier(2)))], NOW + 1000)[0]

    assert first.earned.advice is Advice.PROMOTE
    assert second.earned.advice is Advice.KEEP


def test_without_a_policy_there_is_a_record_and_no_tier() -> None:
    (line,) = lines({WHO: tasks(5)}, [], NOW)

    assert not line.is_known
    assert line.earned.tasks == 5


def test_what_people_say_is_a_number() -> None:
    assert opinion_of("score", "nonsense", "") == 1.0
    assert opinion_of("retry", "", "") == 0.0
    assert opinion_of("label", "", "thumbs_down") == 0.0


def test_an_edited_answer_counts_by_how_much_of_it_stayed() -> None:
    said = "Your refund of 20 dollars is on its way and arrives within three days."

    assert kept(said, said) == 1.0
    assert 0.5 < kept(said, said.replace("three", "four")) < 1.0
    assert kept(said, "We cannot help you with that at all, sorry!") == 0.0
    assert kept("", "something new") == 0.0
