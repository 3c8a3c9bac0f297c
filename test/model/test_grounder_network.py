"""The network's structure: what may influence what, and the geometry of its read-out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.lenses import Equidistant
from camaware_ros.geometry.rays import cells, ray_features
from camaware_ros.language.tokenizer import LOC_ID, WordTokenizer
from camaware_ros.model.checkpoint import inherit_weights, load_checkpoint, save_checkpoint
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import (
    MAX_SPOKEN,
    SAME_CENTRE_RAD,
    CameraAwareGrounder,
    agreement,
    prefix_mask,
)
from camaware_ros.model.heads import CODE, RANGE, TokenRays, decode, encode_offset

TOKENIZER = WordTokenizer()


def tiny(**overrides: object) -> CameraAwareGrounder:
    torch.manual_seed(0)
    settings = {
        "vocabulary": TOKENIZER.size, "kinds": 8, "colours": 8, "width": 32, "heads": 2,
        "stem": (8, 8, 16), "vision_layers": 1, "language_layers": 2, "vision_hidden": 32,
        "language_hidden": 32,
    }  # fmt: skip
    return CameraAwareGrounder(ModelConfig(**(settings | overrides))).eval()


def features(camera: Camera) -> torch.Tensor:
    rays, valid = cells(camera, np.ones((128, 160), bool))
    up = np.array([0.0, -np.cos(0.2), -np.sin(0.2)])
    return torch.from_numpy(ray_features(rays, valid, 4, up, 1.0))[None]


PINHOLE = Camera(width=160, height=128, fx=120, fy=120, cx=80, cy=64)
WIDE = Camera(width=160, height=128, fx=70, fy=70, cx=75, cy=60)
FISHEYE = Camera(width=160, height=128, fx=55, fy=55, cx=80, cy=64, lens=Equidistant(k1=0.01))


def prompt(*phrases: str) -> torch.Tensor:
    return torch.tensor([[TOKENIZER.encode(p, 8) for p in phrases]])


@torch.inference_mode()
def test_phrases_do_not_influence_each_other() -> None:
    network, pixels = tiny(), torch.randn(1, 3, 128, 160)
    together = network(pixels, features(PINHOLE), prompt("red chair", "blue box left of sofa"))
    alone = network(pixels, features(PINHOLE), prompt("blue box left of sofa"))
    for name in ("presence", "pointer", "direction", "log_range", "code"):
        torch.testing.assert_close(together[name][:, 1], alone[name][:, 0], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_padding_of_a_phrase_does_not_change_its_answer() -> None:
    network, pixels = tiny(prompt_length=12), torch.randn(1, 3, 128, 160)
    short = torch.tensor([[TOKENIZER.encode("red chair", 6)]])
    long = torch.tensor([[TOKENIZER.encode("red chair", 12)]])
    a, b = (network(pixels, features(PINHOLE), t) for t in (short, long))
    torch.testing.assert_close(a["pointer"], b["pointer"], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("use_rays", [True, False])
def test_only_a_camera_aware_network_feels_the_camera(use_rays: bool) -> None:
    network, pixels = tiny(use_rays=use_rays, canonical_range=False), torch.randn(1, 3, 128, 160)
    a, b = (network(pixels, features(c), prompt("red chair")) for c in (PINHOLE, WIDE))
    assert torch.equal(a["pointer"], b["pointer"]) != use_rays


@torch.inference_mode()
def test_mounting_switch() -> None:
    rays = features(PINHOLE)
    unknown = rays.clone()
    unknown[:, 5:] = 0
    pixels = torch.randn(1, 3, 128, 160)
    for network, same in ((tiny(use_mounting=False), True), (tiny(), False)):
        a, b = (network(pixels, r, prompt("red chair"))["pointer"] for r in (rays, unknown))
        assert torch.equal(a, b) == same


def test_prefix_mask_by_hand() -> None:
    tokens = torch.tensor([[[2, 9, 3], [2, 3, 0]]])
    group = torch.tensor([0, 0, 0, 1, 1, 1])
    mask = prefix_mask(tokens.flatten(1), group, visual=2)[0, 0] == 0
    expected = torch.tensor([
        [1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 1, 0, 0, 0],
        [1, 1, 0, 0, 0, 1, 0, 0],
        [1, 1, 0, 0, 0, 1, 1, 0],
        [1, 1, 0, 0, 0, 1, 1, 1],
    ], dtype=torch.bool)  # fmt: skip
    assert torch.equal(mask, expected)


@pytest.mark.parametrize("camera", [PINHOLE, WIDE, FISHEYE])
@pytest.mark.parametrize("canonical", [True, False])
def test_offset_and_range_codes_decode_to_where_the_camera_sees_the_point(
    camera: Camera, canonical: bool
) -> None:
    """Encode -> decode is the identity, and a pixel shift equals Camera.project's."""
    ray, right, down, log_angle = TokenRays()(features(camera))
    rng = np.random.default_rng(0)
    pixels = rng.uniform([24, 24], [136, 104], (40, 2))
    rays, _ = camera.unproject(pixels)
    centres = torch.from_numpy(rays * rng.uniform(1, 6, (40, 1))).float()
    token = torch.from_numpy((pixels[:, 1] // 16 * 10 + pixels[:, 0] // 16).astype(np.int64))
    frame = [v[0, token] for v in (ray, right, down)]
    angle = log_angle[0, token]
    code = torch.zeros(40, CODE)
    code[:, :2] = encode_offset(centres, *frame, angle)
    code[:, RANGE] = centres.norm(dim=-1).log() + (angle if canonical else 0)
    direction, log_range = decode(code, *frame, angle, canonical)
    torch.testing.assert_close(direction * log_range.exp()[:, None], centres, atol=1e-4, rtol=1e-4)
    found, _ = camera.project(direction.numpy())
    assert np.abs(found - pixels).max() < 0.05
    assert code[:, :2].abs().max() < 1.0  # the centre lies in its own token


@pytest.mark.parametrize("camera", [PINHOLE, FISHEYE])
def test_token_frames_are_orthonormal_and_the_ray_is_the_tokens(camera: Camera) -> None:
    ray, right, down, log_angle = (v[0].double().numpy() for v in TokenRays()(features(camera)))
    for a, b in ((ray, right), (ray, down), (right, down)):
        assert np.abs((a * b).sum(-1)).max() < 1e-5
    np.testing.assert_allclose(np.cross(ray, right), down, atol=1e-5)
    centre, _ = camera.unproject(np.array([[72.0, 56.0]]))
    assert np.degrees(np.linalg.norm(centre[0] - ray[3 * 10 + 4])) < 0.3
    assert log_angle.shape == (80,)


def test_checkpoint_round_trip(tmp_path) -> None:
    network = tiny()
    save_checkpoint(tmp_path, network, TOKENIZER, {"note": "test"})
    loaded, tokenizer = load_checkpoint(tmp_path)
    assert tokenizer == TOKENIZER and loaded.config == network.config
    with torch.inference_mode():
        args = (torch.randn(1, 3, 128, 160), features(PINHOLE), prompt("red chair"))
        torch.testing.assert_close(
            loaded(*args)["pointer"], network(*args)["pointer"], atol=2e-2, rtol=2e-2
        )


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"image_width": 150}, "image_width"),
        ({"width": 33}, "heads"),
        ({"image_height": 0}, "image_height"),
    ],
)
def test_bad_shapes_are_refused(setting: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tiny(**setting)


def test_unknown_config_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="model config"):
        ModelConfig.from_dict({"vocabulary": 5, "kinds": 1, "colours": 1, "wings": 2})


def test_a_later_stage_starts_from_an_earlier_one_with_fewer_words(tmp_path) -> None:
    early = tiny()
    save_checkpoint(tmp_path, early, TOKENIZER, {})
    late = tiny(vocabulary=TOKENIZER.size + 5, belief=True)
    fresh = inherit_weights(late, tmp_path)
    assert fresh and all(name.startswith("belief.") for name in fresh)
    before, after = early.state_dict(), late.state_dict()
    rows = after["language.embed_tokens.weight"][: TOKENIZER.size]
    torch.testing.assert_close(rows, before["language.embed_tokens.weight"], atol=1e-3, rtol=1e-3)
    with pytest.raises(ValueError, match="expected no such weight"):
        save_checkpoint(tmp_path, late, TOKENIZER, {})
        inherit_weights(early, tmp_path)


@torch.inference_mode()
def test_beliefs_reach_the_words_and_are_metric() -> None:
    """The same belief in pixel angles is twice as far where a pixel spans half the angle."""
    network, pixels = tiny(belief=True), torch.randn(1, 3, 128, 160)
    out = network(pixels, features(PINHOLE), prompt("red chair"))
    assert out["belief_log_range"].shape == (1, 80)
    visual = torch.randn(1, 80, 32)
    near, far = torch.zeros(1, 80, 14), torch.zeros(1, 80, 14)
    near[..., 4] = far[..., 4] = 1.0
    far[..., 3] = -np.log(2)
    ranges = [network.belief(visual, rays)[2].exp() for rays in (near, far)]
    torch.testing.assert_close(ranges[1], 2 * ranges[0])


@torch.inference_mode()
def test_dialogues_disturb_neither_the_phrases_nor_each_other() -> None:
    """Not even where each is shown, behind a <loc>, only what that one points at."""
    network, pixels = tiny(looks_back=True), torch.randn(1, 3, 128, 160)
    tokens = prompt("red chair", "blue box")
    dialogues = torch.randint(LOC_ID + 1, TOKENIZER.size, (1, 3, 12))
    dialogues[0, :, [3, 7]] = LOC_ID
    among = torch.ones(1, 2 + 3 * MAX_SPOKEN, 80, dtype=torch.bool)
    among[:, 2:] = torch.eye(80, dtype=torch.bool)[: 3 * MAX_SPOKEN]
    phrases, said = among[:, :2], among[:, 2:].unflatten(1, (3, MAX_SPOKEN))
    alone = network(pixels, features(PINHOLE), tokens, phrases)
    beside = network(pixels, features(PINHOLE), tokens, among, dialogues)
    torch.testing.assert_close(alone["pointer"], beside["pointer"], atol=1e-5, rtol=1e-5)
    places = beside["said_pointer"].unflatten(1, (3, MAX_SPOKEN))
    for number in range(3):
        own = torch.cat([phrases, said[:, number]], dim=1)
        out = network(pixels, features(PINHOLE), tokens, own, dialogues[:, number : number + 1])
        torch.testing.assert_close(out["words"][:, 0], beside["words"][:, number])
        torch.testing.assert_close(out["said_pointer"], places[:, number])


@torch.inference_mode()
def test_many_tokens_of_one_thing_outvote_the_greatest_single_one() -> None:
    """Three tokens that agree about a centre, against a greater one alone."""
    share = torch.tensor([0.22, 0.3, 0.24, 0.24])
    there, elsewhere = torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, 0.6, 0.8])
    centres = torch.stack([there, elsewhere, there, there])[None]
    backing = agreement(share.log()[None, None], centres)[0, 0]
    torch.testing.assert_close(backing, torch.tensor([0.7, 0.3, 0.7, 0.7]), atol=1e-4, rtol=0)
    network, pixels = tiny(), torch.randn(1, 3, 128, 160)
    out = network(pixels, features(PINHOLE), prompt("red chair"))
    seen, _ = decode(out["dense_code"], *TokenRays()(features(PINHOLE)), canonical=True)
    backing = agreement(out["pointer"], seen)
    assert torch.equal(out["token"], (out["pointer"].softmax(-1) * backing).argmax(-1))


@torch.inference_mode()
def test_agreement_is_a_bell_over_the_angle_between_centres() -> None:
    angle = torch.tensor([0.0, 0.5, 1.0, 2.0]) * SAME_CENTRE_RAD
    centres = torch.stack([angle.sin(), torch.zeros(4), angle.cos()], -1)[None]
    first = torch.tensor([[[0.0, -1e4, -1e4, -1e4]]])  # all of the pointer on the first
    expected = np.exp(-0.5 * np.array([0.0, 0.5, 1.0, 2.0]) ** 2)
    np.testing.assert_allclose(agreement(first, centres)[0, 0], expected, atol=1e-3)
