"""``camaware train``: reproduce a model from a run's YAML."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

# glibc gives large blocks back to the kernel by default: a third of the time goes into page faults
_ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
    "MALLOC_TOP_PAD_": "100000000",
    "OMP_NUM_THREADS": "1",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Command-line options."""
    parser.add_argument("--config", type=Path, required=True, help="run settings, YAML")
    parser.add_argument(
        "--processes", type=int, default=1, help="data-parallel processes (torchrun)"
    )


def run(args: argparse.Namespace) -> int:
    """Start (or resume) the run in processes of its own; returns their exit status."""
    return _run(args.config, args.processes)


def _run(path: Path, processes: int) -> int:
    """One run, after those that it builds on unless these are finished."""
    from camaware_ros.training.run_config import TrainConfig

    config = TrainConfig.from_yaml(path)
    for earlier, made in ((config.after, config.init_from), (config.teacher_run, config.teacher)):
        if earlier and not Path(str(made)).is_dir():
            status = _run(path.parent / earlier, processes)
            if status:
                return status
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone",
        "--nproc-per-node", str(processes),
        "-m", "camaware_ros.training.trainer", str(path),
    ]  # fmt: skip
    return subprocess.run(command, env={**_ALLOCATOR, **os.environ}, check=False).returncode
