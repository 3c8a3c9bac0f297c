"""Every backend stage by stage, side by side: each in a process of its own, asked in turns.

A process says how long it took from its start to its first answer; then, for every line it reads,
it puts a few frames of one size and transport through and says how long each stage took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from camaware_ros.benchmark.frame import NETWORK, STAGES

SIZES = ((320, 240), (640, 480), (1280, 720), (1920, 1080))
BACKENDS = ("onnx", "torch", "tensorrt")
_FRAMES = 5
Record = dict[str, Any]


def compare_stages(
    folder: Path,
    rounds: int,
    *,
    backends: Sequence[str] = BACKENDS,
    sizes: Sequence[tuple[int, int]] = SIZES,
    threads: int = 1,
) -> Record:
    """Ask every backend about every size and transport, in turns.

    Args:
        folder: of the model.
        rounds: how often five frames of each kind are asked for.
        backends: names; those that do not run here are listed with the reason.
        sizes: (width, height) of pictures.
        threads: CPU threads of the network.

    Returns:
        ``startup``: by backend; ``missing``: reasons by backend; ``stages``: one record per
        backend, size and transport; ``speed``: how many times faster the network is than torch's.
    """
    kinds = [(size, compressed) for size in sizes for compressed in (False, True)]
    opened: dict[str, Record] = {}
    children = {}
    try:
        for name in backends:  # one after the other, so that starting is timed undisturbed
            children[name] = _start(folder, name, threads)
            opened[name] = _answer(children[name])
        running = [name for name in backends if "error" not in opened[name]]
        times: dict[tuple[str, int], list[Any]] = {}
        for _ in range(rounds):
            for index, (size, compressed) in enumerate(kinds):
                for name in running:
                    question = {"size": size, "compressed": compressed, "frames": _FRAMES}
                    answer = _answer(children[name], question)
                    times.setdefault((name, index), []).extend(answer["frames"])
        memory = {
            (name, index): _answer(children[name], {"size": size, "compressed": compressed})
            for index, (size, compressed) in enumerate(kinds)
            for name in running
        }
    finally:
        for child in children.values():
            child.kill()
            child.wait()
    records = [
        {"backend": name, "size": list(kinds[index][0]), "compressed": kinds[index][1]}
        | _summary(np.array(frames))
        | memory[name, index]
        for (name, index), frames in times.items()
    ]
    return {
        "startup": {name: opened[name] for name in running},
        "missing": {name: found["error"] for name, found in opened.items() if "error" in found},
        "stages": records,
        "speed": _speed(records),
    }


def _start(folder: Path, name: str, threads: int) -> subprocess.Popen[str]:
    module = "camaware_ros.benchmark.stages_process"
    command = [sys.executable, "-m", module, str(folder), name, str(threads)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    return subprocess.Popen(
        [*command, str(time.monotonic())], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, env=environment,
    )  # fmt: skip


def _answer(child: subprocess.Popen[str], question: Record | None = None) -> Record:
    if question is not None:
        _say(question, child.stdin)
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"benchmark: a backend's process ended with {child.wait()}")
    return dict(json.loads(line))


def _say(record: Record, where: IO[str] | None) -> None:
    print(json.dumps(record), file=where, flush=True)


def _summary(frames: np.ndarray) -> Record:
    """From seconds (frame, stage, wall and CPU) to percentiles in milliseconds."""
    wall, cpu = 1e3 * frames[..., 0], 1e3 * frames[..., 1]
    network = [STAGES.index(name) for name in NETWORK]
    rest = [index for index in range(len(STAGES)) if index not in network]
    rows = dict(zip(STAGES, wall.T, strict=True)) | {
        "network": wall[:, network].sum(1),
        "all but the network": wall[:, rest].sum(1),
        "all": wall.sum(1),
    }
    return {
        "frames": len(frames),
        "frames_per_s": round(1e3 / float(np.mean(wall.sum(1))), 1),
        "wall_ms": {
            name: [round(float(v), 3) for v in np.percentile(row, (50, 95, 99))]
            for name, row in rows.items()
        },
        "cpu_p50_ms": {
            "network": round(float(np.median(cpu[:, network].sum(1))), 3),
            "all but the network": round(float(np.median(cpu[:, rest].sum(1))), 3),
        },
    }


def _speed(records: list[Record]) -> dict[str, float]:
    """Median of the network's time under torch over that of each other backend, all sizes."""
    medians = {
        name: np.median([r["wall_ms"]["network"][0] for r in records if r["backend"] == name])
        for name in {r["backend"] for r in records}
    }
    if "torch" not in medians:
        return {}
    return {
        f"torch / {name}": round(float(medians["torch"] / value), 2)
        for name, value in medians.items()
        if name != "torch"
    }
