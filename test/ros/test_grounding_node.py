"""grounding_node as a process: what it says when all is well, and when anything is wrong."""

from __future__ import annotations

import array
import math
import re
import signal
import time

import cv2
import numpy as np
import pytest
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import GetParameters
from rclpy.qos import qos_profile_sensor_data
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from shots import (
    BASE_AT,
    BASE_TURN,
    CAMERA_AT,
    FOCAL,
    OPTICAL,
    Shot,
    call,
    centre,
    in_map,
    node_arguments,
    picture,
    point_camera,
    send_tf,
    transform,
)
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage


@pytest.fixture(scope="module")
def shared_node(module_graph):
    """One node that lives through everything it is sent."""
    make_rig, start = module_graph
    rig = make_rig()
    node = start(*node_arguments())
    rig.wait_matched()
    send_tf(rig)
    return rig, Shot(rig), node


@pytest.fixture
def survivor(shared_node):
    """The shared node, well and looking for the red chair; it must be alive after the test."""
    rig, shot, node = shared_node
    rig.command("find the red chair")
    rig.detections.clear()
    rig.wait(lambda: rig.detections and rig.health() == "ok", "health before the test", shot)
    rig.detections.clear()
    rig.answers.clear()
    yield rig, shot, node
    assert node.alive, node.output


def test_an_answer_is_in_the_map_at_the_image_stamp(running) -> None:
    rig, shot, node = running()
    send_tf(rig)
    rig.command("Go to the red chair.")
    rig.wait(lambda: rig.detections, "detections", shot)
    message = rig.detections[-1]
    assert (message.header.stamp.sec, message.header.stamp.nanosec) in shot.sent
    assert message.header.frame_id == "map"
    (detection,) = message.detections
    assert detection.header == message.header
    np.testing.assert_allclose(centre(detection), in_map(point_camera(FOCAL)), atol=1e-6)
    result = detection.results[0]
    assert (result.hypothesis.class_id, result.hypothesis.score) == ("red chair", 0.8)
    assert result.pose.pose == detection.bbox.center
    # The fake model repeats the height it was told as the height of the box.
    assert detection.bbox.size.z == pytest.approx(CAMERA_AT[2])
    turn = (BASE_TURN * OPTICAL).as_matrix()
    covariance = np.array(result.pose.covariance).reshape(6, 6)
    expected = turn @ np.diag([0.01, 0.02, 0.03]) @ turn.T
    np.testing.assert_allclose(covariance[:3, :3], expected, atol=1e-12)
    assert not covariance[3:].any() and not covariance[:, 3:].any()
    rig.wait(lambda: any("I see: red chair, 2.00 m away" in text for text in rig.answers), "answer")
    rig.wait(lambda: "image to detection p50 ms" in rig.health_values(), "latency", shot)
    rig.wait(lambda: rig.health() == "ok", "health", shot)
    values = rig.health_values()
    assert float(values["image to detection p50 ms"]) > 0
    assert "cam: 160 x 120" in values["camera"] and values["paired by"] == "exact"
    assert node.alive


def test_a_thing_that_is_not_there_is_an_empty_array(running) -> None:
    rig, shot, _ = running()
    send_tf(rig)
    rig.command("find the red chair")

    def without_red(image: Image) -> None:
        image.data = array.array("B", bytes(len(image.data)))

    rig.wait(lambda: rig.detections, "detections", lambda: shot(without_red))
    assert not rig.detections[0].detections
    assert rig.detections[0].header.frame_id == "map"
    rig.wait(lambda: any("I do not see: red chair" in text for text in rig.answers), "answer")


def test_intrinsics_that_change_belong_to_their_own_image(running) -> None:
    rig, shot, _ = running()
    send_tf(rig)
    rig.command("find the red chair")
    focals = [140.0, 90.0]

    def alternate() -> None:
        shot.camera["focal"] = focals[len(shot.sent) % 2]
        shot()

    rig.wait(lambda: len(rig.detections) >= 12, "twelve detections", alternate)
    used = set()
    for message in rig.detections:
        focal = shot.sent[(message.header.stamp.sec, message.header.stamp.nanosec)]
        used.add(focal)
        got = centre(message.detections[0])
        np.testing.assert_allclose(got, in_map(point_camera(focal)), atol=1e-6)
    assert used == set(focals)


def test_a_camera_of_another_size_and_frame_needs_no_restart(running) -> None:
    rig, shot, node = running()
    send_tf(rig)
    rig.command("find the red chair")
    rig.wait(lambda: rig.detections, "first camera", shot)
    rig.tf_static.publish(
        TFMessage(transforms=[transform("base_footprint", "other", (0.0, 0.0, 1.2), OPTICAL)])
    )
    shot.camera.update(size=(320, 200), focal=150.0, frame="other")
    rig.detections.clear()

    def swapped() -> bool:
        return any(
            message.detections and message.detections[0].bbox.size.z == pytest.approx(1.2)
            for message in rig.detections
        )

    rig.wait(swapped, "second camera", shot)
    message = rig.detections[-1]
    point = OPTICAL.apply(point_camera(150.0, (320, 200))) + (0.0, 0.0, 1.2)
    expected = BASE_TURN.apply(point) + BASE_AT
    np.testing.assert_allclose(centre(message.detections[0]), expected, atol=1e-6)
    rig.wait(lambda: "other: 320 x 200" in rig.health_values().get("camera", ""), "facts", shot)
    assert node.alive


def test_tf_is_taken_at_the_image_stamp_while_the_robot_turns(running) -> None:
    rig, shot, _ = running()
    rig.tf_static.publish(
        TFMessage(transforms=[transform("base_footprint", "cam", CAMERA_AT, OPTICAL)])
    )
    rig.command("find the red chair")
    start_s = rig.node.get_clock().now().nanoseconds / 1e9

    def turn_at(seconds: float) -> Rotation:
        return Rotation.from_euler("z", 0.9 * (seconds - start_s))

    def move() -> None:
        now = rig.node.get_clock().now()
        shot()
        stamp = now.to_msg()
        turn = turn_at(now.nanoseconds / 1e9)
        rig.tf.publish(
            TFMessage(transforms=[transform("map", "base_footprint", (0, 0, 0), turn, stamp)])
        )

    rig.wait(lambda: len(rig.detections) >= 5, "detections", move)
    for message in rig.detections:
        seconds = message.header.stamp.sec + message.header.stamp.nanosec / 1e9
        in_base = OPTICAL.apply(point_camera(FOCAL)) + CAMERA_AT
        expected = turn_at(seconds).apply(in_base)
        np.testing.assert_allclose(centre(message.detections[0]), expected, atol=1e-5)


def test_the_overlay_is_drawn_for_those_who_look(running) -> None:
    rig, shot, _ = running()
    send_tf(rig)
    overlays: list[Image] = []
    rig.node.create_subscription(Image, "overlay", overlays.append, 1)
    rig.command("find the red chair")
    rig.wait(lambda: overlays, "overlay", shot)
    assert overlays[0].encoding == "rgb8" and overlays[0].header.frame_id == "cam"
    assert bytes(overlays[0].data) != picture().tobytes()


def test_compressed_images(running) -> None:
    rig, shot, _ = running("image_transport:=compressed", image_type=CompressedImage)
    send_tf(rig)
    rig.command("find the red chair")

    def send(data: bytes | None = None) -> None:
        now = rig.node.get_clock().now().to_msg()
        done, png = cv2.imencode(".png", cv2.cvtColor(picture(), cv2.COLOR_RGB2BGR))
        assert done
        message = CompressedImage(format="png")
        message.data = array.array("B", png.tobytes() if data is None else data)
        message.header.stamp, message.header.frame_id = now, "cam"
        rig.images.publish(message)
        rig.infos.publish(shot.info(now))

    rig.wait(lambda: rig.detections, "detections", send)
    np.testing.assert_allclose(
        centre(rig.detections[0].detections[0]), in_map(point_camera(FOCAL)), atol=1e-6
    )
    rig.wait(lambda: "image_invalid" in rig.health(), "reason", lambda: send(b"rubbish"))


def broken_nan(info: CameraInfo) -> None:
    info.k[0] = math.nan


def broken_zero(info: CameraInfo) -> None:
    info.k = [0.0] * 9


def broken_size(info: CameraInfo) -> None:
    info.width, info.height = 640, 480


def broken_model(info: CameraInfo) -> None:
    info.distortion_model = "fisheye_of_tomorrow"


def broken_distortion(info: CameraInfo) -> None:
    info.d = [0.1, 0.2]


def broken_roi(info: CameraInfo) -> None:
    info.roi.x_offset, info.roi.width, info.roi.height = 100, 100, 100


def broken_encoding(image: Image) -> None:
    image.encoding = "holographic16"


def broken_data(image: Image) -> None:
    image.data = image.data[: len(image.data) // 2]


def broken_step(image: Image) -> None:
    image.step = 7


def broken_stamp(image: Image) -> None:
    image.header.stamp.sec -= 3600


@pytest.mark.parametrize(
    ("break_image", "break_info", "reason"),
    [
        (None, broken_nan, "camera_invalid: camera_info K: expected finite"),
        (None, broken_zero, "camera_invalid: camera_info: uncalibrated"),
        (None, broken_size, "camera_invalid: camera_info does not fit the image"),
        (None, broken_model, "camera_invalid: .*fisheye_of_tomorrow"),
        (None, broken_distortion, "camera_invalid: "),
        (None, broken_roi, "camera_invalid: camera_info roi"),
        (broken_encoding, None, "image_invalid: image encoding.*holographic16"),
        (broken_data, None, "image_invalid: image data: expected 57600 bytes.*28800"),
        (broken_step, None, "image_invalid: image step"),
        (broken_stamp, None, r"stamps_apart: .*3600000\.0 ms"),
    ],
)
def test_bad_input_is_told_and_the_node_lives_on(survivor, break_image, break_info, reason) -> None:
    rig, shot, node = survivor

    def bad() -> None:
        shot(break_image or (lambda _: None), break_info or (lambda _: None))

    rig.wait(lambda: re.search(reason, rig.health()), reason, bad)
    rig.detections.clear()
    for _ in range(3):
        bad()
        rig.spin(0.1)
    assert not rig.detections, "nothing is published on a guess"
    rig.wait(lambda: rig.detections, "detections after good input", shot)
    rig.wait(lambda: rig.health() == "ok", "health after good input", shot)
    assert re.search(reason, node.output), "the log tells it too"


def test_silence_is_named_for_each_input(running) -> None:
    rig, shot, _ = running("silence_s:=0.5")
    send_tf(rig)
    rig.command("find the red chair")
    rig.wait(
        lambda: (
            "no_image: nothing has come on /image yet" in rig.health()
            and "no_camera_info: nothing has come on /camera_info yet" in rig.health()
        ),
        "both silent",
    )

    def only_image() -> None:
        rig.images.publish(shot.image(rig.node.get_clock().now().to_msg()))

    rig.wait(
        lambda: "no_camera_info" in rig.health() and "no_image" not in rig.health(),
        "camera_info silent",
        only_image,
    )
    assert not rig.detections
    rig.wait(lambda: rig.health() == "ok", "health", shot)
    rig.wait(lambda: "no_image: nothing has come on /image for" in rig.health(), "silence again")


def test_without_tf_nothing_is_published_and_the_frame_is_named(running) -> None:
    rig, shot, node = running("tf_timeout_s:=0.05")
    rig.command("find the red chair")
    rig.wait(lambda: "tf_missing: target frame 'map' does not exist" in rig.health(), "tf", shot)
    assert not rig.detections
    send_tf(rig)
    rig.wait(lambda: rig.detections, "detections", shot)
    assert node.alive


def test_the_camera_frame_needs_no_tf_and_says_that_the_mounting_is_unknown(running) -> None:
    rig, shot, _ = running("output_frame:=camera", "tf_timeout_s:=0.01")
    rig.command("find the red chair")
    rig.wait(lambda: rig.detections, "detections", shot)
    assert rig.detections[0].header.frame_id == "cam"
    found = centre(rig.detections[0].detections[0])
    np.testing.assert_allclose(found, point_camera(FOCAL), atol=1e-6)
    rig.wait(lambda: "mounting_unknown" in rig.health(), "mounting", shot)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "command_invalid: EMPTY"),
        ("go to the red chair " * 500, "command_invalid: TOO_LONG.*500.*10000"),
        ("make me a sandwich", "command_invalid: NO_VERB"),
        ("go to the zebra", "unknown_word: the model does not know 'zebra'"),
        ("go to the red", "unknown_word: expected a thing the model knows, got 'red'"),
    ],
)
def test_a_command_that_cannot_be_obeyed_stops_the_search(survivor, text, reason) -> None:
    rig, shot, _ = survivor
    rig.command(text)
    rig.wait(lambda: re.search(reason, rig.health()), reason, shot)
    rig.detections.clear()
    for _ in range(5):
        shot()
        rig.spin(0.1)
    assert not rig.detections
    expected = reason.split(": ", 1)[1]
    assert any(re.search(expected, answer) for answer in rig.answers)
    rig.command("find the red chair")
    rig.wait(lambda: rig.detections, "detections again", shot)


def test_without_a_command_nothing_is_published_but_input_is_checked(running) -> None:
    rig, shot, _ = running()
    send_tf(rig)
    rig.wait(lambda: "no_command" in rig.health(), "no command", shot)
    rig.wait(
        lambda: "camera_invalid" in rig.health(), "check", lambda: shot(change_info=broken_zero)
    )
    assert not rig.detections


def test_stop_ends_the_search(survivor) -> None:
    rig, shot, _ = survivor
    rig.command("stop")
    rig.wait(lambda: "no_command: stopped" in rig.health(), "stopped", shot)
    rig.detections.clear()
    for _ in range(5):
        shot()
        rig.spin(0.1)
    assert not rig.detections


def test_a_model_that_breaks_is_told_and_the_next_frame_is_answered(survivor) -> None:
    rig, shot, _ = survivor
    rig.command("find the purple chair")
    rig.wait(lambda: "job_failed: RuntimeError: the network broke" in rig.health(), "failure", shot)
    rig.detections.clear()
    rig.command("find the red chair")
    rig.wait(lambda: rig.detections, "detections", shot)
    assert rig.detections[0].detections[0].results[0].hypothesis.class_id == "red chair"
    rig.wait(lambda: rig.health() == "ok", "health", shot)


def test_a_camera_outside_of_the_trained_range_is_answered_with_a_warning(running) -> None:
    rig, shot, _ = running(focal=60.0)
    send_tf(rig)
    rig.command("find the red chair")
    rig.wait(lambda: "outside_trained_range" in rig.health(), "warning", shot)
    assert rig.detections


def test_a_slow_model_works_on_the_newest_image(running, ros_env) -> None:
    ros_env["FAKE_SECONDS"] = "0.5"
    rig, shot, _ = running()
    send_tf(rig)
    rig.command("find the red chair")
    rig.wait(lambda: len(rig.detections) >= 4, "detections", shot)
    rig.wait(lambda: "replaced by newer count" in rig.health_values(), "drops", shot)
    stamps = [m.header.stamp.sec + m.header.stamp.nanosec / 1e9 for m in rig.detections]
    assert stamps == sorted(stamps)
    sent = [seconds + nanoseconds / 1e9 for seconds, nanoseconds in shot.sent]
    skipped = [stamp for stamp in sent if stamps[0] < stamp < stamps[-1] and stamp not in stamps]
    assert skipped


def test_images_that_are_too_old_are_dropped(running) -> None:
    rig, shot, _ = running("max_image_age_s:=0.5")
    send_tf(rig)
    rig.command("find the red chair")

    def old(message) -> None:
        message.header.stamp.sec -= 5

    rig.wait(lambda: "image_too_old" in rig.health(), "age", lambda: shot(old, old))
    assert not rig.detections


def test_latest_camera_info_serves_every_image(running) -> None:
    rig, shot, _ = running("camera_info_pairing:=latest")
    send_tf(rig)
    rig.command("find the red chair")
    rig.wait(lambda: rig.health_values().get("camera_info count"), "info", lambda: shot())
    rig.detections.clear()

    def image_only() -> None:
        rig.images.publish(shot.image(rig.node.get_clock().now().to_msg()))

    rig.wait(lambda: len(rig.detections) > 3, "detections", image_only)
    assert rig.health_values()["paired by"] == "latest"


def test_a_rectified_image_obeys_p(running) -> None:
    rig, shot, _ = running("input_rectified:='true'")
    send_tf(rig)
    rig.command("find the red chair")

    def raw_differs(info: CameraInfo) -> None:
        info.k[0] = info.k[4] = 300.0
        info.d = [0.4, 0.0, 0.0, 0.0, 0.0]

    rig.wait(lambda: rig.detections, "detections", lambda: shot(change_info=raw_differs))
    found = centre(rig.detections[0].detections[0])
    np.testing.assert_allclose(found, in_map(point_camera(FOCAL)), atol=1e-6)


def test_a_commander_that_cannot_be_heard_is_told_until_one_is_heard(running) -> None:
    rig, shot, _ = running()
    rig.node.create_publisher(String, "command", qos_profile_sensor_data)
    reason = "qos_incompatible: a publisher of /command is best effort"
    rig.wait(lambda: reason in rig.health(), reason)
    send_tf(rig)
    rig.command("find the red chair")
    rig.wait(lambda: rig.detections and rig.health() == "ok", "detections, health", shot)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_with_zero(running, number: signal.Signals) -> None:
    rig, shot, node = running()
    send_tf(rig)
    rig.command("find the red chair")
    rig.wait(lambda: rig.detections, "detections", shot)
    assert node.end(number) == 0, node.output
    assert "Traceback" not in node.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_comes_again_and_again_ends_it_with_zero_too(running, number) -> None:
    _, _, node = running()
    for _ in range(400):
        if not node.alive:
            break
        node.process.send_signal(number)
        time.sleep(0.005)
    assert node.process.wait(30) == 0, node.output
    assert "Traceback" not in node.output


def test_a_signal_while_the_model_loads_ends_with_zero(make_rig, start, ros_env) -> None:
    ros_env["FAKE_LOAD_SECONDS"] = "3"
    rig, node = make_rig(), start(*node_arguments())
    rig.wait(lambda: "grounding_node" in rig.node.get_node_names(), "node")
    assert node.end() == 0, node.output
    assert "Traceback" not in node.output


def test_a_missing_model_is_told_and_the_node_can_be_configured_later(
    make_rig, start, tmp_path
) -> None:
    rig = make_rig()
    folder = tmp_path / "model"
    node = start(*node_arguments(f"model_dir:={folder}"))
    rig.wait(lambda: "model_unusable: model: expected a folder" in rig.health(), "reason")
    assert "model_unusable" in node.output
    change = rig.node.create_client(ChangeState, "grounding_node/change_state")
    state = rig.node.create_client(GetState, "grounding_node/get_state")
    rig.wait(lambda: change.service_is_ready() and state.service_is_ready(), "services")
    assert call(rig, state, GetState.Request()).current_state.label == "unconfigured"
    folder.mkdir()
    for label in ("configure", "activate"):
        request = ChangeState.Request()
        request.transition.label = label
        assert call(rig, change, request).success
    rig.wait_matched()
    send_tf(rig)
    shot = Shot(rig)
    rig.command("find the red chair")
    rig.wait(lambda: rig.detections, "detections", shot)
    for label, left in (("deactivate", "inactive"), ("cleanup", "unconfigured")):
        request = ChangeState.Request()
        request.transition.label = label
        assert call(rig, change, request).success
        assert call(rig, state, GetState.Request()).current_state.label == left
    rig.wait(lambda: "not_active" in rig.health(), "not active")
    assert node.end() == 0, node.output


def test_a_parameter_out_of_range_ends_with_one_line(start) -> None:
    node = start(*node_arguments("min_presence:=1.5"))
    assert node.process.wait(30) == 1
    assert "min_presence" in node.output and "Traceback" not in node.output


def test_a_parameter_that_is_no_choice_is_told_and_the_node_lives_on(make_rig, start) -> None:
    rig = make_rig()
    node = start(*node_arguments("image_transport:=pigeon"))
    reason = "parameter_invalid: image_transport: expected one of raw, compressed, got 'pigeon'"
    rig.wait(lambda: reason in rig.health(), reason)
    assert node.end() == 0, node.output


def test_a_parameter_file_is_read_in_a_namespace(make_rig, start, tmp_path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("/**/grounding_node:\n  ros__parameters:\n    output_frame: nowhere_at_all\n")
    arguments = [*node_arguments(), "--params-file", str(file), "-r", "__ns:=/robot"]
    rig, _ = make_rig(), start(*arguments)
    rig.wait(lambda: "no_image" in rig.health("/robot/grounding_node"), "namespace")
    client = rig.node.create_client(GetParameters, "/robot/grounding_node/get_parameters")
    rig.wait(client.service_is_ready, "service")
    answer = call(rig, client, GetParameters.Request(names=["output_frame"]))
    assert answer.values[0].string_value == "nowhere_at_all"
    assert "no_image: nothing has come on /robot/image" in rig.health("/robot/grounding_node")
