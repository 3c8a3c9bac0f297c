"""Words to ids and back, with a vocabulary that is fixed when the model is trained.

Knows the id layout of the network's text input and output. Does not know verbs; feed it phrases
or the tokens of a dialogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from camaware_ros.language.dialogue_words import ANSWER_TOKENS
from camaware_ros.language.phrases import normalise_phrase
from camaware_ros.language.vocabulary import WORDS

PAD_ID, UNKNOWN_ID, BOS_ID, LOC_ID = 0, 1, 2, 3
SPECIAL_TOKENS: tuple[str, ...] = ("<pad>", "<unk>", "<bos>", "<loc>")


@dataclass(frozen=True, slots=True)
class WordTokenizer:
    """One id per word of the normalised phrase, and one per token of an answer.

    Ids 0 to 3 are pad, unknown, begin and location; word ``i`` of ``words`` has id ``4 + i``; the
    ids of ``answers`` follow, so that an older model's embeddings are the first rows of a newer's.

    Attributes:
        words: the words of phrases, unique, lower case, in id order.
        answers: what a dialogue needs besides, in id order; empty for a model that only points.
    """

    words: tuple[str, ...] = WORDS
    answers: tuple[str, ...] = ANSWER_TOKENS

    def __post_init__(self) -> None:
        words, answers = tuple(self.words), tuple(self.answers)
        if not words or len(set(words)) != len(words):
            raise ValueError(f"words: expected at least one word and no duplicates, got {words!r}")
        for word in words:
            if not isinstance(word, str) or normalise_phrase(word) != word or " " in word:
                raise ValueError(f"words: expected single normalised words, got {word!r}")
        taken = {*SPECIAL_TOKENS, *words}
        for token in answers:
            if not isinstance(token, str) or not token or " " in token or token in taken:
                raise ValueError(f"answers: expected unique tokens without spaces, got {token!r}")
            taken.add(token)
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "answers", answers)

    @property
    def tokens(self) -> tuple[str, ...]:
        """All tokens in id order."""
        return (*SPECIAL_TOKENS, *self.words, *self.answers)

    @property
    def size(self) -> int:
        """Number of ids, special ones included."""
        return len(SPECIAL_TOKENS) + len(self.words) + len(self.answers)

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Ids of the tokens of a dialogue, one by one; what is not known becomes <unk>."""
        known = {token: number for number, token in enumerate(self.tokens)}
        return [known.get(token, UNKNOWN_ID) for token in tokens]

    def encode(self, phrase: str, length: int) -> list[int]:
        """Ids of a phrase: begin, words, location, then padding up to ``length``.

        Raises:
            ValueError: the phrase is empty, or needs more than ``length`` ids.
        """
        words = normalise_phrase(phrase).split()
        if not words:
            raise ValueError(f"phrase: expected at least one word, got {phrase!r}")
        ids = [BOS_ID, *(self._id(word) for word in words), LOC_ID]
        if len(ids) > length:
            raise ValueError(
                f"phrase: expected at most {length - 2} words, got {len(words)} in {phrase[:80]!r}"
            )
        return ids + [PAD_ID] * (length - len(ids))

    def decode(self, ids: Sequence[int]) -> str:
        """The words of ``ids`` without begin, location and padding; unknown ids read <unk>.

        Raises:
            ValueError: an id outside the vocabulary.
        """
        if any(not 0 <= token < self.size for token in ids):
            raise ValueError(f"ids: expected ids in [0, {self.size}), got {list(ids)!r}")
        tokens = self.tokens
        return " ".join(tokens[token] for token in ids if token not in (PAD_ID, BOS_ID, LOC_ID))

    def unknown_words(self, phrase: str) -> tuple[str, ...]:
        """The words of a phrase the model has never seen, in reading order."""
        return tuple(word for word in normalise_phrase(phrase).split() if word not in self.words)

    def to_dict(self) -> dict[str, list[str]]:
        """For JSON, beside a checkpoint."""
        return {
            "special_tokens": list(SPECIAL_TOKENS),
            "words": list(self.words),
            "answers": list(self.answers),
        }

    @classmethod
    def from_dict(cls, record: object) -> WordTokenizer:
        """The inverse of :meth:`to_dict`; a record without answers is of a model that has none.

        Raises:
            ValueError: other keys, or special tokens in another order than this code's.
        """
        if not isinstance(record, dict) or set(record) | {"answers"} != {
            "special_tokens", "words", "answers",
        }:  # fmt: skip
            raise ValueError(
                f"tokenizer: expected keys special_tokens, words and answers, got {record!r}"
            )
        if record["special_tokens"] != list(SPECIAL_TOKENS):
            raise ValueError(
                f"special_tokens: expected {list(SPECIAL_TOKENS)}, got {record['special_tokens']!r}"
            )
        for name in ("words", "answers"):
            if not isinstance(record.get(name, []), list):
                raise ValueError(f"{name}: expected a list, got {record[name]!r}")
        return cls(words=tuple(record["words"]), answers=tuple(record.get("answers", ())))

    def _id(self, word: str) -> int:
        try:
            return len(SPECIAL_TOKENS) + self.words.index(word)
        except ValueError:
            return UNKNOWN_ID
