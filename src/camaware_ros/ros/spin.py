"""How every node process begins and ends: one ``main`` that leaves with 0 when it is told to."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Sequence

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.signals import uninstall_signal_handlers

# What rclpy raises when SIGINT or SIGTERM took the context away in the middle of a call.
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
    rclpy.init(args=list(arguments) if arguments is not None else sys.argv)
    node: Node | None = None
    executor: Executor | None = None
    try:
        node = make_node()
        executor = make_executor()
        executor.add_node(node)
        if started is not None:
            started(node)
        executor.spin()
    except KeyboardInterrupt:
        pass
    except ParameterException as error:
        print(f"parameters: {error}", file=sys.stderr)
        return 1
    except _CONTEXT_GONE:
        if rclpy.ok():
            raise
    finally:
        _ignore_signals()
        _end(executor, node)
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


def _ignore_signals() -> None:
    """Ending is under way: a second Ctrl-C, or launch passing on the first, must not break it."""
    uninstall_signal_handlers()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _end(executor: Executor | None, node: Node | None) -> None:
    """Stop callbacks first, then the node with its threads, then the context."""
    try:
        if executor is not None:
            executor.shutdown()
        if node is not None:
            node.destroy_node()
    finally:
        rclpy.try_shutdown()
