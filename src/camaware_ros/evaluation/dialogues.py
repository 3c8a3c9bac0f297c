"""Are answers in words right? Questions about held-out rendered scenes, by topic.

``python -m camaware_ros.evaluation.dialogues --scenes 400 --json FILE`` asks the shipped model.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from camaware_ros.evaluation.hardware import hardware
from camaware_ros.evaluation.rendered import EVALUATION_SEED, held_out_pictures, observation_of
from camaware_ros.geometry.boxes import Box3
from camaware_ros.grounder import Grounder
from camaware_ros.language.dialogue_text import answer_text
from camaware_ros.runtime.answering import measures
from camaware_ros.training.cameras import BANDS
from camaware_ros.training.dialogues import Dialogue, sample_dialogue
from camaware_ros.training.samples import SampleConfig, places_of
from camaware_ros.types import Answer, Observation

_METRES = re.compile(r"(\d+\.\d+) m away")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a picture, with its true answer.

    Attributes:
        centres: of all things, optical frame, metres, shape (n, 3).
        up_camera: unit vector against gravity.
    """

    observation: Observation
    dialogue: Dialogue
    centres: np.ndarray
    up_camera: np.ndarray


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an answer compares.

    Attributes:
        topic: of the question.
        same_words: the sentence is the true one but for its numbers.
        pointed: for each thing that is truly spoken of, whether the answer points at it.
        same_things: F1 of the things pointed at, in whatever order; None where none is spoken of.
        range_errors: relative, of the things pointed at rightly.
        numbers_agree: every distance in the text is within 5 % of that of a box of the answer.
        spelled_apart: distance of each spelled centre from the pointed one, by its range.
    """

    topic: str
    same_words: bool
    pointed: tuple[bool, ...]
    same_things: float | None
    range_errors: tuple[float, ...]
    numbers_agree: bool
    spelled_apart: tuple[float, ...]


def judge(asked: Asked, answer: Answer) -> Verdict:
    """Compare an answer with the true one; a place counts for the thing nearest to it."""
    found = [thing.box for thing in answer.localizations]
    nearest = [int(np.linalg.norm(asked.centres - b.center, axis=1).argmin()) for b in found]
    targets = asked.dialogue.targets
    pointed = tuple(n < len(nearest) and nearest[n] == t for n, t in enumerate(targets))
    ranges = np.array([np.linalg.norm(box.center) for box in found])
    true = np.linalg.norm(asked.centres, axis=1)
    said = [float(number) for number in _METRES.findall(answer.text)]
    return Verdict(
        topic=asked.dialogue.question.topic,
        same_words=_words(answer.text) == _words(_true_text(asked, found)),
        pointed=pointed,
        same_things=_overlap(set(nearest), set(targets)),
        range_errors=tuple(
            float(abs(ranges[n] / true[t] - 1)) for n, t in enumerate(targets) if pointed[n]
        ),
        numbers_agree=all((abs(ranges / number - 1) < 0.05).any() for number in said),
        spelled_apart=tuple(
            float(np.linalg.norm(box.center - pointed_box.center) / np.linalg.norm(box.center))
            for box, pointed_box in zip(answer.spelled, found, strict=True)
            if box is not None
        ),
    )


def _overlap(found: set[int], true: set[int]) -> float | None:
    spoken = len(found) + len(true)
    return 2 * len(found & true) / spoken if spoken else None


def _true_text(asked: Asked, found: Sequence[Box3]) -> str:
    """The true sentence, with the numbers of the boxes found where there are as many."""
    count = len(asked.dialogue.targets)
    boxes = [measures(box, asked.up_camera) for box in found]
    filler = measures(Box3(np.array([0.0, 0.0, 1.0]), np.ones(3), np.eye(3)), asked.up_camera)
    return answer_text(asked.dialogue.answer, (boxes + [filler] * count)[:count])


def _words(text: str) -> str:
    """A sentence without its numbers and places."""
    text = re.sub(r"straight ahead|\d+ degrees to the (left|right)", "BEARING", text)
    return re.sub(r"[\d.]+( x [\d.]+)* m\b|(<\d+> ?)+", "MEASURE", text)


def questions(band: str, scenes: int, size: tuple[int, int]) -> Iterator[Asked]:
    """One question about each of ``scenes`` held-out pictures."""
    config = SampleConfig(size=size, band=BANDS[band], zoom=0.0, seed=EVALUATION_SEED)
    for rng, picture, truth in held_out_pictures(config, scenes):
        yield Asked(
            observation=observation_of(picture),
            dialogue=sample_dialogue(rng, truth.in_view, places_of(picture, truth)),
            centres=truth.centre,
            up_camera=picture.pose.gravity_from_camera[2],
        )


def summarise(verdicts: Sequence[Verdict]) -> dict[str, object]:
    """Shares and medians over answers; None where there is nothing to count."""

    def mean(values: Sequence[float]) -> float | None:
        return round(float(np.mean(values)), 4) if len(values) else None

    errors = [e for v in verdicts for e in v.range_errors]
    apart = [a for v in verdicts for a in v.spelled_apart]
    return {
        "answers": len(verdicts),
        "same_words": mean([v.same_words for v in verdicts]),
        "pointed": mean([p for v in verdicts for p in v.pointed]),
        "same_things": mean([v.same_things for v in verdicts if v.same_things is not None]),
        "range_error_median": round(float(np.median(errors)), 4) if errors else None,
        "numbers_agree": mean([v.numbers_agree for v in verdicts]),
        "spelled_apart_median": round(float(np.median(apart)), 4) if apart else None,
    }


def evaluate(grounder: Grounder, band: str, scenes: int) -> dict[str, object]:
    """Summary of a band, whole and by topic."""
    verdicts = []
    for asked in questions(band, scenes, grounder.manifest.image_size):
        text = " ".join(asked.dialogue.question.tokens).replace("<unk>", "unheardof")
        verdicts.append(judge(asked, grounder.ask(asked.observation, text)))
    topics = sorted({v.topic for v in verdicts})
    by_topic = {t: summarise([v for v in verdicts if v.topic == t]) for t in topics}
    return {**summarise(verdicts), "by_topic": by_topic}


def main(argv: Sequence[str]) -> int:
    """Ask, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="model folder (default: the shipped one)")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--scenes", type=int, default=400, help="per band")
    parser.add_argument("--bands", nargs="+", default=["trained range", "unseen wide"])
    parser.add_argument("--json", type=Path, help="write the table here")
    arguments = parser.parse_args(argv)
    grounder = Grounder.load(arguments.model, arguments.backend)
    record = {
        "command": f"python -m camaware_ros.evaluation.dialogues --scenes {arguments.scenes}",
        "model": grounder.manifest.name, "backend": grounder.backend.name,
        "scenes": arguments.scenes, "seed": EVALUATION_SEED,
        "hardware": hardware(),
        "bands": {b: evaluate(grounder, b, arguments.scenes) for b in arguments.bands},
    }  # fmt: skip
    grounder.close()
    text = json.dumps(record, indent=1)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
