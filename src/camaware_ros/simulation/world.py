"""A Room as a MuJoCo model: furniture, walls, floor, light, and which geom belongs to which object.

The look is decided here and in ``furniture`` and ``textures``; cameras are not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

import mujoco
import numpy as np
from numpy.typing import NDArray

from camaware_ros.simulation import textures
from camaware_ros.simulation.furniture import Part, parts_of
from camaware_ros.simulation.scenes import Furniture, Room

PAINT: dict[str, tuple[float, float, float]] = {
    "red": (0.80, 0.08, 0.07), "green": (0.10, 0.52, 0.16), "blue": (0.09, 0.24, 0.75),
    "yellow": (0.96, 0.82, 0.08), "orange": (0.96, 0.44, 0.04), "purple": (0.45, 0.13, 0.60),
    "white": (0.93, 0.93, 0.91), "black": (0.055, 0.055, 0.06),
}  # fmt: skip
NEAR_M, FAR_M = 0.02, 40.0
ROOM_ID = 0
_WALL_PAINTS = ((0.80, 0.77, 0.70), (0.73, 0.76, 0.78), (0.76, 0.78, 0.72), (0.80, 0.74, 0.70))
_FLOORS = (
    ("planks", (0.66, 0.50, 0.34)), ("planks", (0.42, 0.30, 0.21)),
    ("tiles", (0.66, 0.66, 0.64)), ("plaster", (0.55, 0.51, 0.46)),
)  # fmt: skip
_CONE_SIDES = 64


@dataclass(frozen=True, kw_only=True)
class World:
    """A compiled room.

    Attributes:
        room: what it was made from.
        model: the MuJoCo model; static, lengths in metres, map frame.
        instance_of_geom: per geom, ``ROOM_ID`` or 1 + the index into ``room.objects``.
        ceiling_geom: the geom that must not shade the room, for the lamp hangs above it.
    """

    room: Room
    model: mujoco.MjModel
    instance_of_geom: NDArray[np.int32]
    ceiling_geom: int


def build_world(room: Room) -> World:
    """Compile a room."""
    xml, pictures = mjcf(room)
    model = mujoco.MjModel.from_xml_string(xml, pictures)
    names = [model.geom(index).name for index in range(model.ngeom)]
    instances = [_instance(name) for name in names]
    return World(
        room=room, model=model, instance_of_geom=np.array(instances, dtype=np.int32),
        ceiling_geom=names.index("ceiling"),
    )  # fmt: skip


def mjcf(room: Room) -> tuple[str, dict[str, bytes]]:
    """MJCF text of a room, and the PNG files that it names."""
    rng = np.random.default_rng([room.style_seed, 7])
    root = Element("mujoco", model="room")
    SubElement(root, "compiler", autolimits="true")
    extent = max(room.length_m, room.width_m)
    SubElement(root, "statistic", extent=_text(extent), center=_text(0, 0, 1))
    visual = SubElement(root, "visual")
    # Cameras bring their own clipping planes; these serve the shadows, which need the precision.
    SubElement(visual, "map", znear=_text(1.0 / extent), zfar=_text(15.0 / extent))
    SubElement(visual, "headlight", ambient="0.36 0.36 0.37", diffuse="0 0 0", specular="0 0 0")
    SubElement(visual, "quality", shadowsize="1024", offsamples="4")
    SubElement(visual, "global", offwidth="64", offheight="64")
    asset, body = SubElement(root, "asset"), SubElement(root, "worldbody")
    pictures = _materials(asset, room, rng)
    _lights(body, room)
    _shell(body, room)
    _decoration(body, room, rng)
    for index, thing in enumerate(room.objects):
        _furniture(asset, body, index, thing)
    return tostring(root, encoding="unicode"), pictures


def _instance(geom_name: str) -> int:
    head, _, rest = geom_name.partition("_")
    return int(rest.partition("_")[0]) + 1 if head == "object" else ROOM_ID


def _materials(asset: Element, room: Room, rng: np.random.Generator) -> dict[str, bytes]:
    """Declare textures and materials; returns the PNG files."""
    floor_kind, floor_rgb = _FLOORS[room.style_seed % len(_FLOORS)]
    wall_rgb = _WALL_PAINTS[(room.style_seed // 4) % len(_WALL_PAINTS)]
    draw = {"planks": textures.planks, "tiles": textures.tiles, "plaster": textures.plaster}
    flat = {
        "floor": (draw[floor_kind](rng, floor_rgb), (0.55, 0.55), 0.15),
        "wall": (textures.plaster(rng, wall_rgb), (0.8, 0.8), 0.0),
        "ceiling": (textures.plaster(rng, (0.90, 0.90, 0.88)), (0.8, 0.8), 0.0),
        "rug": (textures.rug(rng), None, 0.0),
        "picture0": (textures.landscape(rng), None, 0.0),
        "picture1": (textures.landscape(rng), None, 0.0),
        "window": (textures.daylight(), None, 0.0),
    }
    for name, (_, repeat, shine) in flat.items():
        SubElement(asset, "texture", name=name, type="2d", file=f"{name}.png")
        SubElement(
            asset, "material", name=name, texture=name, specular=_text(shine),
            texuniform="true" if repeat else "false", texrepeat=_text(*(repeat or (1, 1))),
            emission={"window": "0.9", "ceiling": "0.3"}.get(name, "0"),
        )  # fmt: skip
    SubElement(asset, "texture", name="cloth", type="cube", file="cloth.png")
    finishes = (("plain", None, 0.35, 0.6), ("woven", "cloth", 0.0, 0.0), ("metal", None, 0.7, 0.8))
    for name, texture, specular, shininess in finishes:
        look = {"texture": texture, "texuniform": "true", "texrepeat": "4 4"} if texture else {}
        SubElement(
            asset, "material", look, name=name, specular=_text(specular), shininess=_text(shininess)
        )
    files = {f"{name}.png": textures.png(picture) for name, (picture, _, _) in flat.items()}
    return {**files, "cloth.png": textures.png(textures.cloth(rng))}


def _lights(body: Element, room: Room) -> None:
    """A lamp that casts shadows, daylight from the window and a weak fill.

    The lamp hangs high above the ceiling: from below it, shadows would be coarse and noisy.
    """
    SubElement(
        body, "light", type="spot", pos=_text(-1.5, -1.3, 4.8), dir="0.3 0.26 -1",
        cutoff="50", exponent="1", diffuse="0.58 0.56 0.52", specular="0.25 0.25 0.25",
        castshadow="true", bulbradius="0.1",
    )  # fmt: skip
    sun = (0.25 * room.length_m, -0.5 * room.width_m, 1.6)
    for position, direction, light in (
        (sun, (-0.2, 1.0, -0.25), (0.26, 0.28, 0.31)),
        ((-0.5 * room.length_m, 0, 1.8), (1.0, 0.25, -0.12), (0.20, 0.19, 0.18)),
        ((0, 0.5 * room.width_m, 1.8), (-0.8, -0.7, 0.15), (0.17, 0.17, 0.17)),
    ):
        SubElement(
            body, "light", type="directional", pos=_text(*position), dir=_text(*direction),
            diffuse=_text(*light), specular="0.1 0.1 0.1", castshadow="false",
        )  # fmt: skip


def _shell(body: Element, room: Room) -> None:
    """Floor, ceiling, four walls seen from inside, and their skirting."""
    x, y, z = room.length_m / 2, room.width_m / 2, room.height_m / 2
    for name, material, size, pos, axes in (
        ("floor", "floor", (x, y), (0, 0, 0), "1 0 0 0 1 0"),
        ("ceiling", "ceiling", (x, y), (0, 0, 2 * z), "1 0 0 0 -1 0"),
        ("wall_east", "wall", (y, z), (x, 0, z), "0 -1 0 0 0 1"),
        ("wall_west", "wall", (y, z), (-x, 0, z), "0 1 0 0 0 1"),
        ("wall_north", "wall", (x, z), (0, y, z), "1 0 0 0 0 1"),
        ("wall_south", "wall", (x, z), (0, -y, z), "-1 0 0 0 0 1"),
    ):
        _geom(body, name, "plane", _text(*size, 1), pos, material=material, xyaxes=axes)
    thick, high = 0.008, 0.045
    board = {"material": "plain", "rgba": "0.86 0.85 0.82 1"}
    for name, board_size, pos in (
        ("skirting_east", (thick, y, high), (x - thick, 0, high)),
        ("skirting_west", (thick, y, high), (-x + thick, 0, high)),
        ("skirting_north", (x, thick, high), (0, y - thick, high)),
        ("skirting_south", (x, thick, high), (0, -y + thick, high)),
    ):
        _geom(body, name, "box", _text(*board_size), pos, **board)


def _decoration(body: Element, room: Room, rng: np.random.Generator) -> None:
    """A rug, a window in the south wall, two pictures on the north and east walls."""
    x, y = room.length_m / 2, room.width_m / 2
    middle = rng.uniform((-0.2 * x, -0.2 * y), (0.2 * x, 0.2 * y))
    size = rng.uniform((1.0, 0.7), (1.4, 1.0))
    _geom(body, "rug", "plane", _text(*size, 1), (*middle, 0.001), material="rug")
    south, north, east = "-1 0 0 0 0 1", "1 0 0 0 0 1", "0 -1 0 0 0 1"
    across = float(rng.uniform(-0.4, 0.4))
    frame = "0.88 0.88 0.86 1"
    _framed(body, "window", (across * x, -y), (0.0, 1.0), south, (0.75, 0.5), 1.45, frame)
    wood = "0.30 0.22 0.15 1"
    for index, (wall, inward, axes) in enumerate(
        (((across * -x, y), (0.0, -1.0), north), ((x, across * y), (-1.0, 0.0), east))
    ):
        _framed(body, f"picture{index}", wall, inward, axes, (0.42, 0.3), 1.55, wood)


def _framed(
    body: Element, name: str, wall: tuple[float, float], inward: tuple[float, float],
    axes: str, half: tuple[float, float], height: float, rgba: str,
) -> None:  # fmt: skip
    """A flat picture on a wall with a thin frame behind it."""
    depth = 0.012
    back = (wall[0] + depth * inward[0], wall[1] + depth * inward[1], height)
    front = (wall[0] + 2.2 * depth * inward[0], wall[1] + 2.2 * depth * inward[1], height)
    outer = _text(half[0] + 0.04, half[1] + 0.04, depth)
    _geom(body, f"frame_{name}", "box", outer, back, material="plain", rgba=rgba, xyaxes=axes)
    _geom(body, name, "plane", _text(*half, 1), front, material=name, xyaxes=axes)


def _furniture(asset: Element, body: Element, index: int, thing: Furniture) -> None:
    holder = SubElement(
        body, "body", name=f"object_{index}", pos=_text(thing.x_m, thing.y_m, 0),
        euler=_text(0, 0, math.degrees(thing.yaw_rad)),
    )  # fmt: skip
    for number, part in enumerate(parts_of(thing.kind, thing.size_m)):
        name = f"object_{index}_{number}"
        look = _finish(thing, part)
        if part.shape == "frustum":
            vertices = [value for point in _frustum(part) for value in point]
            SubElement(asset, "mesh", name=name, vertex=_text(*vertices))
            _geom(holder, name, "mesh", None, part.centre, mesh=name, **look)
        else:
            half = tuple(value / 2 for value in part.size)
            size = {"box": half, "cylinder": (half[0], half[2]), "sphere": half[:1]}[part.shape]
            _geom(holder, name, part.shape, _text(*size), part.centre, **look)


def _finish(thing: Furniture, part: Part) -> dict[str, str]:
    rgb = np.array(PAINT[thing.colour])
    if part.finish == "wood":
        return {"material": "plain", "rgba": "0.36 0.25 0.16 1"}
    if part.finish == "metal":
        return {"material": "metal", "rgba": "0.30 0.30 0.31 1"}
    if part.finish == "accent":
        rgb = rgb * 0.85
    woven = thing.kind in ("sofa", "chair") or part.shape == "frustum" and thing.kind == "lamp"
    return {"material": "woven" if woven else "plain", "rgba": _text(*rgb, 1)}


def _frustum(part: Part) -> Iterator[tuple[float, float, float]]:
    """Vertices of a cone (cut if ``top`` > 0) about its middle; MuJoCo hulls them."""
    radius_x, radius_y, half = part.size[0] / 2, part.size[1] / 2, part.size[2] / 2
    for scale, z in ((1.0, -half), (part.top, half)):
        for side in range(_CONE_SIDES if scale > 0 else 1):
            turn = 2 * math.pi * side / _CONE_SIDES
            yield scale * radius_x * math.cos(turn), scale * radius_y * math.sin(turn), z


def _geom(
    body: Element, name: str, shape: str, size: str | None, pos: tuple[float, ...], **look: str
) -> None:
    shaped = {} if size is None else {"size": size}
    SubElement(
        body, "geom", shaped, name=name, type=shape, pos=_text(*pos),
        contype="0", conaffinity="0", **look,
    )  # fmt: skip


def _text(*values: float) -> str:
    return " ".join(f"{float(value):.9g}" for value in values)
