"""What pyproject.toml declares is what the packages import: all of it, and no more."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from kit.places import ROOT

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
# pytest itself loads the module that imports it; the prices of genai-prices are used if it is here.
OPTIONAL = {"sdk": {"pytest", "genai-prices", "common-expression-language"}}


def names_of(items: list[Any]) -> set[str]:
    """Return the packages that a list of dependencies names, with those of the extras in it."""
    names: set[str] = set()
    for item in (item for item in items if isinstance(item, str)):
        if item.startswith("fleetglass["):
            extras = re.findall(r"[\w-]+", item)[1:]
            names |= {name for extra in extras for name in names_of(EXTRAS[extra])}
        else:
            names.add(re.split(r"[\[><=]", item)[0])
    return names


SDK = names_of(PROJECT["project"]["dependencies"])
# The SDK imports it once a condition is to be judged.
ENFORCE = names_of(EXTRAS["enforce"])
DECLARED = {"sdk": SDK} | {
    extra: names_of(items) for extra, items in EXTRAS.items() if extra != "enforce"
}


def test_every_dependency_has_a_line_that_says_why() -> None:
    groups = [names_of(items) for items in PROJECT["dependency-groups"].values()]
    names = {name for group in [*DECLARED.values(), *groups] for name in group}
    lines = re.findall(r"^\| ([a-z][\w-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.M)

    assert names == set(lines) - {"package"}


def modules(path: Path) -> Iterator[str]:
    """Return all that a file imports, by whatever statement."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from (str(arg.value) for arg in node.args if isinstance(arg, ast.Constant))


@cache
def owners() -> dict[str, str]:
    """Return the distribution of each module that is installed, also in shared namespaces."""
    owner: dict[str, str] = {}
    for distribution in distributions():
        for file in distribution.files or ():
            if file.suffix in (".py", ".so"):
                parts = (*file.parts[:-1], file.name.partition(".")[0])
                module = ".".join(parts).removesuffix(".__init__")
                owner[module] = re.sub(r"[-_.]+", "-", distribution.name).lower()
    return owner


@cache
def imported(root: str) -> set[str]:
    """Return the distributions that the Python files of a folder import."""
    owner = owners()
    found: set[str] = set()
    for module in {name for path in (ROOT / root).rglob("*.py") for name in modules(path)}:
        parts = module.split(".")
        prefixes = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
        found.add(next((owner[prefix] for prefix in prefixes if prefix in owner), parts[0]))
    return {name for name in found - sys.stdlib_module_names if not name.startswith("fleetglass")}


@pytest.mark.parametrize("root", DECLARED)
def test_what_a_root_imports_is_declared(root: str) -> None:
    assert imported(root) - OPTIONAL.get(root, set()) - SDK - DECLARED[root] == set()


@pytest.mark.parametrize("root", DECLARED)
def test_what_is_declared_is_imported(root: str) -> None:
    # The server's extra is all three.
    roots = ("collector", "detectors", "server") if root == "server" else (root,)

    assert DECLARED[root] - ENFORCE - {name for root in roots for name in imported(root)} == set()
