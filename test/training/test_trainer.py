"""Training for real, but tiny: it learns, resumes where it stopped, scales to two processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
import torch
import yaml

from camaware_ros.cli.main import main
from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.language.vocabulary import COLOURS, KINDS
from camaware_ros.model.config import ModelConfig
from camaware_ros.training.curves import draw_curves, read_history, seconds_spent
from camaware_ros.training.losses import WEIGHTS, grounding_losses, point_targets, total_loss
from camaware_ros.training.optimisation import trapezoid
from camaware_ros.training.run_config import TrainConfig
from camaware_ros.training.samples import SampleConfig
from camaware_ros.training.trainer import run_record

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
WITNESS = Path(__file__).with_name("witness_process.py")
SETTINGS = {
    "name": "tiny", "images": 24, "batch": 4, "workers": 0, "save_steps": 3, "warmup_steps": 2,
    "model": {
        "width": 32, "heads": 2, "stem": [8, 8, 16], "vision_layers": 1, "language_layers": 1,
        "vision_hidden": 32, "language_hidden": 32,
    },
}  # fmt: skip


def write(config: dict[str, object], folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(config | {"output": str(folder / "run")}))
    return path


@pytest.mark.timeout(600)
def test_two_processes_train_resume_and_write_a_model(tmp_path: Path) -> None:
    """A gloo pair trains, stops at a checkpoint, goes on to a longer run; a model comes out."""
    runs = [write(SETTINGS, tmp_path, "short.yaml")]
    runs += [write(SETTINGS | {"images": 40}, tmp_path, "long.yaml")]
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        str(WITNESS), str(tmp_path), *map(str, runs),
    ]  # fmt: skip
    env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        command, env=env, capture_output=True, text=True, timeout=560, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    records = [json.loads((tmp_path / f"seen-{rank}.json").read_text()) for rank in range(2)]
    for run, steps in enumerate((3, 2)):  # the longer run of 5 steps went on from 3, not from 0
        seen = [record[run]["pictures"] for record in records]
        assert [len(pictures) for pictures in seen] == [4 * steps] * 2
        assert len({*seen[0], *seen[1]}) == 2 * 4 * steps  # nobody saw what another one saw
        assert records[0][run]["weights"] == records[1][run]["weights"]
    assert records[0][0]["weights"] != records[0][1]["weights"]
    assert not {*records[0][0]["pictures"]} & {*records[0][1]["pictures"]}
    record = json.loads((tmp_path / "run/model/training.json").read_text())
    assert record["processes"] == 2 and record["steps"] == 5
    assert 0 < record["seconds"] < 560 and record["before"] is None
    assert (tmp_path / "run/model/model.safetensors").stat().st_size > 10_000


@pytest.mark.timeout(600)
def test_the_command_trains_and_leaves_a_model_its_record_and_curves(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write(SETTINGS | {"images": 8, "save_steps": 1}, tmp_path, "run.yaml")
    assert main(["train", "--config", str(path)]) == 0
    said = capfd.readouterr()
    assert "tiny: 8 images" in said.out and " min, " in said.out and "2/2" in said.err
    assert (tmp_path / "run/model/model.safetensors").is_file()
    assert [line["step"] for line in read_history(tmp_path / "run/history.jsonl")] == [1, 2]
    assert cv2.imread(str(tmp_path / "run/curves.png")).std() > 5
    assert (tmp_path / "run/checkpoint-1").is_dir()


def test_the_network_can_learn_one_batch_by_heart() -> None:
    from camaware_ros.training.data import RenderedScenes, collate
    from camaware_ros.training.module import GroundingModule, build_network

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


def test_maps_of_a_part_of_the_batch_cost_what_that_part_costs() -> None:
    from camaware_ros.training.data import RenderedScenes, collate
    from camaware_ros.training.module import GroundingModule, build_network

    shape = SETTINGS["model"] | {"spatial_layers": [1]}
    network = build_network(
        TrainConfig(**(SETTINGS | {"output": "unused", "model": shape})), WordTokenizer()
    ).eval()
    data = RenderedScenes(SampleConfig(), 3, WordTokenizer())
    three, two = (collate([data[i] for i in range(count)]) for count in (3, 2))
    part = GroundingModule(network, lifted=2)(**three)["parts"]
    alone, whole = (GroundingModule(network)(**batch)["parts"] for batch in (two, three))
    for name, value in whole.items():
        expected = alone[name] if name.startswith("spatial") else value
        assert float(part[name]) == pytest.approx(float(expected), rel=1e-4), name
    assert float(part["spatial_depth"]) != pytest.approx(float(whole["spatial_depth"]), rel=1e-4)


def test_a_perfect_answer_costs_almost_nothing() -> None:
    """Losses against outputs that are built from the truth by other code paths."""
    from camaware_ros.model.heads import TokenRays, encode_offset
    from camaware_ros.training.data import RenderedScenes, collate

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


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config/training").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_run_that_is_shipped_can_be_read(path: Path) -> None:
    """Sizes and samples are those of their classes; what a run builds on is there as well."""
    config = TrainConfig.from_yaml(path)
    assert config.images // (2 * config.batch) > config.warmup_steps
    if config.learns == "grounder":
        ModelConfig(vocabulary=WordTokenizer().size, kinds=22, colours=8, **config.model)
    SampleConfig(**config.samples)
    if config.after:
        earlier = TrainConfig.from_yaml(path.parent / config.after)
        assert config.init_from == f"{earlier.output}/model"
        assert earlier.model.items() <= config.model.items()


def test_curves_survive_a_kill_and_losses_below_zero(tmp_path: Path) -> None:
    path, picture = tmp_path / "history.jsonl", tmp_path / "curves.png"
    draw_curves(read_history(path), picture)
    assert not picture.exists()
    lines = [
        {"step": step, "loss": 5.0 / step, "sigma": 0.5 - step, "learning_rate": 1e-3}
        for step in (1, 2, 3, 2, 3)
    ]
    for line, seconds in zip(lines, (10, 20, 30, 12, 22), strict=True):
        line["seconds"] = seconds
    lines[-1]["loss"] = 1.25
    text = "".join(json.dumps(line) + "\n" for line in lines) + '{"step": 4, "lo'
    path.write_text(text)
    history = read_history(path)
    assert [line["step"] for line in history] == [1, 2, 3] and history[-1]["loss"] == 1.25
    assert seconds_spent(path) == 30 + 22
    draw_curves(history, picture)
    assert cv2.imread(str(picture)).std() > 5


def test_a_record_holds_that_of_the_stage_before_where_there_is_one(tmp_path: Path) -> None:
    config = TrainConfig(**(SETTINGS | {"output": str(tmp_path), "init_from": str(tmp_path)}))
    assert run_record(config, 5, 2)["before"] is None
    (tmp_path / "training.json").write_text('{"steps": 3}')
    record = run_record(config, 5, 2)
    assert record["before"] == {"steps": 3} and record["steps"] == 5 and record["seconds"] == 0
