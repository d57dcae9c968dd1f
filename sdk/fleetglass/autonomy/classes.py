"""The class of an action: what a tool or a declared action does to the world.

The owner says it in `fleet.yaml`. Where nothing is said, the words of the name decide, cautiously:
a name that begins with a verb of reading reads, and any other word that means money, a message or a
deletion counts. A name without such a word has no class: it is listed and not judged.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache


class ActionClass(StrEnum):
    READ = "read"
    DRAFT = "draft"
    REVERSIBLE = "reversible write"
    IRREVERSIBLE = "irreversible write"
    MONEY = "money"
    EXTERNAL = "external communication"
    CODE = "code execution"
    IDENTITY = "identity"
    SPAWN = "spawn"
    UNKNOWN = "unknown"


Needs = Mapping[ActionClass, int]

LEAST_TIER: Needs = {
    ActionClass.READ: 0,
    ActionClass.DRAFT: 1,
    **dict.fromkeys(
        (
            ActionClass.REVERSIBLE,
            ActionClass.IRREVERSIBLE,
            ActionClass.MONEY,
            ActionClass.EXTERNAL,
            ActionClass.CODE,
            ActionClass.IDENTITY,
            ActionClass.SPAWN,
        ),
        2,
    ),
}
"""The lowest tier that may do it at all: tier 0 reads, tier 1 drafts, tier 2 acts if approved."""

HARMFUL = frozenset(
    {
        ActionClass.IRREVERSIBLE,
        ActionClass.MONEY,
        ActionClass.EXTERNAL,
        ActionClass.CODE,
        ActionClass.IDENTITY,
    }
)
"""What cannot be taken back once it is done."""
HARMLESS = frozenset({ActionClass.READ, ActionClass.DRAFT})

READING = """
    get list search find read fetch query check lookup look view show count describe browse visit
    retrieve inspect is has load download scrape crawl wait sleep poll select open scan compare
    monitor validate verify test head geocode
"""
# In order: a name with words of two classes has the first of them.
WORDS = {
    ActionClass.DRAFT: """
        draft human escalate suggest propose preview think calculate summarize
    """,
    ActionClass.IDENTITY: """
        password permission permissions role roles grant revoke credential credentials policy tier
        iam acl privilege privileges impersonate login
    """,
    ActionClass.MONEY: """
        pay payment refund transfer charge purchase buy payout withdraw money wire checkout
        transaction invest trade donate
    """,
    ActionClass.EXTERNAL: """
        send email mail post publish tweet message sms reply invite share webhook dm notify forward
        announce broadcast comment
    """,
    ActionClass.CODE: """
        exec execute shell bash python terminal command eval interpreter code script sudo
    """,
    ActionClass.SPAWN: "spawn delegate subagent handoff",
    ActionClass.IRREVERSIBLE: """
        delete remove drop destroy purge wipe terminate cancel kill deploy merge erase unlink
        shutdown truncate
    """,
    ActionClass.REVERSIBLE: """
        create update write edit set add insert save append put patch move rename schedule
        reschedule book reserve upload assign close modify change replace upsert store
    """,
}
# Declared actions name the thing first: `stock.read`.
READS = tuple(f".{verb}" for verb in ("read", "get", "list", "search", "find", "view", "query"))
MONEY_PLACES = frozenset({"account", "bank", "iban", "wallet", "card", "savings"})
_READING = frozenset(READING.split())
_MEANINGS = {action_class: frozenset(words.split()) for action_class, words in WORDS.items()}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=65_536)
def by_name(name: str) -> ActionClass:
    """Return the class that the words of a name suggest.

    >>> [str(by_name(name)) for name in ("getRefunds", "issue_refund", "kb", "POST /mail")]
    ['read', 'money', 'unknown', 'external communication']
    >>> [str(by_name(name)) for name in ("refund.list", "refund.create", "stock.read")]
    ['read', 'money', 'read']
    """
    words = [word.lower() for word in _WORD.findall(name)]
    if words and (words[0] in _READING or name.lower().endswith(READS)):
        return ActionClass.READ
    if words[:2] == ["transfer", "to"] and MONEY_PLACES.isdisjoint(words):
        # Frameworks name handoffs so.
        return ActionClass.DRAFT if "human" in words else ActionClass.SPAWN
    for action_class, meaning in _MEANINGS.items():
        if not meaning.isdisjoint(words):
            return action_class
    return ActionClass.UNKNOWN
