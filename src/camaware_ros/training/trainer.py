"""One training run: its data, its trainer, and the record of what it took.

``python -m camaware_ros.training.trainer CONFIG.yaml`` (or ``camaware train --config``), or under
``torchrun --nproc-per-node N`` for data-parallel training on any number of processes. A run that
was stopped goes on from its newest checkpoint.
"""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from transformers import TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.config import RECORD_FILE, ModelConfig
from camaware_ros.training.cameras import BANDS
from camaware_ros.training.curves import seconds_spent
from camaware_ros.training.data import RenderedScenes, collate
from camaware_ros.training.logging_trainer import HISTORY_FILE, GroundingTrainer, HistoryFile
from camaware_ros.training.module import build_module
from camaware_ros.training.optimisation import optimiser, trapezoid
from camaware_ros.training.run_config import TrainConfig
from camaware_ros.training.samples import SampleConfig
from camaware_ros.training.teachers.pictures import PictureConfig, WithPictures, read_lessons


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
        logging_steps=min(50, config.save_steps), save_steps=config.save_steps,
        save_total_limit=2, report_to=[],
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


def build_trainer(config: TrainConfig, steps: int) -> GroundingTrainer:
    """Everything that takes part in a run of so many steps."""
    tokenizer = WordTokenizer()
    module = build_module(config, tokenizer)
    optim = optimiser(module, config)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optim, lambda step: trapezoid(step, steps, config.warmup_steps, int(config.decay * steps))
    )
    return GroundingTrainer(
        model=module, args=training_arguments(config, steps), data_collator=collate,
        train_dataset=build_data(config, module.network.config, tokenizer),
        optimizers=(optim, schedule), callbacks=[HistoryFile(Path(config.output))],
    )  # fmt: skip


def train(config: TrainConfig) -> Path:
    """Run (or resume) a training and write the finished model folder; returns its path."""
    torch.set_num_threads(config.threads)
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    steps = config.images // (config.batch * processes)
    output = Path(config.output)
    output.mkdir(parents=True, exist_ok=True)
    trainer = build_trainer(config, steps)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(config.output))
    if trainer.is_world_process_zero():
        record = run_record(config, steps, processes)
        trainer.model.save(output / "model", record)
        minutes = record["seconds"] / 60
        print(f"{config.name}: {config.images} images, {minutes:.1f} min, {record['machine']}")
    return output / "model"


def run_record(config: TrainConfig, steps: int, processes: int) -> dict[str, Any]:
    """What a run was, how long it took, on what, and the same of the run it started from."""
    before = Path(config.init_from or "") / RECORD_FILE
    known = config.init_from is not None and before.is_file()
    return {
        "run": asdict(config), "steps": steps, "processes": processes,
        "seconds": round(seconds_spent(Path(config.output) / HISTORY_FILE)),
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.cuda.device_count()} GPUs",
        "before": json.loads(before.read_text()) if known else None,
    }  # fmt: skip


if __name__ == "__main__":
    import sys

    train(TrainConfig.from_yaml(Path(sys.argv[1])))
