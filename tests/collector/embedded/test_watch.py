"""The watch keeps ending queries, whatever goes wrong with one of them."""

import socket

from kit.stack import eventually

from fleetglass_collector.embedded.engine.watch import Watch


def test_the_watch_outlives_a_query_that_cannot_be_ended() -> None:
    asked: list[str] = []

    def kill(marker: str) -> None:
        asked.append(marker)
        if marker == "stubborn":
            raise RuntimeError("the engine refuses")

    watch = Watch(kill)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with watch.over("stubborn", ours, seconds=0):
            eventually(lambda: asked.count("stubborn") > 1)
        with watch.over("other", ours, seconds=0):
            eventually(lambda: "other" in asked)
    watch.close()
