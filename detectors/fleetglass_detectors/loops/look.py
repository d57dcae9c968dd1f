"""Turns a step into its features, once: hashes, and small vectors of its texts.

Detectors compare features and never read a text again. So a step takes about two kilobytes, even if
its texts are long, and no prompt, argument or answer is kept.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from fleetglass.conventions import HIDDEN, LONGEST_MARK
from fleetglass_detectors.loops import canonical, names
from fleetglass_detectors.loops.repetition import repeated_end
from fleetglass_detectors.loops.step import Step

Vector = NDArray[np.int8]
Vectorise = Callable[[str], Vector]
Words = NDArray[np.uint32]
"""Hashes of words, each once, in order of appearance."""

WIDTH = 512
"""The length of a vector. The vector of a model output, which has no answer, is twice as long."""
LONGEST = 3072
"""The most bytes of a text that go into its vector."""

WORDS = 48
NAMED = 1024
"""The most characters of a question whose words are used."""

NUMBERS = 4
SHORT = 300
"""The most characters of an answer that may only say that something is in progress."""

_PUNCTUATION = str.maketrans(dict.fromkeys("\"'`’“”()[]{},;!?*", " "))
_NUMBER = re.compile(r"(?<![\w.])-?\d{1,12}(?:\.\d{1,6})?(?![\w])")
_OPENINGS = frozenset({
    "a", "an", "the", "i", "we", "you", "is", "are", "was", "were", "do", "does", "did", "can",
    "could", "please", "find", "search", "look", "get", "show", "list", "give", "tell", "check",
    "fetch", "retrieve", "provide", "locate", "identify", "determine", "explain", "need",
    "want", "what", "which", "who", "whom", "whose", "when", "where", "why", "how",
})  # fmt: skip
"""Words at the beginning of questions. They name nothing, even with a capital letter."""
_DIGITS = re.compile(r"[0-9]+")
_LEAF = re.compile(r'(?<=[:\[,] )"([^"\s]{1,200})"')
_FAILURE = re.compile(
    r"\W{0,8}(?:\w{0,24}(?:error|exception)\b|traceback|failed|failure|fatal|invalid|not found"
    r"|no such|permission denied|access denied|unauthorized|forbidden|timed? ?out)",
    re.IGNORECASE,
)
_HIDDEN = re.compile(HIDDEN, re.IGNORECASE)
_WAITING = re.compile(
    r"\b(?:pending|queued|running|in[ _-]progress|processing|not (?:yet )?ready)\b",
    re.IGNORECASE,
)


_NOTHING = re.compile(
    r"""["'()\[\]{}. ]{0,8}(?:null|none|(?:there (?:are|were) )?(?:no|0|zero) (?:\w{1,24} ){0,2}"""
    r"(?:results?|match(?:es)?|items?|records?|documents?|entries|hits|rows|data|files?)"
    r"(?: (?:(?:was|were) )?(?:found|returned|available))?(?: (?:for|in|matching|with) .{1,200})?"
    r"|(?:nothing|none) (?:(?:was|were) )?found)?" + r"""["'()\[\]{}. ]{0,8}""",
    re.IGNORECASE,
)
FOUND_NOTHING = "nothing found"
"""Stands for an empty list, `null`, "no results" and the like from a tool that reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The features of one step."""

    step: Step
    """Without its texts."""
    act: int
    """Hash of the question and the outcome."""
    ask: int
    """Hash of the question alone."""
    outcome: int
    """Hash of the outcome alone."""
    failed: bool
    waiting: bool
    """Whether the outcome says that something is still in progress."""
    recorded: bool
    """Whether the question was recorded, even an empty one."""
    silent: bool
    """Whether the outcome was not recorded, or is empty and the tool's name says no reading."""
    call: bool
    """Whether a model's step only names the tools to call, which have steps of their own."""
    vector: Vector
    """Of the question; for a model's step, of its output."""
    back: Vector
    """Of the outcome; empty for a model's step."""
    marks: Words
    """Names, numbers, ids, paths in what was asked: another one is another question."""
    words: Words
    """The first words of what was asked."""
    numbers: tuple[float, ...]
    """The first few and the last few numbers in what came back."""
    chant_period: int = 0
    chant_repeats: float = 0.0


def look(step: Step, *, vectorise: Vectorise | None = None) -> Look:
    """Compute the features of a step. `vectorise` may replace hashed n-grams by embeddings."""
    model = step.kind == "llm"
    of = vectorise or (_hashed_wide if model else hashed)
    step = replace(step, asked=_recorded(step.asked), answered=_recorded(step.answered))
    asked = canonical.answer(step.answered) if model else canonical.question(step.asked)
    answered = "" if model else _outcome(step)
    vector = of(asked)
    failed = step.failed or bool(answered and _FAILURE.match(answered))
    who = step.actor if model else step.tool
    period, repeats = repeated_end(step.answered) if model else (0, 0.0)
    words, marks = _words(asked, prose=model)
    ask, outcome = canonical.digest(who, asked), canonical.digest(answered)
    if not step.answered.strip() and (model or not step.asked.strip()):
        # No text was recorded, so nothing can be said to repeat: the step is like no other.
        ask, vector = canonical.digest(who, asked, step.span_id), np.zeros_like(vector)
    return Look(
        step=replace(step, asked="", answered=""),
        act=_mixed(ask, outcome, failed),
        ask=ask,
        outcome=outcome,
        failed=failed,
        waiting=len(answered) <= SHORT and bool(_WAITING.search(answered)),
        recorded=bool(step.asked.strip()),
        silent=not (asked if model else answered),
        call=model and _only_calls(step.answered),
        vector=vector,
        back=of(answered) if answered else NOTHING,
        marks=marks,
        words=words,
        numbers=_numbers(answered),
        chant_period=period,
        chant_repeats=repeats,
    )


def _outcome(step: Step) -> str:
    answered = canonical.answer(step.answered)
    is_nothing = step.answered.strip() and _NOTHING.fullmatch(answered)
    # A tool that changes something often has nothing to return, and then it says nothing.
    return FOUND_NOTHING if is_nothing and names.reading(step.tool) else answered


def _recorded(text: str) -> str:
    """Return a text; nothing if an instrumentation wrote a mark in its place to hide it."""
    return "" if len(text) <= LONGEST_MARK and _HIDDEN.fullmatch(text) else text


def hashed(text: str, *, width: int = WIDTH) -> Vector:
    """Return the square roots of the counts of a text's 3- and 4-grams, hashed into few places.

    Each has a random sign, so that collisions cancel and cosines are right on average.
    """
    raw = np.frombuffer(text.lower().encode("utf-8", "replace")[:LONGEST], np.uint8)
    if len(raw) < 4:
        raw = np.pad(raw, (0, 4 - len(raw)), constant_values=32)
    codes = raw.astype(np.uint32)
    threes = (codes[:-2] * _PRIMES[0]) ^ (codes[1:-1] * _PRIMES[1]) ^ (codes[2:] * _PRIMES[2])
    fours = threes[:-1] * _PRIMES[3] ^ (codes[3:] * _PRIMES[4])
    grams = np.concatenate((threes, fours))
    grams = (grams ^ (grams >> _SHIFT)) * _PRIMES[5]
    grams.sort()
    changes = np.flatnonzero(grams[1:] != grams[:-1])
    lasts = np.empty(len(changes) + 1, np.int64)
    lasts[:-1], lasts[-1] = changes, len(grams) - 1
    counts = lasts.copy()
    counts[1:] -= lasts[:-1]
    counts[0] += 1
    roots = np.sqrt(counts)
    places = grams[lasts] >> _TOP
    # One bit of the hash is the sign, and others are the place.
    folded = np.bincount(
        places & np.uint32(width - 1), np.where(places & _SIGN, roots, -roots), width
    )
    most = max(folded.max(), -folded.min())
    return np.rint(folded * (127.0 / most)).astype(np.int8) if most else np.zeros(width, np.int8)


def _hashed_wide(text: str) -> Vector:
    return hashed(text, width=2 * WIDTH)


def _mixed(ask: int, outcome: int, failed: bool) -> int:
    """Return a hash of all three. Two of them are hashes already, so little work is needed."""
    return (ask * 0x9E3779B97F4A7C15 + (outcome ^ failed)) % (1 << 64)


def cosine(one: Vector, other: Vector) -> float:
    """Return how alike two vectors are, from -1 to 1; 0 if one is empty."""
    first, second = one.astype(np.float32), other.astype(np.float32)
    norm = float(first @ first) * float(second @ second)
    return float(first @ second) / norm**0.5 if norm else 0.0


NOTHING: Vector = np.zeros(WIDTH, np.int8)
_TOP = np.uint32(32 - 16)
_SIGN = np.uint32(1 << 15)
_SHIFT = np.uint32(15)
_PRIMES = np.array(
    [0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0x2C1B3C6D], np.uint32
)


def _words(asked: str, *, prose: bool) -> tuple[Words, Words]:
    """Return the words of a text, and the words among them that name something.

    In prose, only numbers name something, because a capital letter is often the beginning of a
    sentence. In a question, also names, identifiers, paths, and single words that fill a field.
    """
    text = asked[:NAMED]
    found = {word.strip(".:-=/"): None for word in text.translate(_PUNCTUATION).split()}
    if prose:
        return _hashes(found), _hashes(_DIGITS.findall(text))
    marks = [word for word in found if not (word.isalpha() and word.islower())]
    marks = [word for word in marks if word and word.lower() not in _OPENINGS]
    if text[:1] in ("{", "["):
        alone = _LEAF.findall(text)
        found, marks = found | dict.fromkeys(alone), marks + alone
    return _hashes(found), _hashes(marks)


def _numbers(answered: str) -> tuple[float, ...]:
    found = _NUMBER.findall(answered[:SHORT])
    if len(answered) <= SHORT:
        few = found if len(found) <= 2 * NUMBERS else found[:NUMBERS] + found[-NUMBERS:]
    else:
        few = found[:NUMBERS] + _NUMBER.findall(answered[-SHORT:])[-NUMBERS:]
    return tuple(map(float, few))


def _hashes(words: Iterable[str]) -> Words:
    first = dict.fromkeys(word.lower() for word in islice(words, WORDS))
    return np.array([crc32(word.encode("utf-8", "replace")) for word in first], np.uint32)


def _only_calls(text: str) -> bool:
    start = text[:200].lstrip()
    return start[:2] in ("[{", '{"', "{'") and ("name" in start or "function" in start)
