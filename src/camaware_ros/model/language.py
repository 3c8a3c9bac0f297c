"""The language model by config: small and new, or a pretrained one of any width in its place.

Any ``transformers`` decoder can read the visual prefix. Our words keep an embedding of their own
(``vocabulary`` ids of ``width`` channels, tied to the logits of the next word); where the decoder
is of another width, two linear maps lead in and out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoTokenizer
from transformers.modeling_outputs import BaseModelOutputWithPast

from camaware_ros.model.config import ModelConfig

# What a decoder's config says of its origin rather than of its shape.
_ORIGIN = {
    "_name_or_path", "architectures", "dtype", "model_type", "torch_dtype", "transformers_version",
    "vocab_size", "bos_token_id", "eos_token_id", "pad_token_id", "use_cache",
}  # fmt: skip


def language_model(config: ModelConfig) -> nn.Module:
    """A randomly initialised decoder of the model type and sizes that the config names.

    Raises:
        ValueError: a model type that ``transformers`` does not know.
    """
    sizes = {
        "hidden_size": config.width, "intermediate_size": config.language_hidden,
        "num_hidden_layers": config.language_layers, "num_attention_heads": config.heads,
        "num_key_value_heads": config.heads, "max_position_embeddings": 512,
    }  # fmt: skip
    shape = AutoConfig.for_model(
        config.language, **(sizes | config.language_config), vocab_size=config.vocabulary,
        use_cache=False,
    )  # fmt: skip
    body = AutoModel.from_config(shape, attn_implementation="eager")
    if shape.hidden_size == config.width:
        return body
    return AdaptedLanguage(body, config.vocabulary, config.width)


class AdaptedLanguage(nn.Module):
    """A decoder of another width than ours, called as if it had ours."""

    def __init__(self, body: nn.Module, vocabulary: int, width: int) -> None:
        """Take over ``body``; its own word embeddings go."""
        super().__init__()
        self.config = body.config
        self.embed_tokens = nn.Embedding(vocabulary, width)
        self.enter = nn.Linear(width, body.config.hidden_size, bias=False)
        self.leave = nn.Linear(body.config.hidden_size, width, bias=False)
        nn.init.normal_(self.embed_tokens.weight, std=body.config.initializer_range)
        nn.init.orthogonal_(self.enter.weight)
        with torch.no_grad():
            self.leave.weight.copy_(self.enter.weight.T)
        self.body = body
        self.body.set_input_embeddings(nn.Identity())

    def get_input_embeddings(self) -> nn.Embedding:
        """Embeddings of our words, of our width."""
        return self.embed_tokens

    def forward(self, inputs_embeds: Tensor, **rest: object) -> BaseModelOutputWithPast:
        """As the decoder's own; all states come back in our width."""
        out = self.body(inputs_embeds=self.enter(inputs_embeds), **rest)
        out.last_hidden_state = self.leave(out.last_hidden_state)
        if out.hidden_states is not None:
            out.hidden_states = tuple(self.leave(states) for states in out.hidden_states)
        return out


def with_pretrained_language(config: ModelConfig, name: str) -> ModelConfig:
    """The config with the language part of a pretrained causal LM (folder or hub id)."""
    shape = AutoConfig.from_pretrained(name)
    kept = {key: value for key, value in shape.to_diff_dict().items() if key not in _ORIGIN}
    sizes = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    kept |= {key: getattr(shape, key) for key in (*sizes, "num_key_value_heads")}
    return replace(
        config, language=shape.model_type, language_config=kept,
        language_layers=shape.num_hidden_layers,
    )  # fmt: skip


def load_pretrained_language(language: nn.Module, name: str, tokens: Sequence[str]) -> None:
    """Put a pretrained causal LM's weights in the place of random ones.

    A word of ours starts as the mean embedding of the pieces that the pretrained tokenizer cuts it
    into; measures, places and the like, which it never saw, stay random.

    Args:
        language: of a config made by :func:`with_pretrained_language`.
        name: folder or hub id.
        tokens: ours, in id order.

    Raises:
        ValueError: weights that do not fit.
    """
    source = AutoModelForCausalLM.from_pretrained(name, dtype=torch.float32).base_model
    table = source.get_input_embeddings().weight.detach()
    adapted = isinstance(language, AdaptedLanguage)
    body = language.body if adapted else language
    own, theirs = body.state_dict(), source.state_dict()
    shared = {key for key in theirs if not key.startswith("embed_tokens.")}
    if shared != {key for key in own if not key.startswith("embed_tokens.")}:
        raise ValueError(f"{name}: expected the weights of {type(body).__name__}, got others")
    body.load_state_dict({key: theirs[key] for key in shared}, strict=False)
    pieces = AutoTokenizer.from_pretrained(name)
    words = language.get_input_embeddings().weight
    with torch.no_grad():
        for number, token in enumerate(tokens):
            ids = [] if token.startswith("<") else pieces(f" {token}")["input_ids"]
            if ids and pieces.unk_token_id not in ids:
                meant = table[ids].mean(0)
                words[number] = meant @ language.enter.weight if adapted else meant
