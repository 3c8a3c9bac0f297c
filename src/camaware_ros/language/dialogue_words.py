"""The tokens of questions and answers that a phrase does not need.

Knows tokens only. How a person asks is in ``dialogue``, how an answer reads in ``dialogue_text``.
A new token goes to the end: the ids of trained models follow the order.
"""

from __future__ import annotations

from camaware_ros.language.vocabulary import WORDS

EOS, QUESTION_MARK = "<eos>", "?"
RANGE, BEARING, SIZE, HEIGHT = "<range>", "<bearing>", "<size>", "<height>"
SLOTS: tuple[str, ...] = (RANGE, BEARING, SIZE, HEIGHT)
"""Measures that are filled in from the box of the last <loc>, so that text and box agree."""

COUNTS: tuple[str, ...] = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
)  # fmt: skip
"""The word for a number of things, by that number."""

PLACE_BINS = 64
PLACES: tuple[str, ...] = tuple(f"<{number}>" for number in range(PLACE_BINS))
"""Location tokens: one quantised number of a spelled box each, see ``dialogue_places``."""

_SPOKEN = (
    "what", "do", "you", "see", "how", "many", "far", "big", "high", "is", "are", "there", "where",
    "colour", "coordinates", "yes", "i", "the", "a", "and", "away", "not", "know", "that", "word",
    "nothing", "in", "view", "here", "it", "at", "on", "behind", "before", "with",
)  # fmt: skip

ANSWER_TOKENS: tuple[str, ...] = tuple(
    token
    for token in (EOS, QUESTION_MARK, ",", ":", *SLOTS, *COUNTS, *_SPOKEN, *PLACES)
    if token not in WORDS
)
"""Every token of a dialogue beyond ``vocabulary.WORDS``; ids follow those of the words."""
