"""Questions about a scene, each with the one answer that its picture settles.

Knows what is in view and where; does not know pixels or ids. An answer is a list of tokens, in
which a thing's index stands for the <loc> that points at it. Things hardly in view neither count
as present nor as absent: a question whose answer hangs on one is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from camaware_ros.language.dialogue import Question, Topic
from camaware_ros.language.dialogue_places import Place, spell
from camaware_ros.language.dialogue_text import LOC
from camaware_ros.language.dialogue_words import BEARING, COUNTS, HEIGHT, RANGE, SIZE
from camaware_ros.language.vocabulary import COLOURS, KINDS, RELATIONS
from camaware_ros.training.queries import (
    ABSENT,
    InView,
    holds,
    matches,
    name_of,
    pick_clear,
    sample_queries,
)

UNKNOWN = "<unk>"
MAX_MEASURED = 4
_TOLD: dict[Topic, list[str]] = {
    "where": ["is", RANGE, "away", ",", BEARING], "far": ["is", RANGE, "away"],
    "big": ["is", SIZE], "high": ["is", HEIGHT, "high"],
}  # fmt: skip
_RELATION_BEGINS = frozenset(relation.split()[0] for relation in RELATIONS)
_NOT_KNOWN = ["i", "do", "not", "know", "that", "word"]

Words = list["str | int"]


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A question and its answer.

    Attributes:
        question: as the model is asked.
        answer: tokens without <eos>, with one <loc> per thing spoken of.
        targets: index of the thing of each <loc>, in order.
    """

    question: Question
    answer: tuple[str, ...]
    targets: tuple[int, ...]


def sample_dialogue(rng: np.random.Generator, view: InView, places: Sequence[Place]) -> Dialogue:
    """A random question that the picture settles; ``places`` has the spelled box of each thing."""
    while True:
        topic = _TOPICS[int(np.searchsorted(_CUMULATIVE, rng.random() * _CUMULATIVE[-1]))]
        asked = _ask(rng, view, topic, places)
        if asked is not None:
            phrase, words = asked
            return Dialogue(
                question=Question(topic, phrase),
                answer=tuple(LOC if isinstance(word, int) else word for word in words),
                targets=tuple(word for word in words if isinstance(word, int)),
            )


def _ask(
    rng: np.random.Generator, view: InView, topic: Topic, places: Sequence[Place]
) -> tuple[str, Words] | None:
    """A phrase and what is to be answered; None where this draw is not settled."""
    if topic != "see" and rng.random() < 0.05:
        return _unknown(rng, topic), [*_NOT_KNOWN]
    maker = _MAKERS.get(topic)
    if maker is not None:
        return maker(rng, view)
    if topic == "colour":
        return _colour(rng, view)
    if topic in ("where", "far") and rng.random() < 0.2:
        return _several(rng, view, topic)
    (query,) = sample_queries(rng, view, 1)
    if query.target == ABSENT:
        return query.phrase, ["i", "see", *_none_of(query.phrase)]
    told = _TOLD[topic] if topic in _TOLD else ["is", "at", *spell(places[query.target])]
    return query.phrase, [*_subject(view, query.phrase, query.target), *told]


def _see(rng: np.random.Generator, view: InView) -> tuple[str, Words] | None:
    """Everything in view, nearest first."""
    seen = [int(i) for i in np.flatnonzero(view.seen)]
    return ("", _listed(view, _nearest_first(view, seen))) if view.clear[seen].all() else None


def _count(rng: np.random.Generator, view: InView) -> tuple[str, Words] | None:
    group = _group(rng, view, present=0.75)
    if group is None:
        return None
    phrase, found = group
    if not found:
        return phrase, ["there", "is", *_none_of(phrase)]
    begin = ["there", "is" if len(found) == 1 else "are", COUNTS[len(found)], *_head(phrase)]
    return phrase, [*begin, *found]


def _there(rng: np.random.Generator, view: InView) -> tuple[str, Words] | None:
    group = _group(rng, view, present=0.5)
    if group is None:
        return None
    phrase, found = group
    if not found:
        return phrase, ["no", ",", "i", "see", *_none_of(phrase)]
    if len(found) > 1:
        return phrase, ["yes", ",", COUNTS[len(found)], *_head(phrase), *found]
    return phrase, ["yes", ",", "a", *_head(phrase), found[0], RANGE, "away", ",", BEARING]


def _relation(rng: np.random.Generator, view: InView) -> tuple[str, Words] | None:
    """Everything that stands so to one thing, or nothing."""
    group = _on_a_side(rng, view, "", [int(i) for i in np.flatnonzero(view.seen)])
    if group is None or (not group[1] and rng.random() < 0.6):
        return None
    phrase, found = group
    return phrase.strip(), _listed(view, found) if found else ["nothing"]


def _colour(rng: np.random.Generator, view: InView) -> tuple[str, Words] | None:
    (query,) = sample_queries(rng, view, 1)
    if query.target == ABSENT or any(word in COLOURS for word in query.phrase.split()):
        return None
    said = ["the", *_head(query.phrase), query.target, "is", view.colour[query.target]]
    return query.phrase, said


def _several(rng: np.random.Generator, view: InView, topic: Topic) -> tuple[str, Words] | None:
    """A phrase that means more than one thing is answered with all of them."""
    group = _group(rng, view, present=1.0)
    if group is None or not 2 <= len(group[1]) <= MAX_MEASURED:
        return None
    phrase, found = group
    words: Words = ["there", "are", COUNTS[len(found)], *_head(phrase), ":"]
    for number, thing in enumerate(found):
        words += [*(["and"] if number else []), thing, *_TOLD[topic][1:]]
    return phrase, words


def _group(rng: np.random.Generator, view: InView, present: float) -> tuple[str, list[int]] | None:
    """A phrase for any number of things, and those in view that it means, nearest first.

    With probability ``present`` its words are those of a thing in view, half of these times of one
    that has its like. None where a thing that it may mean is hardly in view.
    """
    clear = [int(i) for i in np.flatnonzero(view.clear)]
    if clear and rng.random() < present:
        alike = [i for i in clear if len(matches(view, view.kind[i], None)) > 1]
        among = alike if alike and rng.random() < 0.5 else clear
        index = among[int(rng.integers(len(among)))]
        kind, colour = view.kind[index], view.colour[index]
    else:
        kind, colour = KINDS[int(rng.integers(len(KINDS)))], str(rng.choice(COLOURS))
        if clear and rng.random() < 0.5:
            kind = view.kind[clear[int(rng.integers(len(clear)))]]
    form = rng.random()
    if form < 0.5:
        phrase, found = kind, matches(view, kind, None)
    elif form < 0.8:
        phrase, found = f"{colour} {kind}", matches(view, kind, colour)
    else:
        phrase, found = f"{colour} thing", matches(view, None, colour)
    if rng.random() < 0.2:
        return _on_a_side(rng, view, phrase, found)
    return (phrase, _nearest_first(view, found)) if view.clear[found].all() else None


def _on_a_side(
    rng: np.random.Generator, view: InView, phrase: str, among: list[int]
) -> tuple[str, list[int]] | None:
    """Those of the things that stand so to one other thing."""
    anchor = pick_clear(rng, view)
    name = None if anchor is None else name_of(rng, view, anchor)
    if anchor is None or name is None:
        return None
    word = RELATIONS[int(rng.integers(len(RELATIONS)))]
    others = [i for i in among if i != anchor]
    true = [holds(view, word, other, anchor) for other in others]
    found = [other for other, holds_true in zip(others, true, strict=True) if holds_true]
    if None in true or not view.clear[found].all():
        return None
    return f"{phrase} {word} {name}", _nearest_first(view, found)


def _unknown(rng: np.random.Generator, topic: Topic) -> str:
    kind, colour = str(rng.choice(KINDS)), str(rng.choice(COLOURS))
    relation = [f"{RELATIONS[int(rng.integers(len(RELATIONS)))]}"] if topic == "relation" else []
    forms = ([UNKNOWN], [colour, UNKNOWN], [UNKNOWN, kind], [kind, "left", "of", UNKNOWN])
    form = forms[int(rng.integers(len(forms) - len(relation)))]
    return " ".join([*relation, *form])


def _subject(view: InView, phrase: str, target: int) -> Words:
    """Such as "the red chair <loc>"; of a mere thing also what it is."""
    head = _head(phrase)
    if head[-1] != "thing":
        return ["the", *head, target]
    return ["the", *head, target, "is", "a", view.colour[target], view.kind[target], "and"]


def _none_of(phrase: str) -> list[str]:
    head = _head(phrase)
    return ["no", *head] if head == phrase.split() else ["no", *head, "there"]


def _head(phrase: str) -> list[str]:
    """The words of a phrase before its relation."""
    words = phrase.split()
    begins = [number for number, word in enumerate(words) if word in _RELATION_BEGINS]
    return words[: min(begins, default=len(words))]


def _listed(view: InView, things: Sequence[int]) -> Words:
    words: Words = []
    for number, thing in enumerate(things):
        if number:
            words.append("and" if number == len(things) - 1 else ",")
        words += ["a", view.colour[thing], view.kind[thing], thing]
    return words


def _nearest_first(view: InView, things: Sequence[int]) -> list[int]:
    return sorted(things, key=lambda thing: view.range_m[thing])


_Maker = Callable[[np.random.Generator, InView], "tuple[str, Words] | None"]
_MAKERS: dict[Topic, _Maker] = {
    "see": _see, "count": _count, "there": _there, "relation": _relation,
}  # fmt: skip
_SHARES: dict[Topic, float] = {
    "see": 0.2, "count": 0.16, "there": 0.16, "where": 0.12, "far": 0.08, "big": 0.05, "high": 0.04,
    "colour": 0.12, "relation": 0.16, "place": 0.08,
}  # fmt: skip
_TOPICS = tuple(_SHARES)
_CUMULATIVE = np.cumsum(list(_SHARES.values()))
