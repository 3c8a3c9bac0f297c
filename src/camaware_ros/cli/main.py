"""`camaware`: one program, its subcommands imported only when they are asked for.

Knows the subcommands' names and how errors end. Every subcommand is a module of this package
with `add_arguments(parser)` and `run(arguments) -> int`.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from camaware_ros import __version__

COMMANDS = {
    "demo": "drive a simulated robot by words, with several cameras",
    "localize": "find what is named in one image of a known camera",
    "ask": "answer a question about one image of a known camera",
    "look": "draw what the model makes of the space in one image",
    "replay": "play a ROS bag through the running node",
    "train": "train the model on rendered scenes",
    "evaluate": "measure the model",
    "export": "turn a checkpoint into an ONNX graph with a manifest",
    "selftest": "compare every backend of this machine with the golden outputs",
    "benchmark": "say where each millisecond goes on this machine",
    "doctor": "say what is installed and what is missing",
}
# Which extra of the package brings a module that a subcommand may lack.
_EXTRA_OF = {
    "torch": "train",
    "transformers": "train",
    "safetensors": "train",
    "onnx": "train",
    "numba": "train",
    "onnxruntime": "onnx",
    "mujoco": "sim",
    "matplotlib": "sim",
    "rosbags": "sim",
    "tensorrt": "tensorrt",
    "rclpy": "ros",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Args:
        argv: words after the program's name; those of the process where not given.

    Returns:
        The subcommand's exit code; 2 after one line on stderr where something given to it is
        wrong, 130 when it was interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] not in COMMANDS:
        return _without_command(words)
    name = words[0]
    try:
        command = importlib.import_module(f"camaware_ros.cli.{name}")
        parser = argparse.ArgumentParser(prog=f"camaware {name}", description=COMMANDS[name])
        command.add_arguments(parser)
        return int(command.run(parser.parse_args(words[1:])))
    except (ValueError, OSError, RuntimeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
    except ModuleNotFoundError as error:
        reason = _missing_module(error)
    except KeyboardInterrupt:
        return 130
    print(f"camaware {name}: {reason}", file=sys.stderr)
    return 2


def _without_command(words: Sequence[str]) -> int:
    listing = "\n".join(f"  {name:10}{about}" for name, about in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="camaware",
        usage="camaware COMMAND ...",
        description=f"Commands:\n{listing}\n\n`camaware COMMAND --help` explains one.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"camaware_ros {__version__}")
    parser.add_argument("command", choices=sorted(COMMANDS), help=argparse.SUPPRESS)
    parser.parse_args(words)
    return 2


def _missing_module(error: ModuleNotFoundError) -> str:
    top = (error.name or "").partition(".")[0]
    extra = _EXTRA_OF.get(top)
    return f"{error}; pip install 'camaware_ros[{extra}]'" if extra else str(error)


if __name__ == "__main__":
    sys.exit(main())
