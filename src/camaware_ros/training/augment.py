"""Camera-aware augmentation: resize, crop, zoom, pad and aspect of a picture with its camera.

Image, rays and 2-D truth change together; metric 3-D truth stays (CA-MLLM section 4.3). An
augmentation is a ``Framing``, so it is exactly what a robot's image pipeline could have done. The
field of view never leaves the trained range, so that held-out bands stay held out.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from camaware_ros.geometry.camera import Camera
from camaware_ros.geometry.framing import Framing
from camaware_ros.training.cameras import TRAINED_HFOV_DEG, field_of

ZOOM = (0.6, 1.7)
ASPECT_JITTER = 0.08


def sample_framing(
    rng: np.random.Generator,
    camera: Camera,
    content: NDArray[np.bool_],
    aspect_jitter: float = ASPECT_JITTER,
) -> Framing | None:
    """A random zoom: in (crop and enlarge) or out (shrink and pad), centred anywhere.

    ``aspect_jitter`` is the largest log ratio by which the aspect changes. Returns None where
    what is left of ``content`` would leave the trained field of view.
    """
    a, b, c, d, e, f = rng.random(6).tolist()
    zoom = ZOOM[0] * (ZOOM[1] / ZOOM[0]) ** a
    size = (camera.width, camera.height)
    stretch = math.exp(aspect_jitter * (b - 0.5))
    crop_w = min(round(size[0] / max(zoom, 1) * stretch), size[0])
    crop_h = min(round(size[1] / max(zoom, 1) / stretch), size[1])
    left, top = int(c * (size[0] - crop_w + 1)), int(d * (size[1] - crop_h + 1))
    columns = np.flatnonzero(content.any(0))
    first, last = max(left, int(columns[0])), min(left + crop_w, int(columns[-1]) + 1)
    if last - first < 16:
        return None
    visible = camera.cropped(first, top, last - first, crop_h)
    if field_of(visible) < math.radians(TRAINED_HFOV_DEG[0]):
        return None
    resized = (
        min(round(size[0] * min(zoom, 1) * stretch), size[0]),
        min(round(size[1] * min(zoom, 1) / stretch), size[1]),
    )
    pad = int(e * (size[0] - resized[0] + 1)), int(f * (size[1] - resized[1] + 1))
    return Framing(
        source_size=size,
        crop=(left, top, crop_w, crop_h),
        resized=resized,
        pad=pad,
        output_size=size,
    )
