"""Training for real, but tiny: it learns, resumes where it stopped, scales to two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from camaware_ros.language.vocabulary import COLOURS, KINDS
from camaware_ros.training.losses import WEIGHTS, grounding_losses, point_targets, total_loss
from camaware_ros.training.trainer import TrainConfig, trapezoid

SETTINGS = {
    "name": "tiny", "images": 48, "batch": 4, "workers": 0, "save_steps": 6, "warmup_steps": 2,
    "model": {
        "width": 32, "heads": 2, "stem": [8, 8, 16], "vision_layers": 1, "language_layers": 1,
        "vision_hidden": 32, "language_hidden": 32,
    },
}  # fmt: skip


def start(
    config: dict[str, object], folder: Path, processes: int = 1
) -> subprocess.CompletedProcess:
    path = folder / "run.yaml"
    path.write_text(yaml.safe_dump(config | {"output": str(folder / "run")}))
    source = Path(__file__).resolve().parents[2] / "src"
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(source)}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node",
               str(processes), "-m", "camaware_ros.training.trainer", str(path)]  # fmt: skip
    return subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=280, check=False
    )


def test_two_processes_train_resume_and_write_a_model(tmp_path: Path) -> None:
    """A gloo pair trains, stops at a checkpoint, goes on to a longer run; a model comes out."""
    done = start(SETTINGS, tmp_path, processes=2)
    assert done.returncode == 0, done.stderr[-2000:]
    first = json.loads((tmp_path / "run/model/training.json").read_text())
    assert first["processes"] == 2 and first["steps"] == 6
    done = start(SETTINGS | {"images": 80}, tmp_path, processes=2)
    assert done.returncode == 0, done.stderr[-2000:]
    state = json.loads((tmp_path / "run/checkpoint-10/trainer_state.json").read_text())
    assert state["global_step"] == 10
    assert "10/10" in done.stderr and "| 7/10" in done.stderr  # went on from 6, not from 0
    assert (tmp_path / "run/model/model.safetensors").stat().st_size > 10_000


def test_the_network_can_learn_one_batch_by_heart() -> None:
    from camaware_ros.language.tokenizer import WordTokenizer
    from camaware_ros.training.data import RenderedScenes, collate
    from camaware_ros.training.samples import SampleConfig
    from camaware_ros.training.trainer import GroundingModule, build_network

    torch.manual_seed(0)
    config = TrainConfig(**(SETTINGS | {"output": "unused"}))
    module = GroundingModule(build_network(config, WordTokenizer()))
    data = RenderedScenes(SampleConfig(), 4, WordTokenizer())
    batch = collate([data[i] for i in range(4)])
    optimiser = torch.optim.AdamW(module.parameters(), lr=4e-3)
    losses = []
    for _ in range(120):
        out = module(**batch)
        optimiser.zero_grad()
        out["loss"].backward()
        optimiser.step()
        losses.append(float(out["loss"]))
    assert losses[-1] < 0.55 * losses[0]
    assert float(out["parts"]["pointer"]) < 1.9  # chance is log 80 = 4.4


def test_a_perfect_answer_costs_almost_nothing() -> None:
    """Losses against outputs that are built from the truth by other code paths."""
    from camaware_ros.language.tokenizer import WordTokenizer
    from camaware_ros.model.heads import TokenRays, encode_offset
    from camaware_ros.training.data import RenderedScenes, collate
    from camaware_ros.training.samples import SampleConfig

    data = RenderedScenes(SampleConfig(zoom=0.0), 6, WordTokenizer())
    batch = collate([data[i] for i in range(6)])
    positive, share, among = point_targets(batch)
    token = share.masked_fill(~among, -1).argmax(-1)
    ray, right, down, angle = TokenRays()(batch["rays"])
    target = batch["target"].clamp_min(0)
    centre = batch["thing_centre"].gather(1, target[..., None].expand(-1, -1, 3))
    frame = [v.gather(1, token[..., None].expand(-1, -1, 3)) for v in (ray, right, down)]
    log_angle = angle.gather(1, token)
    code = torch.zeros(6, 8, 11)
    code[..., :2] = encode_offset(centre, *frame, log_angle)
    code[..., 2] = centre.norm(dim=-1).clamp_min(1e-3).log() + log_angle
    code[..., 3:6] = batch["thing_log_size"].gather(1, target[..., None].expand(-1, -1, 3))
    code[..., 6:8] = batch["thing_yaw"].gather(1, target[..., None].expand(-1, -1, 3))[..., :2]
    cells = batch["log_range"].view(6, 8, 4, 10, 4)
    out = {
        "code": code, "token": token, "dense_code": torch.zeros(6, 80, 11),
        "classes": torch.zeros(6, 80, len(KINDS) + len(COLOURS) + 1),
        "pointer": (share + 1e-9).log(),
        "presence": 20 * (2 * positive - 1),
        "range_map": cells.permute(0, 1, 3, 2, 4).reshape(6, 80, 16),
        "up": batch["up"], "log_height": batch["log_height"],
    }  # fmt: skip
    losses = grounding_losses(out, batch, canonical=True, grid=(8, 10))
    for name in ("presence", "range_map", "mounting"):
        assert float(losses[name]) < 1e-4, name
    blank = out | {"code": torch.zeros_like(code)}
    worse = grounding_losses(blank, batch, canonical=True, grid=(8, 10))
    dense = grounding_losses(out | {"code": code}, batch, canonical=True, grid=(8, 10))
    for name in ("offset", "range", "size", "yaw"):
        assert float(dense[name]) < float(worse[name]), name
    switched_on = ("belief", "spatial", "distill", "words", "said")
    assert set(losses) == {name for name in WEIGHTS if not name.startswith(switched_on)}
    assert torch.isfinite(total_loss(losses))


def test_learning_rate_rises_stays_and_falls() -> None:
    rates = [trapezoid(step, 100, 10, 20) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and rates[10:80] == [1.0] * 70
    assert rates[-1] == pytest.approx(0.05) and all(
        a >= b for a, b in zip(rates[80:], rates[81:], strict=False)
    )


@pytest.mark.parametrize("text", ["[1, 2]", "name: a\nwings: 3\n"])
def test_bad_run_files_are_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"bad\.yaml"):
        TrainConfig.from_yaml(path)
