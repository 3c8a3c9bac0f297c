"""What an ablation compares: rows (how a network is made and asked), read from one YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from camaware_ros.language.vocabulary import KINDS
from camaware_ros.training.run_config import TrainConfig


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        name: as shown.
        model, samples, train: overrides of the table's, see ``TrainConfig``.
        weights_of: name of a row whose trained network this one asks in another way, or None.
        intrinsics: the true K is told; otherwise 62 degrees are assumed.
        mounting: how the camera is held is told.
        seeds: of the trainings.
    """

    name: str
    model: dict[str, object] = field(default_factory=dict)
    samples: dict[str, object] = field(default_factory=dict)
    train: dict[str, object] = field(default_factory=dict)
    weights_of: str | None = None
    intrinsics: bool = True
    mounting: bool = False
    seeds: tuple[int, ...] = (1,)

    def __post_init__(self) -> None:
        object.__setattr__(self, "seeds", tuple(self.seeds))


@dataclass(frozen=True, kw_only=True)
class Table:
    """All rows and what they have in common.

    Attributes:
        output: folder for data sets, trainings and the result of each row.
        result: JSON with the whole table.
        scenes: pictures per column.
        kinds: of things, in training and in every column.
        teacher_run: YAML of the run that trains the teacher of ``prior`` and distillation.
        model, samples, train: of every row, see ``TrainConfig``.
        rows: of the table.
    """

    output: str
    result: str
    scenes: int
    teacher_run: str
    model: dict[str, object]
    samples: dict[str, object]
    train: dict[str, object]
    rows: tuple[Row, ...]
    kinds: tuple[str, ...] = KINDS

    @classmethod
    def from_yaml(cls, path: Path) -> Table:
        """Read a table; unknown keys and rows that do not exist raise ValueError."""
        record = yaml.safe_load(path.read_text())
        try:
            rows = tuple(Row(**row) for row in record.pop("rows"))
            table = cls(**record, rows=rows)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path}: {error}") from error
        names = [row.name for row in table.rows]
        lost = [r.weights_of for r in table.rows if r.weights_of not in (None, *names)]
        if lost or len(set(names)) < len(names):
            raise ValueError(
                f"{path}: rows: expected unique names and weights of a row, got {lost}"
            )
        return table

    def row(self, name: str) -> Row:
        """By name."""
        return next(row for row in self.rows if row.name == name)

    def training(self, row: Row, seed: int, teacher: str | None) -> TrainConfig:
        """The run that makes a row's network."""
        name = f"{slug(row.name)}-{seed}"
        return TrainConfig(
            **{  # type: ignore[arg-type]
                "name": name, "output": str(Path(self.output) / "runs" / name), "seed": seed,
                "workers": 0, "save_steps": 1_000_000, "teacher": teacher,
                **self.train, **row.train,
                "model": {**self.model, **row.model},
                "samples": {"kinds": list(self.kinds), **self.samples, **row.samples},
            }
        )  # fmt: skip


def slug(name: str) -> str:
    """A file name for a row."""
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())
