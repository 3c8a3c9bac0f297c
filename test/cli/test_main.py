"""The `camaware` program as a process: what it prints and how it ends."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

import camaware_ros
from camaware_ros.cli import main as program
from camaware_ros.cli.main import COMMANDS, main

SOURCE = Path(__file__).resolve().parents[2] / "src"


def camaware(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    command = [sys.executable, "-m", "camaware_ros.cli.main", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)


def command_that(behaviour: object) -> types.SimpleNamespace:
    """A subcommand module with one option, whose run() does `behaviour`."""

    def run(arguments: argparse.Namespace) -> int:
        if isinstance(behaviour, BaseException):
            raise behaviour
        return arguments.number

    def add_arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--number", type=int, default=0)

    return types.SimpleNamespace(run=run, add_arguments=add_arguments)


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    """Put a subcommand module in place of the real one."""

    def put(behaviour: object) -> None:
        monkeypatch.setattr(
            program.importlib, "import_module", lambda name: command_that(behaviour)
        )

    return put


def test_help_names_every_command() -> None:
    done = camaware("--help")
    assert done.returncode == 0
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


def test_version() -> None:
    assert camaware("--version").stdout.split() == ["camaware_ros", camaware_ros.__version__]


@pytest.mark.parametrize("words", [[], ["fly"]])
def test_no_or_an_unknown_command_ends_with_2_and_says_so(words: list[str]) -> None:
    done = camaware(*words)
    assert done.returncode == 2
    assert "command" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_option_ends_with_2() -> None:
    done = camaware("doctor", "--colour")
    assert done.returncode == 2
    assert "unrecognized arguments: --colour" in done.stderr


def test_a_real_bad_value_is_one_line() -> None:
    done = camaware("doctor", "--wait", "-1")
    assert done.returncode == 2
    assert done.stderr == "camaware doctor: --wait: expected seconds >= 0, got -1.0\n"


def test_the_exit_code_is_the_commands(use) -> None:
    use(None)
    assert main(["doctor"]) == 0
    assert main(["doctor", "--number", "7"]) == 7


@pytest.mark.parametrize(
    "error",
    [ValueError("size: expected 3,\n  got 2"), FileNotFoundError("no file"), RuntimeError("x")],
)
def test_expected_errors_become_one_line(use, capsys, error: Exception) -> None:
    use(error)
    assert main(["localize"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"camaware localize: {' '.join(str(error).split())}\n"


def test_a_missing_package_names_the_extra_that_brings_it(use, capsys) -> None:
    use(ModuleNotFoundError("No module named 'torch'", name="torch.nn"))
    assert main(["train"]) == 2
    assert "pip install 'camaware_ros[train]'" in capsys.readouterr().err


def test_a_mistake_in_the_code_is_not_hidden(use) -> None:
    use(KeyError("bug"))
    with pytest.raises(KeyError, match="bug"):
        main(["train"])


def test_an_interrupt_ends_with_130(use) -> None:
    use(KeyboardInterrupt())
    assert main(["demo"]) == 130


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    done = camaware(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"usage: camaware {name}" in done.stdout
