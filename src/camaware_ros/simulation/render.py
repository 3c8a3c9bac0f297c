"""Pictures of a World through any Camera: colour, depth and object ids. Knows no robot and no ROS.

Speed on one CPU core with software OpenGL is in ``docs/simulation.md``. A Renderer belongs to the
thread that made it, as OpenGL contexts do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.simulation.views import View, plan_views
from camaware_ros.simulation.world import FAR_M, NEAR_M, ROOM_ID, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What costs time: shadows of the ceiling lamp, and samples per pixel (0 or 4)."""

    shadows: bool = True
    samples: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is where in an image.

    Attributes:
        depth_m: along the optical axis, float64 (h, w); NaN where a pixel has no ray.
        range_m: along the ray, float64 (h, w); NaN where a pixel has no ray.
        instance: int32 (h, w): ``ROOM_ID``, or 1 + index into ``room.objects``.
    """

    depth_m: NDArray[np.float64]
    range_m: NDArray[np.float64]
    instance: NDArray[np.int32]


class Renderer:
    """Draws one World. Use as a context manager, or call ``close``."""

    def __init__(self, world: World, quality: Quality | None = None) -> None:
        self._quality = quality or Quality()
        self._world = world
        world.model.vis.quality.offsamples = self._quality.samples
        data = mujoco.MjData(world.model)
        mujoco.mj_forward(world.model, data)
        self._scene = mujoco.MjvScene(world.model, maxgeom=2 * world.model.ngeom + 100)
        mujoco.mjv_updateScene(
            world.model, data, mujoco.MjvOption(), None, mujoco.MjvCamera(),
            mujoco.mjtCatBit.mjCAT_ALL.value, self._scene,
        )  # fmt: skip
        _let_light_through(self._scene, world.ceiling_geom)
        self._instance_of_colour = _instance_of_colour(self._scene, world)
        self._gl = mujoco.GLContext(64, 64)
        self._gl.make_current()
        self._context = mujoco.MjrContext(world.model, mujoco.mjtFontScale.mjFONTSCALE_50.value)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)

    def image(self, camera: Camera, map_from_camera: Rigid3) -> NDArray[np.uint8]:
        """Colour image, uint8 RGB (h, w, 3); black where a pixel has no ray."""
        plan = plan_views(camera)
        self._flags(ids=False)

        def draw(view: View) -> NDArray[np.uint8]:
            return self._draw(view, map_from_camera)[0]

        return plan.bend(_atlas(plan.views, plan.atlas_size, draw, np.uint8, (3,)))

    def truth(self, camera: Camera, map_from_camera: Rigid3) -> Truth:
        """Depth and object ids of the same image, without blending across edges."""
        plan = plan_views(camera)
        self._flags(ids=True)
        drawn = {id(view): self._draw(view, map_from_camera) for view in plan.views}
        colours = _atlas(plan.views, plan.atlas_size, lambda v: drawn[id(v)][0], np.uint8, (3,))
        near = _atlas(plan.views, plan.atlas_size, lambda v: drawn[id(v)][1], np.float32, ())
        index = plan.bend(colours, nearest=True).astype(np.int32) @ np.array([1, 256, 65536])
        instance = self._instance_of_colour[index]
        buffer = plan.bend(near, nearest=True).astype(np.float64)
        depth_in_view = NEAR_M * FAR_M / (NEAR_M + buffer * (FAR_M - NEAR_M))
        with np.errstate(invalid="ignore"):
            range_m = np.where(plan.has_ray, depth_in_view / plan.view_depth, np.nan)
        return Truth(depth_m=range_m * plan.rays[..., 2], range_m=range_m, instance=instance)

    def close(self) -> None:
        """Free the OpenGL context; the renderer cannot draw afterwards."""
        if self._gl is not None:
            self._gl.make_current()
            self._context.free()
            self._gl.free()
        self._gl = None

    def __enter__(self) -> Renderer:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Close."""
        self.close()

    def _flags(self, ids: bool) -> None:
        flags = self._scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SHADOW] = self._quality.shadows and not ids
        flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False
        flags[mujoco.mjtRndFlag.mjRND_SEGMENT] = ids
        flags[mujoco.mjtRndFlag.mjRND_IDCOLOR] = ids

    def _draw(
        self, view: View, map_from_camera: Rigid3
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Colours (h, w, 3) and the depth buffer (h, w; 1 near, 0 far) of one pinhole view."""
        if self._gl is None:
            raise ValueError("renderer: expected an open one, got one that was closed")
        width, height = view.camera.width, view.camera.height
        self._gl.make_current()
        if self._context.offWidth < width or self._context.offHeight < height:
            grown = max(self._context.offWidth, width), max(self._context.offHeight, height)
            mujoco.mjr_resizeOffscreen(*grown, self._context)
        _aim(self._scene, view, map_from_camera)
        frame = mujoco.MjrRect(0, 0, width, height)
        mujoco.mjr_render(frame, self._scene, self._context)
        colours = np.empty((height, width, 3), dtype=np.uint8)
        depth = np.empty((height, width), dtype=np.float32)
        mujoco.mjr_readPixels(colours, depth, frame, self._context)
        return colours[::-1], depth[::-1]  # OpenGL's first row is the lowest


def _let_light_through(scene: mujoco.MjvScene, geom: int) -> None:
    """Draw a geom but keep it out of the shadow map, as MuJoCo does with decoration."""
    for drawn in scene.geoms[: scene.ngeom]:
        if drawn.objtype == mujoco.mjtObj.mjOBJ_GEOM.value and drawn.objid == geom:
            drawn.category = mujoco.mjtCatBit.mjCAT_DECOR.value


def _aim(scene: mujoco.MjvScene, view: View, map_from_camera: Rigid3) -> None:
    """Put the view's pinhole into MuJoCo's frustum (any focal lengths, any principal point)."""
    pinhole = view.camera
    axes = map_from_camera.rotation @ view.camera_from_view
    left, right = -pinhole.cx / pinhole.fx, (pinhole.width - pinhole.cx) / pinhole.fx
    top, bottom = pinhole.cy / pinhole.fy, (pinhole.cy - pinhole.height) / pinhole.fy
    for eye in scene.camera:
        eye.pos[:], eye.forward[:], eye.up[:] = map_from_camera.translation, axes[:, 2], -axes[:, 1]
        eye.frustum_near, eye.frustum_far = NEAR_M, FAR_M
        eye.frustum_center, eye.frustum_width = (
            NEAR_M * (left + right) / 2, NEAR_M * (right - left) / 2,
        )  # fmt: skip
        eye.frustum_top, eye.frustum_bottom = NEAR_M * top, NEAR_M * bottom


def _atlas(
    views: tuple[View, ...], size: tuple[int, int], draw: Callable[[View], NDArray[Any]],
    dtype: type, channels: tuple[int, ...],
) -> NDArray[Any]:  # fmt: skip
    """All views below each other, (height, width, *channels)."""
    atlas: NDArray[Any] = np.zeros((size[1], size[0], *channels), dtype=dtype)
    for view in views:
        rows = slice(view.top, view.top + view.camera.height)
        atlas[rows, : view.camera.width] = draw(view)
    return atlas


def _instance_of_colour(scene: mujoco.MjvScene, world: World) -> NDArray[np.int32]:
    """Table from the id that is drawn as a colour to the instance."""
    table = np.full(scene.ngeom + 2, ROOM_ID, dtype=np.int32)
    for geom in scene.geoms[: scene.ngeom]:
        if geom.segid >= 0 and geom.objtype == mujoco.mjtObj.mjOBJ_GEOM.value:
            table[geom.segid + 1] = world.instance_of_geom[geom.objid]
    return table
