"""Words in the shape that the language graph reads: ids, positions, and who may look at whom.

The twin of ``model.grounder.prefix_mask``, for a prefix whose keys and values are known already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from camaware_ros.language.tokenizer import LOC_ID, PAD_ID
from camaware_ros.runtime.contract import Arrays, Float32Array

HIDDEN = np.float32(-1e4)


def phrases_prompt(tokens: NDArray[np.int64], visual: int) -> Arrays:
    """All phrases of an image side by side; none sees another, each is read out at its <loc>.

    Padding is left out: nothing looks at it.

    Args:
        tokens: (1, Q, L).
        visual: T, the places of the prefix.
    """
    _, queries, length = tokens.shape
    padded = tokens.reshape(-1)
    place = np.flatnonzero(padded != PAD_ID)
    place = place if place.size else np.zeros(1, np.int64)
    ids, phrase = padded[place], place // length
    words = (phrase[:, None] == phrase) & (place <= place[:, None])
    allowed = np.concatenate([np.ones((place.size, visual), bool), words], 1)
    select = (np.arange(queries)[:, None] == phrase) & (ids == LOC_ID)
    return {
        "ids": ids[None],
        "position": (visual + place % length)[None],
        "mask": np.where(allowed, np.float32(0), HIDDEN)[None, None],
        "select": select[None].astype(np.float32),
    }


def next_prompt(
    ids: NDArray[np.int64], earlier: int, pointer: Float32Array | None = None
) -> Arrays:
    """The next ids of one text behind ``earlier`` places, those of the prefix included.

    The last id is read out as a place.

    Args:
        ids: (1, S).
        pointer: (T,) of the <loc> that stands before the first of them, which then sees of the
            picture only the token pointed at.
    """
    size = ids.shape[1]
    step = np.arange(size)
    hidden = np.where(step <= step[:, None], np.float32(0), HIDDEN)
    mask = np.concatenate([np.zeros((size, earlier), np.float32), hidden], 1)
    if pointer is not None:
        mask[0, : len(pointer)] = HIDDEN
        mask[0, pointer.argmax()] = 0
    return {
        "ids": ids,
        "position": (earlier + step)[None],
        "mask": mask[None, None],
        "select": (step == size - 1).astype(np.float32)[None, None],
    }
