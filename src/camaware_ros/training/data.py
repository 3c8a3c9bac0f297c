"""Samples as a torch data set: sample ``i`` is always the same picture, wherever it is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from camaware_ros.language.tokenizer import WordTokenizer
from camaware_ros.training.samples import SampleConfig, make_sample


class RenderedScenes(Dataset):
    """Map-style: rendering on demand, so a run of any length needs no disk."""

    def __init__(self, config: SampleConfig, images: int, tokenizer: WordTokenizer) -> None:
        """``images`` samples drawn as ``config`` says."""
        self.config, self.images, self.tokenizer = config, images, tokenizer

    def __len__(self) -> int:
        """Number of images."""
        return self.images

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """Render and pack one sample."""
        if not 0 <= index < self.images:
            raise IndexError(index)
        return make_sample(self.config, index, self.tokenizer)


def collate(samples: Sequence[dict[str, np.ndarray]]) -> dict[str, Tensor]:
    """Stack samples; pixels are normalised here so that workers ship bytes."""
    batch = {
        name: torch.from_numpy(np.stack([sample[name] for sample in samples]))
        for name in samples[0]
    }
    image, content = batch.pop("image"), batch.pop("content")
    pixels = (image.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.25
    batch["pixels"] = pixels * content[:, None]
    return batch
