"""The SQL that reads facts out of attributes, made from the table of facts.

A span's keys are looked up once, all together, and become the numbers of the facts that they spell.
Each fact is then found by its number.
"""

from collections.abc import Iterable, Iterator, Mapping

from fleetglass_collector.dialects import above, kinds, own
from fleetglass_collector.dialects.facts import (
    EVENT_TEXTS,
    FACTS,
    HEARD,
    HEARD_PREFIXES,
    NO_PROVIDERS,
    TEXTS,
    WORDS,
    Fact,
    Where,
)

INDENT = " " * 4

READ_LATER = ("arguments", "result", "input", "output")
"""Facts that the view span_texts reads from stored attributes; rows keep only their hashes."""


def variables() -> Mapping[str, str]:
    """Return what the SQL files may name: `${spellings}`, `${kind_words}` and so on."""
    number = {fact.name: index for index, fact in enumerate(FACTS, 1)}
    spelled = [
        (s, number[fact.name], rank) for fact in FACTS for rank, s in enumerate(fact.spellings)
    ]
    return {
        "spellings": _texts(spelling for spelling, _, _ in spelled),
        "spelling_facts": _numbers(fact for _, fact, _ in spelled),
        # The lowest four bits are the spelling's place in the order of trust, the rest is the fact.
        "spelling_ranks": _numbers(fact << 4 | rank for _, fact, rank in spelled),
        "resource_facts": _lines(_resource(fact, number[fact.name]) for fact in _of_resources()),
        "resource_columns": _lines(f"    r_{fact.name} String" for fact in _of_resources()),
        "fact_columns": _lines(
            f"{INDENT * 9}{'texts' if fact in TEXTS else 'numbers'}"
            f"[indexOf(facts, {number[fact.name]})] AS f_{fact.name}"
            for fact in FACTS
        ),
        "last_text": str(len(TEXTS)),
        **{
            f"attribute_{fact.name}": _attribute(fact)
            for fact in (*FACTS, *HEARD)
            if fact in HEARD or fact.name in READ_LATER
        },
        "heard_prefixes": _texts(HEARD_PREFIXES),
        "carried": ", ".join(f"r_{fact.name}" for fact in _of_resources()),
        "kind_words": _texts(WORDS),
        "word_kinds": _texts(WORDS.values()),
        "no_providers": _texts(NO_PROVIDERS),
        **_events(),
        **own.variables(),
        **kinds.variables(),
        **above.variables(),
    }


def _events() -> Mapping[str, str]:
    """Return how the texts of events are read from a span that arrives and from a stored one."""
    arriving = (
        f"{INDENT * 2}fleetglassEventText(span.events, '{event}', '{attribute}')"
        for event, attribute in EVENT_TEXTS.values()
    )
    return {
        "event_texts": _lines(arriving),
        "no_event_texts": _texts("" for _ in EVENT_TEXTS),
        **{f"event_{name}": f"event_texts[{at}]" for at, name in enumerate(EVENT_TEXTS, 1)},
        **{
            f"stored_{name}": f"Events.Attributes[indexOf(Events.Name, '{event}')]['{attribute}']"
            for name, (event, attribute) in EVENT_TEXTS.items()
        },
    }


def _of_resources() -> Iterator[Fact]:
    return (fact for fact in TEXTS if fact.where is not Where.SPAN)


def _resource(fact: Fact, number: int) -> str:
    text = f"sent.value.string_value[indexOf(sent_facts, {number})]"
    return f"{INDENT}ifNull({text}, '') AS r_{fact.name}"


def _attribute(fact: Fact) -> str:
    spelled = ", ".join(f"SpanAttributes['{spelling}']" for spelling in fact.spellings)
    return f"firstNonDefault({spelled})"


def _lines(items: Iterable[str]) -> str:
    return ",\n".join(items)


def _texts(items: Iterable[str]) -> str:
    return ", ".join(f"'{item}'" for item in items)


def _numbers(items: Iterable[int]) -> str:
    return ", ".join(map(str, items))
