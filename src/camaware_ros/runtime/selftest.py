"""Every backend of this machine against the golden outputs, each in a process of its own.

A process opens one backend and says what came of it; then, for every line it reads, it computes
each golden picture once and says how long that took. The parent asks them in turns, so that what
else the machine does meets all of them alike.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from camaware_ros.runtime.backend import AUTO_ORDER, Backend, open_backend
from camaware_ros.runtime.contract import ModelInputs
from camaware_ros.runtime.golden import GOLDEN_FILE, largest_difference, load_golden
from camaware_ros.runtime.manifest import checked_file, half_file, read_manifest
from camaware_ros.runtime.prompt import phrases_prompt

PARITY = {"fp32": 1e-4, "fp16": 5e-2}


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendReport:
    """What one backend did.

    Attributes:
        backend: as in ``backend.AUTO_ORDER``.
        error: why it does not run here; empty where it does, and then the rest means something.
        name: of the opened backend.
        open_s: from the start of the process's work to the first answer.
        parity: largest difference from the golden outputs.
        output: which output has it.
        within: whether that is allowed.
        vision_ms, language_ms, both_ms: (p50, p95) per picture, by the clock on the wall.
        cpu_ms: (p50, p95) of processor time per picture, all threads; hardly moved by other load.
        peak_mb: resident memory of the process at its peak.
    """

    backend: str
    error: str = ""
    name: str = ""
    open_s: float = 0.0
    parity: float = 0.0
    output: str = ""
    within: bool = False
    vision_ms: tuple[float, float] = (0.0, 0.0)
    language_ms: tuple[float, float] = (0.0, 0.0)
    both_ms: tuple[float, float] = (0.0, 0.0)
    cpu_ms: tuple[float, float] = (0.0, 0.0)
    peak_mb: float = 0.0


def compare_backends(
    folder: Path, rounds: int, threads: int, backends: Sequence[str] = AUTO_ORDER
) -> list[BackendReport]:
    """Ask every backend in turns.

    Args:
        folder: of the model.
        rounds: how often each computes every golden picture.
        threads: CPU threads of one pass.
        backends: names.
    """
    command = [sys.executable, "-m", "camaware_ros.runtime.selftest", str(folder), str(threads)]
    children = {
        name: subprocess.Popen(
            [*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in backends
    }
    try:
        opened = {name: _answer(child) for name, child in children.items()}
        running = [name for name in backends if not opened[name].get("error")]
        times: dict[str, list[list[float]]] = {name: [] for name in running}
        for _ in range(rounds):
            for name in running:
                answer = _answer(children[name], "again")
                times[name].extend(answer.get("seconds", []))  # type: ignore[arg-type]
        peaks = {name: _answer(children[name], "memory") for name in running}
    finally:
        for child in children.values():
            child.kill()
            child.wait()
    return [
        _report(name, opened[name], times.get(name, []), peaks.get(name, {})) for name in backends
    ]


def _answer(child: subprocess.Popen[str], question: str = "") -> dict[str, object]:
    stdin, stdout = child.stdin, child.stdout
    assert stdin is not None and stdout is not None
    try:
        if question:
            print(question, file=stdin, flush=True)
        line = stdout.readline()
    except BrokenPipeError:
        line = ""
    if not line:
        return {"error": f"its process ended with {child.wait()}"}
    return dict(json.loads(line))


def _report(
    backend: str,
    opened: dict[str, object],
    seconds: list[list[float]],
    peak: dict[str, object],
) -> BackendReport:
    error = opened.get("error") or peak.get("error")
    if error or not seconds:
        return BackendReport(backend=backend, error=str(error or "no answer"))
    milliseconds = 1e3 * np.array(seconds)
    wall = milliseconds[:, :2]
    columns = (wall[:, 0], wall[:, 1], wall.sum(1), milliseconds[:, 2])
    vision, language, both, cpu = (
        (round(float(np.median(c)), 2), round(float(np.quantile(c, 0.95)), 2)) for c in columns
    )
    return BackendReport(
        backend=backend, vision_ms=vision, language_ms=language, both_ms=both,
        cpu_ms=cpu,
        **(opened | peak),  # type: ignore[arg-type]
    )  # fmt: skip


def _open(
    folder: Path, name: str, threads: int
) -> tuple[Backend, list[ModelInputs], dict[str, object]]:
    begin = time.perf_counter()
    manifest = read_manifest(folder)
    golden = load_golden(checked_file(folder, manifest, GOLDEN_FILE))
    backend = open_backend(folder, manifest, name, threads, report=_say)
    backend.infer(golden[0][0])
    seconds = time.perf_counter() - begin
    worst, output = max(largest_difference(backend.infer(i), o) for i, o in golden)
    half = name == "tensorrt" and half_file("vision.onnx") in manifest.files
    opened: dict[str, object] = {
        "name": backend.name, "open_s": round(seconds, 2), "parity": worst, "output": output,
        "within": worst <= PARITY["fp16" if half else "fp32"],
    }  # fmt: skip
    return backend, [inputs for inputs, _ in golden], opened


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _once(backend: Backend, inputs: ModelInputs) -> tuple[float, float, float]:
    """Seconds of vision and of language for one picture, and of the processor for both."""
    begin, begin_cpu = time.perf_counter(), time.process_time()
    seen = backend.see(inputs)
    between = time.perf_counter()
    backend.read(seen, phrases_prompt(inputs.tokens, seen["features"].shape[1]))
    end, end_cpu = time.perf_counter(), time.process_time()
    return between - begin, end - between, end_cpu - begin_cpu


def serve(words: Sequence[str], questions: IO[str], answers: IO[str]) -> None:
    """What a child does: open, then answer every line."""
    folder, threads, name = words
    try:
        backend, pictures, opened = _open(Path(folder), name, int(threads))
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        opened = {"error": " ".join(str(error).split())}
    print(json.dumps(opened), file=answers, flush=True)
    if "error" in opened:
        return
    for question in questions:
        if question.strip() == "memory":
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            answer: dict[str, object] = {"peak_mb": round(peak, 1)}
        else:
            answer = {"seconds": [_once(backend, inputs) for inputs in pictures]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1:], sys.stdin, sys.stdout)
