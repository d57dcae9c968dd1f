"""Commands find the running fleetglass from any folder, and leave nothing behind there."""

import json
import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from kit.spans import request
from kit.stack import Stack, eventually, free_port, running

from fleetglass_collector.access.owner import owner_secret


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack]:
    with running(tmp_path_factory.mktemp("running")) as stack:
        assert stack.post(request())[0] == 200
        eventually(stack.settled)
        yield stack


def ask(stack: Stack, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in another folder, with the addresses but not the data of the running one."""
    environment = {k: v for k, v in stack.environment.items() if k != "FLEETGLASS_DATA"}
    return subprocess.run(
        [sys.executable, "-m", "fleetglass_server", *command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "command",
    [
        ["incidents"],
        ["incidents", "list", "--all"],
        ["directives"],
        ["directives", "halt", "--agent", "elsewhere"],
        ["directives", "resume", "--agent", "elsewhere"],
        ["costs"],
        ["prices"],
        ["query", "SELECT 1"],
    ],
    ids=" ".join,
)
def test_a_command_works_in_another_folder_and_creates_nothing(
    stack: Stack, tmp_path: Path, command: list[str]
) -> None:
    done = ask(stack, tmp_path, *command)

    assert (done.returncode, done.stderr) == (0, "")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("command", [["query", "SELECT 1"], ["incidents"], ["directives"]])
def test_the_data_of_another_installation_is_in_nobodys_way(
    stack: Stack, tmp_path: Path, command: list[str]
) -> None:
    owner_secret(tmp_path / "fleetglass-data")
    halt = ["directives", "halt", "--agent", "elsewhere"]

    for each in (command, halt):
        done = ask(stack, tmp_path, *each)
        assert (done.returncode, done.stderr) == (0, "")


def test_an_incident_is_acted_on_from_another_folder(stack: Stack, tmp_path: Path) -> None:
    missing = ask(stack, tmp_path, "incidents", "ack", "abc")

    assert missing.returncode == 1
    assert "no incident's id begins with 'abc'" in missing.stderr
    assert os.listdir(tmp_path) == []


def test_with_keys_the_command_says_that_it_needs_one_and_takes_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running(tmp_path_factory.mktemp("keyed")) as stack:
        made = stack.run("keys", "add", "--tenant", "default", "--scope", "admin")
        key = next(word for word in made.stdout.split() if word.startswith("fg_"))

        listing = ask(stack, tmp_path, "incidents")
        assert listing.returncode == 1
        assert "Give a key with scope 'read' (--key, FLEETGLASS_KEY)" in listing.stderr
        halt = ask(stack, tmp_path, "directives", "halt", "--all")
        assert halt.returncode == 1
        assert "Give a key with scope 'admin': --key or FLEETGLASS_KEY." in halt.stderr

        assert ask(stack, tmp_path, "incidents", "--key", key).returncode == 0
        assert ask(stack, tmp_path, "incidents", "list", "--key", key).returncode == 0
        assert ask(stack, tmp_path, "directives", "halt", "--all", "--key", key).returncode == 0
    assert os.listdir(tmp_path) == []


def test_another_fleetglass_gets_the_key_of_the_environment(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Also where the working folder has data, and so an owner, of its own."""
    owner_secret(tmp_path / "fleetglass-data")
    with running(tmp_path_factory.mktemp("other")) as other:
        made = other.run("keys", "add", "--tenant", "default", "--scope", "admin")
        key = next(word for word in made.stdout.split() if word.startswith("fg_"))
        api = f"http://127.0.0.1:{other.api}"
        here = Stack(tmp_path / "unused", {"FLEETGLASS_KEY": key})

        halt = ask(here, tmp_path, "directives", "halt", "--all", "--api", api)
        assert (halt.returncode, halt.stderr) == (0, "")


def test_a_stopped_fleetglass_is_named_with_what_to_do(tmp_path: Path) -> None:
    ports = {name: f"127.0.0.1:{free_port()}" for name in ("API_LISTEN", "QUERY_LISTEN")}
    stopped = Stack(tmp_path / "data", {f"FLEETGLASS_{name}": at for name, at in ports.items()})
    for command in (["incidents"], ["directives"], ["directives", "halt", "--all"], ["costs"]):
        done = ask(stopped, tmp_path, *command)
        assert done.returncode == 1
        assert "connection refused\nStart it with 'fleetglass up'" in done.stderr, done.stderr
    assert os.listdir(tmp_path) == []


def test_a_halt_of_an_agent_that_was_never_seen_says_so(stack: Stack, tmp_path: Path) -> None:
    code = (
        "import fleetglass\n"
        f"fleetglass.configure(endpoint='http://127.0.0.1:{stack.http}', delay_s=0.1)\n"
        "with fleetglass.run('researcher'): pass\n"
        "with fleetglass.run('refunds'): pass\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    runs = (
        "SELECT uniqExact(agent) AS n FROM agent_minutes WHERE agent IN ('researcher', 'refunds')"
    )
    eventually(lambda: stack.query(runs)[0]["n"] == 2)

    near = ask(stack, tmp_path, "directives", "halt", "--agent", "reseacher").stdout
    assert "no span of an agent 'reseacher' has arrived; the names most like it are 'res" in near
    known = ask(stack, tmp_path, "directives", "halt", "--agent", "researcher").stdout
    assert "has arrived" not in known
    assert "FLEETGLASS_GUARD=1" in known


def test_what_another_program_reads_is_whole(stack: Stack, tmp_path: Path) -> None:
    listing = ask(stack, tmp_path, "incidents", "list", "--json")

    assert [json.loads(line) for line in listing.stdout.splitlines()] == []
