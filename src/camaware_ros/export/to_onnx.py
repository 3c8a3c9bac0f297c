"""A model folder made ready for robots: ONNX graphs, calibration, golden outputs, manifest.

The graphs use opset 18 and plain operators: ONNX Runtime and TensorRT 10.3 or later take them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch

from camaware_ros.export.calibrate import measure
from camaware_ros.export.folder import write_uncompiled
from camaware_ros.export.fusable import make_fusable
from camaware_ros.export.parser_operators import unsupported
from camaware_ros.export.shared_weights import save_sharing_weights
from camaware_ros.geometry.rays import CHANNELS
from camaware_ros.grounder import FAMILIARITY_FILE
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.checkpoint import load_checkpoint
from camaware_ros.model.config import CELL
from camaware_ros.model.graph import LanguageGraph, VisionGraph
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.runtime.contract import (
    LANGUAGE_INPUTS,
    LANGUAGE_OUTPUTS,
    PREFIX_NAMES,
    VISION_INPUTS,
    VISION_OUTPUTS,
    ModelInputs,
    ModelOutputs,
)
from camaware_ros.runtime.golden import GOLDEN_FILE, largest_difference, save_golden
from camaware_ros.runtime.manifest import (
    GRAPH_WEIGHTS_FILE,
    LANGUAGE_FILE,
    MANIFEST_FILE,
    VISION_FILE,
    WEIGHTS_FILE,
    Manifest,
    graph_record,
    sha256,
)
from camaware_ros.runtime.onnx_backend import open_onnx
from camaware_ros.runtime.split import SplitNetwork
from camaware_ros.runtime.torch_backend import torch_graphs
from camaware_ros.training.cameras import BANDS
from camaware_ros.training.data import collate
from camaware_ros.training.samples import SampleConfig, make_sample

OPSET = 18
PARITY = 1e-4
GOLDEN_PICTURES, GOLDEN_PHRASES, GOLDEN_OF = 3, 8, 24


def export_graphs(network: CameraAwareGrounder, folder: Path, record: Mapping[str, str]) -> None:
    """Write both graphs; how many words are read, and behind how many, stays free.

    Args:
        network: in eval mode.
        folder: where to.
        record: metadata of both files, see ``manifest.graph_record``.

    Raises:
        RuntimeError: an old parser would not read a graph.
    """
    config = network.config
    rng = torch.Generator().manual_seed(0)
    cells = (config.image_height // CELL, config.image_width // CELL)
    pixels = torch.randn(1, 3, config.image_height, config.image_width, generator=rng)
    rays = torch.rand(1, len(CHANNELS), *cells, generator=rng)
    vision = VisionGraph(network).eval()
    with torch.inference_mode():
        seen = dict(zip(VISION_OUTPUTS, vision(pixels, rays), strict=True))
    words, free = _language_sample(seen)
    models = {
        VISION_FILE: _traced(vision, (pixels, rays), None, VISION_INPUTS, VISION_OUTPUTS),
        LANGUAGE_FILE: _traced(
            LanguageGraph(network).eval(), words, free, LANGUAGE_INPUTS, LANGUAGE_OUTPUTS
        ),
    }
    for name, model in models.items():
        if refused := unsupported(model):
            raise RuntimeError(f"{name}: TensorRT 10.3 does not read {', '.join(refused)}")
        onnx.helper.set_model_props(model, dict(record))
    save_sharing_weights(models, folder, GRAPH_WEIGHTS_FILE)


def _traced(
    module: torch.nn.Module,
    example: tuple[torch.Tensor, ...],
    free: tuple[dict[int, object], ...] | None,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
) -> onnx.ModelProto:
    program = torch.onnx.export(
        module, example, dynamo=True, opset_version=OPSET, verbose=False,
        input_names=list(inputs), output_names=list(outputs), dynamic_shapes=free,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.onnx"
        program.save(str(path), external_data=False)
        return make_fusable(without_traces(onnx.load(path)))


def _language_sample(
    seen: Mapping[str, torch.Tensor],
) -> tuple[tuple[torch.Tensor, ...], tuple[dict[int, object], ...]]:
    """Inputs of the language graph to trace it with, and which of their axes are free."""
    places, size, queries = seen["keys"].shape[2], 7, 3
    prompt = (
        torch.arange(size)[None],
        torch.arange(places, places + size)[None],
        torch.zeros(1, 1, size, places + size),
        torch.eye(size)[None, :queries],
    )
    dim = torch.export.Dim
    past, words, phrases = dim("past", min=2), dim("words", min=1), dim("phrases", min=1)
    by_name: dict[str, dict[int, object]] = {
        "keys": {2: past}, "values": {2: past}, "ids": {1: words}, "position": {1: words},
        "mask": {2: words, 3: dim.DYNAMIC}, "select": {1: phrases, 2: words},
    }  # fmt: skip
    free = tuple(by_name.get(name, {}) for name in LANGUAGE_INPUTS)
    return (*(seen[name] for name in PREFIX_NAMES), *prompt), free


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


def golden_inputs(network: CameraAwareGrounder, tokenizer: WordTokenizer) -> list[ModelInputs]:
    """A few rendered scenes, each with the eight of its phrases that are read most clearly.

    A phrase between two places falls to either with the last bit, and all that is read there with
    it: no measure of a backend.
    """
    config = network.config
    samples = SampleConfig(
        size=(config.image_width, config.image_height), prompt_length=config.prompt_length,
        band=BANDS["train"], queries=GOLDEN_OF, seed=3_000_003,
    )  # fmt: skip
    inputs = []
    for index in range(GOLDEN_PICTURES):
        batch = collate([make_sample(samples, index, tokenizer)])
        every = ModelInputs(
            pixels=batch["pixels"].numpy(),
            rays=batch["rays"].numpy(),
            tokens=batch["tokens"].numpy(),
        )
        best = np.sort(reference(network, every).pointer, axis=1)
        clearest = np.sort(np.argsort(best[:, -2] / best[:, -1], kind="stable")[:GOLDEN_PHRASES])
        inputs.append(replace(every, tokens=every.tokens[:, clearest]))
    return inputs


def reference(network: CameraAwareGrounder, inputs: ModelInputs) -> ModelOutputs:
    """What torch says, fp32."""
    return SplitNetwork("torch", *torch_graphs(network)).infer(inputs)


def export(folder: Path, name: str, images: int = 800) -> Manifest:
    """Add graphs, calibration, golden outputs and manifest to a folder with a checkpoint.

    Raises:
        RuntimeError: ONNX Runtime and torch differ by more than ``PARITY``.
    """
    network, tokenizer = load_checkpoint(folder)
    config = network.config
    found = measure(network, tokenizer, images)
    manifest = write_uncompiled(folder, name, config, tokenizer, found)
    return finish(folder, manifest, network, golden_inputs(network, tokenizer))


def finish(
    folder: Path, manifest: Manifest, network: CameraAwareGrounder, golden: list[ModelInputs]
) -> Manifest:
    """Write graphs, golden outputs and the manifest with everybody's hash; check parity.

    Args:
        folder: with weights and familiarity.
        manifest: without files.
        network: of these weights.
        golden: inputs to compare backends with.

    Raises:
        RuntimeError: ONNX Runtime and torch differ by more than ``PARITY``.
    """
    manifest = replace(manifest, files={WEIGHTS_FILE: sha256(folder / WEIGHTS_FILE)})
    export_graphs(network, folder, graph_record(manifest))
    answers = [reference(network, inputs) for inputs in golden]
    save_golden(folder / GOLDEN_FILE, golden, answers)
    files = (
        WEIGHTS_FILE, VISION_FILE, LANGUAGE_FILE, GRAPH_WEIGHTS_FILE, FAMILIARITY_FILE, GOLDEN_FILE
    )  # fmt: skip
    manifest = replace(manifest, files={f: sha256(folder / f) for f in files})
    (folder / MANIFEST_FILE).write_text(manifest.to_json())
    backend = open_onnx(folder, manifest)
    worst, where = max(
        largest_difference(backend.infer(i), a) for i, a in zip(golden, answers, strict=True)
    )
    print(json.dumps({"parity": worst, "output": where, "sigma_scale": manifest.sigma_scale}))
    if worst > PARITY:
        raise RuntimeError(f"ONNX Runtime differs from torch by {worst:.1e} in {where}")
    return manifest
