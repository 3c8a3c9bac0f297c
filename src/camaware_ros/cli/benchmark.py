"""``camaware benchmark``: where each millisecond goes on this machine."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

PARTS = ("stages", "nodes", "growth", "stream")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Command-line options."""
    parser.add_argument(
        "--parts", nargs="+", choices=PARTS, default=["stages", "nodes"],
        help="stages: every backend side by side; nodes: the real node over DDS; growth: cost "
        "against tokens, phrases and cameras (needs torch); stream: 30 Hz 1280x720 (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--model", type=Path, help="model folder; default: the package's own")
    parser.add_argument(
        "--rounds", type=int, default=20, help="five frames of each kind per round (%(default)s)"
    )
    parser.add_argument(
        "--pictures", type=int, default=100, help="of each kind for nodes (%(default)s)"
    )
    parser.add_argument(
        "--stream-minutes", type=float, default=10.0, help="of the stream (%(default)s)"
    )
    parser.add_argument("--json", type=Path, help="also write the numbers here, and a PNG beside")
    parser.add_argument(
        "--compare", type=Path, nargs=2, metavar=("A", "B"), help="only compare two such files"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; 0.

    Raises:
        ValueError: nothing to measure, or files that cannot be compared.
        RuntimeError: a node or backend ended.
    """
    if arguments.compare:
        return _compare(*arguments.compare)
    _check(arguments)
    from camaware_ros.benchmark.machine import machine

    record: dict[str, Any] = {"command": _command(arguments), "seed": 0, **machine()}
    for part in arguments.parts:
        found = _measured(part, arguments)
        print("\n".join(_lines(found)), flush=True)
        record |= found
        if arguments.json:  # now: a later part may fail
            _write(record, arguments.json)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Refuse at once what would be refused after minutes."""
    if arguments.rounds < 1:
        raise ValueError(f"--rounds: expected at least 1, got {arguments.rounds}")
    if "nodes" in arguments.parts and not 1 <= arguments.pictures <= 200:
        raise ValueError(f"--pictures: expected 1 to 200, got {arguments.pictures}")
    if "stream" in arguments.parts and not arguments.stream_minutes > 0:
        raise ValueError(f"--stream-minutes: expected more than 0, got {arguments.stream_minutes}")


def _write(record: dict[str, Any], path: Path) -> None:
    from camaware_ros.benchmark.plot import draw

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    draw(record, path.with_suffix(".png"))


def _measured(part: str, arguments: argparse.Namespace) -> dict[str, Any]:
    from camaware_ros.benchmark.stages import SIZES, compare_stages
    from camaware_ros.grounder import DEFAULT_MODEL
    from camaware_ros.resources import share_directory

    folder = arguments.model or share_directory() / "models" / DEFAULT_MODEL
    if part == "stages":
        return compare_stages(folder, arguments.rounds)
    if part == "nodes":
        from camaware_ros.benchmark.nodes import measure_nodes

        return {"nodes": measure_nodes(folder, arguments.pictures, SIZES)}
    if part == "growth":
        from camaware_ros.benchmark.growth import measure_growth

        with tempfile.TemporaryDirectory(prefix="camaware_") as scratch:
            return {"growth": measure_growth(folder, Path(scratch), arguments.rounds)}
    from camaware_ros.ros.stream_run import run_stream

    return {"stream": run_stream(arguments.stream_minutes, model_dir=folder)}


def _command(arguments: argparse.Namespace) -> str:
    words = [f"camaware benchmark --parts {' '.join(arguments.parts)}"]
    words += [f"--rounds {arguments.rounds}"]
    words += [f"--pictures {arguments.pictures}"] if "nodes" in arguments.parts else []
    if "stream" in arguments.parts:
        words.append(f"--stream-minutes {arguments.stream_minutes:g}")
    words += [f"--model {arguments.model.name}"] if arguments.model else []
    return " ".join(words)


def _lines(record: dict[str, Any]) -> list[str]:
    """What a person wants to see first; the file has the rest."""
    from camaware_ros.benchmark.compared import medians

    growth, stream = record.get("growth", {}), record.get("stream", {})
    rest = {name: part for name, part in record.items() if name not in ("growth", "stream")}
    lines = [f"{name:60}{value:10.2f}" for name, value in medians(rest).items()]
    lines += [f"{name} does not run here: {why}" for name, why in record.get("missing", {}).items()]
    lines += [f"network, {name}: {value} x" for name, value in record.get("speed", {}).items()]
    for name, curve in growth.items():
        lines.append(f"{name} {curve['x']}: {curve['cpu_ms']} ms, exponent {curve['exponent']}")
    told = {name: value for name, value in stream.items() if name != "looks"}
    return lines + [f"stream {name}: {value}" for name, value in told.items()]


def _compare(before: Path, after: Path) -> int:
    from camaware_ros.benchmark.compared import compare

    rows = compare(*(json.loads(path.read_text(encoding="utf-8")) for path in (before, after)))
    print(f"{'':60}{before.stem:>14}{after.stem:>14}{'ratio':>8}")
    for name, old, new, ratio in rows:
        print(f"{name:60}{old:14.2f}{new:14.2f}{ratio:8.2f}")
    return 0
