"""What the code uses of rclpy is what Humble, the oldest supported distribution, has already.

The names were looked up in rclpy's humble branch; one that is new here must be looked up too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
IN_HUMBLE = {
    "rclpy.action": {"ActionClient", "ActionServer", "CancelResponse"},
    "rclpy.action.graph": {"get_action_server_names_and_types_by_node"},
    "rclpy.action.server": {"ServerGoalHandle"},
    "rclpy.callback_groups": {"MutuallyExclusiveCallbackGroup", "ReentrantCallbackGroup"},
    "rclpy.clock": {"Clock", "ClockType", "JumpThreshold", "TimeJump"},
    "rclpy.duration": {"Duration"},
    "rclpy.exceptions": {"ParameterException"},
    "rclpy.executors": {"Executor", "ExternalShutdownException", "MultiThreadedExecutor",
                        "SingleThreadedExecutor"},
    "rclpy.impl.rcutils_logger": {"RcutilsLogger"},
    "rclpy.lifecycle": {"LifecycleNode", "LifecyclePublisher", "LifecycleState",
                        "TransitionCallbackReturn"},
    "rclpy.logging": {"get_logger"},
    "rclpy.node": {"Node"},
    "rclpy.parameter": {"Parameter", "parameter_value_to_python"},
    "rclpy.publisher": {"Publisher"},
    "rclpy.qos": {"DurabilityPolicy", "HistoryPolicy", "QoSCompatibility", "QoSPolicyKind",
                  "QoSProfile", "ReliabilityPolicy", "qos_check_compatible",
                  "qos_policy_name_from_kind", "qos_profile_sensor_data"},
    "rclpy.qos_overriding_options": {"QoSOverridingOptions"},
    "rclpy.serialization": {"deserialize_message", "serialize_message"},
    "rclpy.signals": {"SignalHandlerOptions"},
    "rclpy.subscription": {"Subscription"},
    "rclpy.task": {"Future"},
    "rclpy.time": {"Time"},
    "rclpy.utilities": {"get_rmw_implementation_identifier"},
}  # fmt: skip
# Came after Humble: service introspection, type descriptions, other executors.
LATER = {"configure_introspection", "EventsExecutor", "add_post_set_parameters_callback",
         "add_pre_set_parameters_callback", "start_type_description_service"}  # fmt: skip


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        yield path, ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """(module, name) of rclpy's imports, without those that have another way beside them."""
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.Try) or _is_for_types(block)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or id(node) in guarded:
            continue
        if node.module and node.module.split(".")[0] == "rclpy":
            yield from ((node.module, alias.name) for alias in node.names)


def _is_for_types(block: ast.AST) -> bool:
    return isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"


def test_every_name_that_is_imported_from_rclpy_is_one_that_humble_has() -> None:
    used = {(str(path.name), *name) for path, tree in trees() for name in imported(tree)}
    assert len(used) > 40
    newer = {one for one in used if one[2] not in IN_HUMBLE.get(one[1], set())}
    assert newer == set()


def test_nothing_is_used_that_came_after_humble() -> None:
    for path, tree in trees():
        names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg}
        assert not names & LATER, path


def test_rclpy_init_is_not_used_as_a_context() -> None:
    """Kilted's returns one; those before return nothing."""
    for path, tree in trees():
        contexts = [ast.unparse(item.context_expr) for node in ast.walk(tree)
                    if isinstance(node, ast.With) for item in node.items]  # fmt: skip
        assert not any(text.startswith(("rclpy.init", "init(")) for text in contexts), path
