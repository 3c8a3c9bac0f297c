"""Camera-aware 3-D grounding for ROS 2: an image, live intrinsics and words in, places out."""

from __future__ import annotations

__version__ = "0.1.0"
