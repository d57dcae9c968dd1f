import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetglass_detectors.alarms.reference import MOST_EXCUSED, Warmth
from fleetglass_detectors.alarms.references import LABELS, References

NEEDS = Warmth(observations=6, sessions=3, rows=12)
keys = st.sampled_from(["billing", "search", "triage", "role:support"])
labels = st.sampled_from(["v1", "v2", "v3", "v4", "v5", "v6"])
events = st.lists(
    st.tuples(keys, labels, st.sampled_from(["a", "b", "c", "d"]), st.floats(-1, 1), st.booleans()),
    max_size=120,
)


def new(capacity: int = 3) -> References:
    return References(capacity, width=1, seed=5, needs=NEEDS)


def warm(references: References, key: str, label: str = "v1", *, at_ns: int = 0) -> None:
    for n in range(6):
        references.observe(key, f"{label}-{n % 3}", [float(n)], at_ns=at_ns + n, label=label)


def play(
    references: References, events: list[tuple[str, str, str, float, bool]], start: int = 0
) -> None:
    for at_ns, (key, label, session, value, accepted) in enumerate(events, start):
        references.observe(key, session, [value], at_ns=at_ns, label=label)
        if accepted and session == "a":
            references.rebaseline(key, who="ann", why="fine", at_ns=at_ns, label=label)


def everything(references: References) -> str:
    with np.printoptions(threshold=10**6, floatmode="unique"):
        return repr(references.state())


@given(events)
@settings(max_examples=50)
def test_memory_is_bounded(events: list[tuple[str, str, str, float, bool]]) -> None:
    references = new()

    play(references, events)

    assert len(references) <= 3
    for book in references.state().values():
        assert len(book["lines"]) <= LABELS
        assert len(book["history"]) <= 16


@given(events, events)
@settings(max_examples=50)
def test_what_is_restored_goes_on_as_if_never_stopped(
    before: list[tuple[str, str, str, float, bool]], after: list[tuple[str, str, str, float, bool]]
) -> None:
    first, second = new(), new()
    play(first, before)

    second.restore(first.state())
    assert everything(first) == everything(second)
    play(first, after, 1000)
    play(second, after, 1000)

    assert everything(first) == everything(second)


@given(events, keys, labels)
@settings(max_examples=50)
def test_scoring_does_not_learn(
    events: list[tuple[str, str, str, float, bool]], key: str, label: str
) -> None:
    references = new()
    play(references, events)
    before = everything(references)

    references.standing(key, label=label, parents=["role:support"])
    references.history(key)

    assert everything(references) == before


def test_a_reference_freezes_when_warm_and_never_learns_again() -> None:
    references = new()
    warm(references, "billing")
    frozen = references.standing("billing", label="v1").reference
    assert frozen is not None
    values = frozen.values.tolist()

    assert references.observe("billing", "later", [99.0], at_ns=99, label="v1") is None

    standing = references.standing("billing", label="v1")
    assert standing.reference is frozen
    assert frozen.values.tolist() == values
    assert (standing.basis, standing.said, standing.pages) == ("own", "", True)


def test_many_observations_of_few_sessions_are_not_enough() -> None:
    references = new()

    for n in range(1000):
        references.observe("billing", f"run-{n % 2}", [1.0], at_ns=n)

    assert references.standing("billing").said == (
        "cold start: nothing to compare with yet, 8 of 6 observations, 2 of 3 sessions"
    )


def test_one_endless_session_among_short_ones_is_not_enough() -> None:
    references = new()

    for n in range(1000):
        references.observe("billing", "endless", [1.0], at_ns=n)
    references.observe("billing", "short", [1.0], at_ns=1000)

    assert references.standing("billing").observations == 5


def test_where_weekdays_differ_a_week_can_be_asked_for() -> None:
    needs = Warmth(observations=6, sessions=3, rows=12, span_ns=100)
    references = References(1, width=1, seed=1, needs=needs)

    warm(references, "billing")
    assert references.standing("billing", label="v1").basis == "none"
    references.observe("billing", "v1-0", [1.0], at_ns=100, label="v1")

    assert references.standing("billing", label="v1").basis == "own"


def test_while_cold_the_nearest_warm_parent_stands_in_and_it_is_said() -> None:
    references = new(4)
    warm(references, "model:large")
    references.observe("role:support", "a", [1.0], at_ns=1)
    references.observe("billing", "a", [1.0], at_ns=1)

    standing = references.standing("billing", parents=["role:support", "model:large"])

    assert standing.basis == "parent"
    assert standing.pages
    assert standing.said == (
        "cold start: compared with model:large, 1 of 6 observations, 1 of 3 sessions"
    )


def test_a_declared_change_explains_a_drift_until_its_own_version_is_warm() -> None:
    references = new()
    warm(references, "billing")
    references.observe("billing", "new", [9.0], at_ns=10, label="v2")

    standing = references.standing("billing", label="v2")
    assert (standing.basis, standing.pages) == ("previous", False)
    assert standing.said.startswith("drift explained by release 'v2'; compared with version 1")

    warm(references, "billing", "v2")
    standing = references.standing("billing", label="v2")
    assert standing.reference is not None
    assert (standing.basis, standing.reference.opening.version) == ("own", 2)


def test_a_canary_and_the_old_release_have_their_own_references() -> None:
    references = new()
    for n in range(12):
        label = "v1" if n % 2 else "v2"
        value = 1.0 if n % 2 else 2.0
        references.observe("billing", f"run-{n // 2 % 3}", [value], at_ns=n, label=label)

    for label, value in (("v1", 1.0), ("v2", 2.0)):
        standing = references.standing("billing", label=label)
        assert standing.reference is not None
        assert standing.reference.values.ravel().tolist() == [value] * 6


def test_new_labels_cannot_push_out_what_is_known_nor_excuse_it_for_ever() -> None:
    references = new()
    warm(references, "billing")

    paged: list[bool] = []
    for n in range(MOST_EXCUSED + 5):
        references.observe("billing", "a", [9.0], at_ns=n, label=f"made-up-{n}")
        standing = references.standing("billing", label=f"made-up-{n}")
        assert standing.basis == "previous"
        paged.append(standing.pages)

    assert paged == [False] * MOST_EXCUSED + [True] * 5


def test_an_operator_accepts_a_drift_and_both_versions_are_seen_until_the_new_one_is_warm() -> None:
    references = new()
    warm(references, "billing")

    references.rebaseline("billing", who="ann", why="new price list", at_ns=50, label="v1")

    standing = references.standing("billing", label="v1")
    assert standing.reference is not None
    assert standing.pending is not None
    assert (standing.reference.opening.version, standing.pending.version) == (1, 2)
    assert not standing.pages
    assert standing.said.startswith("accepted by ann (new price list)")
    warm(references, "billing")
    after = references.standing("billing", label="v1").reference
    assert after is not None
    assert after.opening.version == 2


def test_who_opened_which_version_and_why_is_kept() -> None:
    references = new()
    warm(references, "billing")
    references.rebaseline("billing", who="ann", why="fine", at_ns=50, label="v1")

    history = references.history("billing")

    assert [(each.version, each.label, each.at_ns, each.who, each.why) for each in history] == [
        (1, "v1", 0, "", ""),
        (2, "v1", 50, "ann", "fine"),
    ]
    assert references.history("unknown") == ()


def test_the_key_unobserved_longest_goes_first() -> None:
    references = new(2)
    for key in ("old", "new", "old", "newest"):
        references.observe(key, "a", [1.0], at_ns=0)

    assert "old" in references
    assert "new" not in references


def test_an_operator_must_say_who_and_why_and_of_what() -> None:
    references = new()
    references.observe("billing", "a", [1.0], at_ns=0)

    with pytest.raises(ValueError, match="both"):
        references.rebaseline("billing", who="ann", why=" ", at_ns=0)
    with pytest.raises(ValueError, match="'biling'"):
        references.rebaseline("biling", who="ann", why="fine", at_ns=0)


def test_needs_that_can_never_be_met_are_refused() -> None:
    with pytest.raises(ValueError, match="rows=300"):
        Warmth(rows=300)
    with pytest.raises(ValueError, match="sessions=0"):
        Warmth(sessions=0)
