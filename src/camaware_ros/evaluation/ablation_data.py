"""The columns of the ablation: data sets in the Omni3D format, rendered once for all rows.

Pictures are twice as large as the network's input, so that a column "x2.0" shows real detail. A
rescaled picture is not letterboxed back: it is enlarged or shrunk with its K and then cut or padded
around its middle (``Framing.letterbox`` with a zoom), so that the network sees the difference.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from camaware_ros.evaluation.mujoco_photos import write_mujoco
from camaware_ros.evaluation.omni3d import Photo, read_omni3d
from camaware_ros.evaluation.omni3d_rendered import write_rendered
from camaware_ros.language.vocabulary import KINDS
from camaware_ros.training.cameras import BANDS

SIZE = (320, 256)
SIMULATOR = "mujoco"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Pictures and how large they are shown.

    Attributes:
        name: as shown.
        source: name of a band, or ``SIMULATOR``.
        zoom: of image and K.
    """

    name: str
    source: str
    zoom: float = 1.0


COLUMNS = (
    Column(name="same cameras", source="ablation"),
    *(Column(name=f"x{zoom}", source="ablation", zoom=zoom) for zoom in (0.5, 0.8, 1.2, 2.0)),
    Column(name="unseen narrow", source="unseen narrow"),
    Column(name="unseen wide", source="unseen wide"),
    Column(name="off-centre", source="off-centre"),
    Column(name="unseen fisheye", source="unseen fisheye"),
    Column(name="MuJoCo world", source=SIMULATOR),
)


def pictures(
    folder: Path, scenes: int, kinds: Sequence[str] = KINDS, columns: Sequence[Column] = COLUMNS
) -> Iterator[tuple[Column, tuple[Photo, ...]]]:
    """Every column with its data set; what is not in ``folder`` yet is rendered."""
    for column in columns:
        place = folder / f"{column.source.replace(' ', '-')}-{scenes}-{_digest(kinds)}"
        path = place / "data.json"
        if not path.is_file():
            if column.source == SIMULATOR:
                write_mujoco(place, scenes)
            else:
                write_rendered(place, column.source, BANDS[column.source], scenes, SIZE, kinds)
        yield column, read_omni3d(path, place / "images")


def _digest(kinds: Sequence[str]) -> str:
    """Eight digits that differ where kinds do, for the names of folders."""
    return f"{zlib.crc32(' '.join(kinds).encode()):08x}"
