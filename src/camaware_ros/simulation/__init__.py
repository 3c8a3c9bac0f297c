"""A furnished room, a camera with any lens in it, and a robot that drives: no ROS in here."""

import os

# MuJoCo picks its OpenGL at first import; without a display it would otherwise pick none.
os.environ.setdefault("MUJOCO_GL", "egl")
