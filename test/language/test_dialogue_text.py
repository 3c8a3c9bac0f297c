"""Answers as sentences: numbers are the boxes' own, grammar holds."""

from __future__ import annotations

import math

import pytest

from camaware_ros.language.dialogue_text import Measures, answer_text, labels

NEAR = Measures(range_m=1.234, bearing_rad=math.radians(-12), size_m=(0.5, 0.4, 0.9))
FAR = Measures(range_m=3.456, bearing_rad=math.radians(1), size_m=(1.5, 0.8, 0.7))


@pytest.mark.parametrize(
    ("tokens", "boxes", "text"),
    [
        ("yes , a red chair <loc> <range> away , <bearing> <eos>", [NEAR],
         "Yes, a red chair 1.23 m away, 12 degrees to the left."),
        ("the chair <loc> is <range> away , <bearing> <eos>", [FAR],
         "The chair is 3.46 m away, straight ahead."),
        ("there are two red box <loc> <loc> <eos> red", [NEAR, FAR], "There are two red boxes."),
        ("there are three shelf <eos>", [], "There are three shelves."),
        ("there is one chair <loc>", [NEAR], "There is one chair."),
        ("a orange box <loc> and a ball <loc> <eos>", [NEAR, FAR], "An orange box and a ball."),
        ("the sofa <loc> is <size> <eos>", [FAR], "The sofa is 1.50 x 0.80 x 0.70 m."),
        ("the sofa <loc> is <height> high <eos>", [FAR], "The sofa is 0.70 m high."),
        ("there are two chair : <loc> <range> away and <loc> <range> away <eos>", [NEAR, FAR],
         "There are two chairs: 1.23 m away and 3.46 m away."),
        ("<range> away <eos>", [], "Unknown away."),
        ("<eos>", [], ""),
    ],
)  # fmt: skip
def test_sentences(tokens: str, boxes: list[Measures], text: str) -> None:
    assert answer_text(tokens.split(), boxes) == text


def test_every_loc_needs_its_box() -> None:
    with pytest.raises(ValueError, match="expected 2, one per <loc>, got 1"):
        answer_text(["a", "chair", "<loc>", "and", "a", "ball", "<loc>"], [NEAR])


@pytest.mark.parametrize(
    ("tokens", "names"),
    [
        ("the closest red chair <loc> is <range> away", ("closest red chair",)),
        ("there are two box : <loc> <range> away and <loc> <range> away", ("box", "box")),
        ("a red chair <loc> , a ball <loc> and a blue thing <loc>",
         ("red chair", "ball", "blue thing")),
        ("yes , <loc>", ("sofa",)),
        ("nothing", ()),
    ],
)  # fmt: skip
def test_things_are_called_as_the_answer_calls_them(tokens: str, names: tuple[str, ...]) -> None:
    assert labels(tokens.split(), "sofa") == names
