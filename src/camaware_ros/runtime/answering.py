"""Writing an answer word by word behind what was seen, with any backend, and reading it. numpy.

The picture is seen once. Every further id costs one step of the language graph, whose keys and
values are kept. Where the answer says <loc>, that step is read out as a place, as a phrase is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.rays import gravity_axes
from camaware_ros.language.dialogue import DIALOGUE_LENGTH
from camaware_ros.language.dialogue_places import PLACE_LENGTH, Place, read_place
from camaware_ros.language.dialogue_text import LOC, Measures
from camaware_ros.language.dialogue_words import EOS, PLACES
from camaware_ros.language.tokenizer import LOC_ID, WordTokenizer
from camaware_ros.runtime.backend import Backend
from camaware_ros.runtime.contract import (
    FOUND_NAMES,
    PREFIX_NAMES,
    Arrays,
    Float32Array,
    ModelOutputs,
    outputs_from,
)
from camaware_ros.runtime.prompt import next_prompt
from camaware_ros.runtime.reading import upright_axes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as the model wrote it.

    Attributes:
        tokens: <eos> included unless there was no room for it.
        outputs: the places of its <loc>, in order, beside what the picture shows by itself.
    """

    tokens: tuple[str, ...]
    outputs: ModelOutputs


def write_answer(
    backend: Backend,
    seen: Arrays,
    question: Sequence[int],
    tokenizer: WordTokenizer,
    looks_back: bool = False,
) -> Written:
    """Greedy decoding of the answer to a question.

    Args:
        backend: of the model that ``seen`` is from.
        seen: see ``Backend.see``.
        question: ids, see ``language.dialogue.encode_question``.
        tokenizer: of the model.
        looks_back: see ``Manifest``.

    Raises:
        ValueError: the network gave something else than finite numbers.
    """
    (eos,) = tokenizer.ids([EOS])
    behind = {name: seen[name] for name in PREFIX_NAMES}
    ids, written = np.array([question], dtype=np.int64), list[int]()
    places: list[Arrays] = []
    pointer: Float32Array | None = None
    while True:
        step = backend.read(behind, next_prompt(ids, behind["keys"].shape[2], pointer))
        pointer = None
        if written and written[-1] == LOC_ID:
            places.append(step)
            pointer = step["pointer"][0] if looks_back else None
        if len(question) + len(written) == DIALOGUE_LENGTH:
            break
        written.append(int(step["logits"][0, -1].argmax()))
        if written[-1] == eos:
            break
        for name in ("keys", "values"):
            behind[name] = np.concatenate([behind[name], step[f"new_{name}"]], axis=2)
        ids = np.array([[written[-1]]], dtype=np.int64)
    found = {
        name: np.concatenate([place[name] for place in places] or [step[name][:0]])
        for name in FOUND_NAMES
    }
    # presence is learnt for phrases, which may mean nothing; an answer speaks of what it points at
    found["presence"] = seen["objectness"][found["pointer"].argmax(1)]
    tokens = tokenizer.tokens
    return Written(tuple(tokens[i] for i in written), outputs_from({**seen, **found}))


def measures(box: Box3, up_camera: FloatArray) -> Measures:
    """What a sentence may say of a box in the optical frame."""
    forward, left, _ = gravity_axes(up_camera) @ box.center
    length, width, height = (float(side) for side in box.size)
    return Measures(
        range_m=float(np.linalg.norm(box.center)),
        bearing_rad=float(np.arctan2(-left, forward)),
        size_m=(length, width, height),
    )


def spelled_places(tokens: Sequence[str]) -> tuple[Place | None, ...]:
    """The place spelled after each <loc> and before the next, None where there is none."""
    found: list[Place | None] = []
    run: list[str] = []
    for token in tokens:
        if token == LOC:
            found.append(None)
        run = [*run, token] if token in PLACES else []
        if len(run) == PLACE_LENGTH and found:
            found[-1] = read_place(run)
    return tuple(found)


def spelled_box(place: Place, camera: Camera, up_camera: FloatArray) -> Box3 | None:
    """The box of a spelled place in the optical frame; None where its pixel has no ray.

    Args:
        place: as spelled.
        camera: of the network's picture.
        up_camera: unit vector against gravity, known or guessed.
    """
    ray, valid = camera.unproject(np.array([[place.u * camera.width, place.v * camera.height]]))
    if not valid[0]:
        return None
    centre = place.range_m * ray[0]
    return Box3(centre, np.array(place.size_m), upright_axes(centre, up_camera, place.yaw_rad))
