"""Which facts of a row are the span's own: the bits of the column `own`.

Of a row as it arrived only AGENT, RUN and SESSION are set, and every other text in it is the span's
own. SETTLED says that all bits are set as they should be.
"""

AGENT = 1 << 0
RUN = 1 << 1
SESSION = 1 << 2
WORKFLOW = 1 << 8
TARGET = 1 << 9
CALLER = 1 << 10
CONVERSATION = 1 << 11
# A tool's span that repeats what another tells: its row says "other".
REPEAT = 1 << 12
SETTLED = 1 << 15

# The columns that an agent passes on to the spans under it.
IDENTITY = {
    "agent": AGENT,
    "agent_version": 1 << 3,
    "agent_id": 1 << 4,
    "cohort": 1 << 5,
    "tier": 1 << 6,
    "prompt_version": 1 << 7,
}

BITS = IDENTITY | {
    "run": RUN,
    "session": SESSION,
    "workflow": WORKFLOW,
    "handoff_to": TARGET,
    "parent_agent": CALLER,
    "conversation": CONVERSATION,
    "repeat": REPEAT,
    "settled": SETTLED,
}

# Columns that hold the span's own text, or none, as long as their row is as it arrived.
_OWN_AS_IT_ARRIVES = (
    *(column for column in IDENTITY if column != "agent"),
    "workflow",
    "handoff_to",
    "parent_agent",
)


def variables() -> dict[str, str]:
    """Return what the SQL files may name: `${has_own_agent}`, `${bit_agent}` and so on."""
    tests = {f"has_own_{name}": _test(bit) for name, bit in BITS.items()}
    bits = {f"bit_{name}": str(bit) for name, bit in BITS.items()}
    columns = (f"{BITS[column]} * ({column} != '')" for column in _OWN_AS_IT_ARRIVES)
    return tests | bits | {"bits_as_it_arrives": " + ".join(columns)}


def _test(bit: int) -> str:
    return f"bitTest(own, {bit.bit_length() - 1})"
