"""Two cameras, one model: own topics, own answers, and one view of both."""

from __future__ import annotations

import array

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CameraInfo, Image
from shots import CAMERA_AT, OPTICAL, Shot, centre, node_arguments, point_camera, transform
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from vision_msgs.msg import Detection3DArray
from visualization_msgs.msg import MarkerArray

NAMESPACE = "/robot"
# The left camera stands 0.4 m beside the front one and is turned, so that both see the one thing:
# the fake model puts a red spot's thing 2 m away on its ray.
BEHIND_AT, BEHIND_TURN = (-0.3, 0.0, 1.1), Rotation.from_euler("z", np.pi)


class TwoCameras:
    """Publishers for front and rear beside the rig."""

    def __init__(self, rig) -> None:
        self.rig = rig
        self.joined: list[Detection3DArray] = []
        self.answers: list[str] = []
        self.seen: dict[str, list[Detection3DArray]] = {"front": [], "rear": []}
        node, qos = rig.node, 5
        self.front_images = node.create_publisher(Image, "/forward/color/image_raw", qos)
        self.front_infos = node.create_publisher(CameraInfo, "/forward/color/camera_info", qos)
        self.rear_images = node.create_publisher(Image, f"{NAMESPACE}/rear/image", qos)
        self.rear_infos = node.create_publisher(CameraInfo, f"{NAMESPACE}/rear/camera_info", qos)
        self.commands = node.create_publisher(String, f"{NAMESPACE}/command", qos)
        listen = node.create_subscription
        listen(Detection3DArray, f"{NAMESPACE}/detections_3d", self.joined.append, qos)
        for camera, seen in self.seen.items():
            topic = f"{NAMESPACE}/{camera}/detections_3d"
            listen(Detection3DArray, topic, seen.append, qos)
        listen(String, f"{NAMESPACE}/answer", lambda m: self.answers.append(m.data), qos)
        self.shots = {name: Shot(rig, frame=f"{name}_cam") for name in self.seen}
        self.red = {"front": True, "rear": True}
        self.on = {"front": True, "rear": True}

    def send_tf(self, rear_at=BEHIND_AT, rear_turn=BEHIND_TURN) -> None:
        self.rig.tf_static.publish(
            TFMessage(
                transforms=[
                    transform("map", "base_footprint", (1.0, 2.0, 0.0), Rotation.identity()),
                    transform("base_footprint", "front_cam", CAMERA_AT, OPTICAL),
                    transform("base_footprint", "rear_cam", rear_at, rear_turn * OPTICAL),
                ]
            )
        )

    def send(self) -> None:
        publishers = {
            "front": (self.front_images, self.front_infos),
            "rear": (self.rear_images, self.rear_infos),
        }
        for name, (images, infos) in publishers.items():
            if not self.on[name]:
                continue
            stamp = self.rig.node.get_clock().now().to_msg()
            image = self.shots[name].image(stamp)
            if not self.red[name]:
                image.data = array.array("B", bytes(len(image.data)))
            images.publish(image)
            infos.publish(self.shots[name].info(stamp))

    def wait(self, condition, what: str) -> None:
        self.rig.wait(condition, what, self.send)

    def fresh(self) -> list[Detection3DArray]:
        """Forget what has come, then the joined messages of two more rounds, the first left out."""
        self.joined.clear()
        self.wait(lambda: len(self.joined) > 3, "joined detections")
        return self.joined[2:]


@pytest.fixture(scope="module")
def two(module_graph):
    make_rig, start = module_graph
    rig = make_rig()
    remaps = [
        "__ns:=/robot",
        "front/image:=/forward/color/image_raw",
        "front/camera_info:=/forward/color/camera_info",
    ]
    arguments = node_arguments("cameras:=[front, rear]")
    node = start(*arguments, *(part for remap in remaps for part in ("-r", remap)))
    cameras = TwoCameras(rig)
    cameras.send_tf()
    publishers = (cameras.front_images, cameras.rear_infos, cameras.commands)
    rig.wait(lambda: all(p.get_subscription_count() for p in publishers), "the node")
    cameras.commands.publish(String(data="find the red chair"))
    yield cameras
    assert node.alive, node.output


def in_base(at, turn: Rotation) -> np.ndarray:
    return turn.apply(OPTICAL.apply(point_camera(140.0))) + at


def test_every_camera_answers_under_its_name_and_both_together_in_the_base_frame(two) -> None:
    two.send_tf()
    two.wait(lambda: two.seen["front"] and two.seen["rear"] and two.joined, "answers")
    front, rear = in_base(CAMERA_AT, Rotation.identity()), in_base(BEHIND_AT, BEHIND_TURN)
    for name, place in (("front", front), ("rear", rear)):
        message = two.seen[name][-1]
        assert message.header.frame_id == "map"
        np.testing.assert_allclose(centre(message.detections[0]), place + (1, 2, 0), atol=1e-6)
    for message in two.fresh():
        assert message.header.frame_id == "base_footprint"
        places = sorted((centre(d) for d in message.detections), key=lambda p: p[0])
        np.testing.assert_allclose(places, sorted((front, rear), key=lambda p: p[0]), atol=1e-6)
    two.rig.wait(lambda: any("I see: red chair, at" in text for text in two.answers), "answer")


def test_the_same_thing_seen_by_both_is_one(two) -> None:
    """Both cameras look the same way, 0.1 m beside each other, and so are their things."""
    two.send_tf((CAMERA_AT[0], 0.1, CAMERA_AT[2]), Rotation.identity())
    two.seen["rear"].clear()
    expected = in_base(CAMERA_AT, Rotation.identity()) + (0.0, 0.05, 0.0)
    for message in two.fresh():
        (only,) = message.detections
        np.testing.assert_allclose(centre(only), expected, atol=1e-3)
        assert len(two.seen["rear"][-1].detections) == 1
    two.send_tf()


def test_markers_show_every_thing_once_from_the_robot(two) -> None:
    two.send_tf()
    shown: list[MarkerArray] = []
    two.rig.node.create_subscription(MarkerArray, f"{NAMESPACE}/markers", shown.append, 1)
    two.wait(lambda: any(len(message.markers) == 9 for message in shown), "both things")
    markers = next(message.markers[1:] for message in shown if len(message.markers) == 9)
    assert {marker.header.frame_id for marker in markers} == {"base_footprint"}
    boxes = [marker.pose.position for marker in markers if marker.ns == "box"]
    front, rear = in_base(CAMERA_AT, Rotation.identity()), in_base(BEHIND_AT, BEHIND_TURN)
    expected = sorted((front, rear), key=lambda place: place[0])
    places = sorted(([box.x, box.y, box.z] for box in boxes), key=lambda place: place[0])
    np.testing.assert_allclose(places, expected, atol=1e-6)


def test_a_question_is_answered_by_each_camera_once_and_the_order_stands(two) -> None:
    two.answers.clear()
    for seen in two.seen.values():
        seen.clear()
    two.commands.publish(String(data="how far is it?"))
    wanted = [f"{name}: how far is it? 2.00 m." for name in ("front", "rear")]
    two.wait(lambda: set(wanted) <= set(two.answers), "both answers")
    two.fresh()
    assert [two.answers.count(text) for text in wanted] == [1, 1]
    for name, seen in two.seen.items():
        labels = [message.detections[0].results[0].hypothesis.class_id for message in seen]
        assert labels.count("red pixel") == 1 and labels[-1] == "red chair", name


def test_what_only_one_sees_is_there_once(two) -> None:
    two.red["rear"] = False
    for message in two.fresh():
        (only,) = message.detections
        np.testing.assert_allclose(centre(only), in_base(CAMERA_AT, Rotation.identity()), atol=1e-6)
    two.red["rear"] = True


def test_a_silent_camera_is_named_and_the_other_goes_on(two) -> None:
    two.on["rear"] = False
    name = f"{NAMESPACE}/grounding_node"
    reason = "no_image: nothing has come on /robot/rear/image for"
    two.wait(lambda: reason in two.rig.health(name), reason)
    assert len(two.fresh()) > 1
    assert "/forward/color/image_raw for" not in two.rig.health(name)
    two.on["rear"] = True
    two.wait(lambda: two.rig.health(name) == "ok", "health again")
    values = two.rig.health_values(name)
    assert int(values["front answers count"]) > 0 and int(values["rear answers count"]) > 0
    assert "front_cam: 160 x 120" in values["front camera"]
