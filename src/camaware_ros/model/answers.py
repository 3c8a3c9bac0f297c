"""Answers in words: what a dialogue's hidden states say, and writing one token after the other.

An answer is written behind the same visual prefix that phrases are read behind. The prefix is
computed once; its keys and values are kept, and every further token costs one step. Where the
answer says <loc>, the state of that token points and reads a box exactly as a phrase's does.

Shapes: B images, T visual tokens, S ids, K things spoken of, D width, V vocabulary, N layers,
H heads of E channels, P positions kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import DynamicCache

from camaware_ros.language.dialogue import DIALOGUE_LENGTH
from camaware_ros.language.tokenizer import LOC_ID
from camaware_ros.model.grounder import CameraAwareGrounder

Kept = tuple[Tensor, Tensor]
"""Keys and values, each (N, B, H, P, E)."""


class AnswerPrefix(nn.Module):
    """The picture as an answer needs it; tensors in, tensors out."""

    def __init__(self, network: CameraAwareGrounder) -> None:
        """Wrap ``network``; its weights are shared."""
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor, rays: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """From pixels (B, 3, H, W) and ray features.

        Returns:
            Token features (B, T, D), dense box codes (B, T, CODE), keys and values of the prefix.
        """
        visual, _ = self.network.see(pixels, rays)
        mask = visual.new_zeros(1, 1, visual.shape[1], visual.shape[1])
        seen, keys, values = _advance(self.network, visual, mask, None)
        features = visual + seen
        return features, self.network.survey(features, rays)["dense_code"], keys, values


class AnswerStep(nn.Module):
    """Further ids of a dialogue behind what is kept; tensors in, tensors out."""

    def __init__(self, network: CameraAwareGrounder) -> None:
        """Wrap ``network``; its weights are shared."""
        super().__init__()
        self.network = network

    def forward(self, ids_BS: Tensor, keys: Tensor, values: Tensor) -> tuple[Tensor, ...]:
        """Read ids that follow the kept positions.

        Returns:
            Logits of the id after the last one (B, V), hidden states (B, S, D), and keys and values
            with the new positions behind the kept ones.
        """
        kept, size = keys.shape[-2], ids_BS.shape[1]
        new = torch.ones(size, size, device=ids_BS.device).triu(1) * -1e4
        mask = torch.cat([new.new_zeros(size, kept), new], dim=1)[None, None]
        embedded = self.network.language.get_input_embeddings()(ids_BS)
        hidden, keys, values = _advance(self.network, embedded, mask, (keys, values))
        return self.network.next_word(hidden[:, -1]), hidden, keys, values


def _advance(
    network: CameraAwareGrounder, embedded_BSD: Tensor, mask: Tensor, kept: Kept | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Hidden states of new positions, and all keys and values."""
    cache = DynamicCache(None if kept is None else list(zip(*kept, strict=True)))
    begin = 0 if kept is None else kept[0].shape[-2]
    batch, size = embedded_BSD.shape[:2]
    position = torch.arange(begin, begin + size, device=embedded_BSD.device)
    out = network.language(
        inputs_embeds=embedded_BSD,
        attention_mask=mask.to(embedded_BSD.dtype).expand(batch, -1, -1, -1),
        position_ids=position[None].expand(batch, -1),
        past_key_values=cache,
        use_cache=True,
    )
    layers = list(cache)
    keys, values = (torch.stack([layer[part] for layer in layers]) for part in (0, 1))
    return out.last_hidden_state, keys, values


@dataclass(frozen=True, slots=True)
class Written:
    """An answer and the boxes it speaks of.

    Attributes:
        ids: as written, <eos> included unless there was no room for it.
        found: of every <loc> in order, as in ``CameraAwareGrounder.locate``, batch axis kept.
    """

    ids: tuple[int, ...]
    found: dict[str, Tensor]


@torch.inference_mode()
def write_answer(
    network: CameraAwareGrounder, pixels: Tensor, rays: Tensor, question: list[int], eos: int
) -> Written:
    """Greedy decoding of the answer to ``question`` (ids from <bos> to the question mark).

    Args:
        network: in eval mode.
        pixels, rays: one picture, batch axis kept.
        question: see ``language.dialogue.encode_question``.
        eos: id at which the answer ends.
    """
    features, dense_code, keys, values = AnswerPrefix(network)(pixels, rays)
    step, written, spoken = AnswerStep(network), list[int](), list[Tensor]()
    ids = torch.tensor([question], device=pixels.device)
    while True:
        logits, hidden, keys, values = step(ids, keys, values)
        if written and written[-1] == LOC_ID:
            spoken.append(hidden[:, -1])
        if len(question) + len(written) == DIALOGUE_LENGTH:
            break
        written.append(int(logits[0].argmax()))
        if written[-1] == eos:
            break
        ids = ids.new_tensor([[written[-1]]])
    loc = torch.stack(spoken, 1) if spoken else features[:, :0]
    return Written(tuple(written), network.locate(loc, features, dense_code, rays))
