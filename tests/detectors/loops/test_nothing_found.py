"""A tool that reads and finds nothing has an outcome, in whatever words it says so."""

import pytest
from kit.looping_steps import called, in_time, looks

from fleetglass_detectors.loops import exact, progress
from fleetglass_detectors.loops.judge import judge
from fleetglass_detectors.loops.look import FOUND_NOTHING, look

NOTHING = [
    "[]",
    "{}",
    " [ ] ",
    '""',
    "null",
    "None",
    '"[]"',
    '{"results": []}',
    '{"content": [], "error": null}',
    "No results",
    "no results found.",
    "No matching documents were found for 'blue whales'",
    "There are no search results.",
    "0 rows returned",
    "Nothing found",
]
SOMETHING = [
    "ok",
    "[0]",
    '{"count": 0}',
    "No data was lost, and 3 rows are new",
    "none of them fits: see page 4",
    "10 results",
    "\N{CHECK MARK}",
    "-",
]


@pytest.mark.parametrize("text", NOTHING)
def test_searching_again_what_is_not_there_is_a_loop(text: str) -> None:
    searches = [called("search_orders", {"query": "blue"}, text) for _ in range(3)]

    (finding,) = [one for one in judge(in_time(searches)) if one.kind == "exact"]
    assert finding.repeats == 3.0


@pytest.mark.parametrize("text", NOTHING)
def test_all_ways_to_say_it_are_one_outcome(text: str) -> None:
    (one, other) = looks([called("search", {}, text), called("search", {}, FOUND_NOTHING)])

    assert one.outcome == other.outcome
    assert not one.silent


@pytest.mark.parametrize("text", SOMETHING)
def test_what_says_something_is_kept(text: str) -> None:
    (one, other) = looks([called("search", {}, text), called("search", {}, FOUND_NOTHING)])

    assert one.outcome != other.outcome


def test_searches_in_other_words_that_find_nothing_make_no_progress() -> None:
    words = ["blue", "azure", "navy", "teal", "cyan", "indigo", "cobalt", "aqua", "sky"]
    empty = ["[]", '{"hits": []}', "No results", "null"]
    searches = [
        called("search", {"query": f"a {word} thing"}, empty[place % 4])
        for place, word in enumerate(words)
    ]

    assert progress.find(looks(searches))


@pytest.mark.parametrize("text", ["", "  ", "[]", "{}"])
def test_a_tool_that_changes_something_and_returns_nothing_says_nothing(text: str) -> None:
    clicks = [called("click", {"button": "more"}, text) for _ in range(5)]

    assert exact.find(looks(clicks)) is None


def test_what_was_not_recorded_is_not_nothing() -> None:
    (step,) = in_time([called("search", {"query": "blue"}, "")])

    assert look(step).silent
