"""The network in the shape that is exported: the two graphs of ``runtime.contract``, one image."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from camaware_ros.geometry.rays import PIXEL_ANGLE_UNIT_RAD
from camaware_ros.model.config import CELL, TOKEN
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.model.heads import OFFSET, SIGMA, SIZE, YAW, decode


def stated_sigma(code: Tensor, log_angle: Tensor) -> Tensor:
    """Log spread of bearing right and down (rad) and of log range, (n, 3), of codes (n, CODE)."""
    log_sigma = code[:, SIGMA].clamp(-6, 3)
    log_token_angle = log_angle[:, None] + math.log(TOKEN * PIXEL_ANGLE_UNIT_RAD)
    return torch.cat([log_sigma[:, OFFSET] + log_token_angle, log_sigma[:, 2:3]], dim=-1)


class VisionGraph(nn.Module):
    """Picture and rays to the language model's prefix and to all that needs no words."""

    def __init__(self, network: CameraAwareGrounder) -> None:
        """Wrap ``network``; its weights are shared."""
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor, rays: Tensor) -> tuple[Tensor, ...]:
        """``contract.VISION_INPUTS`` to ``contract.VISION_OUTPUTS``."""
        visual, _ = self.network.see(pixels, rays)
        keys, values, seen = self.prefix(visual)
        features = visual + seen
        frame = self.network.token_rays(rays)
        survey = self.network.survey(features, frame[3])
        return (
            keys,
            values,
            features,
            survey["dense_code"],
            torch.cat([*frame[:3], frame[3][..., None]], dim=-1),
            self.range_map(survey["range_map"][0]),
            survey["up"][0],
            survey["log_height"],
            visual.mean(1)[0],
            *self.objects(survey, frame),
        )

    def prefix(self, visual_BTD: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Keys and values (N, h, T, d) of the visual tokens, and their last hidden states."""
        count = visual_BTD.shape[1]
        cache = DynamicCache(config=self.network.language.config)
        out = self.network.language(
            inputs_embeds=visual_BTD,
            attention_mask=visual_BTD.new_zeros(1, 1, count, count),
            position_ids=torch.arange(count, device=visual_BTD.device)[None],
            past_key_values=cache,
            use_cache=True,
        )
        keys = torch.cat([layer.keys for layer in cache.layers])
        values = torch.cat([layer.values for layer in cache.layers])
        return keys, values, out.last_hidden_state

    def range_map(self, cells_TC: Tensor) -> Tensor:
        """Log ranges per token (T, 16) as a picture (H / 4, W / 4)."""
        (rows, cols), side = self.network.config.grid, TOKEN // CELL
        cells = cells_TC.view(rows, cols, side, side).permute(0, 2, 1, 3)
        return cells.reshape(rows * side, cols * side)

    def objects(self, survey: dict[str, Tensor], frame: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """The ``object_*`` arrays of ``ModelOutputs`` and ``objectness``."""
        config, code = self.network.config, survey["dense_code"]
        direction, log_range = decode(code, *frame, config.canonical_range)
        kind, colour, there = survey["classes"][0].split([config.kinds, config.colours, 1], dim=-1)
        return (
            direction[0],
            log_range[0],
            code[0][:, SIZE],
            code[0][:, YAW],
            stated_sigma(code[0], frame[3][0]),
            kind.softmax(-1),
            colour.softmax(-1),
            there[:, 0],
        )


class LanguageGraph(nn.Module):
    """Words behind a prefix: places at the selected ones, and what the next word might be."""

    def __init__(self, network: CameraAwareGrounder) -> None:
        """Wrap ``network``; its weights are shared."""
        super().__init__()
        self.network = network

    def forward(
        self,
        keys: Tensor,
        values: Tensor,
        features: Tensor,
        dense_code: Tensor,
        frame: Tensor,
        ids: Tensor,
        position: Tensor,
        mask: Tensor,
        select: Tensor,
    ) -> tuple[Tensor, ...]:
        """``contract.LANGUAGE_INPUTS`` to ``contract.LANGUAGE_OUTPUTS``."""
        hidden, new_keys, new_values = self.step(keys, values, ids, position, mask)
        ray, right, down, log_angle = frame.split([3, 3, 3, 1], dim=-1)
        geometry = ray, right, down, log_angle[..., 0]
        out = self.network.locate(select @ hidden, features, dense_code, geometry)
        code = out["code"][0]
        return (
            out["presence"][0],
            out["choice"][0].softmax(-1),
            out["direction"][0],
            out["log_range"][0],
            code[:, SIZE],
            code[:, YAW],
            stated_sigma(code, log_angle[0, :, 0].gather(0, out["token"][0])),
            self.network.next_word(hidden),
            new_keys,
            new_values,
        )

    def step(
        self, keys: Tensor, values: Tensor, ids: Tensor, position: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Last hidden states (1, S, D) of ``ids`` and their own keys and values (N, h, S, d)."""
        language, count = self.network.language, ids.shape[1]
        cache = DynamicCache(config=language.config)
        for layer in range(keys.shape[0]):
            cache.update(keys[layer : layer + 1], values[layer : layer + 1], layer)
        out = language(
            inputs_embeds=language.get_input_embeddings()(ids),
            attention_mask=mask,
            position_ids=position,
            past_key_values=cache,
            use_cache=True,
        )
        new_keys = torch.cat([layer.keys for layer in cache.layers])[:, :, -count:]
        new_values = torch.cat([layer.values for layer in cache.layers])[:, :, -count:]
        return out.last_hidden_state, new_keys, new_values
