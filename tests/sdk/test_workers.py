"""A worker process that lives shortly sends its spans before it ends."""

import subprocess
import sys
from pathlib import Path

import pytest
from kit.scripted_receiver import receiving

HEAD = """
import concurrent.futures, multiprocessing, sys
import fleetglass

# Twenty processes at once on a busy machine may need longer than the usual two seconds.
fleetglass.configure(exit_s=60)

@fleetglass.tool
def work(number):
    return number
"""
MAINS = {
    "pool": "with multiprocessing.get_context('{method}').Pool(2) as pool:\n"
    "        pool.map(work, range(20))\n"
    "        pool.close()\n"
    "        pool.join()",
    "executor": "context = multiprocessing.get_context('{method}')\n"
    "    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as executor:\n"
    "        list(executor.map(work, range(20)))",
    "process": "process = multiprocessing.get_context('{method}').Process\n"
    "    workers = [process(target=work, args=(number,)) for number in range(20)]\n"
    "    [worker.start() for worker in workers]\n"
    "    [worker.join() for worker in workers]",
}


@pytest.mark.parametrize("used_before", [True, False])
@pytest.mark.parametrize("kind", MAINS)
def test_forked_workers_send_all_their_spans(tmp_path: Path, kind: str, used_before: bool) -> None:
    assert sent_by_workers(tmp_path, kind, "fork", used_before=used_before) == 20 + used_before


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
@pytest.mark.parametrize("kind", ["pool", "executor"])
def test_workers_that_begin_afresh_send_all_their_spans(
    tmp_path: Path, kind: str, method: str
) -> None:
    assert sent_by_workers(tmp_path, kind, method, used_before=False) == 20


def sent_by_workers(folder: Path, kind: str, method: str, *, used_before: bool) -> int:
    script = folder / "script.py"
    first = "work(0)" if used_before else "pass"
    main = MAINS[kind].format(method=method)
    script.write_text(f"{HEAD}\nif __name__ == '__main__':\n    {first}\n    {main}\n")
    with receiving() as receiver:
        done = subprocess.run(
            [sys.executable, script],
            env={"FLEETGLASS_ENDPOINT": receiver.url, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return receiver.names.count("execute_tool work")
