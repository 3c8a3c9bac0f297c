"""From the tokens the model wrote to a sentence; every number in it is read from a box.

Knows grammar. Does not know how the boxes were found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from camaware_ros.language.dialogue_words import BEARING, COUNTS, EOS, HEIGHT, RANGE, SIZE, SLOTS
from camaware_ros.language.plurals import plural
from camaware_ros.language.vocabulary import COLOURS, KINDS, SUPERLATIVES

LOC = "<loc>"
AHEAD_DEG = 2.5
_NOUNS = (*KINDS, "thing")
_NAMES = (*SUPERLATIVES, *COLOURS, *_NOUNS)


@dataclass(frozen=True, slots=True)
class Measures:
    """What a sentence may say of a box.

    Attributes:
        range_m: from the camera to its centre.
        bearing_rad: of its centre on the level plane, to the right positive.
        size_m: length, width, height.
    """

    range_m: float
    bearing_rad: float
    size_m: tuple[float, float, float]


def answer_text(tokens: Sequence[str], boxes: Sequence[Measures]) -> str:
    """The sentence that ``tokens`` (up to <eos>) stand for.

    Args:
        tokens: as the model wrote them, with one <loc> per thing.
        boxes: one per <loc>, in order.

    Raises:
        ValueError: another number of boxes than of <loc>.
    """
    written = list(tokens[: tokens.index(EOS)] if EOS in tokens else tokens)
    if written.count(LOC) != len(boxes):
        raise ValueError(f"boxes: expected {written.count(LOC)}, one per <loc>, got {len(boxes)}")
    words: list[str] = []
    last = -1
    for token in written:
        if token == LOC:
            last += 1
        elif token in SLOTS:
            words.append(measure(token, boxes[last]) if last >= 0 else "unknown")
        else:
            words.append(plural(token) if token in _NOUNS and _counted(words) else token)
    return _sentence(words)


def labels(tokens: Sequence[str], asked: str) -> tuple[str, ...]:
    """What each <loc> is called in the answer, "red chair"; ``asked`` where it is given no name."""
    found: list[str] = []
    name, run = asked, list[str]()
    for token in tokens:
        run = [*run, token] if token in _NAMES else []
        if run and run[-1] in _NOUNS:
            name = " ".join(run)
        if token == LOC:
            found.append(name)
    return tuple(found)


def measure(slot: str, box: Measures) -> str:
    """A slot filled in: "2.31 m", "12 degrees to the left", "0.5 x 0.4 x 0.9 m", "0.9 m"."""
    if slot == RANGE:
        return f"{box.range_m:.2f} m"
    if slot == SIZE:
        return " x ".join(f"{length:.2f}" for length in box.size_m) + " m"
    if slot == HEIGHT:
        return f"{box.size_m[2]:.2f} m"
    if slot != BEARING:
        raise ValueError(f"slot: expected one of {SLOTS}, got {slot!r}")
    degrees = math.degrees(box.bearing_rad)
    if abs(degrees) < AHEAD_DEG:
        return "straight ahead"
    return f"{abs(degrees):.0f} degrees to the {'right' if degrees > 0 else 'left'}"


def _counted(words: Sequence[str]) -> bool:
    """Whether the next noun is of several things: "two red ..."."""
    before = [word for word in words[-2:] if word not in COLOURS]
    return bool(before) and before[-1] in COUNTS[2:]


def _sentence(words: Sequence[str]) -> str:
    text = ""
    for word, after in zip(words, [*words[1:], ""], strict=False):
        article = "an" if word == "a" and after[:1] in tuple("aeiou") else word
        text += article if word in (",", ":") or not text else f" {article}"
    return f"{text[:1].upper()}{text[1:]}." if text else ""
