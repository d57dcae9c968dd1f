"""The API has its own process: spans are acknowledged even while it hangs or is dead."""

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


def test_the_api_reports_its_health_and_counts_refused_requests(stack: Stack) -> None:
    assert request(stack.api, "GET", "/healthz", b"", {})[2] == b"ok\n"
    assert request(stack.api, "GET", "/nowhere", b"", {})[0] == 404

    _, _, metrics = request(stack.api, "GET", "/metrics", b"", {})
    assert b'fleetglass_api_refused_total{protocol="http",reason="not_found"} ' in metrics


def test_a_wrong_method_is_refused_with_the_allowed_ones(stack: Stack) -> None:
    status, _, body = request(stack.api, "DELETE", "/v1/incidents", b"", {})

    assert status == 405
    assert b"GET" in body


def test_a_hanging_api_delays_no_acknowledgement(stack: Stack) -> None:
    process = stack.child("api")
    assert process
    os.kill(process, signal.SIGSTOP)
    try:
        assert stack.post(spans.request())[0] == 200
        eventually(stack.settled)
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_killed_api_is_restarted(stack: Stack) -> None:
    process = stack.child("api")
    assert process
    os.kill(process, signal.SIGKILL)

    eventually(lambda: stack.child("api") not in (None, process))
    eventually(lambda: answers(stack.api))
    assert stack.post(spans.request())[0] == 200


def test_the_api_does_not_listen_for_other_machines_without_a_key(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data", {"FLEETGLASS_API_LISTEN": "0.0.0.0:0"})

    ended = stack.run("api")

    assert ended.returncode == 1
    assert "fleetglass keys add" in ended.stderr
