"""Every span names its agent, in any thread, task, process or service."""

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.propagate import inject as otel_inject
from opentelemetry.trace import get_current_span

import fleetglass
from fleetglass import agent, step
from fleetglass.testing import Fleet

IDENTITY = {
    "gen_ai.agent.name": "refunds",
    "fleetglass.agent.version": "2",
    "fleetglass.cohort": "eu",
    "fleetglass.tier": "assist",
    "fleetglass.prompt.version": "p7",
    "gen_ai.conversation.id": "c-1",
    "fleetglass.run.id": "r-1",
}


def refunds() -> "fleetglass._decorators.Instrument":  # type: ignore[name-defined]
    return fleetglass.run(
        "refunds",
        version="2",
        cohort="eu",
        tier="assist",
        prompt_version="p7",
        conversation="c-1",
        run_id="r-1",
    )


def identity_of(attributes: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in attributes.items() if name in IDENTITY}


@step
def work() -> str:
    return fleetglass.current_run()


def trace_and_run() -> tuple[int, str]:
    return get_current_span().get_span_context().trace_id, fleetglass.current_run()


def test_spans_of_other_instrumentations_carry_the_identity(fleet: Fleet) -> None:
    tracer = fleet.provider.get_tracer("another")
    with refunds(), tracer.start_as_current_span("chat"):
        work()

    assert [identity_of(span.attributes) for span in fleet.spans()] == [IDENTITY] * 3


def test_spans_outside_a_run_carry_no_identity(fleet: Fleet) -> None:
    work()

    assert identity_of(fleet.spans()[0].attributes) == {}


def test_a_nested_agent_has_its_own_name_and_the_same_run(fleet: Fleet) -> None:
    with refunds(), fleetglass.run("checker"):
        work()

    inner = identity_of(fleet.spans()[0].attributes)
    assert inner == {
        "gen_ai.agent.name": "checker",
        "gen_ai.conversation.id": "c-1",
        "fleetglass.run.id": "r-1",
    }


def test_a_run_alone_in_its_trace_has_the_traces_id(fleet: Fleet) -> None:
    with fleetglass.run("a") as run:
        trace_id, _ = trace_and_run()
    assert run.run_id == f"{trace_id:032x}"

    with fleet.provider.get_tracer("web").start_as_current_span("request"):
        runs: set[str] = set()
        for _ in range(2):
            with fleetglass.run("a") as run:
                runs.add(run.run_id)
    assert len(runs) == 2


def test_identify_applies_to_later_spans(fleet: Fleet) -> None:
    with fleetglass.run("a"):
        work()
        fleetglass.identify(conversation="c-9", prompt_version="p2")
        work()

    conversations = [span.attributes.get("gen_ai.conversation.id") for span in fleet.spans()]
    assert conversations == [None, "c-9", "c-9"]


def test_threads_executors_and_tasks_stay_in_the_run(fleet: Fleet) -> None:
    run_ids: list[str] = []
    with refunds():
        thread = threading.Thread(target=lambda: run_ids.append(work()))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            run_ids.append(pool.submit(work).result())

        async def main() -> None:
            run_ids.append(await asyncio.create_task(asyncio.to_thread(work)))
            run_ids.append(await asyncio.get_running_loop().run_in_executor(None, work))

        asyncio.run(main())

    assert run_ids == ["r-1"] * 4
    assert len({span.attributes["fleetglass.run.id"] for span in fleet.spans()}) == 1


def test_a_pool_used_in_a_run_does_not_keep_the_run(fleet: Fleet) -> None:
    with ThreadPoolExecutor(1) as pool:
        with refunds():
            pool.submit(work).result()

        assert pool.submit(work).result() == ""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_worker_processes_stay_in_the_run(fleet: Fleet, method: str) -> None:
    with refunds(), ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        here = trace_and_run()

        assert pool.submit(trace_and_run).result() == here


def test_http_headers_carry_the_trace_and_allowed_baggage(fleet: Fleet) -> None:
    headers: dict[str, str] = {}
    with refunds():
        fleetglass.inject(headers)
        here = trace_and_run()
    assert sorted(headers) == ["baggage", "traceparent"]
    assert headers["baggage"] == "fleetglass.run.id=r-1"

    with fleetglass.extract({name.title(): value for name, value in headers.items()}):
        assert trace_and_run() == here
        with fleetglass.run("remote"):
            assert trace_and_run() == here


CHILD = """
import os
import fleetglass
from opentelemetry.trace import get_current_span
from fleetglass.testing import recording
with recording(), fleetglass.extract(os.environ), fleetglass.run("child"):
    print(get_current_span().get_span_context().trace_id, fleetglass.current_run())
"""


def test_a_child_program_joins_the_run_in_its_environment(fleet: Fleet) -> None:
    environment = dict(os.environ)
    with refunds():
        fleetglass.inject(environment)
        here = trace_and_run()

    child = subprocess.run(
        [sys.executable, "-c", CHILD], env=environment, capture_output=True, text=True, check=True
    )

    assert child.stdout.split() == [str(here[0]), here[1]]


def test_baggage_that_is_not_allowed_is_ignored(fleet: Fleet) -> None:
    sent = {"baggage": "fleetglass.tier=autonomous,fleetglass.run.id=r-7,x=1"}
    with fleetglass.extract(sent):
        work()

    assert identity_of(fleet.spans()[0].attributes) == {"fleetglass.run.id": "r-7"}


def test_instrumented_clients_and_servers_pass_the_run_on(fleet: Fleet) -> None:
    headers: dict[str, str] = {}
    with refunds():
        otel_inject(headers)
    token = context.attach(baggage.set_baggage("fleetglass.run.id", "r-1"))
    with fleetglass.run("remote") as run:
        pass
    context.detach(token)

    assert "fleetglass.run.id=r-1" in headers["baggage"]
    assert run.run_id == "r-1"


def test_invalid_headers_are_ignored(fleet: Fleet) -> None:
    with fleetglass.extract({"traceparent": "00-zz", "baggage": "=;;,%%%", "x": "\xff"}):
        work()

    assert fleet.spans()[0].parent == ""


@agent
def nested(depth: int) -> int:
    return depth and nested(depth - 1)


def test_the_global_provider_is_not_replaced(fleet: Fleet) -> None:
    before = trace.get_tracer_provider()
    nested(2)

    assert trace.get_tracer_provider() is before
