"""Dialogues against a second reading of the scene, and a network that learns a few by heart."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from camaware_ros.language.dialogue import DIALOGUE_LENGTH, encode_question, parse_question
from camaware_ros.language.dialogue_places import PLACES, read_place
from camaware_ros.language.dialogue_words import COUNTS
from camaware_ros.language.tokenizer import UNKNOWN_ID, WordTokenizer
from camaware_ros.training import samples
from camaware_ros.training.cameras import BANDS
from camaware_ros.training.dialogues import Dialogue, sample_dialogue
from camaware_ros.training.queries import InView

TOKENIZER = WordTokenizer()
CONFIG = samples.SampleConfig(dialogues=2, band=BANDS["trained range"], zoom=0.0)


@pytest.fixture(scope="module")
def asked() -> list[tuple[samples.Picture, samples.Truth, Dialogue]]:
    """Dialogues about many scenes."""
    found = []
    for index in range(120):
        rng = np.random.default_rng([31, index])
        picture = samples.render_picture(rng, CONFIG)
        truth = samples.picture_truth(picture)
        if not truth.in_view.clear.any():
            continue
        places = samples.places_of(picture, truth)
        found += [(picture, truth, sample_dialogue(rng, truth.in_view, places)) for _ in range(12)]
    return found


def named(view: InView, words: tuple[str, ...]) -> list[int]:
    """Things in view that fit every word, written anew."""
    fits = zip(view.kind, view.colour, view.seen, strict=True)
    return [
        i
        for i, (kind, colour, seen) in enumerate(fits)
        if seen and all(word in (kind, colour, "thing") for word in words)
    ]


def plain(phrase: str) -> bool:
    """Only a colour and a kind."""
    return len(phrase.split()) <= 2 and not phrase.split()[0].endswith("most")


def test_every_topic_is_asked_and_nothing_is_told_of_things_hardly_in_view(asked) -> None:
    topics = Counter(dialogue.question.topic for _, _, dialogue in asked)
    assert len(topics) == 10 and min(topics.values()) > 0.02 * len(asked)
    for _, truth, dialogue in asked:
        assert truth.in_view.clear[list(dialogue.targets)].all()
        ids = TOKENIZER.ids([*dialogue.question.tokens, *dialogue.answer])
        assert (UNKNOWN_ID in ids) == ("<unk>" in dialogue.question.phrase)
        assert dialogue.answer.count("<loc>") == len(dialogue.targets)


def test_counts_presence_and_lists_are_those_of_the_scene(asked) -> None:
    seen = Counter()
    for _, truth, dialogue in asked:
        view, topic, phrase = truth.in_view, dialogue.question.topic, dialogue.question.phrase
        if "<unk>" in phrase:
            assert dialogue.answer == tuple("i do not know that word".split())  # noqa: SIM905
            seen["unknown"] += 1
        elif topic == "see":
            assert sorted(dialogue.targets) == list(np.flatnonzero(view.seen))
            assert (np.diff(view.range_m[list(dialogue.targets)]) >= 0).all()
            seen[topic] += 1
        elif topic in ("count", "there") and plain(phrase):
            things = named(view, tuple(phrase.split()))
            assert sorted(dialogue.targets) == things
            if topic == "count":
                assert dialogue.answer[2] == COUNTS[len(things)]
            else:
                assert dialogue.answer[0] == ("yes" if things else "no")
            seen[topic, min(len(things), 2)] += 1
    assert len(seen) == 8 and min(seen.values()) > 8


def test_whatever_an_answer_names_is_what_it_points_at(asked) -> None:
    """Colour and kind words just before a <loc> fit the thing of that <loc>."""
    checked = 0
    for _, truth, dialogue in asked:
        view, targets = truth.in_view, iter(dialogue.targets)
        for number, token in enumerate(dialogue.answer):
            if token != "<loc>":
                continue
            target = next(targets)
            for word in dialogue.answer[max(0, number - 2) : number]:
                if word in view.kind or word in view.colour:
                    assert word in (view.kind[target], view.colour[target])
                    checked += 1
    assert checked > 500


def test_relations_hold_by_bearing(asked) -> None:
    checked = 0
    for _, truth, dialogue in asked:
        words = dialogue.question.phrase.split()
        if dialogue.question.topic != "relation" or words[0] not in ("left", "right"):
            continue
        anchors = named(truth.in_view, tuple(words[2:]))
        if len(anchors) != 1:
            continue
        bearing = truth.in_view.bearing_rad - truth.in_view.bearing_rad[anchors[0]]
        for target in dialogue.targets:
            assert (bearing[target] < 0) == (words[0] == "left")
            checked += 1
    assert checked > 10


def test_spelled_boxes_are_the_things_own(asked) -> None:
    checked = 0
    for picture, truth, dialogue in asked:
        if dialogue.question.topic != "place" or not dialogue.targets:
            continue
        place = read_place([token for token in dialogue.answer if token in PLACES])
        (target,) = dialogue.targets
        u, v = place.u * picture.camera.width, place.v * picture.camera.height
        ray, _ = picture.camera.unproject(np.array([[u, v]]))
        centre = truth.centre[target]
        off = math.acos(min(1.0, float(ray[0] @ centre / np.linalg.norm(centre))))
        assert off < 1.5 * picture.camera.hfov_rad / 64
        assert place.range_m == pytest.approx(np.linalg.norm(centre), rel=0.04)
        np.testing.assert_allclose(place.size_m, truth.size[target], rtol=0.05)
        checked += 1
    assert checked > 20


def test_dialogues_leave_the_rest_of_a_sample_as_it_is() -> None:
    plain_config = samples.SampleConfig(band=BANDS["trained range"], zoom=0.0)
    with_words = samples.make_sample(CONFIG, 5, TOKENIZER)
    without = samples.make_sample(plain_config, 5, TOKENIZER)
    assert set(with_words) - set(without) == {
        "dialogue", "dialogue_answer", "dialogue_target",
    }  # fmt: skip
    for name, value in without.items():
        np.testing.assert_array_equal(value, with_words[name])
    assert with_words["dialogue"].shape == (2, DIALOGUE_LENGTH)


def test_questions_of_samples_are_encoded_as_a_persons_are() -> None:
    for index in range(8):
        sample = samples.make_sample(CONFIG, index, TOKENIZER)
        for ids, written in zip(sample["dialogue"], sample["dialogue_answer"], strict=True):
            asked = int(written.argmax())
            words = [TOKENIZER.tokens[i] for i in ids[1 : asked - 1]]
            if "<unk>" in words:
                continue
            question = parse_question(" ".join(words))
            assert encode_question(TOKENIZER, question) == ids[:asked].tolist()
