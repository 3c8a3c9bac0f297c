"""The camera-aware multimodal LLM: picture, rays and phrases to 3-D places in one forward pass.

The language model is a ``transformers`` causal LM by config. Visual tokens are its prefix and see
each other; all phrases of an image are packed behind one prefix, and each sees only the prefix and
itself. A phrase ends in a <loc> token whose hidden state points at a visual token (pointer) and
reads the box there. A dialogue, question and answer, is one more and longer phrase, with a <loc>
wherever the answer speaks of a thing.

Shapes: B images, T visual tokens, Q phrases of L ids, A dialogues of S ids, D width.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from camaware_ros.language.tokenizer import LOC_ID, PAD_ID
from camaware_ros.model.belief import Belief
from camaware_ros.model.config import CELL, TOKEN, ModelConfig
from camaware_ros.model.heads import CODE, DenseHead, TokenRays, decode, mlp
from camaware_ros.model.language import language_model
from camaware_ros.model.prior import PriorEncoder
from camaware_ros.model.spatial import SpatialHeads
from camaware_ros.model.teacher import FrozenTeacher, GeometryNetwork, teacher_config
from camaware_ros.model.vision import VisionEncoder, without_mounting

MAX_SPOKEN = 8
"""How many things of one dialogue are learnt from."""
SAME_CENTRE_RAD = 0.05
"""Spread of what the tokens of one thing say of the direction of its centre."""


def prefix_mask(
    words_BN: Tensor, group_N: Tensor, visual: int, shown_BNT: Tensor | None = None
) -> Tensor:
    """Additive attention mask (B, 1, T + N, T + N): bidirectional prefix, causal groups of words.

    Args:
        words_BN: ids of all phrases, one after the other; padding is never looked at.
        group_N: which phrase each id belongs to.
        visual: T.
        shown_BNT: which visual tokens each word may look at; all where None.
    """
    total = visual + words_BN.shape[1]
    position = torch.arange(total, device=words_BN.device)
    group = functional.pad(group_N, (visual, 0), value=-1)
    is_visual = position < visual
    same = (group[:, None] == group[None]) & (position[None] <= position[:, None])
    allowed = is_visual[None] | (same & ~is_visual[:, None])
    words = functional.pad(words_BN != PAD_ID, (visual, 0), value=True)
    itself = position[None] == position[:, None]
    allowed = (allowed[None] & words[:, None]) | itself[None]
    if shown_BNT is not None:
        shown = functional.pad(shown_BNT, (0, words_BN.shape[1], visual, 0), value=True)
        allowed = allowed & shown
    return torch.where(allowed, 0.0, -1e4)[:, None]


def spoken_states(dialogue_BAS: Tensor, hidden_BASD: Tensor) -> Tensor:
    """States (B, A, MAX_SPOKEN, D) of the first <loc> of each dialogue, zero where it has fewer."""
    is_loc = (dialogue_BAS == LOC_ID).to(hidden_BASD.dtype)
    at = is_loc.argsort(dim=-1, descending=True, stable=True)[..., :MAX_SPOKEN]
    states = hidden_BASD.gather(2, at[..., None].expand(-1, -1, -1, hidden_BASD.shape[-1]))
    return is_loc.gather(2, at)[..., None] * states


def shown_behind_loc(dialogue_BAS: Tensor, pointed_BAKT: Tensor) -> Tensor:
    """Visual tokens (B, A, S, T) that each word may look at: all, but behind a <loc> one alone.

    Args:
        dialogue_BAS: ids.
        pointed_BAKT: at which tokens the first K <loc> may point; one of them is drawn.
    """
    spoken, tokens = pointed_BAKT.shape[2:]
    drawn = (torch.rand_like(pointed_BAKT, dtype=torch.float32) * pointed_BAKT).argmax(-1)
    one = functional.one_hot(drawn, tokens).bool()
    is_loc = dialogue_BAS == LOC_ID
    number = is_loc.cumsum(-1) - 1
    behind = functional.pad(is_loc & (number < spoken), (1, 0))[..., :-1]
    number = functional.pad(number, (1, 0))[..., :-1].clamp(0, spoken - 1)
    at = one.gather(2, number[..., None].expand(-1, -1, -1, tokens))
    return at | ~behind[..., None]


def agreement(pointer_BQT: Tensor, centres_BT3: Tensor) -> Tensor:
    """How much of what is pointed at speaks of the thing that each token shows, (B, Q, T), > 0.

    A large thing's share of the pointer is spread over its many tokens: the greatest single one
    may be of a small thing that is less likely meant. Tokens are of one thing as far as they see
    its centre, unit directions (B, T, 3), at the same place.
    """
    apart = (centres_BT3[:, :, None] - centres_BT3[:, None]).square().sum(-1)
    together = (-apart / (2 * SAME_CENTRE_RAD**2)).exp()
    return pointer_BQT.softmax(-1) @ together + 1e-6


@dataclass(frozen=True, slots=True)
class Reading:
    """What the language model makes of prefix and phrases.

    Attributes:
        seen: last hidden states of the visual tokens, (B, T, D).
        loc: hidden state of each phrase's <loc>, (B, Q, D).
        layers: hidden states of the visual tokens after each of ``spatial_layers``, (B, T, D).
        dialogue: last hidden states of the dialogues, (B, A, S, D); None without one.
    """

    seen: Tensor
    loc: Tensor
    layers: tuple[Tensor, ...] = ()
    dialogue: Tensor | None = None


class CameraAwareGrounder(nn.Module):
    """See the module's docstring."""

    def __init__(self, config: ModelConfig) -> None:
        """Random weights by config."""
        super().__init__()
        self.config = config
        self.vision = VisionEncoder(config)
        self.belief = (
            Belief(config.width, config.kinds, config.colours, config.canonical_range)
            if config.belief
            else None
        )
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
        self.spatial = SpatialHeads(config) if config.spatial_layers else None
        if config.prior == "inject":
            size = {"image_width": config.image_width, "image_height": config.image_height}
            self.prior = PriorEncoder(config.width)
            self.teacher = FrozenTeacher(GeometryNetwork(teacher_config(config.teacher | size)))

    def encoded_prior(self, pixels: Tensor, rays: Tensor, prior: Tensor | None) -> Tensor | None:
        """E_geo (B, D, H/16, W/16) of the given prior, or of our own teacher's; None when off."""
        if self.config.prior == "none":
            return None
        if prior is None:
            known = rays if self.vision.use_mounting else without_mounting(rays)
            prior, _ = self.teacher(pixels, known)
        return self.prior(prior)

    def see(
        self, pixels: Tensor, rays: Tensor, prior: Tensor | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Visual tokens (B, T, D) as the language model gets them, and the beliefs told to it."""
        visual = self.vision(pixels, rays, self.encoded_prior(pixels, rays, prior))
        if self.belief is None:
            return visual, {}
        token_rays = functional.avg_pool2d(self.vision.seen_rays(rays), TOKEN // CELL)
        told, classes, log_range = self.belief(visual, token_rays.flatten(2).transpose(1, 2))
        return visual + told, {
            "belief_classes": classes.float(),
            "belief_log_range": log_range.float(),
        }

    def read(
        self,
        visual_BTD: Tensor,
        tokens_BQL: Tensor,
        dialogue_BAS: Tensor | None = None,
        pointed_BAKT: Tensor | None = None,
    ) -> Reading:
        """Language model over the visual prefix, all phrases and the dialogues.

        ``pointed_BAKT``: see :func:`shown_behind_loc`.
        """
        batch, visual, width = visual_BTD.shape
        _, queries, length = tokens_BQL.shape
        device = tokens_BQL.device
        steps = torch.arange(length, device=device)
        group = torch.arange(queries, device=device).repeat_interleave(length)
        words_BN, place = tokens_BQL.flatten(1), steps.repeat(queries)
        if dialogue_BAS is not None:
            _, asked, size = dialogue_BAS.shape
            number = queries + torch.arange(asked, device=device)
            words_BN = torch.cat([words_BN, dialogue_BAS.flatten(1)], dim=1)
            place = torch.cat([place, torch.arange(size, device=device).repeat(asked)])
            group = torch.cat([group, number.repeat_interleave(size)])
        shown = None
        if dialogue_BAS is not None and pointed_BAKT is not None:
            shown = shown_behind_loc(dialogue_BAS, pointed_BAKT).flatten(1, 2)
            shown = functional.pad(shown, (0, 0, queries * length, 0), value=True)
        position = torch.cat([torch.arange(visual, device=device), visual + place])
        embedded = self.language.get_input_embeddings()(words_BN)
        out = self.language(
            inputs_embeds=torch.cat([visual_BTD.to(embedded.dtype), embedded], dim=1),
            attention_mask=prefix_mask(words_BN, group, visual, shown).to(embedded.dtype),
            position_ids=position[None].expand(batch, -1),
            output_hidden_states=bool(self.config.spatial_layers),
        )
        hidden = out.last_hidden_state
        phrases = hidden[:, visual : visual + queries * length]
        is_loc = (tokens_BQL == LOC_ID).to(phrases.dtype)
        answers = hidden[:, visual + queries * length :]
        return Reading(
            seen=hidden[:, :visual],
            loc=(phrases.reshape(batch, queries, length, width) * is_loc[..., None]).sum(2),
            layers=tuple(out.hidden_states[i][:, :visual] for i in self.config.spatial_layers),
            dialogue=None if dialogue_BAS is None else answers.unflatten(1, (asked, size)),
        )

    def locate(
        self,
        loc_BQD: Tensor,
        features_BTD: Tensor,
        dense_code_BTC: Tensor,
        geometry: tuple[Tensor, Tensor, Tensor, Tensor],
        point_among: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Point at a visual token for each <loc> state and read the box there.

        Args:
            loc_BQD, features_BTD, dense_code_BTC: states, tokens, and :meth:`survey`'s dense codes.
            geometry: of the visual tokens, see ``heads.TokenRays``.
            point_among: as in :meth:`forward`.

        Returns:
            presence, pointer, choice, direction, log_range, code and token as in :meth:`forward`.
        """
        pointer = self.point_query(loc_BQD) @ self.point_key(features_BTD).transpose(1, 2)
        pointer = pointer.float() * self.config.width**-0.5
        if point_among is None:
            centres, _ = decode(dense_code_BTC.float(), *geometry, self.config.canonical_range)
            choice = pointer + agreement(pointer, centres).log()
        else:
            choice = pointer.masked_fill(~point_among, -1e4)
        token = choice.argmax(-1)
        peak = pointer.amax(-1, keepdim=True).detach().to(loc_BQD.dtype)
        at = token[..., None]
        local = features_BTD.gather(1, at.expand(-1, -1, features_BTD.shape[-1]))
        pooled = pointer.softmax(-1).detach().to(features_BTD.dtype) @ features_BTD
        code = dense_code_BTC.gather(1, at.expand(-1, -1, CODE)) + self.refine(
            torch.cat([loc_BQD, local, pooled], dim=-1)
        )
        ray, right, down, log_angle = geometry
        frame = [v.gather(1, at.expand(-1, -1, 3)) for v in (ray, right, down)]
        angle = log_angle.gather(1, token)
        direction, log_range = decode(code.float(), *frame, angle, self.config.canonical_range)
        return {
            "presence": self.presence(torch.cat([loc_BQD, peak], dim=-1))[..., 0].float(),
            "pointer": pointer,
            "choice": choice,
            "direction": direction,
            "log_range": log_range,
            "code": code.float(),
            "token": token,
        }

    def next_word(self, hidden: Tensor) -> Tensor:
        """Logits (..., V) of the id that follows each hidden state (..., D); tied embeddings."""
        return (hidden @ self.language.get_input_embeddings().weight.T).float()

    def survey(self, features_BTD: Tensor, log_angle_BT: Tensor) -> dict[str, Tensor]:
        """What needs no phrase: dense codes, classes, range map and the guessed mounting.

        ``log_angle_BT`` is the log pixel angle of ``heads.TokenRays``.
        """
        code, classes, cells = self.dense(features_BTD)
        up, log_height = self.mounting(features_BTD.mean(1)).float().split([3, 1], dim=-1)
        return {
            "dense_code": code.float(),
            "classes": classes.float(),
            "range_map": cells.float()
            - (log_angle_BT[..., None] if self.config.canonical_range else 0.0),
            "up": functional.normalize(up + 1e-6, dim=-1),
            "log_height": log_height[..., 0],
        }

    def forward(
        self,
        pixels: Tensor,
        rays: Tensor,
        tokens: Tensor,
        point_among: Tensor | None = None,
        dialogue: Tensor | None = None,
        prior: Tensor | None = None,
        lift_first: int = 0,
    ) -> dict[str, Tensor]:
        """One pass.

        Args:
            pixels: (B, 3, H, W), normalised.
            rays: ray features, (B, R, H/4, W/4).
            tokens: phrase ids, (B, Q, L).
            point_among: (B, Q, T) visual tokens at which the box may be read (training); the
                pointer chooses among all when None. With dialogues (B, Q + A * MAX_SPOKEN, T).
            dialogue: ids of questions with their answers, (B, A, S).
            prior: (B, 4, H/4, W/4) point map of another teacher than our own, see ``model.prior``.
            lift_first: of so many images also lift the visual states to maps, see
                ``model.spatial``.

        Returns:
            presence (B, Q) logits; pointer (B, Q, T) logits, and as choice, where a box is read,
            with the tokens that agree counted together; direction (B, Q, 3); log_range (B, Q);
            code (B, Q, CODE); token (B, Q) where the box was read; dense_code (B, T, CODE);
            classes (B, T, K); range_map (B, T, 16) log metres; up (B, 3); log_height (B);
            seen (B, T, D) last visual states; signature (B, D); with a belief belief_classes
            (B, T, K) and belief_log_range (B, T); with ``lift_first`` the maps of
            ``model.spatial``; with dialogues words (B, A, S, V), logits of the id after each one,
            and what :meth:`locate` gives for the first MAX_SPOKEN <loc> of each, one dialogue
            after the other, as said_pointer (B, A * MAX_SPOKEN, T) and so on.
        """
        visual, belief = self.see(pixels, rays, prior)
        pointed = None
        if self.config.looks_back and dialogue is not None and point_among is not None:
            pointed = point_among[:, tokens.shape[1] :].unflatten(1, (dialogue.shape[1], -1))
        reading = self.read(visual, tokens, dialogue, pointed)
        features = visual + reading.seen
        geometry = self.token_rays(rays)
        survey = self.survey(features, geometry[3])
        loc, queries = reading.loc, tokens.shape[1]
        if dialogue is not None:
            spoken = spoken_states(dialogue, reading.dialogue)
            loc = torch.cat([loc, spoken.flatten(1, 2)], dim=1)
        found = self.locate(loc, features, survey["dense_code"], geometry, point_among)
        if dialogue is not None:
            said = {f"said_{name}": value[:, queries:] for name, value in found.items()}
            found = {name: value[:, :queries] for name, value in found.items()} | said
            found["words"] = self.next_word(reading.dialogue)
        lifted = self.lift(reading, rays, lift_first) if lift_first else {}
        whole = {"seen": reading.seen.float(), "signature": visual.mean(1).float()}
        return survey | found | belief | lifted | whole

    def lift(self, reading: Reading, rays: Tensor, first: int) -> dict[str, Tensor]:
        """Depth, ray and point maps of what the language model made of the first pictures."""
        if self.spatial is None:
            raise ValueError("spatial_layers: expected at least one for spatial maps, got none")
        return self.spatial(tuple(layer[:first] for layer in reading.layers), rays[:first])

    def spatial_maps(
        self, pixels: Tensor, rays: Tensor, prior: Tensor | None = None
    ) -> dict[str, Tensor]:
        """A window into the model: the maps of ``model.spatial`` without any phrase."""
        visual, _ = self.see(pixels, rays, prior)
        no_words = torch.zeros(len(pixels), 0, 1, dtype=torch.long, device=pixels.device)
        return self.lift(self.read(visual, no_words), rays, len(pixels))
