"""Each wait is twice as long as the last one, up to a limit."""

from hypothesis import given
from hypothesis import strategies as st

from fleetglass_collector.backoff import Backoff


def test_waits_double_up_to_the_longest_and_start_again_after_a_success() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.next() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]

    backoff.reset()
    assert backoff.next() == 0.5


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 2000))
def test_jitter_takes_at_most_half_away(share: float, attempts: int) -> None:
    backoff, plain = Backoff(0.2, 15.0, jitter=lambda: share), Backoff(0.2, 15.0)

    for _ in range(attempts):
        longest = plain.next()
        assert longest / 2 <= backoff.next() <= longest
