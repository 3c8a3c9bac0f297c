"""A model folder made ready for robots: ONNX graph, calibration, golden outputs, manifest.

The graph uses opset 18 and plain operators: ONNX Runtime and TensorRT 10.3 or later take it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch

from camaware_ros.export.calibrate import measure
from camaware_ros.geometry.rays import CHANNELS
from camaware_ros.grounder import FAMILIARITY_FILE
from camaware_ros.language.tokenizer import LOC_ID, WordTokenizer
from camaware_ros.model.checkpoint import WEIGHTS_FILE, load_checkpoint
from camaware_ros.model.config import CELL, ModelConfig
from camaware_ros.model.graph import ExportedGrounder
from camaware_ros.runtime.contract import (
    CONTRACT_VERSION,
    INPUT_NAMES,
    OUTPUT_NAMES,
    ModelInputs,
    ModelOutputs,
    outputs_from,
)
from camaware_ros.runtime.manifest import MANIFEST_FILE, Manifest, TrainedRange, sha256
from camaware_ros.runtime.onnx_backend import GRAPH_FILE, OnnxBackend
from camaware_ros.training.cameras import BANDS, TRAINED_FISHEYE_DEG, TRAINED_HFOV_DEG
from camaware_ros.training.data import collate
from camaware_ros.training.samples import SampleConfig, make_sample

GOLDEN_FILE = "golden.npz"
OPSET = 18
PARITY = 1e-4
HEIGHT_M = (0.15, 1.8)


def export_graph(network: torch.nn.Module, config: ModelConfig, path: Path) -> None:
    """Write the network as one ONNX file; the number of phrases stays free."""
    rng = torch.Generator().manual_seed(0)
    cells = (config.image_height // CELL, config.image_width // CELL)
    pixels = torch.randn(1, 3, config.image_height, config.image_width, generator=rng)
    rays = torch.rand(1, len(CHANNELS), *cells, generator=rng)
    tokens = torch.full((1, 3, config.prompt_length), LOC_ID)
    program = torch.onnx.export(
        ExportedGrounder(network).eval(), (pixels, rays, tokens), dynamo=True, opset_version=OPSET,
        input_names=list(INPUT_NAMES), output_names=list(OUTPUT_NAMES),
        dynamic_shapes=({}, {}, {1: torch.export.Dim("phrases", min=1, max=64)}), verbose=False,
    )  # fmt: skip
    program.save(str(path), external_data=False)
    onnx.save(without_traces(onnx.load(path)), path)


def without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph without what the exporter notes down: stack traces with paths of this machine."""
    graph = model.graph
    for part in (
        model,
        graph,
        *graph.node,
        *graph.value_info,
        *graph.initializer,
        *model.functions,
    ):
        del part.metadata_props[:]
        part.doc_string = ""
    return model


def golden_inputs(config: ModelConfig, count: int = 3) -> list[ModelInputs]:
    """A few rendered scenes, eight phrases each."""
    samples = SampleConfig(
        size=(config.image_width, config.image_height), prompt_length=config.prompt_length,
        band=BANDS["train"], seed=3_000_003,
    )  # fmt: skip
    inputs = []
    for index in range(count):
        batch = collate([make_sample(samples, index, WordTokenizer())])
        inputs.append(
            ModelInputs(
                pixels=batch["pixels"].numpy(),
                rays=batch["rays"].numpy(),
                tokens=batch["tokens"].numpy(),
            )  # fmt: skip
        )
    return inputs


@torch.inference_mode()
def reference(network: torch.nn.Module, inputs: ModelInputs) -> ModelOutputs:
    """What torch says, fp32."""
    values = ExportedGrounder(network).eval()(*map(torch.from_numpy, inputs.arrays().values()))
    return outputs_from([v.numpy() for v in values])


def largest_difference(a: ModelOutputs, b: ModelOutputs) -> tuple[float, str]:
    """The largest absolute difference over all outputs, and which output has it."""
    return max(
        (float(np.abs(getattr(a, name) - getattr(b, name)).max()), name) for name in OUTPUT_NAMES
    )


def export(folder: Path, name: str, images: int = 800) -> Manifest:
    """Add graph, calibration, golden outputs and manifest to a folder with a checkpoint.

    Raises:
        RuntimeError: ONNX Runtime and torch differ by more than ``PARITY``.
    """
    network, tokenizer = load_checkpoint(folder)
    config = network.config
    export_graph(network, config, folder / GRAPH_FILE)
    scale, mean, whiten, limit = measure(network, images)
    np.savez_compressed(folder / FAMILIARITY_FILE, mean=mean, whiten=whiten)
    golden = golden_inputs(config)
    answers = [reference(network, inputs) for inputs in golden]
    _save_golden(folder / GOLDEN_FILE, golden, answers)
    manifest = Manifest(
        name=name, contract=CONTRACT_VERSION, image_size=(config.image_width, config.image_height),
        prompt_length=config.prompt_length, tokenizer=tokenizer.to_dict(), sigma_scale=scale,
        trained=TrainedRange(
            hfov_deg=TRAINED_HFOV_DEG, fisheye_deg=TRAINED_FISHEYE_DEG, height_m=HEIGHT_M,
            familiarity_limit=limit,
        ),
        files={},
    )  # fmt: skip
    files = (WEIGHTS_FILE, GRAPH_FILE, FAMILIARITY_FILE, GOLDEN_FILE)
    manifest = replace(manifest, files={f: sha256(folder / f) for f in files})
    (folder / MANIFEST_FILE).write_text(manifest.to_json())
    backend = OnnxBackend(folder, manifest)
    worst = max(
        largest_difference(backend.infer(i), a) for i, a in zip(golden, answers, strict=True)
    )
    if worst[0] > PARITY:
        raise RuntimeError(f"ONNX Runtime differs from torch by {worst[0]:.1e} in {worst[1]}")
    print(
        json.dumps({"parity": worst[0], "output": worst[1], "sigma_scale": scale, "limit": limit})
    )
    return manifest


def _save_golden(path: Path, inputs: list[ModelInputs], answers: list[ModelOutputs]) -> None:
    arrays: dict[str, np.ndarray] = {}
    for index, (question, answer) in enumerate(zip(inputs, answers, strict=True)):
        arrays |= {f"{index}/in/{k}": v for k, v in question.arrays().items()}
        arrays |= {f"{index}/out/{name}": getattr(answer, name) for name in OUTPUT_NAMES}
    np.savez_compressed(path, **arrays)


def load_golden(path: Path) -> list[tuple[ModelInputs, ModelOutputs]]:
    """Golden inputs with the outputs that torch gave for them."""
    with np.load(path) as stored:
        count = len({key.split("/")[0] for key in stored.files})
        return [
            (
                ModelInputs(**{name: stored[f"{i}/in/{name}"] for name in INPUT_NAMES}),
                ModelOutputs(**{name: stored[f"{i}/out/{name}"] for name in OUTPUT_NAMES}),
            )
            for i in range(count)
        ]
