"""Doctor joins the running graph and listens. Knows rclpy; judges nothing.

Everything is subscribed to with the least that a publisher can offer, so that doctor hears what
our nodes may not.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import rclpy
from rcl_interfaces.srv import GetParameters
from rclpy.action.graph import get_action_server_names_and_types_by_node
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import QoSCompatibility, qos_check_compatible
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from camaware_ros.cli.doctor_cameras import CameraSeen, Heard
from camaware_ros.cli.doctor_graph import OUR_NODES, Graph, Input
from camaware_ros.ros.camera_info import camera_from_info
from camaware_ros.ros.camera_topics import is_named_rectified
from camaware_ros.ros.image_messages import rgb_from_compressed, rgb_from_image
from camaware_ros.ros.qos import input_qos
from camaware_ros.ros.tf import Buffer, TransformException, TransformListener, lookup_rigid

_IMAGE_TYPES = {"sensor_msgs/msg/Image": Image, "sensor_msgs/msg/CompressedImage": CompressedImage}
_INFO_TYPE = "sensor_msgs/msg/CameraInfo"
_IGNORED = ("/parameter_events", "/clock")
_GROUNDING_NODE = "grounding_node"
_ASKED_OF_ALL = ("use_sim_time",)
_ASKED_OF_GROUNDING = ("base_frame", "output_frame", "stamp_slop_s", "input_rectified")
_ANSWER_S = 2.0
_COMPRESSED = "/compressed"


@dataclass(slots=True, kw_only=True)
class Live:
    """What was found and heard.

    Attributes:
        graph: our nodes and their inputs.
        cameras: every camera on the graph.
        clocks: full names of the nodes that publish /clock, one for each publisher.
        parameters: of our nodes that answered, by node.
        buffer: TF.
    """

    graph: Graph
    cameras: list[CameraSeen]
    clocks: Sequence[str]
    parameters: Mapping[str, Mapping[str, Any]]
    buffer: Buffer

    def lookup(self, target: str, source: str, stamp_ns: int) -> Any:
        """For ``frame_findings``."""
        try:
            return lookup_rigid(self.buffer, target, source, stamp_ns)
        except (TransformException, ValueError) as error:
            raise LookupError(str(error)) from error


def listen(wait_s: float) -> Live:
    """Look at the graph after a third of ``wait_s``, listen for the rest.

    Raises:
        RuntimeError: ROS could not be started.
    """
    with _joined() as (node, executor):
        buffer = Buffer()
        TransformListener(buffer, node)
        # Nothing to spin for: the graph is filled by the middleware's own threads.
        time.sleep(wait_s / 3)
        graph = _graph(node)
        parameters = _parameters(node, executor, graph.nodes)
        clock = _Clock(node)
        ears = [_Ear(node, camera, clock, parameters) for camera in _cameras(node, graph)]
        _spin(executor, 2 * wait_s / 3)
        return Live(
            graph=graph, cameras=[ear.judged() for ear in ears], buffer=buffer,
            clocks=_publishing(node, "/clock"), parameters=parameters,
        )  # fmt: skip


@contextmanager
def _joined() -> Any:
    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node("camaware_doctor", context=context, start_parameter_services=False)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        yield node, executor
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown(context=context)


def _spin(executor: SingleThreadedExecutor, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        executor.spin_once(timeout_sec=left)


def _graph(node: Node) -> Graph:
    inputs: list[Input] = []
    ours, servers = [], 0
    for name, namespace in node.get_node_names_and_namespaces():
        actions = get_action_server_names_and_types_by_node(node, name, namespace)
        servers += sum("nav2_msgs/action/NavigateToPose" in types for _, types in actions)
        if name in OUR_NODES:
            ours.append(_full(namespace, name))
            inputs += _inputs_of(node, name, namespace)
    return Graph(nodes=sorted(ours), inputs=inputs, navigate_servers=servers)


def _inputs_of(node: Node, name: str, namespace: str) -> list[Input]:
    inputs = []
    for topic, types in node.get_subscriber_names_and_types_by_node(name, namespace):
        if topic in _IGNORED or "/_action/" in topic:
            continue
        publishers = node.get_publishers_info_by_topic(topic)
        own = [
            info.qos_profile
            for info in node.get_subscriptions_info_by_topic(topic)
            if (info.node_name, info.node_namespace) == (name, namespace)
        ]
        unheard = [
            f"{publisher.node_name}: {reason}"
            for publisher in publishers
            for wanted in own
            if (reason := _clash(publisher.qos_profile, wanted))
        ]
        inputs.append(
            Input(
                node=_full(namespace, name),
                topic=topic,
                type_name=types[0],
                publisher_types=[info.topic_type for info in publishers],
                unheard=unheard,
            )
        )
    return inputs


def _clash(offered: Any, wanted: Any) -> str:
    compatibility, reason = qos_check_compatible(offered, wanted)
    return reason.removeprefix("ERROR: ") if compatibility == QoSCompatibility.ERROR else ""


def _full(namespace: str, name: str) -> str:
    return f"{namespace.rstrip('/')}/{name}"


def _publishing(node: Node, topic: str) -> list[str]:
    publishers = node.get_publishers_info_by_topic(topic)
    return [_full(one.node_namespace, one.node_name) for one in publishers]


def _asked_of(name: str) -> tuple[str, ...]:
    """Only what the node has: rclpy answers nothing at all where it does not know one name."""
    is_grounding = name.endswith(f"/{_GROUNDING_NODE}")
    return (*_ASKED_OF_ALL, *(_ASKED_OF_GROUNDING if is_grounding else ()))


def _parameters(
    node: Node, executor: SingleThreadedExecutor, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    clients = {
        name: node.create_client(GetParameters, f"{name}/get_parameters") for name in set(names)
    }
    asked = {
        name: client.call_async(GetParameters.Request(names=list(_asked_of(name))))
        for name, client in clients.items()
        if client.wait_for_service(_ANSWER_S)
    }
    found = {}
    for name, future in asked.items():
        executor.spin_until_future_complete(future, _ANSWER_S)
        if future.done() and future.result() is not None:
            values = map(parameter_value_to_python, future.result().values)
            found[name] = dict(zip(_asked_of(name), values, strict=False))
    return found


def _cameras(node: Node, graph: Graph) -> list[CameraSeen]:
    """Every image that is published by somebody else than us, with the camera_info beside it."""
    types = dict(node.get_topic_names_and_types())
    infos = {t for t, kinds in types.items() if _INFO_TYPE in kinds and node.count_publishers(t)}
    cameras = []
    for topic, kinds in sorted(types.items()):
        publishers = node.get_publishers_info_by_topic(topic)
        foreign = [one for one in publishers if one.node_name != _GROUNDING_NODE]
        if not foreign or not set(kinds) & set(_IMAGE_TYPES):
            continue
        users = [one.node for one in graph.inputs if one.topic == topic]
        if not users and topic.endswith(_COMPRESSED) and topic.removesuffix(_COMPRESSED) in types:
            continue
        beside = f"{topic.removesuffix(_COMPRESSED).rpartition('/')[0]}/camera_info"
        heard_by_user = [
            one.topic for one in graph.inputs if one.node in users and one.type_name == _INFO_TYPE
        ]
        info = heard_by_user[0] if len(heard_by_user) == 1 else beside
        cameras.append(
            CameraSeen(
                image_topic=topic,
                info_topic=info if info in infos else "",
                other_infos=sorted(infos),
                used=bool(users),
                publishers=len(foreign),
            )
        )
    return cameras


@dataclass(slots=True)
class _Clock:
    """The graph's time: that of /clock as soon as it comes, else the machine's."""

    node: Node
    simulated_ns: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.node.create_subscription(Clock, "/clock", self._on_clock, input_qos("sensor_data"))

    def now_ns(self) -> int:
        return self.simulated_ns or time.time_ns()

    def _on_clock(self, message: Clock) -> None:
        self.simulated_ns = _nanoseconds(message.clock)


class _Ear:
    """Listens to one camera."""

    def __init__(
        self,
        node: Node,
        camera: CameraSeen,
        clock: _Clock,
        parameters: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._camera, self._clock = camera, clock
        self._image: Image | CompressedImage | None = None
        self._info: CameraInfo | None = None
        words = {values.get("input_rectified") for values in parameters.values()}
        self._rectified = "true" in words or (
            "false" not in words and is_named_rectified(camera.image_topic)
        )
        qos = input_qos("sensor_data")
        kind = dict(node.get_topic_names_and_types())[camera.image_topic][0]
        node.create_subscription(
            _IMAGE_TYPES.get(kind, Image), camera.image_topic, self._on_image, qos
        )
        if camera.info_topic:
            node.create_subscription(CameraInfo, camera.info_topic, self._on_info, qos)

    def judged(self) -> CameraSeen:
        """The camera, with its last image and the last camera_info tried out."""
        if self._image is None:
            return self._camera
        try:
            is_raw = isinstance(self._image, Image)
            rgb = rgb_from_image(self._image) if is_raw else rgb_from_compressed(self._image)
        except ValueError as error:
            self._camera.unreadable = str(error)
            return self._camera
        height, width, _ = rgb.shape
        kind = self._image.encoding if is_raw else self._image.format
        self._camera.picture = f"{width} x {height} {kind}"
        if self._info is not None:
            try:
                camera_from_info(self._info, (width, height), rectified=self._rectified)
            except ValueError as error:
                self._camera.unusable = str(error)
        return self._camera

    def _on_image(self, message: Image | CompressedImage) -> None:
        self._image = message
        self._camera.images.append(self._heard(message))

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message
        self._camera.infos.append(self._heard(message))

    def _heard(self, message: Any) -> Heard:
        return Heard(
            stamp_ns=_nanoseconds(message.header.stamp),
            frame_id=message.header.frame_id,
            clock_ns=self._clock.now_ns(),
        )


def _nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)
