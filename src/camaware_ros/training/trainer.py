"""Training through ``transformers.Trainer``: bf16, checkpoints, resume, torchrun, one YAML per run.

``python -m camaware_ros.training.trainer CONFIG.yaml`` (or ``camaware train --config``), or under
``torchrun --nproc-per-node N`` for data-parallel training on any number of processes.
"""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
import yaml
from torch import nn
from torch.utils.data import Dataset, SequentialSampler
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

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
from camaware_ros.training.cameras import BANDS
from camaware_ros.training.data import RenderedScenes, collate
from camaware_ros.training.dialogue_losses import dialogue_losses, with_spoken_targets
from camaware_ros.training.distill import Distiller, require_teacher
from camaware_ros.training.losses import grounding_losses, point_targets, total_loss
from camaware_ros.training.samples import SampleConfig
from camaware_ros.training.semi import with_text
from camaware_ros.training.spatial_losses import spatial_losses
from camaware_ros.training.teachers.lessons import TeacherModule
from camaware_ros.training.teachers.pictures import PictureConfig, WithPictures, read_lessons


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One run.

    Attributes:
        name: of the model and of its folder.
        output: folder for checkpoints and the finished model.
        images: how many samples are drawn in all.
        batch: images per step and process.
        learning_rate, weight_decay: of AdamW.
        warmup_steps, decay: of the schedule; decay is the share of all steps at the end.
        init_from: folder of a finished model to start from, or None.
        learns: ``grounder``, or ``teacher``: our own geometry network (``model.teacher``), whose
            sizes ``model`` then overrides.
        teacher: folder of a finished teacher, or None; needed by ``prior: inject`` and ``distill``.
        teacher_run: YAML of the run that trains the teacher (relative to this one's folder), or
            None; ``camaware train`` makes up for it.
        distill: the teacher's token features and range map are targets of the loss; nothing of
            the teacher is in the finished model.
        after: YAML of the run that comes before this one (relative to this one's folder), or None;
            ``camaware train`` makes up for it, and this run starts from its model.
        language: folder or hub id of a pretrained causal LM that takes the place of the small
            language model, or None.
        band: family of cameras (see ``cameras.BANDS``).
        pictures: real pictures without text that take part (``teachers.pictures.PictureConfig``).
        model: overrides of ``ModelConfig``; samples: overrides of ``SampleConfig``.
        workers: rendering processes per training process.
        save_steps: checkpoint interval.
    """

    name: str
    output: str
    images: int
    batch: int = 16
    learning_rate: float = 1.5e-3
    warmup_steps: int = 100
    decay: float = 0.25
    weight_decay: float = 0.02
    init_from: str | None = None
    after: str | None = None
    learns: str = "grounder"
    teacher: str | None = None
    teacher_run: str | None = None
    distill: bool = False
    language: str | None = None
    band: str = "train"
    pictures: dict[str, object] = field(default_factory=dict)
    model: dict[str, object] = field(default_factory=dict)
    samples: dict[str, object] = field(default_factory=dict)
    workers: int = 1
    threads: int = 1
    save_steps: int = 500
    seed: int = 1

    @classmethod
    def from_yaml(cls, path: Path) -> TrainConfig:
        """Read a run; unknown keys raise ValueError."""
        record = yaml.safe_load(path.read_text())
        if not isinstance(record, dict):
            raise ValueError(f"{path}: expected a mapping of run settings, got {record!r}")
        try:
            config = cls(**record)
        except TypeError as error:
            raise ValueError(f"{path}: {error}") from error
        if config.after is not None:
            earlier = cls.from_yaml(path.parent / config.after)
            config = replace(config, init_from=str(Path(earlier.output) / "model"))
        if config.teacher_run is not None:
            teaching = cls.from_yaml(path.parent / config.teacher_run)
            config = replace(config, teacher=str(Path(teaching.output) / "model"))
        return config


class GroundingModule(nn.Module):
    """The network with its loss, in the form that ``Trainer`` calls."""

    def __init__(self, network: CameraAwareGrounder, distiller: Distiller | None = None) -> None:
        """Wrap a network, and a teacher for it if there is one."""
        super().__init__()
        self.network = network
        self.distiller = distiller

    def forward(self, **batch: torch.Tensor) -> dict[str, object]:
        """Loss and its parts."""
        _, _, among = point_targets(with_spoken_targets(batch))
        pixels = batch["pixels"].contiguous(memory_format=torch.channels_last)
        config, rays = self.network.config, batch["rays"]
        spatial = bool(config.spatial_layers)
        dialogue = batch.get("dialogue")
        out = self.network(pixels, rays, batch["tokens"], among, dialogue, spatial=spatial)
        said, truth, weight = with_text(out, batch)
        parts = grounding_losses(said, truth, config.canonical_range, config.grid)
        if dialogue is not None:
            parts |= dialogue_losses(said, truth, config.canonical_range)
        parts = {name: weight * value for name, value in parts.items()}
        if spatial:
            parts |= spatial_losses(out, batch)
        if self.distiller is not None:
            parts |= self.distiller(out, pixels, rays, config.grid)
        return {"loss": total_loss(parts), "parts": {k: v.detach() for k, v in parts.items()}}

    def save(self, folder: Path, record: dict[str, object]) -> None:
        """Write the finished model."""
        save_checkpoint(folder, self.network, WordTokenizer(), record)


class GroundingTrainer(Trainer):
    """``Trainer`` that also logs every part of the loss."""

    _sums: dict[str, float]
    _count: int = 0

    def _get_train_sampler(self, *args, **kwargs) -> SequentialSampler:  # noqa: ANN002, ANN003
        """Samples are independent draws already; keeping their order makes resuming exact."""
        return SequentialSampler(self.train_dataset)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):  # noqa: ANN001, ANN201, D102
        out = model(**inputs)
        if self._count == 0:
            self._sums = dict.fromkeys(out["parts"], 0.0)
        for name, value in out["parts"].items():
            self._sums[name] += float(value)
        self._count += 1
        return (out["loss"], out) if return_outputs else out["loss"]

    def log(self, logs: dict[str, float], *args, **kwargs) -> None:  # noqa: ANN002, ANN003, D102
        if self._count and "loss" in logs:
            logs = logs | {k: round(v / self._count, 4) for k, v in self._sums.items()}
            self._count = 0
        super().log(logs, *args, **kwargs)


class HistoryFile(TrainerCallback):
    """Appends every log line to ``history.jsonl`` so that curves survive a kill."""

    def __init__(self, path: Path) -> None:
        """Write to ``path``."""
        self.path = path

    def on_log(self, args, state, control, logs=None, **kwargs):  # noqa: ANN001, ANN003, ANN201, D102
        if state.is_world_process_zero:
            with self.path.open("a") as file:
                file.write(json.dumps({"step": state.global_step, **(logs or {})}) + "\n")


def optimiser(network: nn.Module, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW; no decay on norms, biases and embeddings."""
    learning = [p for p in network.parameters() if p.requires_grad]
    decay = [p for p in learning if p.ndim >= 2]
    rest = [p for p in learning if p.ndim < 2]
    groups = [
        {"params": decay, "weight_decay": config.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.97), fused=True)


def trapezoid(step: int, total: int, warmup: int, decay: int) -> float:
    """Learning-rate factor: linear warm-up, constant, linear decay to 1 % over the last steps.

    Constant in between, so that a run can be stopped or prolonged before its decay begins.
    """
    left = (total - step) / max(1, decay)
    return max(0.01, min((step + 1) / max(1, warmup), left, 1.0))


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
    return GroundingModule(network, distiller)


def training_arguments(config: TrainConfig, steps: int) -> TrainingArguments:
    """What ``Trainer`` needs to know."""
    cpu = not torch.cuda.is_available()
    alone = int(os.environ.get("WORLD_SIZE", "1")) == 1
    return TrainingArguments(
        output_dir=config.output, max_steps=steps, per_device_train_batch_size=config.batch,
        bf16=True, use_cpu=cpu, ddp_backend="gloo" if cpu and not alone else None,
        max_grad_norm=1.0,
        dataloader_num_workers=config.workers, dataloader_drop_last=True,
        dataloader_prefetch_factor=4 if config.workers else None, ignore_data_skip=False,
        logging_steps=50, save_steps=config.save_steps, save_total_limit=2, report_to=[],
        remove_unused_columns=False, label_names=["target"], seed=config.seed,
        ddp_find_unused_parameters=False, dataloader_persistent_workers=config.workers > 0,
    )  # fmt: skip


def build_data(config: TrainConfig, shape: ModelConfig, tokenizer: WordTokenizer) -> Dataset:
    """What a run looks at."""
    size = (shape.image_width, shape.image_height)
    samples = replace(
        SampleConfig(
            size=size, prompt_length=shape.prompt_length, band=BANDS[config.band], seed=config.seed
        ),
        **config.samples,
    )
    scenes = RenderedScenes(samples, config.images, tokenizer)
    if not config.pictures:
        return scenes
    pictures = PictureConfig(**config.pictures)  # type: ignore[arg-type]
    return WithPictures(scenes, read_lessons(pictures, size), pictures.share, config.seed)


def train(config: TrainConfig) -> Path:
    """Run (or resume) a training and write the finished model folder; returns its path."""
    torch.set_num_threads(config.threads)
    tokenizer = WordTokenizer()
    module = build_module(config, tokenizer)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    steps = config.images // (config.batch * processes)
    optim = optimiser(module, config)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optim, lambda step: trapezoid(step, steps, config.warmup_steps, int(config.decay * steps))
    )
    output = Path(config.output)
    output.mkdir(parents=True, exist_ok=True)
    trainer = GroundingTrainer(
        model=module, args=training_arguments(config, steps), data_collator=collate,
        train_dataset=build_data(config, module.network.config, tokenizer),
        optimizers=(optim, schedule), callbacks=[HistoryFile(output / "history.jsonl")],
    )  # fmt: skip
    begin = time.time()
    trainer.train(resume_from_checkpoint=get_last_checkpoint(config.output))
    seconds = time.time() - begin
    record = {
        "run": asdict(config), "steps": steps, "processes": processes,
        "seconds_this_start": round(seconds), "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.cuda.device_count()} GPUs",
    }  # fmt: skip
    if trainer.is_world_process_zero():
        module.save(output / "model", record)
        print(f"{config.name}: {config.images} images, {seconds / 60:.1f} min, {record['machine']}")
    return output / "model"


if __name__ == "__main__":
    import sys

    train(TrainConfig.from_yaml(Path(sys.argv[1])))
