"""Hold the house's sizes: files of at most 400 lines, functions of 40, nine in ten of 20."""

import ast
import sys
from pathlib import Path

FILE_CAP, FUNCTION_CAP, FUNCTION_P90 = 400, 40, 20
ROOTS = ("sdk", "collector", "detectors", "server", "dashboards", "benchmarks", "tests")


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or first.lineno) - first.lineno + 1


def main() -> int:
    problems: list[str] = []
    sizes: list[int] = []
    for path in sorted(path for root in ROOTS for path in Path(root).rglob("*.py")):
        source = path.read_text()
        lines = len(source.splitlines())
        if lines > FILE_CAP:
            problems.append(f"{path}: {lines} lines, at most {FILE_CAP}")
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            sizes.append(body_lines(node))
            if sizes[-1] > FUNCTION_CAP:
                problems.append(f"{path}:{node.lineno} {node.name}: {sizes[-1]} lines")
    p90 = sorted(sizes)[int(0.9 * len(sizes))]
    if p90 > FUNCTION_P90:
        problems.append(f"nine in ten functions have up to {p90} lines, wanted {FUNCTION_P90}")
    print(*problems, f"{len(sizes)} functions, p90 {p90} lines, max {max(sizes)}", sep="\n")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
