"""How each kind of furniture is put together from simple solids. Knows nothing of MuJoCo or rooms.

Every kind fills its box exactly: the union of its parts touches all six faces, and nothing sticks
out. Coordinates are the object's own: origin on the floor below the middle, z up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One solid.

    Attributes:
        shape: ``box``, ``cylinder``, ``sphere`` or ``frustum`` (a cone whose tip may be cut off).
        centre: middle of its bounding box, metres.
        size: full length, width, height of its bounding box.
        finish: ``main`` (the object's colour), ``accent`` (the same, lighter or darker), ``wood``,
            ``metal``.
        top: for a frustum, top diameter over bottom diameter; 0 is a pointed cone.
    """

    shape: str
    centre: Triple
    size: Triple
    finish: str = "main"
    top: float = 0.0


def parts_of(kind: str, size_m: Triple) -> tuple[Part, ...]:
    """The solids of one object.

    Args:
        kind: one of ``scenes.KINDS``.
        size_m: length, width, height of its box.

    Raises:
        ValueError: for a kind that nobody has drawn.
    """
    if kind not in _BUILDERS:
        raise ValueError(f"kind: expected one of {sorted(_BUILDERS)}, got {kind!r}")
    return _BUILDERS[kind](*size_m)


def _slab(
    finish: str, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float]
) -> Part:
    """A box between two coordinates along each axis."""
    return Part(
        shape="box",
        centre=(sum(x) / 2, sum(y) / 2, sum(z) / 2),
        size=(x[1] - x[0], y[1] - y[0], z[1] - z[0]),
        finish=finish,
    )


def _disc(finish: str, diameter: float, low: float, high: float) -> Part:
    return Part(
        shape="cylinder", centre=(0.0, 0.0, (low + high) / 2),
        size=(diameter, diameter, high - low), finish=finish,
    )  # fmt: skip


def _legs(finish: str, x: float, y: float, thick: float, low: float, high: float) -> list[Part]:
    """Four square legs whose outer corners stand at (+-x, +-y)."""
    spans_x = ((-x, -x + thick), (x - thick, x))
    spans_y = ((-y, -y + thick), (y - thick, y))
    return [_slab(finish, sx, sy, (low, high)) for sx in spans_x for sy in spans_y]


def _chair(length: float, width: float, height: float) -> tuple[Part, ...]:
    x, y, seat, post = length / 2, width / 2, 0.5 * height, 0.04
    back, inner = (-x, -x + 0.035), (-x + 0.008, -x + 0.027)
    return (
        *_legs("wood", x - 0.01, y - 0.01, post, 0.0, seat - 0.05),
        _slab("main", (-x, x), (-y, y), (seat - 0.05, seat)),
        _slab("wood", inner, (-y + 0.01, -y + post), (seat, height - 0.02)),
        _slab("wood", inner, (y - post, y - 0.01), (seat, height - 0.02)),
        _slab("main", back, (-y, y), (seat + 0.45 * (height - seat), height)),
        _slab("main", back, (-y, y), (seat + 0.16 * (height - seat), seat + 0.3 * (height - seat))),
    )


def _table(length: float, width: float, height: float) -> tuple[Part, ...]:
    x, y, top = length / 2, width / 2, 0.045
    apron = (height - top - 0.07, height - top)
    return (
        _slab("main", (-x, x), (-y, y), (height - top, height)),
        *_legs("accent", x - 0.03, y - 0.03, 0.06, 0.0, height - top),
        _slab("accent", (-x + 0.06, x - 0.06), (-y + 0.04, y - 0.04), apron),
    )


def _sofa(length: float, width: float, height: float) -> tuple[Part, ...]:
    x, y, arm, back = length / 2, width / 2, 0.16, 0.20
    foot, base, seat, armrest = 0.06, 0.45 * height, 0.58 * height, 0.75 * height
    cushion = (-y + back, y - 0.03)
    return (
        *_legs("wood", x - 0.03, y - 0.03, 0.06, 0.0, foot),
        _slab("main", (-x, x), (-y, y), (foot, base)),
        _slab("main", (-x, x), (-y, -y + back), (base, height)),
        _slab("main", (-x, -x + arm), (-y + back, y), (base, armrest)),
        _slab("main", (x - arm, x), (-y + back, y), (base, armrest)),
        _slab("accent", (-x + arm + 0.01, -0.008), cushion, (base, seat)),
        _slab("accent", (0.008, x - arm - 0.01), cushion, (base, seat)),
    )


def _lamp(diameter: float, _width: float, height: float) -> tuple[Part, ...]:
    shade = 0.24 * height
    return (
        _disc("metal", 0.75 * diameter, 0.0, 0.03),
        _disc("metal", 0.03, 0.03, height - 0.5 * shade),
        Part(
            shape="frustum", centre=(0.0, 0.0, height - shade / 2),
            size=(diameter, diameter, shade), top=0.65,
        ),
    )  # fmt: skip


def _box(length: float, width: float, height: float) -> tuple[Part, ...]:
    x, y, rim = length / 2, width / 2, min(0.012, 0.05 * min(length, width))
    lid = 0.2 * height
    return (
        _slab("main", (-x + rim, x - rim), (-y + rim, y - rim), (0.0, height - lid)),
        _slab("main", (-x, x), (-y, y), (height - lid, height)),
    )


def _cylinder(diameter: float, _width: float, height: float) -> tuple[Part, ...]:
    rim = 0.06 * height
    return (
        _disc("main", diameter, 0.0, rim),
        _disc("main", diameter - min(0.02, 0.1 * diameter), rim, height - rim),
        _disc("main", diameter, height - rim, height),
    )


def _ball(diameter: float, width: float, height: float) -> tuple[Part, ...]:
    return (Part(shape="sphere", centre=(0.0, 0.0, height / 2), size=(diameter, width, height)),)


def _cone(diameter: float, width: float, height: float) -> tuple[Part, ...]:
    return (Part(shape="frustum", centre=(0.0, 0.0, height / 2), size=(diameter, width, height)),)


_BUILDERS: dict[str, Callable[[float, float, float], tuple[Part, ...]]] = {
    "box": _box, "ball": _ball, "cylinder": _cylinder, "cone": _cone,
    "chair": _chair, "table": _table, "sofa": _sofa, "lamp": _lamp,
}  # fmt: skip
