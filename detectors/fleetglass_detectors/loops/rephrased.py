"""The same question in other words, and answers that say no more than the last one did.

This detector does not know what is normal for an agent (`null` does, once it has learned that). So
it reports only plain cases: within a few steps, three questions to one tool, or three model outputs
that led to nothing, each like the other two. Alike answers are further evidence. So is a tool that
is asked again at once, because then its answer was not enough.

Two questions that look alike are different if each names something that the other does not (a
number, a name, an id, a path), and if they share at most half of their names, or are one form that
was filled in twice: order 17 and order 18, Paris and London. To go through such a list is work. To
call again after a change, and to wait, is also work.
"""

from collections.abc import Callable, Iterable, Sequence

from fleetglass_detectors.loops import streams
from fleetglass_detectors.loops.look import Look, cosine
from fleetglass_detectors.loops.step import Finding

REACH = 24
"""How many calls or outputs of the same agent are compared: three cycles of eight."""
QUESTION = 0.7
"""The least likeness of questions."""
AT_ONCE = 0.6
"""The least likeness of questions with nothing else in between."""
OUTCOME = 0.7
"""The least likeness of answers, if there are answers."""
SLOT = 2
"""Questions that differ in at most this many words may be one form, filled in twice."""
NAME = 4
"""The same, if the words that differ are names, such as Germany and the United Kingdom."""
FILLED = 0.8
"""The least likeness of the answers to two such questions for them to count as the same."""
SAID = 0.74
"""The least mean likeness of model outputs. Any two texts of one agent have about half."""
LEEWAY = 0.1
"""By how much a single pair may be below the mean."""
OCCURRENCES = (3, 6)
"""The number of occurrences for a warning, and for a critical finding."""


def find(looks: Sequence[Look], *, said: float = SAID) -> Finding | None:
    """Report a finding if the last step asks or says the same thing as earlier ones."""
    if not looks or looks[-1].call or streams.polling(looks[-1]):
        return None
    last = looks[-1]
    if last.step.kind == "llm":
        return _finding(looks, _said_alike(looks, said), what="model outputs", verb="say")
    at_once = _all_alike(looks, _in_a_row(looks), alike=_asks_at_once)
    if len(at_once) < OCCURRENCES[0]:
        at_once = _all_alike(looks, _earlier_calls(looks), alike=_asks_again)
    return _finding(looks, at_once, what="calls", verb="ask")


def names_another(one: Look, other: Look) -> bool:
    """Return whether each names something that the other lacks, with little else in common."""
    first, second = set(one.marks.tolist()), set(other.marks.tolist())
    if first <= second | set(other.words.tolist()) or second <= first | set(one.words.tolist()):
        return False
    return 2 * len(first & second) <= min(len(first), len(second)) or _filled_in(
        one, other, slot=NAME
    )


def asks_for_another(one: Look, other: Look) -> bool:
    """Return whether two calls with different words ask for different things."""
    if streams.changes(one) or streams.changes(other) or names_another(one, other):
        return True
    if one.outcome == other.outcome:
        return False
    # "price of apples", "price of pears": only the answers tell that from "cost of apples".
    return _filled_in(one, other) and _differ(one.numbers, other.numbers)


def _filled_in(one: Look, other: Look, *, slot: int = SLOT) -> bool:
    """Return whether both could be one form: few words differ, the others are in the same order."""
    first, second = one.words.tolist(), other.words.tolist()
    mine, others = set(first) - set(second), set(second) - set(first)
    if not mine or not others or max(len(mine), len(others)) > slot:
        return False
    return [word for word in first if word not in mine] == [
        word for word in second if word not in others
    ]


def _in_a_row(looks: Sequence[Look]) -> list[int]:
    """Return the calls just before the last one that were of the same tool and like it."""
    last, row = looks[-1], list[int]()
    for place in reversed(streams.tools(looks, actor=last.step.actor)[-OCCURRENCES[1] : -1]):
        if looks[place].step.tool != last.step.tool or not _asks_at_once(looks[place], last):
            break
        row.append(place)
    return row


def _earlier_calls(looks: Sequence[Look]) -> list[int]:
    """Return the earlier calls of the last one's tool since the last change, latest first."""
    last, places = looks[-1], list[int]()
    for place in reversed(streams.tools(looks, actor=last.step.actor)[-REACH:-1]):
        if looks[place].ask != last.ask and streams.changes(looks[place]):
            break
        if looks[place].step.tool == last.step.tool:
            places.append(place)
    return places


def _said_alike(looks: Sequence[Look], said: float) -> list[int]:
    """Return the last output and the outputs most like it, as many as are alike on average."""
    last = looks[-1]
    earlier = list(streams.words_alone(looks, actor=last.step.actor))[-REACH:-1]
    likes = sorted((cosine(last.vector, looks[place].vector), place) for place in earlier)
    group, total, pairs = [len(looks) - 1], 0.0, 0
    for like, place in reversed(likes):
        if like < said - LEEWAY:
            break
        look = looks[place]
        more = total + sum(cosine(look.vector, looks[member].vector) for member in group)
        if more >= said * (pairs + len(group)) and not names_another(look, last):
            total, pairs = more, pairs + len(group)
            group.append(place)
    return group


def _all_alike(
    looks: Sequence[Look], earlier: Iterable[int], *, alike: Callable[[Look, Look], bool]
) -> list[int]:
    """Return the last step and the earlier ones that are each like all others."""
    group = [len(looks) - 1]
    for place in earlier:
        if all(alike(looks[place], looks[member]) for member in group):
            group.append(place)
    return group


def _finding(
    looks: Sequence[Look], group: Sequence[int], *, what: str, verb: str
) -> Finding | None:
    warn, stop = OCCURRENCES
    if len(group) < warn:
        return None
    first = min(group)
    return Finding(
        kind="rephrased",
        critical=len(group) >= stop,
        places=tuple(sorted(group)),
        period=1,
        repeats=float(len(group)),
        score=len(group) / warn,
        summary=(
            f"{len(group)} {what} in the last {len(looks) - first} steps"
            f" {verb} nearly the same thing"
        ),
    )


def _asks_at_once(one: Look, other: Look) -> bool:
    """Return whether the second question, just after the first, only uses other words."""
    if one.ask == other.ask:
        return _asks_again(one, other)
    if cosine(one.vector, other.vector) < AT_ONCE or names_another(one, other):
        return False
    if streams.changes(one) or _filled_in(one, other):
        return _asks_again(one, other)
    return True


def _asks_again(one: Look, other: Look) -> bool:
    if one.silent != other.silent or (one.silent and not (one.failed and other.failed)):
        return False
    if not one.recorded:
        return False
    if one.ask == other.ask:
        # The same words: only the outcomes show whether the second call was useless.
        return one.outcome == other.outcome
    if cosine(one.vector, other.vector) < QUESTION or asks_for_another(one, other):
        return False
    if one.outcome == other.outcome:
        return True
    return cosine(one.back, other.back) >= (FILLED if _filled_in(one, other) else OUTCOME)


def _differ(one: Iterable[float], other: Iterable[float]) -> bool:
    """Return whether each has something that the other lacks."""
    first, second = set(one), set(other)
    return not (first <= second or second <= first)
