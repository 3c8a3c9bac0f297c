"""Drawing speed: ``python -m camaware_ros.simulation.speed [FRAMES] [CAMERA ...]``.

Set ``LP_NUM_THREADS=0`` to keep software OpenGL on the calling core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence

from camaware_ros.camera_file import find_camera_files, load_camera_yaml
from camaware_ros.simulation.render import Quality
from camaware_ros.simulation.scenes import demo_room
from camaware_ros.simulation.simulator import Simulator

QUALITIES = {
    "shadows, 4 samples": Quality(),
    "shadows": Quality(samples=0),
    "4 samples": Quality(shadows=False),
    "plain": Quality(shadows=False, samples=0),
}


def frames_per_second(frames: int, names: Sequence[str]) -> Iterator[tuple[str, str, float, float]]:
    """For each quality and camera file: both names, frames per second, per CPU second."""
    files = find_camera_files()
    cameras = {name: load_camera_yaml(files[name]) for name in names}
    for quality_name, quality in QUALITIES.items():
        simulator = Simulator(demo_room(), next(iter(cameras.values())), quality)
        for name, camera in cameras.items():
            simulator.camera = camera
            simulator.render()  # the first picture plans the views
            wall_s, cpu_s = time.perf_counter(), time.process_time()
            for _ in range(frames):
                simulator.render()
            wall_s, cpu_s = time.perf_counter() - wall_s, time.process_time() - cpu_s
            yield quality_name, name, frames / wall_s, frames / cpu_s
        simulator.close()


def main(arguments: list[str]) -> int:
    """Print one line per quality and camera."""
    frames = int(arguments[0]) if arguments else 20
    names = arguments[1:] or list(find_camera_files())
    print(f"{'quality':20} {'camera':18} {'frames/s':>9} {'per CPU s':>10}")
    for quality, camera, fps, fps_cpu in frames_per_second(frames, names):
        print(f"{quality:20} {camera:18} {fps:9.1f} {fps_cpu:10.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
