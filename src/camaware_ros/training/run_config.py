"""The settings of one training run, as its YAML has them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One run.

    Attributes:
        name: of the model and of its folder.
        output: folder for checkpoints and the finished model.
        images: how many samples are drawn in all.
        batch: images per step and process.
        learning_rate, weight_decay: of AdamW.
        matrix_rate: learning rate of the large matrices, which Muon moves; 0: AdamW moves them too.
        warmup_steps, decay: of the schedule; decay is the share of all steps at the end.
        init_from: folder of a finished model to start from, or None.
        learns: ``grounder``, or ``teacher``: our own geometry network (``model.teacher``), whose
            sizes ``model`` then overrides.
        teacher: folder of a finished teacher, or None; needed by ``prior: inject`` and ``distill``.
        teacher_run: YAML of the run that trains the teacher (relative to this one's folder), or
            None; ``camaware train`` makes up for it.
        distill: the teacher's token features and range map are targets of the loss; nothing of
            the teacher is in the finished model.
        after: YAML of the run that comes before this one (relative to this one's folder), or None;
            ``camaware train`` makes up for it, and this run starts from its model.
        language: folder or hub id of a pretrained causal LM that takes the place of the small
            language model, or None.
        lifted: of so many images of a batch SpatialSV's maps are learnt; None: of all.
        band: family of cameras (see ``cameras.BANDS``).
        pictures: real pictures without text that take part (``teachers.pictures.PictureConfig``).
        model: overrides of ``ModelConfig``; samples: overrides of ``SampleConfig``.
        workers: rendering processes per training process.
        save_steps: checkpoint interval.
    """

    name: str
    output: str
    images: int
    batch: int = 16
    learning_rate: float = 1.5e-3
    matrix_rate: float = 0.0
    warmup_steps: int = 100
    decay: float = 0.25
    weight_decay: float = 0.02
    init_from: str | None = None
    after: str | None = None
    learns: str = "grounder"
    teacher: str | None = None
    teacher_run: str | None = None
    distill: bool = False
    language: str | None = None
    lifted: int | None = None
    band: str = "train"
    pictures: dict[str, object] = field(default_factory=dict)
    model: dict[str, object] = field(default_factory=dict)
    samples: dict[str, object] = field(default_factory=dict)
    workers: int = 1
    threads: int = 1
    save_steps: int = 500
    seed: int = 1

    @classmethod
    def from_yaml(cls, path: Path) -> TrainConfig:
        """Read a run; unknown keys raise ValueError."""
        record = yaml.safe_load(path.read_text())
        if not isinstance(record, dict):
            raise ValueError(f"{path}: expected a mapping of run settings, got {record!r}")
        try:
            config = cls(**record)
        except TypeError as error:
            raise ValueError(f"{path}: {error}") from error
        if config.after is not None:
            earlier = cls.from_yaml(path.parent / config.after)
            config = replace(config, init_from=str(Path(earlier.output) / "model"))
        if config.teacher_run is not None:
            teaching = cls.from_yaml(path.parent / config.teacher_run)
            config = replace(config, teacher=str(Path(teaching.output) / "model"))
        return config
