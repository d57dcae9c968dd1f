import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.looping_steps import looks, said

from fleetglass_detectors.loops import chant, repetition
from fleetglass_detectors.loops.repetition import repeated_end

TEXT = "It was late when the last of them came down to the harbour and asked for the boat. "


@given(st.text("abcdefg ", min_size=20, max_size=200).map(str.strip).filter(lambda s: len(s) > 19))
def test_a_repeated_phrase_at_the_end_is_found_after_any_other_text(phrase: str) -> None:
    period, repeats = repeated_end(TEXT + f"{phrase}. " * 18)

    assert period
    assert repeats >= repetition.OFTEN


def test_the_period_is_the_length_of_the_phrase() -> None:
    phrase = "I will try that once more now. "

    assert repeated_end(TEXT + phrase * 20) == (len(phrase), pytest.approx(20, abs=1))


def test_a_repetition_whose_last_round_is_cut_off_is_found() -> None:
    assert repeated_end((TEXT * 20)[:-31])[0] == len(TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ha ha ha ha ha ha",
        TEXT * 3,
        "```py\n" + "row = next(rows)\n" * 100 + "```",
        "```py\n" + "row = next(rows)\n" * 100,
        "| a | b |\n" * 200,
        "- one more of them\n" * 100,
        "1, 2, 3\n" * 200,
        "-" * 3000,
        " " * 3000,
    ],
)
def test_code_tables_lists_and_short_repetitions_are_ignored(text: str) -> None:
    assert repeated_end(text) == (0, 0.0)


def test_a_step_that_ends_in_a_chant_is_reported() -> None:
    finding = chant.find(looks([said(TEXT), said("No, no, I must not say it. " * 40)]))

    assert finding is not None
    assert (finding.kind, finding.critical, finding.first) == ("chant", True, 1)


def test_a_chant_in_an_earlier_step_is_not_reported_again() -> None:
    assert chant.find(looks([said("No, no, I must not say it. " * 40), said(TEXT)])) is None


@given(st.text())
def test_any_text_is_accepted(text: str) -> None:
    period, repeats = repeated_end(text * 40)

    assert 0 <= period <= repetition.LONGEST
    assert repeats >= 0
