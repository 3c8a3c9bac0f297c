"""The process of one backend; ``stages`` asks it. Its first line says how it started."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main(words: Sequence[str]) -> int:
    """Open a backend, then answer every line.

    Args:
        words: model folder, backend, threads, and the monotonic time at which the process began.
    """
    folder, backend, threads, began_s = words
    # Only now: what follows is what a node imports, and its time counts.
    import cv2

    from camaware_ros.benchmark.frame import (
        STAGES,
        Sent,
        Timed,
        allocated,
        ray_map_ms,
        run_frame,
        sent,
    )
    from camaware_ros.grounder import Grounder

    cv2.setNumThreads(1)
    try:
        grounder = Grounder.load(Path(folder), backend, int(threads))
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        _say({"error": " ".join(str(error).split())})
        return 0
    run_frame(grounder, sent((640, 480), compressed=False), Timed())
    started = {
        "name": grounder.backend.name,
        "first_answer_s": round(time.monotonic() - float(began_s), 2),
        "first_answer_cpu_s": round(time.process_time(), 2),
        "rss_mb": _rss_mb(),
        "torch_loaded": "torch" in sys.modules,
    }
    _say(started | {"rays": ray_map_ms(grounder)})
    known: dict[tuple[Any, ...], Sent] = {}
    for line in sys.stdin:
        question = json.loads(line)
        key = (*question["size"], question["compressed"])
        if key not in known:
            known[key] = sent((key[0], key[1]), compressed=key[2])
            run_frame(grounder, known[key], Timed())
        what = known[key]
        if "frames" not in question:
            found = allocated(lambda w=what: run_frame(grounder, w, Timed()))  # type: ignore[misc]
            _say({"allocated": found, "rss_mb": _rss_mb()})
            continue
        frames = []
        for _ in range(question["frames"]):
            timed = Timed()
            run_frame(grounder, what, timed)
            frames.append([timed.stages[name] for name in STAGES])
        _say({"frames": frames})
    return 0


def _rss_mb() -> float:
    """Resident memory of this process, 10^6 bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def _say(record: dict[str, Any]) -> None:
    print(json.dumps(record), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
