import re
import tomllib

from kit.places import ROOT


def test_every_dependency_has_a_line_that_says_why() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    groups += project["project"]["optional-dependencies"].values()
    names = {re.split(r"[\[><=]", item)[0] for group in groups for item in group}
    lines = re.findall(r"^\| ([a-z][\w-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.M)

    assert names - {"fleetglass"} == set(lines) - {"package"}
