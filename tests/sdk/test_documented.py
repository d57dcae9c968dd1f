"""The examples in the documentation work as printed."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from kit.places import ROOT
from kit.scripted_receiver import receiving

from fleetglass.testing import Fleet

README, PAGE = ROOT / "README.md", ROOT / "docs" / "sdk.md"


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S)


def test_the_example_in_the_readme_works() -> None:
    (code,) = blocks(README)
    with receiving() as receiver:
        process = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, "FLEETGLASS_ENDPOINT": receiver.url},
        )

    assert (process.stdout, process.stderr) == ("we have 7\n", "")
    assert receiver.names == ["execute_tool stock", "invoke_agent shop"]


def test_the_examples_in_the_sdk_page_work(fleet: Fleet) -> None:
    agents, enforced, tests = blocks(PAGE)
    namespace: dict[str, Any] = {"asyncio": asyncio}
    exec(without_settings(agents), namespace)
    exec(tests, namespace)

    namespace["test_a_small_refund"](fleet)
    exec(without_settings(enforced), namespace)
    assert namespace["handle"](20, "DE1") == "done"


def without_settings(code: str) -> str:
    return re.sub(r"^fleetglass.configure.*\n", "", code, flags=re.M)


def test_the_sdk_page_names_every_setting_and_function() -> None:
    import fleetglass
    from fleetglass._settings import Settings

    page = PAGE.read_text()
    missing = {name for name in Settings.__dataclass_fields__ if f"`{name}`" not in page}
    assert missing == set()
    unnamed = {name for name in fleetglass.__all__ if name not in page}
    assert unnamed <= {"ConfigurationError", "Stopped", "__version__"}
