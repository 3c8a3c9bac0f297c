"""``transformers.Trainer`` that tells every part of the loss, in a file that survives a kill."""

from __future__ import annotations

import json
import time
from pathlib import Path

from torch.utils.data import SequentialSampler
from transformers import Trainer, TrainerCallback

from camaware_ros.training.curves import draw_curves, read_history

HISTORY_FILE = "history.jsonl"


class GroundingTrainer(Trainer):
    """``Trainer`` that also logs every part of the loss."""

    _sums: dict[str, float]
    _count: int = 0

    def _get_train_sampler(self, *args, **kwargs) -> SequentialSampler:  # noqa: ANN002, ANN003
        """Samples are independent draws already; keeping their order makes resuming exact."""
        return SequentialSampler(self.train_dataset)

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):  # noqa: ANN001, ANN201, D102
        out = model(**inputs)
        if self._count == 0:
            self._sums = dict.fromkeys(out["parts"], 0.0)
        for name, value in out["parts"].items():
            self._sums[name] += float(value)
        self._count += 1
        return (out["loss"], out) if return_outputs else out["loss"]

    def log(self, logs: dict[str, float], *args, **kwargs) -> None:  # noqa: ANN002, ANN003, D102
        if self._count and "loss" in logs:
            logs = logs | {k: round(v / self._count, 4) for k, v in self._sums.items()}
            self._count = 0
        super().log(logs, *args, **kwargs)


class HistoryFile(TrainerCallback):
    """Appends every log line to ``history.jsonl`` so that curves survive a kill, and draws them.

    Args:
        folder: of the run; ``curves.png`` is drawn there at every checkpoint and at the end.
    """

    def __init__(self, folder: Path) -> None:
        self.path, self.picture = folder / HISTORY_FILE, folder / "curves.png"
        self._began_s = time.monotonic()

    def on_log(self, args, state, control, logs=None, **kwargs):  # noqa: ANN001, ANN003, ANN201, D102
        if state.is_world_process_zero:
            seconds = round(time.monotonic() - self._began_s, 1)
            line = {"step": state.global_step, "seconds": seconds, **(logs or {})}
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def on_save(self, args, state, control, **kwargs):  # noqa: ANN001, ANN003, ANN201, D102
        if state.is_world_process_zero:
            draw_curves(read_history(self.path), self.picture)

    def on_train_end(self, args, state, control, **kwargs):  # noqa: ANN001, ANN003, ANN201, D102
        self.on_save(args, state, control)
