"""Print the lowest versions of the SDK's dependencies that pyproject.toml allows."""

import re
import tomllib
from pathlib import Path


def main() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    for dependency in project["dependencies"]:
        print(re.sub(r">=([\d.]+).*", r"==\1", dependency))


if __name__ == "__main__":
    main()
