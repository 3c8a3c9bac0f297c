"""Lifecycle transitions that end with a reason. rclpy swallows what a callback raises."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from camaware_ros.ros.health import Level, Reason
from camaware_ros.ros.report import Report, StageFailed

Node = TypeVar("Node", bound=Any)
Transition = Callable[[Node, LifecycleState], TransitionCallbackReturn]


def told(transition: Transition[Node]) -> Transition[Node]:
    """A transition whose failure is a FAILURE with its reason in the log and the diagnostics.

    The node, which needs a ``report``, stays in the state that it was in.
    """

    @wraps(transition)
    def run(node: Node, state: LifecycleState) -> TransitionCallbackReturn:
        report: Report = node.report
        stage = transition.__name__.removeprefix("on_")
        try:
            result = transition(node, state)
        except StageFailed:
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # whatever it is, the robot's operator must read it
            text = f"{stage}: {type(error).__name__}: {error}"
            report.problem("transition", Reason.TRANSITION_FAILED, text)
            return TransitionCallbackReturn.FAILURE
        report.health.ok("transition")
        return result

    return run


def tell_not_active(report: Report) -> None:
    """Forget every problem of the active state, and say that the node is not in it."""
    report.health.expect_nothing()
    text = "the node is not active: configure and activate it"
    report.health.problem("lifecycle", Reason.NOT_ACTIVE, text, Level.WARN)
