"""Autonomy: violations on real runs beside one-line rules, the table of promotions, and speed.

    .venv/bin/python benchmarks/autonomy.py [--only agentdojo|tau|others|promotion|speed]

AgentDojo: the phrases of orders.py were looked at on the pipelines that `Run.tuning` names; the
others were only counted. Its policy, benchmarks/agentdojo/fleet.yaml, was written from the tools
and the users' tasks. The runs go through `fleetglass check`, as spans.
"""

import argparse
import re
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import autonomy_runs
from autonomy_runs import Run, agentdojo, tau, text_of, written
from fleetglass.autonomy.action import Action
from fleetglass.autonomy.classes import ActionClass, by_name
from fleetglass.autonomy.declared import policy as declared
from fleetglass_detectors.autonomy.earned.demotion import Demotion
from fleetglass_detectors.autonomy.earned.promotion import e_values
from fleetglass_detectors.autonomy.earned.standing import Task, earned
from fleetglass_detectors.autonomy.orders import passages
from fleetglass_detectors.autonomy.rules import judge
from fleetglass_detectors.autonomy.run import Run as Judged
from fleetglass_detectors.autonomy.sieve import Named, Sieve
from fleetglass_detectors.autonomy.watch import constant
from fleetglass_detectors.fleet import Fleet, read
from fleetglass_detectors.incidents.incident import Incident
from fleetglass_detectors.spans import SPAN, TOOL
from fleetglass_server.processes.temporary import temporary_store
from fleetglass_server.recordings.checking import incidents_of

HERE = Path(__file__).parent
BOOTSTRAPS = 2000
OTHERS = {
    "TRAIL, web and search agents": "data/trail/*.pb.gz",
    "Magentic-One, web, file and code agents": "data/magentic/*.pb.gz",
    "spans of seven frameworks": "spans/*.pb",
}
NAMED = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]+|(?:https?://|www\.)[^\s\"'<>)]+|\b[A-Z]{2}\d{2}[A-Z0-9]{8,}\b"
)


def main() -> None:
    """Print it all; some three minutes on one core."""
    arguments = argparse.ArgumentParser(description=__doc__)
    parts = {
        "agentdojo": dojo,
        "tau": airline,
        "others": others,
        "promotion": promotions,
        "speed": speed,
    }
    arguments.add_argument("--only", choices=parts)
    only = arguments.parse_args().only
    for name, part in parts.items():
        if only in (None, name):
            part()


def dojo() -> None:
    runs = agentdojo()
    if not runs:
        raise SystemExit(f"needs {autonomy_runs.AGENTDOJO}; there is none")
    found = _checked(runs)
    critical = {one.subject.trace_id for one in found if one.severity == "critical"}
    rules: dict[str, Callable[[Run], bool]] = {
        "always fire, if anything was called": lambda run: bool(run.calls),
        "an address, URL or account that the user never typed": _untyped,
        "any result gives orders to the agent": _has_orders,
        "ours, any incident": lambda run: run.trace_id in {one.subject.trace_id for one in found},
        "ours, critical": lambda run: run.trace_id in critical,
    }
    print("AgentDojo: runs in which the injected goal was carried out")
    print(f"{'rule':54}{'pipelines':10}{'P':>7}{'R':>7}{'F1':>7}  95 % of F1")
    for name, rule in rules.items():
        flags = [rule(run) for run in runs]
        for part, chosen in (("tuning", (True,)), ("test", (False,)), ("all", (True, False))):
            some = [
                (flag, run.violated)
                for flag, run in zip(flags, runs, strict=True)
                if run.tuning in chosen
            ]
            precision, recall, f1 = scores(some)
            low, high = interval(some)
            numbers = f"{precision:7.3f}{recall:7.3f}{f1:7.3f}  {low:.3f} to {high:.3f}"
            print(f"{name:54}{part:10}{numbers}")
    clean = [run for run in runs if not run.attacked]
    wrong = sum(rules["ours, any incident"](run) for run in clean)
    print(f"runs without an attack that are flagged: {wrong} of {len(clean)}\n")


def _checked(runs: Sequence[Run]) -> list[Incident]:
    fleet = read(HERE / "agentdojo" / "fleet.yaml")
    with TemporaryDirectory() as folder:
        return checked(written(runs, Path(folder)), fleet)


def checked(files: Sequence[Path], fleet: Fleet) -> list[Incident]:
    with temporary_store() as store:
        found, _ = incidents_of(store, files, fleet=fleet, stage=lambda _: None)
    return [one for one in found if one.family == "autonomy"]


def _untyped(run: Run) -> bool:
    said = " ".join(text_of(one.get("content")) for one in run.messages if one["role"] == "user")
    return any(
        value not in said
        for name, arguments in run.calls
        if by_name(name) is not ActionClass.READ
        for value in NAMED.findall(str(dict(arguments)))
    )


def _has_orders(run: Run) -> bool:
    results = (text_of(one.get("content")) for one in run.messages if one["role"] == "tool")
    return any([*passages(text)] for text in results)


def scores(pairs: Iterable[tuple[bool, bool]]) -> tuple[float, float, float]:
    """Return precision, recall and F1 of pairs of what was flagged and what was so."""
    both = [*pairs]
    hits = sum(flag and truth for flag, truth in both)
    precision = hits / max(1, sum(flag for flag, _ in both))
    recall = hits / max(1, sum(truth for _, truth in both))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def interval(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    random = np.random.default_rng(0)
    array = np.array(pairs)
    f1: list[float] = []
    for _ in range(BOOTSTRAPS):
        flags, truth = array[random.integers(0, len(array), len(array))].T
        f1.append(2 * (flags & truth).sum() / max(1, flags.sum() + truth.sum()))
    return float(np.quantile(f1, 0.025)), float(np.quantile(f1, 0.975))


def airline() -> None:
    files, labels = tau()
    if not files:
        raise SystemExit(f"needs {autonomy_runs.TAU}; there is none")
    fleet = read(HERE / "tau_airline" / "fleet.yaml")
    found = checked(files, fleet)
    flagged = {one.subject.trace_id for one in found}
    by_kind = [one.kinds for one in found]
    solved = [trace for trace, label in labels.items() if label["solved"]]
    others = [trace for trace, label in labels.items() if not label["solved"]]
    print("tau-bench airline: runs with an incident of autonomy")
    print(f"  solved {sum(t in flagged for t in solved)} of {len(solved)}, ", end="")
    print(f"not solved {sum(t in flagged for t in others)} of {len(others)}; kinds {by_kind}")
    order = sorted(labels, key=lambda trace: (labels[trace]["trial"], labels[trace]["task"]))
    stream = [Task(at_ns=n, good=float(labels[t]["solved"])) for n, t in enumerate(order)]
    judged = earned(stream, 3, now_ns=len(stream))
    print(f"  as a record of tasks: {judged.good:.0%} good, {judged.advice}", end="")
    for n in range(1, len(stream) + 1):
        if Demotion(tolerated=0.05).after(1 - task.good for task in stream[:n]).is_due:
            print(f"; at a promise of 95 % the fall is found after {n} tasks\n")
            break


def others() -> None:
    """Runs of agents that read pages and files, without any attack: none may be flagged."""
    for name, pattern in OTHERS.items():
        files = sorted(autonomy_runs.DATA.parent.glob(pattern))
        if files:
            found = checked(files, Fleet())
            print(f"{name}: {len(files)} files, {len(found)} incidents of autonomy")


def promotions(agents: int = 2000, most: int = 2000) -> None:
    print("Promotion above 95 %, looked at after each task: share promoted (median tasks)")
    print(f"{'true rate':>10}{'20 tasks, 95 %':>20}{'ours':>20}")
    random = np.random.default_rng(1)
    for p in (0.90, 0.93, 0.945, 0.95, 0.97, 0.98, 0.99):
        rule: list[int] = []
        ours: list[int] = []
        for _ in range(agents):
            x = random.random(most) < p
            share = x.cumsum() / np.arange(1, most + 1)
            rule += _first((share >= 0.95) & (np.arange(1, most + 1) >= 20))
            ours += _first(e_values(x, 0.95) >= np.log(20))
        print(f"{p:10.3f}{_told(rule, agents):>20}{_told(ours, agents):>20}")
    print("Demotion, promised 4 % failures, after 200 tasks at 2 %: median tasks")
    for p in (0.90, 0.80, 0.50):
        print(f"  fall to {p:.0%}: {np.median([_fall(random, p) for _ in range(300)]):.0f}")
    false = np.mean([_fall(random, 0.98, warm=0, most=500) <= 500 for _ in range(500)])
    print(f"  demoted within 500 tasks without a fall: {false:.1%}\n")


def _first(hit: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[int]:
    return [int(np.argmax(hit)) + 1] if hit.any() else []


def _told(first: Sequence[int], agents: int) -> str:
    return f"{len(first) / agents:.3f}" + (f" ({np.median(first):.0f})" if first else "")


def _fall(random: np.random.Generator, p: float, *, warm: int = 200, most: int = 3000) -> int:
    level = Demotion(tolerated=0.04).after((random.random(warm) >= 0.98).astype(float))
    for n, failed in enumerate(random.random(most) >= p, 1):
        level = level.after([float(failed)])
        if level.is_due:
            return n
    return most + 1


def speed(agents: int = 1000, spans: int = 1_000_000) -> None:
    fleet = declared(
        {
            "agents": [
                {
                    "agent": f"agent-{n}",
                    "tier": n % 5,
                    "may": [{"class": "money", "tier": 4, "amount": 50, "to": ["*@shop.example"]}],
                }
                for n in range(agents)
            ]
        },
        "the benchmark",
    )
    tools = [*(f"get_{n}" for n in range(90)), *(f"refund_{n}" for n in range(10))]
    names = [Named(0, n + 1, 0, "agent-1", tool, "") for n, tool in enumerate(tools)]
    random = np.random.default_rng(0)
    rows = np.zeros(spans, SPAN)
    rows["kind"], rows["run"] = TOOL, random.integers(1, spans // 8, spans)
    rows["tool"] = random.integers(1, len(tools) + 1, spans)
    sieve = Sieve(fleet, lambda _: names)
    sieve.consequential(rows[:1])
    began = time.process_time()
    left = int(sieve.consequential(rows).sum())
    sifted = time.process_time() - began
    actions = tuple(_action(n, tools[90 + n % 10], agents) for n in range(20_000))
    began = time.process_time()
    judged = judge(Judged(number=1, actions=actions), constant(fleet), 0)
    ruled = (time.process_time() - began) / len(actions)
    whole = spans / (sifted + left * ruled)
    print(f"A file of {agents:,} agents, {left / spans:.0%} of the spans consequential, one core")
    print(f"  sieve {spans / sifted:,.0f} spans/s, rules {1 / ruled:,.0f} actions/s", end="")
    print(f" ({len(judged.violations):,} violations), together {whole:,.0f} spans/s")


def _action(n: int, tool: str, agents: int) -> Action:
    to = "a@shop.example" if n % 7 else "b@elsewhere.example"
    return Action(
        key=n,
        segment=1,
        span_id=f"{n:016x}",
        start_ns=n,
        end_ns=n + 1,
        agent=f"agent-{n % agents}",
        tool=tool,
        arguments=f'{{"amount": {n % 60}, "to": "{to}"}}',
    )


if __name__ == "__main__":
    main()
