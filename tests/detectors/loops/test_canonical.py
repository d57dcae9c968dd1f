import json
import uuid
from datetime import datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetglass_detectors.loops.canonical import answer, digest, question

names = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=8)
fields = st.dictionaries(names.map("x_{}".format), st.integers(0, 999) | names, max_size=6)


@given(fields, st.randoms(use_true_random=False))
def test_the_order_of_keys_and_white_space_do_not_matter(
    asked: dict[str, Any], random: Random
) -> None:
    shuffled = list(asked.items())
    random.shuffle(shuffled)

    assert question(json.dumps(dict(shuffled), indent=2)) == question(json.dumps(asked))


@given(fields, st.uuids(), st.integers(1_500_000_000, 1_999_999_999), st.integers(1, 99))
def test_volatile_keys_do_not_matter(
    asked: dict[str, Any], number: uuid.UUID, at: int, attempt: int
) -> None:
    volatile = asked | {"request_id": str(number), "timestamp": at, "attempt": attempt}

    assert question(json.dumps(volatile)) == question(json.dumps(asked))


@given(st.uuids(), st.datetimes(datetime(1000, 1, 1)), st.integers(0, 2**56 - 1), st.floats(0, 99))
def test_what_a_machine_made_up_does_not_matter_in_an_answer(
    number: uuid.UUID, at: datetime, trace: int, took: float
) -> None:
    form = "{} order 17 shipped [{}] trace a1{:014x} in {:.3f}s"

    one = form.format(number, at.strftime("%Y-%m-%dT%H:%M:%SZ"), trace, took)

    assert answer(one) == answer(form.format(uuid.UUID(int=7), "2026-01-02T03:04:05Z", 1, 1.0))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"order": 17}', '{"order": 18}'),
        ('{"id": 17}', '{"id": 18}'),
        ('{"page": 3}', '{"page": 4}'),
        ('{"offset": 100}', '{"offset": 200}'),
        ('{"cursor": "eyJhIjoxMjM0fQ"}', '{"cursor": "eyJhIjo1Njc4fQ"}'),
        (f'{{"document": "{uuid.UUID(int=1)}"}}', f'{{"document": "{uuid.UUID(int=2)}"}}'),
        ('{"order": 1700000017}', '{"order": 1700000018}'),
        ("show order 17", "show order 18"),
        ('["a", "b"]', '["b", "a"]'),
    ],
)
def test_another_thing_is_asked_for(one: str, other: str) -> None:
    assert question(one) != question(other)


@pytest.mark.parametrize(
    "nothing",
    ["{}", '{"": ""}', '{"": {}}', '{"arguments": {}}', '{"args": [], "kwargs": {"x": null}}', ""],
)
def test_models_spell_no_arguments_in_many_ways(nothing: str) -> None:
    assert question(nothing) == ""


def test_a_cursor_in_an_answer_is_noise() -> None:
    page = '{{"rows": [], "next_cursor": "{}"}}'

    assert answer(page.format("eyJhIjoxfQ")) == answer(page.format("eyJhIjoyfQ"))


def test_volatile_fields_are_dropped_from_what_is_no_json() -> None:
    form = "{{'request_id': '{}', 'state': 'open'}} attempt={}"

    assert answer(form.format("a1", 1)) == answer(form.format("b2", 2))
    assert "open" in answer(form.format("a1", 1))


def test_a_progress_that_moves_is_another_answer() -> None:
    assert answer('{"progress": 40}') != answer('{"progress": 45}')


def test_of_a_long_text_the_end_counts() -> None:
    log = "line\n" * 5000

    assert answer(log + "a is done") != answer(log + "b is done")


@pytest.mark.parametrize("bit", ["a", "1", "a-", "1 ", " ", '"', "[", "{", "a=", "12345678-", ":"])
def test_huge_and_hostile_texts_come_out_short(bit: str) -> None:
    huge = bit * 200_000

    assert len(question(huge)) < 20_000
    assert len(answer(huge)) < 20_000


@given(st.text())
def test_any_text_has_a_form_and_a_hash(text: str) -> None:
    assert 0 <= digest(question(text), answer(text)) < 2**64


def test_lone_surrogates_have_a_hash() -> None:
    assert digest("\ud800") != digest("")


@given(st.text(), st.text())
def test_parts_cannot_run_into_one_another(one: str, other: str) -> None:
    assert (digest(one, other) == digest(one + other, "")) is (other == "")
