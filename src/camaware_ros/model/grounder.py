"""The camera-aware multimodal LLM: picture, rays and phrases to 3-D places in one forward pass.

The language model is a ``transformers`` causal LM by config. Visual tokens are its prefix and see
each other; all phrases of an image are packed behind one prefix, and each sees only the prefix and
itself. A phrase ends in a <loc> token whose hidden state points at a visual token (pointer) and
reads the box there.

Shapes: B images, T visual tokens, Q phrases of L ids, D width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import Qwen2Config, Qwen2Model

from camaware_ros.language.tokenizer import LOC_ID, PAD_ID
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.heads import CODE, DenseHead, TokenRays, decode, mlp
from camaware_ros.model.vision import VisionEncoder


def language_model(config: ModelConfig) -> Qwen2Model:
    """A small randomly initialised decoder; a pretrained one of any width can take its place."""
    return Qwen2Model(
        Qwen2Config(
            vocab_size=config.vocabulary,
            hidden_size=config.width,
            intermediate_size=config.language_hidden,
            num_hidden_layers=config.language_layers,
            num_attention_heads=config.heads,
            num_key_value_heads=config.heads,
            max_position_embeddings=512,
            attn_implementation="eager",
            use_cache=False,
        )
    )


def prefix_mask(tokens_BQL: Tensor, visual: int) -> Tensor:
    """Additive attention mask (B, 1, T + QL, T + QL): bidirectional prefix, causal phrases."""
    batch, queries, length = tokens_BQL.shape
    total = visual + queries * length
    position = torch.arange(total, device=tokens_BQL.device)
    phrase = torch.div(position - visual, length, rounding_mode="floor")
    is_visual = position < visual
    same_phrase = (phrase[:, None] == phrase[None]) & (position[None] <= position[:, None])
    allowed = is_visual[None] | (same_phrase & ~is_visual[:, None])
    words = torch.cat(
        [
            torch.ones(batch, visual, dtype=torch.bool, device=tokens_BQL.device),
            (tokens_BQL != PAD_ID).flatten(1),
        ],
        dim=1,
    )
    itself = position[None] == position[:, None]
    allowed = (allowed[None] & words[:, None]) | itself[None]
    return torch.where(allowed, 0.0, -1e4)[:, None]


class CameraAwareGrounder(nn.Module):
    """See the module's docstring."""

    def __init__(self, config: ModelConfig) -> None:
        """Random weights by config."""
        super().__init__()
        self.config = config
        self.vision = VisionEncoder(config)
        self.language = language_model(config)
        self.token_rays = TokenRays()
        self.dense = DenseHead(config.width, config.kinds, config.colours)
        self.mounting = nn.Linear(config.width, 4)
        self.point_query = nn.Linear(config.width, config.width)
        self.point_key = nn.Linear(config.width, config.width)
        self.presence = mlp(config.width + 1, 64, 1)
        self.refine = mlp(3 * config.width, 256, CODE)
        nn.init.zeros_(self.refine[-1].weight)
        nn.init.zeros_(self.refine[-1].bias)

    def read(self, visual_BTD: Tensor, tokens_BQL: Tensor) -> tuple[Tensor, Tensor]:
        """Language model over prefix and phrases: visual hidden states, <loc> states (B, Q, D)."""
        batch, visual, width = visual_BTD.shape
        _, queries, length = tokens_BQL.shape
        words = self.language.embed_tokens(tokens_BQL.flatten(1))
        place = torch.arange(visual, device=tokens_BQL.device)
        steps = visual + torch.arange(length, device=tokens_BQL.device)
        position = torch.cat([place, steps.repeat(queries)])[None].expand(batch, -1)
        hidden = self.language(
            inputs_embeds=torch.cat([visual_BTD.to(words.dtype), words], dim=1),
            attention_mask=prefix_mask(tokens_BQL, visual).to(words.dtype),
            position_ids=position,
        ).last_hidden_state
        phrases = hidden[:, visual:].reshape(batch, queries, length, width)
        is_loc = (tokens_BQL == LOC_ID).to(phrases.dtype)
        return hidden[:, :visual], (phrases * is_loc[..., None]).sum(2)

    def forward(
        self, pixels: Tensor, rays: Tensor, tokens: Tensor, point_among: Tensor | None = None
    ) -> dict[str, Tensor]:
        """One pass.

        Args:
            pixels: (B, 3, H, W), normalised.
            rays: ray features, (B, R, H/4, W/4).
            tokens: phrase ids, (B, Q, L).
            point_among: (B, Q, T) visual tokens at which the box may be read (training); the
                pointer chooses among all when None.

        Returns:
            presence (B, Q) logits; pointer (B, Q, T) logits; direction (B, Q, 3); log_range (B, Q);
            code (B, Q, CODE); token (B, Q) where the box was read; dense_code (B, T, CODE);
            classes (B, T, K); range_map (B, T, 16) log metres; up (B, 3); log_height (B).
        """
        visual = self.vision(pixels, rays)
        seen, loc = self.read(visual, tokens)
        features = visual + seen
        pointer = self.point_query(loc) @ self.point_key(features).transpose(1, 2)
        pointer = pointer.float() * self.config.width**-0.5
        choice = pointer if point_among is None else pointer.masked_fill(~point_among, -1e4)
        token = choice.argmax(-1)
        peak = pointer.amax(-1, keepdim=True).detach().to(loc.dtype)
        dense_code, classes, cells = self.dense(features)
        at = token[..., None]
        local = features.gather(1, at.expand(-1, -1, features.shape[-1]))
        pooled = pointer.softmax(-1).detach().to(features.dtype) @ features
        code = dense_code.gather(1, at.expand(-1, -1, CODE)) + self.refine(
            torch.cat([loc, local, pooled], dim=-1)
        )
        ray, right, down, log_angle = self.token_rays(rays)
        frame = [v.gather(1, at.expand(-1, -1, 3)) for v in (ray, right, down)]
        angle = log_angle.gather(1, token)
        direction, log_range = decode(code.float(), *frame, angle, self.config.canonical_range)
        up, log_height = self.mounting(features.mean(1)).float().split([3, 1], dim=-1)
        return {
            "presence": self.presence(torch.cat([loc, peak], dim=-1))[..., 0].float(),
            "pointer": pointer,
            "direction": direction,
            "log_range": log_range,
            "code": code.float(),
            "token": token,
            "dense_code": dense_code.float(),
            "classes": classes.float(),
            "range_map": cells.float()
            - (log_angle[..., None] if self.config.canonical_range else 0.0),
            "up": nn.functional.normalize(up + 1e-6, dim=-1),
            "log_height": log_height[..., 0],
            "signature": visual.mean(1).float(),
        }
