import pytest
from kit.looping_steps import HEALTHY, called, looks, said

from fleetglass_detectors.loops import progress
from fleetglass_detectors.loops.step import Finding, Step

KNOWN = [
    f"the {name} report says that all is well in the {name} region" for name in ("east", "west")
]


def last_found(steps: list[Step]) -> Finding | None:
    return progress.find(looks(steps))


def rereading(count: int) -> list[Step]:
    """Two pages, read again and again in no order that would be a cycle."""
    order = [0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 1]
    return [
        step
        for at in order[:count]
        for step in (said("Let me see."), called("read_page", {"page": "ab"[at]}, KNOWN[at]))
    ]


def test_calls_that_bring_nothing_new_while_tokens_grow_are_found() -> None:
    finding = last_found(rereading(10))

    assert finding is not None
    assert finding.repeats == 8.0
    assert "3,500 tokens" in finding.summary
    assert not finding.critical


def test_going_on_like_that_is_worth_stopping_for() -> None:
    finding = last_found(rereading(20))

    assert finding is not None
    assert finding.critical


def test_one_new_outcome_is_progress() -> None:
    assert (
        last_found([*rereading(9), called("read_page", {"page": "c"}, "quite another text")])
        is None
    )


def test_a_number_that_was_not_there_is_new() -> None:
    prices = [
        called("get_price", {"of": "gold"}, f"an ounce of gold is {at} euros") for at in range(20)
    ]

    assert last_found(prices) is None


def test_the_same_answer_about_something_else_is_new() -> None:
    asked = [called("find_invoice", {"order": at}, "No invoice found.") for at in range(20)]

    assert last_found(asked) is None


def test_changing_something_new_is_progress_whatever_comes_back() -> None:
    assert (
        last_found([called("send_mail", {"to": f"{at}@x.org"}, "ok") for at in range(20)]) is None
    )


def test_changing_the_same_again_is_none() -> None:
    assert last_found([called("send_mail", {"to": "a@x.org"}, "ok")] * 9) is not None


def test_outcomes_that_are_not_recorded_say_nothing() -> None:
    assert last_found([called("read_page", {"page": "a"}, "")] * 20) is None


@pytest.mark.parametrize("name", HEALTHY)
def test_work_that_gets_somewhere_makes_progress(name: str) -> None:
    seen = looks(HEALTHY[name])

    assert not any(progress.find(seen[:end]) for end in range(1, len(seen) + 1))
