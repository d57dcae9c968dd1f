"""Reads YAML and remembers on which line each key stands, so that errors can say it."""

from collections.abc import Hashable
from typing import Any, cast

import yaml

from fleetglass.entries import Fields


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
