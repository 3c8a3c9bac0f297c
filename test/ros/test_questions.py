"""Questions on ``command``: grounding_node says what the model says, and the order stands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from shots import (  # noqa: E402
    CAMERA_AT,
    FOCAL,
    HEIGHT,
    WIDTH,
    Shot,
    centre,
    in_map,
    picture,
    send_tf,
)

from camaware_ros.geometry.camera import Camera  # noqa: E402
from camaware_ros.grounder import DEFAULT_MODEL, FAMILIARITY_FILE, Grounder  # noqa: E402
from camaware_ros.language.dialogue_text import LOC  # noqa: E402
from camaware_ros.language.tokenizer import WordTokenizer  # noqa: E402
from camaware_ros.model.checkpoint import save_checkpoint  # noqa: E402
from camaware_ros.model.config import ModelConfig  # noqa: E402
from camaware_ros.model.grounder import CameraAwareGrounder  # noqa: E402
from camaware_ros.resources import share_directory  # noqa: E402
from camaware_ros.runtime.manifest import (  # noqa: E402
    MANIFEST_FILE,
    WEIGHTS_FILE,
    read_manifest,
    sha256,
)
from camaware_ros.training.data import collate  # noqa: E402
from camaware_ros.training.dialogue_losses import (  # noqa: E402
    dialogue_losses,
    with_spoken_targets,
)
from camaware_ros.training.losses import point_targets  # noqa: E402
from camaware_ros.training.samples import SampleConfig, make_sample  # noqa: E402
from camaware_ros.types import Mounting, Observation  # noqa: E402

SHIPPED = share_directory() / "models" / DEFAULT_MODEL
pytestmark = pytest.mark.skipif(not SHIPPED.is_dir(), reason=f"no model in {SHIPPED}")


def seen_by_the_rig() -> Observation:
    """What ``shots`` send, with a camera made from the numbers alone."""
    matrix = np.array([[FOCAL, 0, (WIDTH - 1) / 2], [0, FOCAL, (HEIGHT - 1) / 2], [0, 0, 1]])
    camera = Camera.from_opencv(matrix, np.zeros(5), "plumb_bob", (WIDTH, HEIGHT))
    mounting = Mounting(up_camera=np.array([0.0, -1.0, 0.0]), height_m=CAMERA_AT[2])
    return Observation(image=picture(), camera=camera, mounting=mounting)


def learnt_by_heart(network: CameraAwareGrounder, tokenizer: WordTokenizer) -> str:
    """Teach the words of one dialogue that speaks of a thing; returns its question."""
    loc = tokenizer.ids([LOC])[0]
    config = SampleConfig(dialogues=1, zoom=0.0)
    drawn = (make_sample(config, index, tokenizer) for index in range(50))
    sample = next(s for s in drawn if loc in s["dialogue"])
    batch = collate([sample])
    _, _, among = point_targets(with_spoken_targets(batch))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-2)
    for _ in range(40):
        out = network(batch["pixels"], batch["rays"], batch["tokens"], among, batch["dialogue"])
        optimiser.zero_grad()
        dialogue_losses(out, batch, canonical=True)["words"].backward()
        optimiser.step()
    asked = int(batch["dialogue_answer"][0, 0].argmax())
    return " ".join(tokenizer.tokens[i] for i in sample["dialogue"][0, 1:asked])


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A tiny model that answers, for torch, and the question that it knows."""
    folder = tmp_path_factory.mktemp("talking")
    tokenizer = WordTokenizer()
    torch.manual_seed(0)
    network = CameraAwareGrounder(
        ModelConfig(
            vocabulary=tokenizer.size, kinds=22, colours=8, width=32, heads=2, stem=(8, 8, 16),
            vision_layers=1, language_layers=1, vision_hidden=32, language_hidden=32,
        )
    )  # fmt: skip
    question = learnt_by_heart(network, tokenizer)
    save_checkpoint(folder, network, tokenizer, {})
    np.savez(folder / FAMILIARITY_FILE, mean=np.full(32, 1e3), whiten=np.eye(32))
    manifest = replace(
        read_manifest(SHIPPED), name="by heart", tokenizer=tokenizer.to_dict(),
        files={name: sha256(folder / name) for name in (WEIGHTS_FILE, FAMILIARITY_FILE)},
    )  # fmt: skip
    (folder / MANIFEST_FILE).write_text(manifest.to_json())
    return folder, question


def running_node(make_rig: Callable, start: Callable, *parameters: str) -> tuple:
    """A rig, its shot and the real node, which looks for the red box."""
    rig = make_rig()
    given = ("diagnostics_period_s:=0.1", "min_presence:=0.0", *parameters)
    flags = [part for parameter in given for part in ("-p", parameter)]
    node = start("-m", "camaware_ros.ros.grounding_node", "--ros-args", *flags)
    rig.wait_matched()
    send_tf(rig)
    shot = Shot(rig)
    rig.command("find the red box")
    rig.wait(lambda: labelled(rig, "red box"), "detections", shot)
    return rig, shot, node


def labelled(rig, label: str) -> list:
    """Arrays of detections whose first thing has this label."""
    return [
        message
        for message in rig.detections
        if message.detections and message.detections[0].results[0].hypothesis.class_id == label
    ]


def test_an_answer_and_its_things_are_those_of_the_model(make_rig, start, talking) -> None:
    folder, question = talking
    grounder = Grounder.load(folder, backend="torch")
    expected = grounder.ask(seen_by_the_rig(), question)
    grounder.close()
    assert expected.localizations and expected.warnings
    rig, shot, node = running_node(make_rig, start, f"model_dir:={folder}", "backend:=torch")
    rig.detections.clear()
    rig.command(question)
    rig.wait(lambda: expected.text in rig.answers, "the answer", shot)
    rig.wait(lambda: "answer_doubtful" in rig.health(), "the warning", shot)
    rig.wait(lambda: labelled(rig, "red box"), "the order, which stands", shot)
    assert rig.answers.count(expected.text) == 1
    replies = [m for m in rig.detections if m not in labelled(rig, "red box")]
    (reply,) = replies
    assert reply.header.frame_id == "map"
    stamp = (reply.header.stamp.sec, reply.header.stamp.nanosec)
    assert stamp in shot.sent
    assert len(reply.detections) == len(expected.localizations)
    for detection, thing in zip(reply.detections, expected.localizations, strict=True):
        assert detection.results[0].hypothesis.class_id == thing.label
        np.testing.assert_allclose(centre(detection), in_map(thing.box.center.copy()), atol=1e-3)
    rig.command("how far is " + "the red red red red red red red red red box " * 4)
    rig.wait(lambda: "question_invalid" in rig.health(), "the reason", shot)
    rig.command("find the red box")
    rig.wait(lambda: "question" not in rig.health(), "a health without questions", shot)
    assert node.end() == 0, node.output


def test_a_model_that_only_points_says_so_and_goes_on(make_rig, start, tmp_path) -> None:
    rig, shot, node = running_node(make_rig, start, f"model_dir:={pointing_model(tmp_path)}",
                                   "backend:=onnx")  # fmt: skip
    rig.command("How far is the chair?")
    text = "this model was not taught to answer questions"
    rig.wait(lambda: text in rig.answers, "the answer", shot)
    rig.wait(lambda: f"cannot_answer: {text}" in rig.health(), "the reason", shot)
    rig.detections.clear()
    rig.wait(lambda: labelled(rig, "red box"), "detections after the question", shot)
    rig.command("find the red box")
    rig.wait(lambda: "cannot_answer" not in rig.health(), "a health without questions", shot)
    assert node.end() == 0, node.output


def pointing_model(folder: Path) -> Path:
    """The shipped model with the words of phrases alone, whatever it was taught."""
    shutil.copytree(SHIPPED, folder / "model")
    path = folder / "model" / MANIFEST_FILE
    record = json.loads(path.read_text())
    record["tokenizer"]["answers"] = []
    path.write_text(json.dumps(record))
    return folder / "model"
