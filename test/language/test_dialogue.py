"""Questions as people ask them, and the form the model is asked in."""

from __future__ import annotations

import pytest

from camaware_ros.language.commands import CommandError
from camaware_ros.language.dialogue import (
    ASKED,
    DIALOGUE_LENGTH,
    Question,
    encode_dialogue,
    encode_question,
    is_question,
    parse_question,
)
from camaware_ros.language.plurals import plural, singular
from camaware_ros.language.tokenizer import BOS_ID, PAD_ID, UNKNOWN_ID, WordTokenizer
from camaware_ros.language.vocabulary import COLOURS, KINDS

TOKENIZER = WordTokenizer()


@pytest.mark.parametrize(
    ("text", "topic", "phrase"),
    [
        ("What do you see?", "see", ""),
        ("hey robot, please describe the scene", "see", ""),
        ("what is there", "see", ""),
        ("How many chairs are there?", "count", "chair"),
        ("how many red boxes can you see", "count", "red box"),
        ("how many sofas", "count", "sofa"),
        ("How far away is the couch?", "far", "sofa"),
        ("what is the distance to the nearest chair", "far", "closest chair"),
        ("Is there a red chair here?", "there", "red chair"),
        ("are there any couches", "there", "sofa"),
        ("do you see the blue ball", "there", "blue ball"),
        ("Where's the table to the left of the red box?", "where", "table left of red box"),
        ("where are the balls", "where", "ball"),
        ("how big is the table", "big", "table"),
        ("How tall is the lamp?", "high", "lamp"),
        ("what color is the sofa", "colour", "sofa"),
        ("what is the colour of the sofa?", "colour", "sofa"),
        ("what is to the left of the red table?", "relation", "left of red table"),
        ("what do you see right of the sofa", "relation", "right of sofa"),
        ("what is the closest thing", "where", "closest thing"),
        ("which is the nearest chair?", "where", "closest chair"),
        ("what are the coordinates of the cone?", "place", "cone"),
        ("go to the red chair", "where", "red chair"),
        ("find the crate, please", "where", "box"),
        ("the purple unicorn", "where", "purple unicorn"),
    ],
)
def test_a_question_in_plain_english(text: str, topic: str, phrase: str) -> None:
    assert parse_question(text) == Question(topic, phrase)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("What do you see?", True),
        ("robot, how far is the chair?", True),
        ("is there a red box", True),
        ("how far", True),
        ("where is the chair?", False),
        ("can you go to the chair?", False),
        ("stop! what do you see?", False),
        ("sing a song", False),
        ("a chair?", False),
        ("", False),
        ("what\x07", False),
    ],
)
def test_an_order_is_no_question(text: str, asks: bool) -> None:
    assert is_question(text) is asks


@pytest.mark.parametrize("topic", ASKED)
def test_the_form_the_model_is_asked_in_is_understood_as_itself(topic: str) -> None:
    phrase = {"see": "", "relation": "left of blue table"}.get(topic, "red chair")
    question = Question(topic, phrase)
    assert parse_question(" ".join(question.tokens)) == question
    assert UNKNOWN_ID not in encode_question(TOKENIZER, question)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "EMPTY"), ("?!", "EMPTY"), ("please", "EMPTY"), ("how many", "NO_TARGET"),
     ("how far is the", "NO_TARGET"), ("stop", "NO_TARGET"), ("x" * 501, "TOO_LONG"),
     ("a\0b", "NOT_PRINTABLE")],
)  # fmt: skip
def test_what_is_no_question_is_refused_with_a_reason(text: str, code: str) -> None:
    with pytest.raises(CommandError, match="expected") as caught:
        parse_question(text)
    assert caught.value.code == code


@pytest.mark.parametrize("noun", [*KINDS, "thing"])
def test_plurals_are_undone(noun: str) -> None:
    assert plural(noun) != noun and singular(plural(noun)) == noun == singular(noun)


@pytest.mark.parametrize(
    ("word", "one"), [("boxes", "box"), ("couches", "couch"), ("glass", "glass"), ("yes", "yes")]
)
def test_only_known_nouns_have_a_plural(word: str, one: str) -> None:
    assert singular(word) == one


def test_unknown_words_stay_in_their_place() -> None:
    question = Question("there", "purple unicorn")
    ids = encode_question(TOKENIZER, question)
    assert ids[-2] == UNKNOWN_ID and ids.count(UNKNOWN_ID) == 1
    # a word that only answers use is none of a phrase's
    assert encode_question(TOKENIZER, Question("there", "purple word")) == ids


def test_a_dialogue_is_question_answer_end_padding() -> None:
    ids, mask = encode_dialogue(TOKENIZER, Question("far", "red chair"), ("no", "chair"))
    tokens = [TOKENIZER.tokens[i] for i in ids]
    assert " ".join(tokens[:10]) == "<bos> how far is red chair ? no chair <eos>"
    assert ids[0] == BOS_ID and len(ids) == len(mask) == DIALOGUE_LENGTH
    assert mask == [0] * 7 + [1] * 3 + [0] * 38 and set(ids[10:]) == {PAD_ID}


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 48"):
        encode_dialogue(TOKENIZER, Question("see"), ("chair",) * 60)
    with pytest.raises(ValueError, match="at most 23 words"):
        encode_question(TOKENIZER, Question("where", "red " * 30 + "chair"))
    with pytest.raises(ValueError, match="only points"):
        encode_question(WordTokenizer(answers=()), Question("see"))


@pytest.mark.parametrize(("topic", "phrase"), [("see", "chair"), ("far", ""), ("why", "chair")])
def test_impossible_questions_are_refused(topic: str, phrase: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        Question(topic, phrase)


def test_every_colour_can_be_asked_for() -> None:
    for colour in COLOURS:
        assert parse_question(f"how many {colour} things are there").phrase == f"{colour} thing"
