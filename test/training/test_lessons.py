"""From a teacher to a student, through the real trainer, tiny."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import yaml

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.checkpoint import load_checkpoint
from camaware_ros.model.teacher import GeometryNetwork, load_teacher, teacher_config
from camaware_ros.training.data import RenderedScenes, collate
from camaware_ros.training.module import build_module
from camaware_ros.training.run_config import TrainConfig
from camaware_ros.training.samples import SampleConfig
from camaware_ros.training.teachers.lessons import TeacherModule
from camaware_ros.training.trainer import train

EYE = {"width": 32, "heads": 2, "stem": [8, 8, 16], "vision_layers": 1, "vision_hidden": 32}
COMMON = {"images": 8, "batch": 4, "workers": 0, "save_steps": 2, "warmup_steps": 1}


def run_file(folder: Path, name: str, **settings: object) -> Path:
    path = folder / f"{name}.yaml"
    record = COMMON | settings | {"name": name, "output": str(folder / name)}
    path.write_text(yaml.safe_dump(record))
    return path


def test_a_teacher_teaches_and_stays_behind(tmp_path: Path) -> None:
    lesson = run_file(tmp_path, "teacher", learns="teacher", model=EYE)
    train(TrainConfig.from_yaml(lesson))
    shape = EYE | {"language_layers": 2, "language_hidden": 32, "spatial_layers": [1, 2]}
    path = run_file(tmp_path, "student", teacher_run="teacher.yaml", distill=True, model=shape)
    network, _ = load_checkpoint(train(TrainConfig.from_yaml(path)))
    assert network.config.spatial_layers == (1, 2)
    assert not any("teacher" in name or "distil" in name for name in network.state_dict())
    state = json.loads((tmp_path / "student/checkpoint-2/trainer_state.json").read_text())
    assert state["global_step"] == 2


def test_an_injected_teacher_travels_with_the_student(tmp_path: Path) -> None:
    lesson = run_file(tmp_path, "teacher", learns="teacher", model=EYE)
    folder = train(TrainConfig.from_yaml(lesson))
    shape = EYE | {"language_layers": 1, "language_hidden": 32, "prior": "inject"}
    path = run_file(tmp_path, "student", teacher_run="teacher.yaml", model=shape)
    network, _ = load_checkpoint(train(TrainConfig.from_yaml(path)))
    for name, value in load_teacher(folder).state_dict().items():
        assert torch.equal(network.teacher.network.state_dict()[name], value), name
    assert network.prior.layers[-1].weight.abs().sum() > 0  # it has begun to listen


def test_a_teacher_can_learn_one_batch_by_heart() -> None:
    torch.manual_seed(0)
    data = RenderedScenes(SampleConfig(), 4, WordTokenizer())
    batch = collate([data[i] for i in range(4)])
    module = TeacherModule(GeometryNetwork(teacher_config(EYE)))
    optimiser = torch.optim.AdamW(module.parameters(), lr=4e-3)
    errors = []
    for _ in range(60):
        out = module(**batch)
        optimiser.zero_grad()
        out["loss"].backward()
        optimiser.step()
        errors.append(float(out["parts"]["range"]))
    assert errors[-1] < 0.5 * errors[0]


@pytest.mark.parametrize(
    "settings", [{"distill": True}, {"model": {"prior": "inject"}}, {"learns": "cooking"}]
)
def test_runs_that_cannot_be_are_refused(settings: dict[str, object]) -> None:
    config = TrainConfig(name="x", output="unused", images=4, **settings)
    with pytest.raises(ValueError, match="teacher"):
        build_module(config, WordTokenizer())
