"""Who says what, in the ways in which frameworks record the input of a model."""

import json
from typing import Any

import pytest

from fleetglass_detectors.autonomy.conversation import said

CASES: dict[str, tuple[Any, list[tuple[str, str]]]] = {
    "gen_ai": (
        [
            {"role": "system", "parts": [{"type": "text", "content": "be kind"}]},
            {"role": "user", "parts": [{"type": "text", "content": "pay"}]},
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "name": "x", "arguments": {"a": 1}}],
            },
            {"role": "tool", "parts": [{"type": "tool_call_response", "response": "paid"}]},
        ],
        [("system", "be kind"), ("user", "pay"), ("tool", "paid")],
    ),
    "openai": (
        {"messages": [{"role": "user", "content": "pay"}, {"role": "tool", "content": "paid"}]},
        [("user", "pay"), ("tool", "paid")],
    ),
    "anthropic": (
        [
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "content": [{"type": "text", "text": "paid"}]},
                    {"type": "text", "text": "thanks"},
                ],
            }
        ],
        [("tool", "paid"), ("user", "thanks")],
    ),
    "langchain": (
        {
            "messages": [
                [
                    {"id": ["langchain", "schema", "HumanMessage"], "kwargs": {"content": "pay"}},
                    {"id": ["langchain", "schema", "ToolMessage"], "kwargs": {"content": "paid"}},
                ]
            ]
        },
        [("human", "pay"), ("tool", "paid")],
    ),
    "plain": ("pay the bill", [("", "pay the bill")]),
    "json without roles": ({"question": "pay?"}, [("", '{"question": "pay?"}')]),
}


@pytest.mark.parametrize("name", CASES)
def test_each_role_is_told_with_its_words(name: str) -> None:
    value, expected = CASES[name]
    text = value if isinstance(value, str) else json.dumps(value)

    assert [*said(text)] == expected


@pytest.mark.parametrize("text", ["", "[", "{" * 100_000, '{"role": 7}', '[{"role": "user"}]'])
def test_what_is_no_conversation_does_no_harm(text: str) -> None:
    assert [*said(text)] in ([("", text)], [])
