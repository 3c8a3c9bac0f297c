"""Questions in plain English, and the one form of each that the model is asked in.

Knows how people ask. Does not know what is in view (``training.dialogues``) nor how an answer
reads (``dialogue_text``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from camaware_ros.language.commands import CommandError, check_text, parse_command
from camaware_ros.language.dialogue_words import EOS, QUESTION_MARK
from camaware_ros.language.phrases import normalise_phrase, split_words
from camaware_ros.language.plurals import singular
from camaware_ros.language.tokenizer import BOS_ID, PAD_ID, WordTokenizer
from camaware_ros.language.vocabulary import ARTICLES, RELATIONS

DIALOGUE_LENGTH = 48
"""Ids of a question and its answer together."""

Topic = Literal[
    "see", "count", "there", "where", "far", "big", "high", "colour", "relation", "place"
]
ASKED = MappingProxyType(
    {
        "see": "what do you see", "count": "how many", "there": "is there", "where": "where is",
        "far": "how far is", "big": "how big is", "high": "how high is",
        "colour": "what colour is", "relation": "what is", "place": "what coordinates",
    }
)  # fmt: skip
"""What the model reads before the phrase, by topic."""

_SPOKEN: dict[Topic, tuple[str, ...]] = {
    "see": (
        "what do you see", "what can you see", "what is in view", "what is there", "what is here",
        "what is in picture", "what is in image", "what things do you see", "describe what you see",
        "describe scene", "describe picture", "describe image", "list what you see",
        "list everything", "list all things", "list things", "what is around you",
    ),
    "count": ("how many", "count", "count all", "what is number of", "number of"),
    "there": (
        "is there", "are there", "do you see", "can you see", "is there any", "are there any",
        "do you see any", "can you see any",
    ),
    "where": ("where is", "where are", "wheres", "where", "which is", "which thing is"),
    "far": (
        "how far is", "how far are", "how far away is", "how far away are", "how far to", "how far",
        "how distant is", "what is distance to", "what is distance of", "what is range of",
        "how close is", "how near is",
    ),
    "big": (
        "how big is", "how big are", "how big", "how large is", "how large are", "how large",
        "what size is", "what is size of", "what are dimensions of",
    ),
    "high": (
        "how high is", "how high are", "how high", "how tall is", "how tall are", "how tall",
        "what is height of",
    ),
    "colour": (
        "what colour is", "what color is", "which colour is", "which color is", "what colour has",
        "what is colour of", "what is color of", "what colour", "what color",
    ),
    "relation": ("what is", "whats", "which things are", "what things are", "what stands"),
    "place": (
        "what coordinates", "what are coordinates of", "coordinates of", "give coordinates of",
        "give me coordinates of", "what are location tokens of", "spell", "spell out",
    ),
}  # fmt: skip
_PROMPTS = {
    tuple(spoken.split()): topic for topic, group in _SPOKEN.items() for spoken in group
}  # fmt: skip
_AT_BEGIN = (
    "please", "now", "robot", "hey", "hello", "hi", "ok", "okay", "so", "and", "tell me", "say",
    "can you tell me", "could you tell me", "can you say", "do you know", "can you please",
    "could you", "would you", "i want to know",
)  # fmt: skip
_AT_END = (
    "please", "now", "robot", "are there", "is there", "are in view", "is in view", "in view",
    "do you see", "can you see", "are here", "here", "there", "away", "from here", "from you",
    "are visible", "visible", "in picture", "in image", "in room", "is", "are", "stand",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """What a person wants to know.

    Attributes:
        topic: the kind of question.
        phrase: normalised, what it is about; empty exactly for "see". For "relation" it begins
            with the relation: "left of red table".
    """

    topic: Topic
    phrase: str = ""

    def __post_init__(self) -> None:
        if self.topic not in get_args(Topic):
            raise ValueError(f"topic: expected one of {get_args(Topic)}, got {self.topic!r}")
        if (self.topic == "see") != (self.phrase == ""):
            raise ValueError(
                f"phrase: expected none exactly for 'see', got {self.phrase!r} for {self.topic!r}"
            )

    @property
    def tokens(self) -> tuple[str, ...]:
        """What the model reads between <bos> and its answer."""
        return (*ASKED[self.topic].split(), *self.phrase.split(), QUESTION_MARK)


def parse_question(text: str) -> Question:
    """Read a question, for example "How far is the red chair?" or "what do you see".

    What is no question is taken for a thing to be found: an order ("go to the red chair") for the
    thing it names, anything else as a phrase.

    Raises:
        CommandError: no text, or a question about nothing.
    """
    check_text(text)
    words = tuple(word for word in split_words(text) if word not in ARTICLES)
    words = _without(words, _AT_BEGIN, at_end=False)
    if not words:
        raise CommandError("EMPTY", f"expected a question, got {text[:60]!r}")
    topic, rest = _split_topic(words)
    if topic == "see" and not rest:
        return Question("see")
    if topic is None:
        return Question("where", _named_in_order(words))
    phrase = _phrase(_without(rest, _AT_END, at_end=True))
    if not phrase:
        if topic in ("there", "relation", "where"):
            return Question("see")
        raise CommandError("NO_TARGET", f"expected a thing in the question, got {text[:60]!r}")
    if topic in ("see", "relation"):
        topic = "relation" if phrase.startswith(RELATIONS) else "where"
    return Question(topic, phrase)


def is_question(text: str) -> bool:
    """Whether a text asks and does not order: an order ("where is the chair?") stays one."""
    try:
        parse_command(text)
    except CommandError as error:
        words = tuple(word for word in split_words(text) if word not in ARTICLES)
        topic, _ = _split_topic(_without(words, _AT_BEGIN, at_end=False))
        return error.code == "NO_VERB" and topic is not None
    return False


def encode_question(tokenizer: WordTokenizer, question: Question) -> list[int]:
    """Ids from <bos> to the question mark; what is no word of a phrase becomes <unk>.

    Raises:
        ValueError: a model without answers, or no room left for an answer.
    """
    if EOS not in tokenizer.answers:
        raise ValueError("model: expected one that was taught to answer, got one that only points")
    phrase = [word if word in tokenizer.words else "<unk>" for word in question.phrase.split()]
    asked = ASKED[question.topic].split()
    ids = [BOS_ID, *tokenizer.ids([*asked, *phrase, QUESTION_MARK])]
    if len(ids) > DIALOGUE_LENGTH // 2:
        raise ValueError(
            f"question: expected at most {DIALOGUE_LENGTH // 2 - 1} words, got {len(ids) - 1}"
        )
    return ids


def encode_dialogue(
    tokenizer: WordTokenizer, question: Question, answer: Sequence[str]
) -> tuple[list[int], list[int]]:
    """Ids of a question with its answer and <eos>, padded, and 1 where the model is to write.

    Raises:
        ValueError: they do not fit into ``DIALOGUE_LENGTH`` ids.
    """
    asked = encode_question(tokenizer, question)
    written = tokenizer.ids([*answer, EOS])
    left = DIALOGUE_LENGTH - len(asked) - len(written)
    if left < 0:
        raise ValueError(f"dialogue: expected at most {DIALOGUE_LENGTH} ids, got {-left} more")
    mask = [0] * len(asked) + [1] * len(written) + [0] * left
    return [*asked, *written, *[PAD_ID] * left], mask


def _named_in_order(words: tuple[str, ...]) -> str:
    try:
        target = parse_command(" ".join(words)).target
    except CommandError as error:
        if error.code != "NO_VERB":
            raise
        target = " ".join(words)
    if target is None:
        raise CommandError("NO_TARGET", f"expected a question, got {' '.join(words)[:60]!r}")
    return _phrase(target.split())


def _phrase(words: Sequence[str]) -> str:
    kept = words[1:] if words[:1] == ("any",) else words
    return normalise_phrase(" ".join(singular(word) for word in kept))


def _split_topic(words: tuple[str, ...]) -> tuple[Topic | None, tuple[str, ...]]:
    """The topic with the longest match, and what follows it."""
    for count in range(len(words), 0, -1):
        topic = _PROMPTS.get(words[:count])
        if topic is not None:
            return topic, words[count:]
    return None, words


def _without(words: tuple[str, ...], spoken: Sequence[str], at_end: bool) -> tuple[str, ...]:
    for group in sorted((tuple(s.split()) for s in spoken), key=len, reverse=True):
        if at_end and words[-len(group) :] == group:
            return _without(words[: -len(group)], spoken, at_end)
        if not at_end and words[: len(group)] == group and len(words) > len(group):
            return _without(words[len(group) :], spoken, at_end)
    return words
