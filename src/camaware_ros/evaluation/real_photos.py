"""What the model says about real photographs, written down as it is.

The shipped model has never seen one. ``python -m camaware_ros.evaluation.real_photos FOLDER
OUT.json`` asks for every kind of thing in each photograph of a folder with ``images.json`` (image,
K, D, distortion_model, objects with a metric ``centre`` in the optical frame).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from camaware_ros.evaluation.hardware import hardware
from camaware_ros.evaluation.rendered import called_unlike, rendered_cases
from camaware_ros.geometry.camera import Camera
from camaware_ros.grounder import Grounder
from camaware_ros.language.phrases import kinds_in
from camaware_ros.language.vocabulary import KINDS
from camaware_ros.training.cameras import BANDS
from camaware_ros.types import Localization, Observation

PRESENT = 0.5
RENDERED_BAND, RENDERED = "trained range", 300


def photograph(folder: Path, record: dict[str, Any]) -> Observation:
    """An image of the folder with its own calibration; ValueError where it cannot be read."""
    image = cv2.imread(str(folder / record["image"]))
    if image is None:
        raise ValueError(f"{folder / record['image']}: expected an image, cannot read one")
    model = "" if not record["D"] else str(record["distortion_model"]).split()[0]
    size = (record["width"], record["height"])
    camera = Camera.from_opencv(record["K"], record["D"], model, size)
    return Observation(image=cv2.cvtColor(image, cv2.COLOR_BGR2RGB), camera=camera)


def said_about(
    found: Sequence[Localization], objects: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Kinds that are truly there or that the model claims, with truth where there is one."""
    truths = {kinds_in(o["name"])[-1]: o["centre"] for o in objects if kinds_in(o["name"])}
    rows = []
    for answer in found:
        truth = truths.get(answer.label)
        if truth is None and answer.presence < PRESENT:
            continue
        rows.append({
            "asked": answer.label,
            "presence": round(answer.presence, 2),
            "score": round(answer.score, 2),
            "said_m": round(float(np.linalg.norm(answer.box.center)), 2),
            "true_m": None if truth is None else round(float(np.linalg.norm(truth)), 2),
            "off_m": None if truth is None
            else round(float(np.linalg.norm(answer.box.center - truth)), 2),
        })  # fmt: skip
    return rows


def rendered_warned(grounder: Grounder) -> int:
    """Of so many held-out rendered pictures, how many are called so as well."""
    cases = rendered_cases(BANDS[RENDERED_BAND], RENDERED, size=grounder.manifest.image_size)
    asked = KINDS[:1]
    return sum(called_unlike(grounder.ground(case.observation, asked).warnings) for case in cases)


def run(folder: Path, grounder: Grounder) -> dict[str, Any]:
    """A record for JSON over all photographs of a folder."""
    photographs = []
    for record in json.loads((folder / "images.json").read_text()):
        kinds = tuple(kind for kind in KINDS if not grounder.unknown_words(kind))
        result = grounder.ground(photograph(folder, record), kinds)
        photographs.append({
            "photograph": record["id"],
            "warned": called_unlike(result.warnings),
            "said": said_about(result.localizations, record.get("objects", [])),
        })  # fmt: skip
    return {
        "command": "python -m camaware_ros.evaluation.real_photos FOLDER OUT.json",
        "hardware": hardware(),
        "model": grounder.manifest.name,
        "photographs": photographs,
        "rendered": {"pictures": RENDERED, "warned": rendered_warned(grounder)},
    }


def main(argv: Sequence[str]) -> int:
    """Ask, and write the answers."""
    record = run(Path(argv[0]), Grounder.load())
    Path(argv[1]).write_text(json.dumps(record, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
