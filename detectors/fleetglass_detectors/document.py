"""Reads YAML and remembers on which line each key stands, so that errors can say it."""

from collections.abc import Hashable
from typing import Any, cast

import yaml


class Fields(dict[str, Any]):
    """A mapping of a YAML document, with the place of each key."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, tuple[int, int]] = {}

    @property
    def line(self) -> int:
        """The line of the first key, 0 if there is none."""
        return min((line for line, _ in self.places.values()), default=0)

    def at(self, key: str) -> str:
        """Return the place of a key for people, such as `line 3, column 5`."""
        line, column = self.places.get(key, (self.line, 1))
        return f"line {line}, column {column}"


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        values = super().construct_mapping(node, deep=True)
        fields = Fields()
        fields.update(cast("dict[str, Any]", values))
        for key, _ in node.value:
            mark = key.start_mark
            fields.places[str(key.value)] = mark.line + 1, mark.column + 1
        return cast("dict[Hashable, Any]", fields)


def _fields(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    return loader.construct_mapping(node, deep=True)


_Loader.add_constructor("tag:yaml.org,2002:map", _fields)


def load(text: str) -> Any:
    """Return the value of a document.

    Raises:
        yaml.YAMLError: The text is not YAML.
    """
    return yaml.load(text, _Loader)


def line_of(value: Any) -> int:
    return value.line if isinstance(value, Fields) else 0


def place_of(value: Any, key: str) -> str:
    """Return `, line 3, column 5` for a key of a mapping that was read from a document."""
    return f", {value.at(key)}" if isinstance(value, Fields) and key in value.places else ""
