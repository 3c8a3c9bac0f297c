"""Packaging for colcon (ament_python) and pip."""

from __future__ import annotations

import os
import re
from pathlib import Path

from setuptools import find_packages, setup

NAME = "camaware_ros"
ROOT = Path(__file__).resolve().parent


def version() -> str:
    """Return the version that the package itself states."""
    text = (ROOT / "src" / NAME / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise ValueError('src/camaware_ros/__init__.py: expected a line __version__ = "..."')
    return found.group(1)


def shared(*folders: str) -> list[tuple[str, list[str]]]:
    """Every file below `folders`, each to be installed in the same place under share/."""
    entries = []
    for folder in folders:
        for place, _, names in sorted(os.walk(ROOT / folder)):
            relative = Path(place).relative_to(ROOT)
            if names and "__pycache__" not in relative.parts:
                files = [str(relative / name) for name in sorted(names)]
                entries.append((f"share/{NAME}/{relative}", files))
    return entries


EXTRAS = {
    "ros": [
        "ros-kilted-rclpy>=9.1.2,<9.2",
        "ros-kilted-rmw-fastrtps-cpp>=9.3.3,<9.4",
        "ros-kilted-common-interfaces>=5.5.1,<5.6",
    ],
    "sim": ["mujoco>=3.3,<5", "matplotlib>=3.8,<4", "rosbags>=0.10,<0.12", "tqdm>=4.66,<5"],
    "onnx": ["onnxruntime>=1.20,<2"],
    "tensorrt": ["tensorrt>=10.3,<12", "cuda-bindings>=12.6,<14"],
    "tensorrt-rtx": ["tensorrt-rtx>=1.7,<2", "cuda-bindings>=12.6,<14"],
    "train": [
        "torch>=2.9,<2.14",
        "transformers>=5.0,<6",
        "accelerate>=1.1,<2",
        "matplotlib>=3.8,<4",
        "safetensors>=0.4.3,<1",
        "onnx>=1.17,<2",
        "onnxscript>=0.5,<0.8",
        "numba>=0.61,<0.70",
        "tqdm>=4.66,<5",
    ],
    "dev": [
        "pytest>=8,<10",
        "pytest-timeout>=2.3,<3",
        "hypothesis>=6.100,<7",
        "scipy>=1.13,<2",
        "ruff>=0.14,<0.18",
        "mypy>=1.15,<3",
    ],
}

setup(
    name=NAME,
    version=version(),
    description="Camera-aware 3-D grounding and navigation goals for ROS 2",
    long_description="See README.md.",
    maintainer="camaware_ros maintainers",
    maintainer_email="camaware_ros@users.noreply.github.com",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages("src"),
    package_dir={"": "src"},
    package_data={NAME: ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        *shared("launch", "config", "models", "worlds"),
    ],
    install_requires=["numpy>=1.26,<3", "opencv-python>=4.8,<5", "PyYAML>=6,<7"],
    extras_require=EXTRAS,
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "camaware = camaware_ros.cli.main:main",
            "grounding_node = camaware_ros.ros.grounding_node:main",
            "goal_node = camaware_ros.ros.goal_node:main",
            "sim_node = camaware_ros.ros.sim_node:main",
        ]
    },
)
