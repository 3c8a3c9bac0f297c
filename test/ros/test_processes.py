"""Node processes with real programs: output, death, and ends that come in any case."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from camaware_ros.ros.domain import claimed_domain
from camaware_ros.ros.processes import NodeDied, check_alive, end_all, node_command, running

POLITE = (
    "import signal\ntry:\n print('up', flush=True); signal.pause()\nexcept KeyboardInterrupt: pass"
)
CRASHES = "import sys; print('no camera today'); sys.exit(3)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def wait_for(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_they_run_and_end_with_their_own_codes(tmp_path: Path) -> None:
    with running({"a": python(POLITE), "b": python(POLITE)}, os.environ, tmp_path) as processes:
        wait_for(lambda: all(process.last_line == "up" for process in processes))
        check_alive(processes)
        assert end_all(processes) == {"a": 0, "b": 0}


def test_a_death_is_told_with_the_last_words(tmp_path: Path) -> None:
    with running({"camera": python(CRASHES)}, os.environ, tmp_path) as processes:
        processes[0].join()
        with pytest.raises(NodeDied, match="camera ended with code 3: no camera today"):
            check_alive(processes)


def test_an_error_in_the_block_leaves_nothing_running(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        running({"a": python(POLITE)}, os.environ, tmp_path) as processes,
    ):
        wait_for(lambda: processes[0].last_line == "up")
        raise ZeroDivisionError
    assert processes[0].exit_code == 0


def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('up', flush=True)\n"
    deaf += "while True: signal.pause()"
    with running({"a": python(deaf)}, os.environ, tmp_path) as processes:
        wait_for(lambda: processes[0].last_line == "up")
        processes[0].interrupt()
        assert processes[0].join(timeout_s=0.5) == -signal.SIGKILL


def test_a_command_line_of_a_node_is_read_by_ros_as_it_was_meant(tmp_path: Path) -> None:
    words = node_command("goal_node", {"a": True, "b": "1.5", "c": 2.0}, [tmp_path / "x.yaml"])
    assert words[1:4] == ["-m", "camaware_ros.ros.goal_node", "--ros-args"]
    assert words[4:6] == ["--params-file", str(tmp_path / "x.yaml")]
    assert words[6:] == ["-p", "a:=true", "-p", "b:='1.5'", "-p", "c:=2.0"]


def test_domains_that_are_claimed_at_once_differ() -> None:
    with claimed_domain() as first:
        with claimed_domain() as second:
            assert first != second
        with claimed_domain() as third:
            assert third == second
