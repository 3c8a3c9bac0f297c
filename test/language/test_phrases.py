"""One spelling per meaning."""

from __future__ import annotations

import pytest

from camaware_ros.language.phrases import kinds_in, normalise_phrase, split_words
from camaware_ros.language.vocabulary import (
    ARTICLES,
    COLOURS,
    KINDS,
    RELATIONS,
    SUPERLATIVES,
    SYNONYMS,
    WORDS,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The CRATE, to the left of a blue desk!", "box left of blue table"),
        ("a floor-lamp", "lamp"),
        ("lamp on the right side of the couch", "lamp right of sofa"),
        ("right_most violet cube", "rightmost purple box"),
        ("nearest chair", "closest chair"),
        ("the cup on top of the cupboard", "mug on cabinet"),
        ("a woman standing in front of the TV", "person standing before monitor"),
        ("The trash can behind the trolley", "bin behind cart"),
        ("theatre", "theatre"),
        ("the the", ""),
        ("", ""),
    ],
)
def test_normalise(text: str, expected: str) -> None:
    assert normalise_phrase(text) == expected
    assert normalise_phrase(expected) == expected


def test_synonyms_lead_into_the_vocabulary_and_do_not_hide_it() -> None:
    for spoken, meant in SYNONYMS.items():
        assert set(meant.split()) <= set(WORDS), spoken
        assert spoken not in WORDS
        assert not set(spoken.split()) & ARTICLES
        assert normalise_phrase(f"the {spoken}") == meant


def test_every_part_of_a_trained_phrase_is_in_the_word_list() -> None:
    for part in (*KINDS, *COLOURS, *RELATIONS, *SUPERLATIVES):
        assert set(part.split()) <= set(WORDS)
        assert normalise_phrase(part) == part
    assert len(set(WORDS)) == len(WORDS)


def test_kinds_are_named_in_reading_order() -> None:
    assert kinds_in("the chair left of the blue desk") == ("chair", "table")
    assert kinds_in("closest red object") == ("thing",)
    assert kinds_in("closest red one") == ()


def test_apostrophes_do_not_split_words() -> None:
    assert split_words("where's  O\u2019Brien-chair") == ("wheres", "obrien", "chair")
