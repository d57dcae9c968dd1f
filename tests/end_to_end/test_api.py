"""The API is a process of its own: it can be stuck or dead, and spans are acknowledged as ever."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest
from kit import spans
from kit.stack import Stack, answers, eventually, request, running


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    with running(tmp_path_factory.mktemp("api")) as stack:
        yield stack


def test_it_says_that_it_is_healthy_and_what_it_refused(stack: Stack) -> None:
    assert request(stack.api, "GET", "/healthz", b"", {})[2] == b"ok\n"
    assert request(stack.api, "GET", "/nowhere", b"", {})[0] == 404

    _, _, metrics = request(stack.api, "GET", "/metrics", b"", {})
    assert b'fleetglass_api_refused_total{protocol="http",reason="not_found"} ' in metrics


def test_a_method_that_a_path_does_not_take_is_refused_with_those_it_takes(stack: Stack) -> None:
    status, _, body = request(stack.api, "DELETE", "/v1/incidents", b"", {})

    assert status == 405
    assert b"GET" in body


def test_an_api_that_hangs_delays_no_acknowledgement(stack: Stack) -> None:
    process = stack.child("api")
    assert process
    os.kill(process, signal.SIGSTOP)
    try:
        assert stack.post(spans.request())[0] == 200
        eventually(stack.settled)
    finally:
        os.kill(process, signal.SIGCONT)


def test_an_api_that_is_killed_is_started_again(stack: Stack) -> None:
    process = stack.child("api")
    assert process
    os.kill(process, signal.SIGKILL)

    eventually(lambda: stack.child("api") not in (None, process))
    eventually(lambda: answers(stack.api))
    assert stack.post(spans.request())[0] == 200


def test_it_does_not_listen_to_other_machines_without_a_key(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", {"FLEETGLASS_API_LISTEN": "0.0.0.0:0"})

    ended = stack.run("api")

    assert ended.returncode == 1
    assert "fleetglass keys add" in ended.stderr
