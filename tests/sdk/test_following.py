"""Which segments are new, and how much has to be remembered to know that."""

import json
from collections.abc import Callable, Mapping

from fleetglass.following import BATCH_SEGMENTS, FAR_EVERY_S, OVERLAP_NS, Following

NOW_S = 1_800_000_000
START = NOW_S * 10**9
OLD = START - 86_400 * 10**9


def answering(near: Mapping[int, int], far: Mapping[int, int]) -> Callable[[str], bytes]:
    def ask(sql: str) -> bytes:
        rows = sorted((far if "GLOBAL IN" in sql else near).items())
        return "\n".join(json.dumps([str(at), n, NOW_S]) for at, n in rows).encode()

    return ask


def following() -> Following:
    started = Following(batch_spans=1_000_000)
    started.start(lambda _: b"", watermark=START, looked_s=NOW_S - 60, read_s=NOW_S)
    return started


def test_late_segments_and_the_others_take_turns() -> None:
    follows = following()
    near = {START + number: 1 for number in range(BATCH_SEGMENTS + 1)}
    far = {OLD + number: 1 for number in range(BATCH_SEGMENTS + 1)}
    turns: list[tuple[bool, int]] = []
    while batch := follows.new(answering(near, far), 0.0):
        turns.append((min(batch) < START, len(batch)))
        follows.read(batch)

    most = BATCH_SEGMENTS
    assert turns == [(True, most), (False, most), (True, 1), (False, 1)]


def test_a_segment_that_has_grown_is_new_again() -> None:
    follows = following()
    follows.read({OLD: 2, START + 1: 2})

    assert follows.new(answering({START + 1: 2}, {OLD: 2}), 0.0) == {}
    assert follows.new(answering({START + 1: 3}, {OLD: 2}), 0.0) == {START + 1: 3}
    assert follows.new(answering({}, {OLD: 3}), FAR_EVERY_S) == {OLD: 3}


def test_what_can_no_longer_come_is_forgotten() -> None:
    follows = following()
    near, late = START - OVERLAP_NS + 1, OLD + 1
    follows.read({OLD: 2, late: 2, near: 2})

    # A replica that knows less: the greater count is kept.
    assert follows.new(answering({}, {late: 1}), 0.0) == {}
    kept = follows.state()
    assert kept.seen == {near: 2, late: 2}
    assert (kept.watermark, kept.looked_s) == (START, NOW_S)
