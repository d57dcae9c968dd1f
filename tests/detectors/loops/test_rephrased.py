import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.looping_steps import HEALTHY, called, different_calls, in_time, looks, said

from fleetglass_detectors.loops import rephrased
from fleetglass_detectors.loops.look import Look, Vector, cosine, hashed, look
from fleetglass_detectors.loops.null import Null
from fleetglass_detectors.loops.null import find as find_lagged
from fleetglass_detectors.loops.step import Step

WORDINGS = (
    "annual rainfall figures measured in the northern region since 1950",
    "rainfall figures in the northern region, annual, measured since 1950",
    "yearly rainfall figures recorded in the northern region since 1950",
)


def found_in(steps: list[Step]) -> bool:
    seen = looks(steps)
    return any(rephrased.find(seen[:end]) for end in range(1, len(seen) + 1))


def searches(*queries: str, answered: str = "Nothing is known about the rainfall.") -> list[Step]:
    return [called("web_search", {"query": query}, answered) for query in queries]


def test_one_question_in_three_wordings_is_found() -> None:
    assert found_in(searches(*WORDINGS))


def test_other_calls_between_the_wordings_do_not_hide_it() -> None:
    asked = searches(*WORDINGS)
    others = [called("read_page", {"page": f"{name}.html"}, name * 9) for name in "xyz"]

    assert found_in([step for pair in zip(asked, others, strict=True) for step in pair])


def test_two_wordings_are_no_loop() -> None:
    assert not found_in(searches(*WORDINGS[:2]))


def test_questions_about_different_things_are_work_however_alike() -> None:
    years = [WORDINGS[0].replace("1950", str(year)) for year in range(1950, 1960)]
    towns = [f"opening hours of the museum in {town}" for town in ("Rome", "Oslo", "Riga", "Bern")]
    names = ("Germany", "the United Kingdom", "New Zealand", "Bosnia and Herzegovina")
    lands = [f"Revenue of ACME Corp in {name}, Q3 2024, in EUR" for name in names]

    assert not found_in(searches(*years))
    assert not found_in(searches(*towns))
    assert not found_in(searches(*lands))


def test_lower_case_things_are_told_apart_by_their_answers() -> None:
    fruits = ("apples", "pears", "plums", "figs")
    prices = [
        called("web_search", {"query": f"price of {fruit} today"}, f"{fruit} cost {at}.{at}0 euros")
        for at, fruit in enumerate(fruits, 2)
    ]

    assert not found_in(prices)


def test_asking_again_after_something_was_changed_is_another_question() -> None:
    asked = searches(*WORDINGS)
    changes = [called("write_file", {"path": "a.txt", "text": name * 9}, "ok") for name in "xyz"]

    assert not found_in([step for pair in zip(changes, asked, strict=True) for step in pair])


def test_testing_again_after_changes_with_the_same_tool_is_another_question() -> None:
    tests = called("bash", {"command": "pytest"}, "3 failed", failed=True)
    edits = [called("bash", {"command": f"sed -i s/{at}/x/ a.py"}, "") for at in range(4)]

    assert not found_in([step for edit in edits for step in (edit, tests)])


def test_a_model_that_keeps_announcing_the_same_is_found() -> None:
    texts = [
        f"Thought: {start} ask the search agent for the official figures of the census of 2011,"
        " as the numbers of men and women with a degree were not returned by the last request."
        for start in ("I will now", "Once more I", "I need to", "Let me")
    ]

    assert found_in([said(text) for text in texts])


def test_the_same_announcement_before_each_call_is_none() -> None:
    calls = different_calls(12)

    assert not found_in([step for call in calls for step in (said("I will search again."), call)])


@pytest.mark.parametrize("name", HEALTHY)
def test_work_that_gets_somewhere_is_not_rephrasing(name: str) -> None:
    assert not found_in(HEALTHY[name])


def test_embeddings_can_take_the_place_of_n_grams() -> None:
    def embed(text: str) -> Vector:
        return np.array([100, 1 if "rain" in text else -100], np.int8)

    asked = searches("rain up north", "how wet is it there (rain)", "is there much rain")
    seen = [look(step, vectorise=embed) for step in in_time(asked)]

    assert rephrased.find(seen) is not None


@given(st.text(max_size=300))
def test_any_text_is_like_itself(text: str) -> None:
    assert cosine(hashed(text), hashed(text)) == pytest.approx(1.0, abs=1e-4)


@given(st.text(max_size=50), st.text(max_size=50))
def test_likeness_is_mutual_and_bounded(one: str, other: str) -> None:
    like = cosine(hashed(one), hashed(other))

    assert like == pytest.approx(cosine(hashed(other), hashed(one)))
    assert -1.0001 <= like <= 1.0001


def test_shuffled_words_stay_alike_and_other_words_do_not() -> None:
    assert cosine(hashed(WORDINGS[0]), hashed(WORDINGS[1])) > 0.8
    assert cosine(hashed(WORDINGS[0]), hashed("who won the second chess game")) < 0.5


def ledger(turn: int) -> list[Step]:
    """What an orchestrator says in each turn of each run, and what was then done."""
    form = "Ledger: the task is not done, turn {} of many. Next speaker is the web surfer."
    return [said(form.format(turn)), called("open_page", {"url": f"x.org/{turn}"}, f"{turn}" * 9)]


def test_what_is_routine_for_a_role_is_no_loop_once_that_is_known() -> None:
    runs = [looks([step for turn in range(8) for step in ledger(turn)]) for _ in range(40)]

    null = Null().fit(runs)

    assert null.ready(runs[0][0])
    assert not any(find_lagged(runs[0][:end], null=null) for end in range(1, 17))


def test_little_known_of_a_role_says_nothing() -> None:
    seen: list[Look] = list(looks(searches(*WORDINGS) * 9))

    assert find_lagged(seen, null=Null().fit([seen])) is None


def test_a_role_whose_steps_are_never_alike_is_caught_when_they_become_so() -> None:
    null = Null().fit([looks(different_calls(12)) for _ in range(40)])

    stuck = looks(different_calls(4) + searches(*WORDINGS * 3))

    assert find_lagged(stuck, null=null) is not None
