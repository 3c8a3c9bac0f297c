"""Ids: layout, limits, round trips."""

from __future__ import annotations

import json

import pytest

from camaware_ros.language.tokenizer import BOS_ID, LOC_ID, PAD_ID, UNKNOWN_ID, WordTokenizer
from camaware_ros.language.vocabulary import COLOURS, KINDS


def test_layout_is_begin_words_location_padding() -> None:
    tokenizer = WordTokenizer(words=("chair", "red"), answers=("yes",))
    assert tokenizer.encode("the Red chair", 6) == [2, 5, 4, 3, 0, 0]
    assert (PAD_ID, UNKNOWN_ID, BOS_ID, LOC_ID) == (0, 1, 2, 3)
    assert tokenizer.ids(["red", "yes", "<loc>", "maybe"]) == [5, 6, LOC_ID, UNKNOWN_ID]
    assert tokenizer.size == 7


def test_every_colour_and_kind_round_trips_and_differs() -> None:
    tokenizer = WordTokenizer()
    seen = set()
    for phrase in (f"{colour} {kind}" for colour in COLOURS for kind in KINDS):
        ids = tokenizer.encode(phrase, 8)
        assert tokenizer.decode(ids) == phrase
        assert max(ids) < tokenizer.size and UNKNOWN_ID not in ids
        seen.add(tuple(ids))
    assert len(seen) == len(COLOURS) * len(KINDS)


def test_synonyms_give_the_same_ids() -> None:
    tokenizer = WordTokenizer()
    assert tokenizer.encode("nearest couch", 8) == tokenizer.encode("the closest sofa", 8)


def test_unknown_words_are_named_and_encoded_as_unknown() -> None:
    tokenizer = WordTokenizer()
    assert tokenizer.unknown_words("the shiny red unicorn") == ("shiny", "unicorn")
    assert tokenizer.unknown_words("chair to the left of the blue desk") == ()
    assert tokenizer.encode("shiny chair", 5)[1] == UNKNOWN_ID
    assert tokenizer.decode(tokenizer.encode("shiny chair", 5)) == "<unk> chair"


def test_a_phrase_that_just_fits_fits_and_one_more_word_does_not() -> None:
    tokenizer = WordTokenizer()
    assert tokenizer.encode("chair left of blue table", 7)[-1] == LOC_ID
    with pytest.raises(ValueError, match="at most 4 words, got 5"):
        tokenizer.encode("chair left of blue table", 6)


@pytest.mark.parametrize("phrase", ["", "the", "?!"])
def test_an_empty_phrase_has_no_ids(phrase: str) -> None:
    with pytest.raises(ValueError, match="at least one word"):
        WordTokenizer().encode(phrase, 8)


def test_json_round_trip() -> None:
    tokenizer = WordTokenizer(words=("chair", "red"))
    assert WordTokenizer.from_dict(json.loads(json.dumps(tokenizer.to_dict()))) == tokenizer


def test_a_record_of_a_model_without_answers_is_read() -> None:
    record = WordTokenizer(words=("chair", "red")).to_dict()
    del record["answers"]
    tokenizer = WordTokenizer.from_dict(record)
    assert tokenizer.answers == () and tokenizer.size == 6


def test_words_of_answers_are_no_words_of_phrases() -> None:
    tokenizer = WordTokenizer()
    assert tokenizer.unknown_words("yes chair") == ("yes",)
    assert tokenizer.encode("yes chair", 5)[1] == UNKNOWN_ID
    assert UNKNOWN_ID not in tokenizer.ids(tokenizer.tokens[2:])


@pytest.mark.parametrize(
    "record",
    [
        None,
        [],
        {"words": ["chair"]},
        {"words": ["chair"], "special_tokens": ["<bos>", "<pad>", "<unk>", "<loc>"]},
        {"words": "chair", "special_tokens": ["<pad>", "<unk>", "<bos>", "<loc>"]},
        {"words": [], "special_tokens": ["<pad>", "<unk>", "<bos>", "<loc>"]},
        {"words": ["chair", "chair"], "special_tokens": ["<pad>", "<unk>", "<bos>", "<loc>"]},
        {"words": ["couch"], "special_tokens": ["<pad>", "<unk>", "<bos>", "<loc>"]},
        {"words": [3], "special_tokens": ["<pad>", "<unk>", "<bos>", "<loc>"]},
        {
            "words": ["red"],
            "answers": ["red"],
            "special_tokens": ["<pad>", "<unk>", "<bos>", "<loc>"],
        },
    ],
)
def test_a_damaged_record_is_refused(record: object) -> None:
    with pytest.raises(ValueError, match="expected .* got"):
        WordTokenizer.from_dict(record)


@pytest.mark.parametrize("ids", [[-1], [999]])
def test_ids_outside_the_vocabulary_are_refused(ids: list[int]) -> None:
    with pytest.raises(ValueError, match="ids"):
        WordTokenizer().decode(ids)
