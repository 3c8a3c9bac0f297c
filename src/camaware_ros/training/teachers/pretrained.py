"""Any metric-depth network that ``transformers`` ships, as a teacher.

Only the code was ever run here: with tiny random weights, saved and loaded again. No pretrained
weights were downloaded, so nothing is known of how well one teaches.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from transformers import AutoImageProcessor, AutoModelForDepthEstimation, PretrainedConfig

from camaware_ros.geometry.camera import Camera
from camaware_ros.training.teachers.point_maps import PointMap, points_from_depth

ALWAYS_METRIC = ("zoedepth", "glpn", "depth_pro")


def is_metric(config: PretrainedConfig) -> bool:
    """Whether a depth network gives metres and not an unknown multiple or the inverse of them."""
    kind = getattr(config, "depth_estimation_type", None)
    return kind == "metric" or config.model_type in ALWAYS_METRIC


class PretrainedTeacher:
    """Depth Anything (metric), ZoeDepth, Depth Pro and so on, by folder or hub name.

    They predict z. Some were trained for one focal length and know nothing of the camera that took
    the picture: their scale is theirs.
    """

    def __init__(self, source: str, device: str = "cpu") -> None:
        """Load weights and preprocessing from a folder or the hub.

        Raises:
            OSError: there is no such model. ValueError: it does not give metres.
        """
        self.processor = AutoImageProcessor.from_pretrained(source)
        self.network = AutoModelForDepthEstimation.from_pretrained(source).eval().to(device)
        if not is_metric(self.network.config):
            raise ValueError(
                f"{source}: expected a network that predicts metres, "
                f"got {self.network.config.model_type} with relative depth"
            )
        # ZoeDepth's padding only smooths borders, and taking it off again needs torchvision
        self.options = {"do_pad": False} if self.network.config.model_type == "zoedepth" else {}

    @torch.inference_mode()
    def point_map(self, image: NDArray[np.uint8], camera: Camera, name: str) -> PointMap:
        """See ``Teacher``; confidence is 1 wherever there is a depth."""
        inputs = self.processor(images=image, return_tensors="pt", **self.options)
        out = self.network(**inputs.to(self.network.device))
        height, width = image.shape[:2]
        if self.options:
            depth = out.predicted_depth[:, None]
            depth = functional.interpolate(depth, (height, width), mode="bilinear")[0, 0]
        else:
            (found,) = self.processor.post_process_depth_estimation(out, [(height, width)])
            depth = found["predicted_depth"]
        return points_from_depth(depth.float().cpu().numpy(), camera)
