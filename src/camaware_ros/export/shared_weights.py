"""One file for the weights of several graphs; what two of them use is stored once."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import onnx
from onnx.external_data_helper import set_external_data

SMALLEST_BYTES = 1024
ALIGNMENT = 4096


def save_sharing_weights(models: Mapping[str, onnx.ModelProto], folder: Path, weights: str) -> None:
    """Write graphs whose large constants lie in one file beside them.

    Args:
        models: by file name; they lose their large constants.
        folder: where everything goes.
        weights: name of the common file.
    """
    place: dict[str, int] = {}
    with (folder / weights).open("wb") as file:
        for model in models.values():
            for tensor in model.graph.initializer:
                if len(tensor.raw_data) < SMALLEST_BYTES:
                    continue
                key = sha256(tensor.raw_data).hexdigest()
                if key not in place:
                    file.write(bytes(-file.tell() % ALIGNMENT))
                    place[key] = file.tell()
                    file.write(tensor.raw_data)
                set_external_data(tensor, weights, place[key], len(tensor.raw_data))
                tensor.ClearField("raw_data")
    for name, model in models.items():
        onnx.save(model, folder / name)
