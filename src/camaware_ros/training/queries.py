"""Phrases about a scene, each with the one thing it means or with nothing.

Knows what is in view and where; does not know pixels or tokens. A phrase is only asked when the
picture settles it: things hardly in view neither count as present nor as absent.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from camaware_ros.language.vocabulary import COLOURS, KINDS, RELATIONS, SUPERLATIVES

ABSENT = -1
BEARING_MARGIN_RAD = 0.05
RANGE_MARGIN = 1.1
TOGETHER_RAD = 0.2
APART_RAD = 0.35
DEPTH_MARGIN = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class InView:
    """What the picture shows.

    Attributes:
        kind, colour: words per thing, shape (n,).
        clear: seen well enough to be asked for, shape (n,).
        seen: at least one pixel, shape (n,).
        bearing_rad: to the right positive, shape (n,).
        range_m: to the centre, shape (n,).
        on: index of the thing that each one stands on, -1 for the floor; empty where unknown.
    """

    kind: tuple[str, ...]
    colour: tuple[str, ...]
    clear: NDArray[np.bool_]
    seen: NDArray[np.bool_]
    bearing_rad: NDArray[np.float64]
    range_m: NDArray[np.float64]
    on: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A phrase, the index of the thing it means (``ABSENT`` for none) and its type."""

    phrase: str
    target: int
    type: str


def _plain(view: InView) -> InView:
    """The same with lists: thousands of single looks at numpy arrays are slow."""
    names = ("clear", "seen", "bearing_rad", "range_m")
    return replace(view, **{name: np.asarray(getattr(view, name)).tolist() for name in names})


def matches(view: InView, kind: str | None, colour: str | None) -> list[int]:
    """Every thing with at least a pixel in view that the words fit."""
    return [
        i
        for i, (seen, its_kind, its_colour) in enumerate(
            zip(view.seen, view.kind, view.colour, strict=True)
        )
        if seen and kind in (None, its_kind) and colour in (None, its_colour)
    ]


def pick_clear(rng: np.random.Generator, view: InView) -> int | None:
    """Any thing that may be asked for."""
    clear = [i for i, is_clear in enumerate(view.clear) if is_clear]
    return clear[int(rng.random() * len(clear))] if clear else None


def name_of(rng: np.random.Generator, view: InView, index: int) -> str | None:
    """A name that means only this thing: its kind, or colour and kind."""
    kind, colour = view.kind[index], view.colour[index]
    if len(matches(view, kind, None)) == 1 and rng.random() < 0.4:
        return kind
    return f"{colour} {kind}" if len(matches(view, kind, colour)) == 1 else None


def _direct(rng: np.random.Generator, view: InView, form: str) -> Query | None:
    index = pick_clear(rng, view)
    if index is None:
        return None
    kind = view.kind[index] if form != "colour" else None
    colour = view.colour[index] if form != "kind" else None
    if len(matches(view, kind, colour)) != 1:
        return None
    return Query(f"{colour or ''} {kind or 'thing'}".strip(), index, form)


def _superlative(rng: np.random.Generator, view: InView) -> Query | None:
    """Closest, farthest, leftmost or rightmost of at least two clear things, by a margin."""
    index = pick_clear(rng, view)
    if index is None:
        return None
    which, draw = rng.random(2).tolist()
    word = SUPERLATIVES[int(len(SUPERLATIVES) * which)]
    noun = view.kind[index] if draw < 0.6 else None
    colour = view.colour[index] if draw > 0.8 else None
    rivals = matches(view, noun, colour)
    if len(rivals) < 2 or not all(view.clear[i] for i in rivals):
        return None
    if word in ("closest", "farthest"):
        ranked = sorted((math.log(view.range_m[i]), i) for i in rivals)
        margin = math.log(RANGE_MARGIN)
    else:
        ranked = sorted((float(view.bearing_rad[i]), i) for i in rivals)
        margin = BEARING_MARGIN_RAD
    if word in ("farthest", "rightmost"):
        ranked.reverse()
    if abs(ranked[1][0] - ranked[0][0]) < margin:
        return None
    name = f"{colour or ''} {noun or 'thing'}".strip()
    return Query(f"{word} {name}", ranked[0][1], "superlative")


def _relation(rng: np.random.Generator, view: InView) -> Query | None:
    """'X left of Y': exactly one X clearly stands so to the one Y, and every other clearly not."""
    index, anchor = pick_clear(rng, view), pick_clear(rng, view)
    if index is None or anchor is None:
        return None
    stacked = [i for i, below in enumerate(view.on) if below >= 0 and view.clear[i]]
    if stacked and rng.random() < 0.4:
        index = stacked[int(len(stacked) * rng.random())]
        anchor = view.on[index]
    if index == anchor or not view.clear[anchor]:
        return None
    anchor_name = name_of(rng, view, anchor)
    colour = view.colour[index] if rng.random() < 0.3 else None
    rivals = [i for i in matches(view, view.kind[index], colour) if i != anchor]
    if anchor_name is None or not all(view.clear[i] for i in rivals):
        return None
    words = [word for word in RELATIONS if holds(view, word, index, anchor)]
    if not words:
        return None
    word = words[-1 if rng.random() < 0.7 else 0]
    if any(holds(view, word, rival, anchor) is not (rival == index) for rival in rivals):
        return None
    noun = f"{colour} {view.kind[index]}" if colour else view.kind[index]
    return Query(f"{noun} {word} {anchor_name}", index, "relation")


def holds(view: InView, word: str, a: int, b: int) -> bool | None:
    """Whether "a ``word`` b" is clearly true or clearly false; None where one could argue.

    Behind and before mean the same direction and clearly farther or nearer than the other.
    """
    stacked = bool(view.on) and (view.on[a] == b or view.on[b] == a)
    if word == "on":
        return bool(view.on) and view.on[a] == b
    right = view.bearing_rad[a] - view.bearing_rad[b]
    if word in ("left of", "right of"):
        if abs(right) < BEARING_MARGIN_RAD:
            return None
        return bool((right < 0) == (word == "left of")) and not stacked
    farther = math.log(view.range_m[a] / view.range_m[b]) * (1 if word == "behind" else -1)
    if stacked or abs(right) > APART_RAD or farther < -math.log(RANGE_MARGIN):
        return False
    return True if abs(right) < TOGETHER_RAD and farther > math.log(DEPTH_MARGIN) else None


def _absent(rng: np.random.Generator, view: InView) -> Query | None:
    """Something that is not there; half of the time its colour and its kind are."""
    index = pick_clear(rng, view)
    a, b, half, same_kind, bare = rng.random(5).tolist()
    kind, colour = KINDS[int(len(KINDS) * a)], COLOURS[int(len(COLOURS) * b)]
    if index is not None and half < 0.5:
        if same_kind < 0.5:
            kind = view.kind[index]
        else:
            colour = view.colour[index]
    if bare < 0.2:
        return None if matches(view, kind, None) else Query(kind, ABSENT, "absent")
    return None if matches(view, kind, colour) else Query(f"{colour} {kind}", ABSENT, "absent")


_MAKERS: tuple[tuple[float, Callable[[np.random.Generator, InView], Query | None]], ...] = (
    (0.28, lambda rng, view: _direct(rng, view, "colour+kind")),
    (0.12, lambda rng, view: _direct(rng, view, "kind")),
    (0.06, lambda rng, view: _direct(rng, view, "colour")),
    (0.18, _relation),
    (0.30, _superlative),
    (0.10, _absent),
)
_TRIES = 6


def sample_queries(
    rng: np.random.Generator, view: InView, count: int, superlatives: float = 1.0
) -> tuple[Query, ...]:
    """``count`` different phrases; where the scene offers too few, absent things fill up.

    ``superlatives`` are tried so many times as often as the usual mixture tries them.
    """
    weights = (w * (superlatives if make is _superlative else 1.0) for w, make in _MAKERS)
    cumulative = list(accumulate(weights))
    queries: list[Query] = []
    asked: set[str] = set()
    view = _plain(view)
    for draw in (rng.random(3 * count) * cumulative[-1]).tolist():
        maker = _MAKERS[bisect(cumulative, draw)][1]
        for _ in range(_TRIES):
            query = maker(rng, view)
            if query is not None and query.phrase not in asked:
                queries.append(query)
                asked.add(query.phrase)
                break
        if len(queries) == count:
            return tuple(queries)
    while len(queries) < count:
        query = _absent(rng, view)
        if query is not None:
            queries.append(query)
    return tuple(queries)
