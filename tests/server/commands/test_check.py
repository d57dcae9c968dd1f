"""`fleetglass check`: finds incidents in recordings, for use in CI."""

import json
import re
from pathlib import Path

import pytest
from kit.looping_runs import attributes, run_of, trace_id, written

from fleetglass_server.__main__ import main

Captured = pytest.CaptureFixture[str]
HEALTHY = [f"page:{n}" for n in range(30)]


def test_a_loop_is_reported_with_its_run_cycle_and_cost(tmp_path: Path, capsys: Captured) -> None:
    file = written(
        tmp_path / "runs.jsonl",
        run_of(HEALTHY, trace=1),
        run_of(["plan", *["search", "read"] * 4], trace=2, agent="researcher"),
    )

    assert main(["check", "--json", "--fail-on", "warning", str(file)]) == 1
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())

    assert line["run"] == trace_id(2)
    assert (line["agent"], line["severity"], line["spans"]) == ("researcher", "warning", 8)
    assert [span.split()[1] for span in line["evidence"]["first_cycle"]] == ["search", "read"]
    assert (line["evidence"]["first_step"], line["evidence"]["last_step"]) == (2, 9)
    assert line["opened_at"].startswith("2026-09-21T")
    assert set(line) == {
        *("id", "detector", "kind", "severity", "agent", "run", "opened_at", "updated_at"),
        *("spans", "summary", "evidence", "cost_usd"),
    }


def test_model_calls_in_a_loop_cost_their_price(tmp_path: Path, capsys: Captured) -> None:
    run = run_of(["think", "search"] * 10, trace=1)
    for span in run["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        if span["name"].endswith("think"):
            span["attributes"] = attributes(
                {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.provider.name": "openai",
                    "gen_ai.request.model": "gpt-4o-2024-11-20",
                    "gen_ai.usage.input_tokens": "1000",
                }
            )
    file = written(tmp_path / "runs.jsonl", run)

    assert main(["check", "--json", str(file)]) == 0
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())

    # 2.50 dollars per million tokens of input.
    assert line["cost_usd"] == pytest.approx(0.0025 * round(line["cost_usd"] / 0.0025))
    assert line["cost_usd"] >= 0.02


def test_nothing_is_left_in_the_working_folder(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "runs.jsonl", run_of(HEALTHY, trace=1))
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)

    assert main(["check", str(file)]) == 0
    assert [*empty.iterdir()] == []


def test_healthy_runs_pass(tmp_path: Path, capsys: Captured) -> None:
    file = written(tmp_path / "runs.jsonl", run_of(HEALTHY, trace=1))

    assert main(["check", "--fail-on", "warning", str(file)]) == 0
    assert capsys.readouterr().out == "no incidents in 31 spans\n"


def test_declared_polling_is_no_incident_unless_it_is_too_fast(
    tmp_path: Path, capsys: Captured
) -> None:
    fleet = tmp_path / "fleet.yaml"
    fleet.write_text("polling: [{tool: 'job_*', every: 5s}]")
    slow = run_of(["job_status"] * 12, trace=1, every_s=5)
    fast = run_of(["job_status"] * 12, trace=2, every_s=0.5)
    file = written(tmp_path / "runs.jsonl", slow, fast)

    main(["check", "--json", "--fleet", str(fleet), str(file)])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [line["run"] for line in lines] == [trace_id(2)]


def test_an_unreadable_file_is_reported_and_the_others_are_checked(
    tmp_path: Path, capsys: Captured
) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{not json\n")
    file = written(tmp_path / "runs.jsonl", run_of(["a"] * 5, trace=1))

    assert main(["check", str(broken), str(file)]) == 2
    out, err = capsys.readouterr()
    assert "1 incident in 6 spans" in out
    assert "broken.jsonl" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("polling: 3", "'polling' in .* must be a list, not 3"),
        ("poling: []", "unknown key 'poling'; did you mean 'polling'"),
        ("polling: [{every: 5s}]", "needs a 'tool' with a name"),
        ("polling: [{tool: '*'}]", "would excuse everything"),
        ("polling: [{tool: a, every: soon}]", "a duration is like"),
        ("critical: {usd: -1}", "'usd' of .* must be a number over 0, not -1"),
        ("critical: {usd: .nan}", "must be a number over 0"),
        ("false_pages_per_week: 0", "'false_pages_per_week' of .* must be a number over 0, not 0"),
        ("[1, 2]", "must hold names with values"),
        ("a: [", "is not valid YAML"),
        (None, "cannot read .*No such file"),
    ],
)
def test_an_error_in_fleet_yaml_is_explained(
    content: str | None, message: str, tmp_path: Path, capsys: Captured
) -> None:
    fleet = tmp_path / "fleet.yaml"
    if content is not None:
        fleet.write_text(content)

    assert main(["check", "--fleet", str(fleet), "x.pb"]) == 1
    assert re.search(f"^fleetglass: .*{message}", capsys.readouterr().err)
