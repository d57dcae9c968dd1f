"""Which runs are read, and when: soon, once more, and long ones not for each of their steps."""

from fleetglass_detectors.autonomy.pending import IDLE_NS, Pending

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND


def pending() -> Pending:
    return Pending(grace_ns=SECOND)


def test_a_run_with_news_is_read_at_once_and_once_more_after_its_grace() -> None:
    runs = pending()
    runs.add({1: [NOW]}, NOW)

    assert runs.wanted({1: [NOW]}, NOW) == [1]
    assert runs.wanted({}, NOW + SECOND // 2) == []
    assert runs.wanted({}, NOW + SECOND) == [1]
    runs.again(1, 0)
    assert runs.wanted({}, NOW + 2 * SECOND) == []


def test_a_long_run_rests_and_is_read_later_with_all_its_news() -> None:
    runs = pending()
    for step in range(50):
        now = NOW + step * SECOND // 10
        runs.add({1: [now]}, now)
        if runs.wanted({1: [now]}, now):
            runs.was_read(1, 1000, now)
            assert step == 0
    assert runs.wanted({}, NOW + 9 * SECOND) == []
    assert runs.wanted({}, NOW + 10 * SECOND) == [1]
    assert len(runs.segments(1)) == 50


def test_a_short_run_never_rests() -> None:
    runs = pending()
    runs.add({1: [NOW]}, NOW)
    runs.was_read(1, 20, NOW)

    assert runs.wanted({1: [NOW]}, NOW) == [1]


def test_a_run_without_news_is_forgotten_after_an_hour() -> None:
    runs = pending()
    runs.add({1: [NOW]}, NOW)
    runs.again(1, 0)
    later = NOW + IDLE_NS + 1
    runs.add({2: [later]}, later)

    assert 1 not in runs
    assert 2 in runs


def test_a_restored_one_goes_on() -> None:
    runs = pending()
    runs.add({1: [NOW]}, NOW)
    runs.was_read(1, 1000, NOW)
    copy = pending()
    copy.restore(runs.state())

    assert copy.state() == runs.state()
    assert copy.wanted({1: [NOW]}, NOW) == []
