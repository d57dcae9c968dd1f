import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.looping_steps import looks, said

from fleetglass_detectors.loops import chant, chanting
from fleetglass_detectors.loops.chant import chanted

TEXT = "It was late when the last of them came down to the harbour and asked for the boat. "


@given(st.text("abcdefg ", min_size=20, max_size=200).map(str.strip).filter(lambda s: len(s) > 19))
def test_a_phrase_said_over_and_over_is_a_chant_whatever_went_before(phrase: str) -> None:
    period, repeats = chanted(TEXT + f"{phrase}. " * 18)

    assert period
    assert repeats >= chant.OFTEN


def test_the_period_is_the_phrase() -> None:
    phrase = "I will try that once more now. "

    assert chanted(TEXT + phrase * 20) == (len(phrase), pytest.approx(20, abs=1))


def test_a_chant_that_was_cut_off_is_still_one() -> None:
    assert chanted((TEXT * 20)[:-31])[0] == len(TEXT)


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
def test_what_repeats_by_nature_or_only_a_little_is_none(text: str) -> None:
    assert chanted(text) == (0, 0.0)


def test_a_step_that_ends_in_a_chant_is_found() -> None:
    finding = chanting.find(looks([said(TEXT), said("No, no, I must not say it. " * 40)]))

    assert finding is not None
    assert (finding.kind, finding.critical, finding.first) == ("chant", True, 1)


def test_a_chant_of_an_earlier_step_is_not_found_again() -> None:
    assert chanting.find(looks([said("No, no, I must not say it. " * 40), said(TEXT)])) is None


@given(st.text())
def test_any_text_can_be_asked(text: str) -> None:
    period, repeats = chanted(text * 40)

    assert 0 <= period <= chant.LONGEST
    assert repeats >= 0
