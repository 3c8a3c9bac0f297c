"""How every node process begins and ends: one ``main`` that leaves with 0 when it is told to."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

_LOOK_FOR_SIGNALS_S = 0.2
# What rclpy raises when somebody took the context away in the middle of a call.
_CONTEXT_GONE = (ExternalShutdownException, RuntimeError)


def run_node(
    make_node: Callable[[], Node],
    arguments: Sequence[str] | None = None,
    make_executor: Callable[[], Executor] = SingleThreadedExecutor,
    started: Callable[[Node], None] | None = None,
) -> int:
    """Spin one node until the process is told to end.

    The node is destroyed in every case; one that owns threads joins them in ``destroy_node``.

    Args:
        make_node: called after rclpy was initialised.
        arguments: command line with ROS arguments; that of the process where not given.
        make_executor: for nodes that need more than one thread.
        started: called once before spinning, for example with ``autostart``.

    Returns:
        0 after SIGINT or SIGTERM; 1 after one line on stderr where a parameter cannot be used.
    """
    seen = _outlast_signals()
    # rclpy's own handlers would take the context away before a drive can be cancelled.
    words = list(arguments) if arguments is not None else sys.argv
    rclpy.init(args=words, signal_handler_options=SignalHandlerOptions.NO)
    node: Node | None = None
    executor: Executor | None = None
    try:
        node = make_node()
        executor = make_executor()
        executor.add_node(node)
        if started is not None:
            started(node)
        while rclpy.ok() and not seen:
            executor.spin_once(timeout_sec=_LOOK_FOR_SIGNALS_S)
    except ParameterException as error:
        print(f"parameters: {error}", file=sys.stderr)
        return 1
    except _CONTEXT_GONE:
        if rclpy.ok():
            raise
    finally:
        _end(executor, node)
        # Python gives its own handlers up while it ends, but leaves ignored signals ignored.
        _handle_signals(signal.SIG_IGN)
    return 0


def autostart(node: Node) -> None:
    """Configure and activate a lifecycle node whose ``autostart`` parameter is true.

    A node that cannot be configured stays alive, so that its diagnostics can say why and a later
    transition can succeed.
    """
    if not isinstance(node, LifecycleNode) or not node.get_parameter("autostart").value:
        return
    if node.trigger_configure() == TransitionCallbackReturn.SUCCESS:
        node.trigger_activate()


def _outlast_signals() -> list[int]:
    """Take over what Python does on SIGINT and SIGTERM, until the process ends.

    More than one comes when a terminal and a launch file both pass on one Ctrl-C; they must break
    neither the model's loading nor the ending.

    Returns:
        Signals that came, in order; it grows as they come.
    """
    seen: list[int] = []
    _handle_signals(lambda number, _: seen.append(number))
    return seen


def _handle_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, handler)


def _end(executor: Executor | None, node: Node | None) -> None:
    """Stop callbacks first, then what the node is doing, its threads, and the context."""
    try:
        if executor is not None:
            executor.shutdown()
        if isinstance(node, LifecycleNode) and rclpy.ok():
            with suppress(RuntimeError):  # a lifecycle manager may have shut it down already
                node.trigger_shutdown()
        if node is not None:
            node.destroy_node()
    finally:
        rclpy.try_shutdown()
