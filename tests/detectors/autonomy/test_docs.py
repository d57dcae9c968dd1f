"""What docs/autonomy.md says is true: its file is read, and its examples are what it calls them."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from kit.autonomy_runs import action, approval, fleet_file, over_time, run, text, violations
from kit.places import ROOT

from fleetglass.autonomy.classes import LEAST_TIER, ActionClass, by_name
from fleetglass.autonomy.coverage import Unknown, sentences
from fleetglass.autonomy.declared import KIND_KEYS, PERMISSION_KEYS, STANDING_KEYS
from fleetglass.autonomy.policy import TIERS, Policy
from fleetglass.autonomy.violation import NUMBER, Rule
from fleetglass_detectors.autonomy.run import Action, Approval, Run, Text
from fleetglass_detectors.autonomy.signals import weighed
from fleetglass_detectors.fleet import read

PAGE = (ROOT / "docs" / "autonomy.md").read_text()
FILES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
STEP = re.compile(r"((?:[\w-]+ (?:\(tier \d\) )?> )+)(\w+\([^)]*\))(?: returns (\".*\"))?")
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Row:
    number: str
    kind: str
    example: tuple[str, ...]
    legal_if: str
    severity: str


def table(first: str) -> Iterator[list[str]]:
    """The rows of the table that has this as its first heading, as lists of cells."""
    (found,) = re.findall(rf"^\| {first} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.M)
    for line in found.splitlines():
        yield [cell.strip() for cell in line.strip("|").split("|")]


ROWS = [
    Row(number, kind.strip("`"), tuple(CODE.findall(example)), legal_if, severity)
    for number, kind, _, example, legal_if, severity in table("rule")
]


@pytest.fixture
def by(tmp_path: Path) -> Policy:
    """The policy of the page's file."""
    found = read(fleet_file(tmp_path, FILES[0])).autonomy
    assert found
    return found


def told(steps: Sequence[str]) -> Run:
    """The run that the steps tell, each ten seconds after the one before."""
    actions: list[Action] = []
    approvals: list[Approval] = []
    heard: list[Text] = []
    for place, step in enumerate(steps):
        at = 100.0 + 10 * place
        if approved := re.fullmatch(r"(\S+) approves (\w+)", step):
            approvals.append(approval(approved[2], by=approved[1], at=at))
            continue
        done, answer = _done(step, at)
        actions.append(done)
        heard += [text(answer, at + 1, done.tool)] if answer else []
    return run(*actions, approvals=tuple(approvals), untrusted=tuple(heard))


def _done(step: str, at: float) -> tuple[Action, str]:
    found = STEP.fullmatch(step)
    assert found, step
    *above, agent = [name.strip() for name in found[1].split(">")[:-1]]
    name, _, claimed = agent.partition(" (tier ")
    call = ast.parse(found[2], mode="eval").body
    assert isinstance(call, ast.Call)
    args: dict[str, Any] = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
    done = action(
        ast.unparse(call.func),
        at,
        args=args,
        agent=name,
        lineage=tuple(reversed(above)),
        claimed=claimed.strip(")"),
    )
    return done, ast.literal_eval(found[3]) if found[3] else ""


def test_every_file_on_the_page_is_valid(tmp_path: Path) -> None:
    assert FILES
    for content in FILES:
        assert read(fleet_file(tmp_path, content)).autonomy


def test_the_table_has_every_kind_of_violation_with_its_number() -> None:
    assert [(row.number, row.kind) for row in ROWS] == [(NUMBER[rule], str(rule)) for rule in Rule]


@pytest.mark.parametrize("row", [row for row in ROWS if row.kind != "split"], ids=lambda r: r.kind)
def test_an_example_is_the_violation_that_it_stands_for_and_no_other(row: Row, by: Policy) -> None:
    (found,) = violations(told(row.example), by)

    assert found.rule == row.kind
    assert row.severity in (weighed(found, by)[0], "by class")
    # Where the page says "it", the violation has the value, masked.
    assert row.legal_if.removesuffix(" it") in found.legal_if


def test_the_example_of_a_split_sum_breaks_no_other_rule(by: Policy) -> None:
    (row,) = [row for row in ROWS if row.kind == "split"]
    done = told(row.example)
    (found,) = over_time(done.actions, by)

    assert violations(done, by) == []
    assert (found.kind, found.level) == (row.kind, row.severity)
    assert found.summary.endswith(row.legal_if)


@pytest.mark.parametrize(
    "legal",
    [
        ['refunds > refund(usd=50, account="DE12")'],
        ["ann@example.com approves refund", 'refunds > refund(usd=200, account="DE12")'],
        ["front-desk > search_orders()", 'front-desk > draft_reply(to="ben@example.com")'],
        ['ops > restart_service(service="staging-1", reason="slow")'],
        ['ops > send_mail(to="ben@example.com")', 'ops > notify_owner(text="sent")'],
    ],
)
def test_what_the_file_is_meant_to_allow_is_allowed(legal: list[str], by: Policy) -> None:
    assert violations(told(legal), by) == []


def test_a_condition_that_begins_with_has_is_broken_where_the_argument_is_missing(
    by: Policy,
) -> None:
    done = told(['ops > restart_service(service="staging-1")'])

    assert [found.rule for found in violations(done, by)] == ["out-of-scope"]


def test_approved_sums_count_as_split_too(by: Policy) -> None:
    done = told(['refunds > refund(usd=150, account="DE12")'] * 2)
    agreed = (approval("refund"),)

    assert violations(replace(done, approvals=agreed), by) == []
    assert [found.kind for found in over_time(done.actions, by)] == ["split"]


def test_the_tiers_and_the_classes_are_those_there_are() -> None:
    tiers = [name.strip("`") for _, name, _ in table("tier")]
    classes = {CODE.findall(name)[0]: least[0] for name, least, _ in table("class")}

    assert tiers == [*TIERS]
    assert classes == {str(one): str(LEAST_TIER[one]) for one in LEAST_TIER}


def test_the_words_of_each_class_are_classed_so() -> None:
    for name, _, words in table("class"):
        for word in CODE.findall(words):
            assert by_name(word) == ActionClass(CODE.findall(name)[0]), word


def test_every_key_of_the_file_is_on_the_page() -> None:
    keys = {*KIND_KEYS, *STANDING_KEYS, *PERMISSION_KEYS}

    assert {key for key in keys if not re.search(rf"`{key}`|\b{key}:", PAGE)} == set()


def test_the_lines_about_what_is_unknown_are_those_that_are_shown() -> None:
    shown = Counter(
        {
            (Unknown.TOOL, "kb"): 214,
            (Unknown.AGENT, "planner"): 80,
            (Unknown.ARGUMENTS, "refund"): 12,
            (Unknown.NO_AGENT, "send_mail"): 3,
        }
    )

    assert "```\n" + "\n".join(sentences(shown)) + "\n```" in PAGE


@pytest.mark.parametrize("page", ["autonomy.md", "incidents.md", "budgets.md"])
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", (ROOT / "docs" / page).read_text()):
        name, _, heading = link.partition("#")
        target = ROOT / "docs" / (name or page)
        titles = re.findall(r"^#+ (.*)$", target.read_text(), re.M) if heading else []
        anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}

        assert target.exists(), link
        assert not heading or heading in anchors, link
