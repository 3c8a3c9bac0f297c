"""``camaware selftest``: what each backend makes of the golden pictures on this very machine."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path

from camaware_ros.evaluation.hardware import processor
from camaware_ros.runtime.selftest import BackendReport, compare_backends


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Command-line options."""
    parser.add_argument("--model", type=Path, help="model folder; default: the package's own")
    parser.add_argument("--rounds", type=int, default=20, help="passes per picture (%(default)s)")
    parser.add_argument("--threads", type=int, default=1, help="of one pass (%(default)s)")
    parser.add_argument("--json", type=Path, help="also write the numbers to this file")


def run(arguments: argparse.Namespace) -> int:
    """Print a table, and what is missing.

    Returns:
        1 when a backend that runs is wrong, or none runs; else 0.

    Raises:
        ValueError: no round or no thread.
    """
    if arguments.rounds < 1 or arguments.threads < 1:
        raise ValueError("--rounds and --threads: expected at least 1")
    from camaware_ros.grounder import DEFAULT_MODEL
    from camaware_ros.resources import share_directory

    folder = arguments.model or share_directory() / "models" / DEFAULT_MODEL
    machine = machine_facts()
    print(f"{folder.name} on {machine['cpu']}, {machine['cores']} cores; {machine['gpu']}")
    reports = compare_backends(folder, arguments.rounds, arguments.threads)
    print(table(reports))
    if arguments.json:
        record = {
            "model": folder.name, "rounds": arguments.rounds, "threads": arguments.threads,
            "machine": machine, "backends": [asdict(report) for report in reports],
        }  # fmt: skip
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")
    running = [report for report in reports if not report.error]
    return 0 if running and all(report.within for report in running) else 1


def table(reports: list[BackendReport]) -> str:
    """One line per backend."""
    lines = [
        f"{'backend':34}{'parity':>9}  {'vision ms':>15}{'language ms':>15}{'both ms':>15}"
        f"{'CPU ms':>15}{'opens s':>9}{'peak MB':>9}"
    ]
    for r in reports:
        if r.error:
            lines.append(f"{r.backend:34}does not run here: {r.error}")
            continue
        pairs = "".join(
            f"{p50:8.1f}/{p95:6.1f}"
            for p50, p95 in (r.vision_ms, r.language_ms, r.both_ms, r.cpu_ms)
        )
        wrong = "" if r.within else f"  WRONG in {r.output}"
        lines.append(f"{r.name:34}{r.parity:9.1e}  {pairs}{r.open_s:9.1f}{r.peak_mb:9.0f}{wrong}")
    return "\n".join([*lines, "(ms: p50/p95 per picture; parity: against the golden outputs)"])


def machine_facts() -> dict[str, object]:
    """Processor, cores, load and GPU, for the record."""
    from camaware_ros.runtime.cuda import cuda_runtime, first_gpu

    try:
        card = first_gpu(cuda_runtime())
        gpu = f"{card.name}, compute capability {card.compute_capability}"
    except RuntimeError as error:
        gpu = f"no GPU ({error})"
    load = [round(value, 1) for value in os.getloadavg()]
    return {"cpu": processor(), "cores": os.cpu_count(), "load_before": load, "gpu": gpu}
