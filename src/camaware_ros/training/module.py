"""What a run trains: the network, or a teacher, with its loss, built from the run's settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.language.vocabulary import COLOURS, KINDS
from camaware_ros.model.checkpoint import inherit_weights, save_checkpoint
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.model.language import load_pretrained_language, with_pretrained_language
from camaware_ros.model.teacher import (
    GeometryNetwork,
    load_teacher,
    teacher_config,
    teacher_sizes,
)
from camaware_ros.training.dialogue_losses import dialogue_losses, with_spoken_targets
from camaware_ros.training.distill import Distiller, require_teacher
from camaware_ros.training.losses import grounding_losses, point_targets, total_loss
from camaware_ros.training.run_config import TrainConfig
from camaware_ros.training.semi import with_text
from camaware_ros.training.spatial_losses import spatial_losses
from camaware_ros.training.teachers.lessons import TeacherModule


class GroundingModule(nn.Module):
    """The network with its loss, in the form that ``Trainer`` calls."""

    def __init__(
        self,
        network: CameraAwareGrounder,
        distiller: Distiller | None = None,
        lifted: int | None = None,
    ) -> None:
        """Wrap a network, and a teacher if there is one; ``lifted`` as in ``TrainConfig``."""
        super().__init__()
        self.network = network
        self.distiller = distiller
        self.lifted = lifted

    def forward(self, **batch: torch.Tensor) -> dict[str, object]:
        """Loss and its parts."""
        _, _, among = point_targets(with_spoken_targets(batch))
        pixels = batch["pixels"].contiguous(memory_format=torch.channels_last)
        config, rays = self.network.config, batch["rays"]
        lifted = (self.lifted or len(pixels)) if config.spatial_layers else 0
        dialogue = batch.get("dialogue")
        out = self.network(pixels, rays, batch["tokens"], among, dialogue, lift_first=lifted)
        said, truth, weight = with_text(out, batch)
        parts = grounding_losses(said, truth, config.canonical_range, config.grid)
        if dialogue is not None:
            parts |= dialogue_losses(said, truth, config.canonical_range)
        parts = {name: weight * value for name, value in parts.items()}
        if lifted:
            parts |= spatial_losses(out, {name: value[:lifted] for name, value in batch.items()})
        if self.distiller is not None:
            parts |= self.distiller(out, pixels, rays, config.grid)
        return {"loss": total_loss(parts), "parts": {k: v.detach() for k, v in parts.items()}}

    def save(self, folder: Path, record: dict[str, object]) -> None:
        """Write the finished model."""
        save_checkpoint(folder, self.network, WordTokenizer(), record)


def build_network(config: TrainConfig, tokenizer: WordTokenizer) -> CameraAwareGrounder:
    """A new network, or one whose weights come from ``init_from``; with its teacher in place."""
    shape = ModelConfig(
        vocabulary=tokenizer.size, kinds=len(KINDS), colours=len(COLOURS), **config.model
    )
    if config.language:
        shape = with_pretrained_language(shape, config.language)
    teacher = None
    if shape.prior == "inject":
        teacher = load_teacher(Path(require_teacher(config.teacher, "prior: inject")))
        shape = replace(shape, teacher=teacher_sizes(teacher.config))
    torch.manual_seed(config.seed)
    network = CameraAwareGrounder(shape)
    if config.language:
        load_pretrained_language(network.language, config.language, tokenizer.tokens)
    if config.init_from:
        fresh = inherit_weights(network, Path(config.init_from))
        print(f"{config.name}: from {config.init_from}, {len(fresh)} weights start fresh")
    if teacher is not None:
        network.teacher.network.load_state_dict(teacher.state_dict())
    return network


def build_module(config: TrainConfig, tokenizer: WordTokenizer) -> GroundingModule | TeacherModule:
    """What a run trains, with its loss."""
    if config.learns == "teacher":
        torch.manual_seed(config.seed)
        return TeacherModule(GeometryNetwork(teacher_config(config.model)))
    if config.learns != "grounder":
        raise ValueError(f"learns: expected grounder or teacher, got {config.learns!r}")
    network, distiller = build_network(config, tokenizer), None
    if config.distill:
        teacher = load_teacher(Path(require_teacher(config.teacher, "distill")))
        distiller = Distiller(teacher, network.config.width)
    return GroundingModule(network, distiller, config.lifted)
