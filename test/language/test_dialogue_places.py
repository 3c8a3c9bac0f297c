"""Spelled boxes: seven tokens, and how much the spelling loses."""

from __future__ import annotations

import math
import random

import pytest

from camaware_ros.language.dialogue_places import RANGE_M, SIZE_M, Place, read_place, spell


def test_spelling_loses_no_more_than_half_a_step() -> None:
    rng = random.Random(0)
    for _ in range(500):
        size = tuple(math.exp(rng.uniform(*map(math.log, SIZE_M))) for _ in range(3))
        place = Place(
            rng.random(), rng.random(), math.exp(rng.uniform(*map(math.log, RANGE_M))), size,
            rng.uniform(0, math.pi),
        )  # fmt: skip
        read = read_place(spell(place))
        assert abs(read.u - place.u) <= 1 / 128 and abs(read.v - place.v) <= 1 / 128
        assert abs(math.log(read.range_m / place.range_m)) <= 0.034
        ratios = [abs(math.log(a / b)) for a, b in zip(read.size_m, place.size_m, strict=True)]
        assert max(ratios) <= 0.039
        assert abs(read.yaw_rad - place.yaw_rad) <= math.pi / 128 + 1e-9


def test_yaw_counts_modulo_a_half_turn_and_scales_end() -> None:
    a = Place(0.5, 0.5, 2.0, (1.0, 1.0, 1.0), 0.4)
    b = Place(0.5, 0.5, 2.0, (1.0, 1.0, 1.0), 0.4 - math.pi)
    assert spell(a) == spell(b)
    ends = spell(Place(-0.2, 1.7, 1e-9, (1e-9, 99.0, 1.0), 0.0))
    assert ends[:5] == ("<0>", "<63>", "<0>", "<0>", "<63>")


@pytest.mark.parametrize("tokens", [(), ("<0>",) * 6, ("<0>",) * 8, ("<64>",) * 7, ("red",) * 7])
def test_anything_but_seven_location_tokens_is_refused(tokens: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="7 location tokens"):
        read_place(tokens)
