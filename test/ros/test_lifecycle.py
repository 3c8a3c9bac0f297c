"""The nodes' lifecycle, driven as nav2_lifecycle_manager does: by service, with transition ids."""

from __future__ import annotations

import pytest
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from shots import Shot, call, node_arguments, send_tf

CONFIGURE, CLEANUP = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_CLEANUP
ACTIVATE, DEACTIVATE = Transition.TRANSITION_ACTIVATE, Transition.TRANSITION_DEACTIVATE
SHUTDOWN = Transition.TRANSITION_UNCONFIGURED_SHUTDOWN


class Manager:
    """Changes and asks for the state of one node, as a lifecycle manager does."""

    def __init__(self, rig, node: str) -> None:
        self._rig = rig
        self._change = rig.node.create_client(ChangeState, f"{node}/change_state")
        self._state = rig.node.create_client(GetState, f"{node}/get_state")
        self._set = rig.node.create_client(SetParameters, f"{node}/set_parameters")

    @property
    def state(self) -> int:
        return call(self._rig, self._state, GetState.Request()).current_state.id

    def change(self, transition: int) -> bool:
        request = ChangeState.Request(transition=Transition(id=transition))
        return call(self._rig, self._change, request).success

    def set(self, name: str, value: object) -> str:
        parameter = Parameter(name, value=value).to_parameter_msg()
        request = SetParameters.Request(parameters=[parameter])
        (result,) = call(self._rig, self._set, request).results
        return "" if result.successful else result.reason


def test_the_model_lives_from_configure_to_cleanup_and_answers_only_while_active(
    make_rig, start
) -> None:
    rig = make_rig()
    node = start(*node_arguments("autostart:=false", "command:=find the red chair"))
    manager = Manager(rig, "grounding_node")
    assert manager.state == State.PRIMARY_STATE_UNCONFIGURED and "loaded" not in node.output
    rig.wait(lambda: "not_active" in rig.health(), "not active")
    assert manager.change(CONFIGURE) and manager.state == State.PRIMARY_STATE_INACTIVE
    for _ in range(2):
        assert manager.change(ACTIVATE) and manager.state == State.PRIMARY_STATE_ACTIVE
        rig.wait_matched()
        send_tf(rig)
        shot = Shot(rig)
        rig.detections.clear()
        rig.wait(lambda: rig.detections, "detections", shot)
        assert manager.change(DEACTIVATE) and manager.state == State.PRIMARY_STATE_INACTIVE
        rig.detections.clear()
        for _ in range(3):
            shot()
            rig.spin(0.1)
        assert not rig.detections
        rig.wait(lambda: "not_active" in rig.health(), "not active")
    assert node.output.count("model loaded") == 1 and "model closed" not in node.output
    assert manager.change(CLEANUP) and manager.state == State.PRIMARY_STATE_UNCONFIGURED
    assert node.output.count("model closed") == 1
    assert manager.change(CONFIGURE) and node.output.count("model loaded") == 2
    assert manager.change(CLEANUP) and manager.change(SHUTDOWN)
    assert node.output.count("model closed") == 2
    assert node.end() == 0, node.output


def test_a_transition_that_fails_says_why_and_may_be_tried_again(make_rig, start) -> None:
    rig = make_rig()
    node = start(*node_arguments("autostart:=false", "backend:=tensorrt"))
    manager = Manager(rig, "grounding_node")
    assert not manager.change(CONFIGURE)
    assert manager.state == State.PRIMARY_STATE_UNCONFIGURED
    reason = "model_unusable: KeyError: 'no such engine'"
    rig.wait(lambda: reason in rig.health(), reason)
    assert reason in node.output
    assert manager.set("backend", "onnx") == ""
    assert "each name once" in manager.set("cameras", ["front", "front"])
    assert manager.change(CONFIGURE) and manager.state == State.PRIMARY_STATE_INACTIVE
    assert node.alive


def test_nodes_in_a_namespace_are_managed_under_it(make_rig, start) -> None:
    rig = make_rig()
    flags = ["--ros-args", "-p", "autostart:=false", "-r", "__ns:=/robot"]
    node = start("-m", "camaware_ros.ros.goal_node", *flags)
    manager = Manager(rig, "/robot/goal_node")
    for transition, state in (
        (CONFIGURE, State.PRIMARY_STATE_INACTIVE),
        (ACTIVATE, State.PRIMARY_STATE_ACTIVE),
        (DEACTIVATE, State.PRIMARY_STATE_INACTIVE),
        (CLEANUP, State.PRIMARY_STATE_UNCONFIGURED),
    ):
        assert manager.change(transition) and manager.state == state
    assert node.end() == 0, node.output


@pytest.fixture(scope="module")
def live(module_graph):
    make_rig, start = module_graph
    rig = make_rig()
    node = start(*node_arguments("backend:=onnx", "command:=find the red chair"))
    rig.wait_matched()
    send_tf(rig)
    yield rig, Shot(rig), Manager(rig, "grounding_node"), node
    assert node.alive, node.output


def test_thresholds_and_rate_change_while_the_node_looks(live) -> None:
    rig, shot, manager, _ = live
    rig.wait(lambda: rig.detections and rig.detections[-1].detections, "a detection", shot)
    assert manager.set("min_presence", 0.95) == ""
    rig.wait(lambda: not rig.detections[-1].detections, "nothing good enough", shot)
    assert manager.set("min_presence", 0.5) == ""
    rig.wait(lambda: rig.detections[-1].detections, "a detection again", shot)
    assert manager.set("max_rate_hz", 0.5) == ""
    rig.detections.clear()
    rig.wait(lambda: len(rig.detections) >= 3, "three answers", shot)
    stamps = [m.header.stamp.sec + m.header.stamp.nanosec / 1e9 for m in rig.detections[:3]]
    assert min(b - a for a, b in zip(stamps[1:], stamps[2:], strict=False)) > 1.5
    assert manager.set("max_rate_hz", 0.0) == ""
    assert "range" in manager.set("max_rate_hz", -1.0)


def test_the_backend_is_exchanged_or_kept_where_the_new_one_fails(live) -> None:
    rig, shot, manager, node = live
    assert "KeyError: 'no such engine'" in manager.set("backend", "tensorrt")
    assert "model closed" not in node.output
    rig.detections.clear()
    rig.wait(lambda: rig.detections, "detections of the old one", shot)
    assert manager.set("backend", "torch") == ""
    rig.wait(lambda: "model closed: onnx" in node.output, "the old one's end")
    assert "model loaded: torch" in node.output
    rig.detections.clear()
    rig.wait(lambda: rig.detections, "detections of the new one", shot)


def test_the_command_can_be_set_and_unknown_words_are_refused(live) -> None:
    rig, shot, manager, _ = live

    def seen() -> set[str]:
        return {d.results[0].hypothesis.class_id for m in rig.detections for d in m.detections}

    assert manager.set("command", "find the blue table") == ""
    rig.wait(lambda: "blue table" in seen(), "the table", shot)
    assert "the model does not know 'zebra'" in manager.set("command", "go to the zebra")
    assert "NO_VERB" in manager.set("command", "sandwich")
    rig.detections.clear()
    rig.wait(lambda: seen() == {"blue table"}, "still the table", shot)
    assert manager.set("command", "") == ""
    rig.wait(lambda: "no_command" in rig.health(), "nothing to look for", shot)
    assert manager.set("command", "find the red chair") == ""
    rig.wait(lambda: "red chair" in seen(), "the chair", shot)


def test_what_cannot_change_now_is_refused_with_the_reason(live) -> None:
    _, _, manager, _ = live
    assert "read when the node is configured" in manager.set("image_transport", "compressed")
    assert "read when the node is configured" in manager.set("cameras", ["front"])
    assert "read-only" in manager.set("diagnostics_period_s", 5.0)
    assert "expected one of auto" in manager.set("backend", "abacus")
    assert "expected a frame" in manager.set("output_frame", "")
