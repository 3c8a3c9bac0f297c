"""How many training samples a core makes: ``python -m camaware_ros.evaluation.engine_speed [OUT]``.

Processor time of one thread, so that other processes cost it little; hyper-threads and caches
that are shared with them still do, which is why the load is written beside the result.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2

from camaware_ros.evaluation.hardware import hardware
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.training.samples import SampleConfig, make_sample

IMAGES = 300
ROUNDS = 5
SEED = 990_000


def measure(images: int = IMAGES, rounds: int = ROUNDS) -> dict[str, Any]:
    """Samples per second of processor time, the same images in every round.

    A round before those that count compiles the renderer and fills the pool of distorted lenses,
    as the first seconds of a training do.
    """
    cv2.setNumThreads(1)
    config, tokenizer = SampleConfig(seed=SEED), WordTokenizer()
    rates = []
    for _ in range(1 + rounds):
        start = time.process_time()
        for index in range(images):
            make_sample(config, index, tokenizer)
        rates.append(images / (time.process_time() - start))
    return {
        "command": "python -m camaware_ros.evaluation.engine_speed OUT.json",
        "hardware": hardware(),
        "load_average": round(os.getloadavg()[0], 1),
        "seed": SEED,
        "size": list(config.size),
        "images": images,
        "images_per_core_second": [round(rate, 1) for rate in rates[1:]],
    }


def main(argv: Sequence[str]) -> int:
    """Measure, print, and write where a path is given."""
    text = json.dumps(measure(), indent=1)
    print(text)
    if argv:
        Path(argv[0]).write_text(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
