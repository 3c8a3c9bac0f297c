"""The language model by config, or a pretrained one in its place: real loading code, tiny ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.model.checkpoint import load_checkpoint, save_checkpoint
from camaware_ros.model.config import ModelConfig
from camaware_ros.model.grounder import CameraAwareGrounder
from camaware_ros.model.language import AdaptedLanguage, language_model, load_pretrained_language
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.runtime.prompt import next_prompt
from camaware_ros.runtime.split import SplitNetwork
from camaware_ros.runtime.torch_backend import torch_graphs
from camaware_ros.training.module import build_network
from camaware_ros.training.run_config import TrainConfig

TOKENIZER = WordTokenizer()
SIZES = {
    "width": 32, "heads": 2, "stem": (8, 8, 16), "vision_layers": 1, "language_layers": 2,
    "vision_hidden": 32, "language_hidden": 32,
}  # fmt: skip
PIECES = ("[UNK]", "red", "chair", "how", "far")


def save_pretrained(kind: str, hidden: int, folder: Path) -> Path:
    """What a hub download looks like on disk."""
    torch.manual_seed(3)
    shape = {
        "vocab_size": len(PIECES), "hidden_size": hidden, "intermediate_size": 40,
        "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    }  # fmt: skip
    if kind == "llama":
        LlamaForCausalLM(LlamaConfig(**shape)).save_pretrained(folder)
    else:
        Qwen2ForCausalLM(Qwen2Config(**shape, rope_theta=5000.0)).save_pretrained(folder)
    pieces = Tokenizer(models.WordLevel({word: i for i, word in enumerate(PIECES)}, "[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=pieces, unk_token="[UNK]").save_pretrained(folder)
    return folder


def test_another_model_type_by_config_alone() -> None:
    config = ModelConfig(vocabulary=20, kinds=2, colours=2, language="llama", **SIZES)
    assert type(language_model(config)).__name__ == "LlamaModel"
    with pytest.raises(ValueError, match="shout"):
        language_model(ModelConfig(vocabulary=20, kinds=2, colours=2, language="shout", **SIZES))


@pytest.mark.parametrize(("kind", "hidden"), [("llama", 48), ("qwen2", 48), ("qwen2", 32)])
def test_a_pretrained_model_takes_the_place(kind: str, hidden: int, tmp_path: Path) -> None:
    """Its weights are used, all three kinds of pass work, and the checkpoint stands on its own."""
    folder = save_pretrained(kind, hidden, tmp_path / "hub")
    config = TrainConfig(
        name="x", output="unused", images=1, language=str(folder),
        model={k: v for k, v in SIZES.items() if k != "language_layers"},
    )  # fmt: skip
    network = build_network(config, TOKENIZER).eval()
    language = network.language
    assert isinstance(language, AdaptedLanguage) == (hidden != SIZES["width"])
    source = AutoModelForCausalLM.from_pretrained(folder).base_model
    body = language.body if isinstance(language, AdaptedLanguage) else language
    states = torch.randn(1, 5, hidden)
    with torch.inference_mode():
        theirs = source(inputs_embeds=states).last_hidden_state
        torch.testing.assert_close(body(inputs_embeds=states).last_hidden_state, theirs)
    save_checkpoint(tmp_path / "model", network, TOKENIZER, {})
    loaded, _ = load_checkpoint(tmp_path / "model")
    assert loaded.config == network.config
    check_steps(loaded)


def check_steps(network: CameraAwareGrounder) -> None:
    """Kept keys and values give what one pass gives."""
    rays = torch.rand(1, 14, 32, 40)
    pixels = torch.randn(1, 3, 128, 160)
    ids = torch.tensor([[2, *TOKENIZER.ids(["how", "far", "is", "red", "chair", "?"])]])
    with torch.inference_mode():
        words = network(pixels, rays, ids[None], dialogue=ids[None])["words"][0, 0]
    backend = SplitNetwork("torch", *torch_graphs(network))
    phrase = ids[None].numpy()
    seen = backend.see(ModelInputs(pixels=pixels.numpy(), rays=rays.numpy(), tokens=phrase))
    step = backend.read(seen, next_prompt(ids.numpy(), 80))
    torch.testing.assert_close(torch.from_numpy(step["logits"][0]), words, atol=1e-4, rtol=1e-4)


def test_known_words_start_with_their_meaning(tmp_path: Path) -> None:
    """Without an adapter a known word's embedding is the pretrained one, others stay random."""
    folder = save_pretrained("llama", 32, tmp_path / "hub")
    sizes = {k: v for k, v in SIZES.items() if k != "language_layers"}
    config = TrainConfig(name="x", output="unused", images=1, language=str(folder), model=sizes)
    words = build_network(config, TOKENIZER).language.get_input_embeddings().weight
    table = AutoModelForCausalLM.from_pretrained(folder).get_input_embeddings().weight
    red, sofa = TOKENIZER.ids(["red", "sofa"])
    torch.testing.assert_close(words[red], table[PIECES.index("red")])
    assert (words[sofa] - table).abs().max(1).values.min() > 1e-3


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    folder = save_pretrained("llama", 32, tmp_path / "hub")
    config = ModelConfig(vocabulary=TOKENIZER.size, kinds=2, colours=2, **SIZES)
    with pytest.raises(ValueError, match="expected the weights of Qwen2Model"):
        load_pretrained_language(language_model(config), str(folder), TOKENIZER.tokens)
