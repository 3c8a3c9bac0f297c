"""Words to ids and back, with a vocabulary that is fixed when the model is trained.

Knows the id layout of the network's text input. Does not know verbs; feed it phrases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from camaware_ros.language.phrases import normalise_phrase
from camaware_ros.language.vocabulary import WORDS

PAD_ID, UNKNOWN_ID, BOS_ID, LOC_ID = 0, 1, 2, 3
SPECIAL_TOKENS: tuple[str, ...] = ("<pad>", "<unk>", "<bos>", "<loc>")


@dataclass(frozen=True, slots=True)
class WordTokenizer:
    """One id per word of the normalised phrase.

    Ids 0 to 3 are pad, unknown, begin and location; word ``i`` of ``words`` has id ``4 + i``.

    Attributes:
        words: the known words, unique, lower case, in id order.
    """

    words: tuple[str, ...] = WORDS

    def __post_init__(self) -> None:
        words = tuple(self.words)
        if not words or len(set(words)) != len(words):
            raise ValueError(f"words: expected at least one word and no duplicates, got {words!r}")
        for word in words:
            if not isinstance(word, str) or normalise_phrase(word) != word or " " in word:
                raise ValueError(f"words: expected single normalised words, got {word!r}")
        object.__setattr__(self, "words", words)

    @property
    def size(self) -> int:
        """Number of ids, special ones included."""
        return len(SPECIAL_TOKENS) + len(self.words)

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
        tokens = (*SPECIAL_TOKENS, *self.words)
        return " ".join(tokens[token] for token in ids if token not in (PAD_ID, BOS_ID, LOC_ID))

    def unknown_words(self, phrase: str) -> tuple[str, ...]:
        """The words of a phrase the model has never seen, in reading order."""
        return tuple(word for word in normalise_phrase(phrase).split() if word not in self.words)

    def to_dict(self) -> dict[str, list[str]]:
        """For JSON, beside a checkpoint."""
        return {"special_tokens": list(SPECIAL_TOKENS), "words": list(self.words)}

    @classmethod
    def from_dict(cls, record: object) -> WordTokenizer:
        """The inverse of :meth:`to_dict`.

        Raises:
            ValueError: other keys, or special tokens in another order than this code's.
        """
        if not isinstance(record, dict) or set(record) != {"special_tokens", "words"}:
            raise ValueError(f"tokenizer: expected keys special_tokens and words, got {record!r}")
        if record["special_tokens"] != list(SPECIAL_TOKENS):
            raise ValueError(
                f"special_tokens: expected {list(SPECIAL_TOKENS)}, got {record['special_tokens']!r}"
            )
        if not isinstance(record["words"], list):
            raise ValueError(f"words: expected a list, got {record['words']!r}")
        return cls(words=tuple(record["words"]))

    def _id(self, word: str) -> int:
        try:
            return len(SPECIAL_TOKENS) + self.words.index(word)
        except ValueError:
            return UNKNOWN_ID
