"""Markers, depth and clouds as messages, read back by decoders that are not ours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from scipy.spatial.transform import Rotation
from scipy.stats import chi2
from sensor_msgs.msg import Image, PointCloud2, PointField
from std_msgs.msg import Header
from visualization_msgs.msg import Marker

from camaware_ros.geometry.boxes import Box3
from camaware_ros.geometry.transforms import Rigid3
from camaware_ros.ros.depth_message import depth_to_message
from camaware_ros.ros.markers import ELLIPSOID_SIGMAS, markers_from_localizations
from camaware_ros.ros.point_cloud import cloud_to_message
from camaware_ros.types import Localization

MAP, CAMERA = Header(frame_id="map"), Header(frame_id="cam")
SPREAD = np.array([[0.09, 0.02, 0.0], [0.02, 0.04, -0.01], [0.0, -0.01, 0.25]])
PLACE = Rigid3(rotation=Rotation.from_euler("xyz", [-1.9, 0.1, -1.4]).as_matrix(),
               translation=np.array([4.0, -2.0, 0.7]))  # fmt: skip


def thing(covariance: np.ndarray = SPREAD) -> Localization:
    box = Box3(center=np.array([0.5, 0.2, 2.0]), size=np.array([0.4, 0.6, 0.9]), rotation=np.eye(3))
    return Localization(
        label="red chair", presence=0.9, score=0.8, frame_id="cam", box=box,
        covariance=covariance, pixel=(1.0, 1.0),
    )  # fmt: skip


def markers(*things: Localization) -> dict[str, list[Marker]]:
    placed = [one.in_frame(PLACE, "map") for one in things]
    message = markers_from_localizations(placed, things, MAP, CAMERA)
    first, *others = message.markers
    assert first.action == Marker.DELETEALL
    by_kind: dict[str, list[Marker]] = {}
    for marker in others:
        by_kind.setdefault(marker.ns, []).append(marker)
    return by_kind


def pose_of(marker: Marker) -> tuple[np.ndarray, np.ndarray]:
    p, q = marker.pose.position, marker.pose.orientation
    return np.array([p.x, p.y, p.z]), Rotation.from_quat([q.x, q.y, q.z, q.w]).as_matrix()


def scale_of(marker: Marker) -> np.ndarray:
    return np.array([marker.scale.x, marker.scale.y, marker.scale.z])


def test_the_box_has_the_corners_of_the_box_in_the_frame_of_the_detections() -> None:
    (box,) = markers(thing())["box"]
    centre, turn = pose_of(box)
    signs = np.array(np.meshgrid(*[[-0.5, 0.5]] * 3)).reshape(3, -1).T
    corners = centre + (signs * scale_of(box)) @ turn.T
    expected = PLACE.apply(thing().box.corners())
    distance = np.linalg.norm(corners[:, None] - expected[None], axis=-1)
    assert distance.min(axis=1).max() < 1e-9
    assert box.header.frame_id == "map" and box.type == Marker.CUBE


def test_the_ellipsoid_holds_the_share_of_samples_that_its_sigmas_promise() -> None:
    (ellipsoid,) = markers(thing())["covariance"]
    centre, turn = pose_of(ellipsoid)
    generator = np.random.default_rng(3)
    seen = generator.multivariate_normal(thing().box.center, SPREAD, 100_000)
    local = (PLACE.apply(seen) - centre) @ turn
    inside = ((local / (scale_of(ellipsoid) / 2)) ** 2).sum(axis=-1) <= 1
    assert inside.mean() == pytest.approx(chi2(3).cdf(ELLIPSOID_SIGMAS**2), abs=0.005)


def test_the_ray_runs_from_the_camera_to_the_thing() -> None:
    (ray,) = markers(thing())["ray"]
    assert ray.header.frame_id == "cam"
    ends = [(point.x, point.y, point.z) for point in ray.points]
    assert ends == [(0.0, 0.0, 0.0), (0.5, 0.2, 2.0)]


def test_the_label_stands_above_and_says_how_far_and_how_sure() -> None:
    along = np.array([0.5, 0.2, 2.0]) / np.linalg.norm([0.5, 0.2, 2.0])
    (label,) = markers(thing(0.25 * np.outer(along, along)))["label"]
    assert label.text == "red chair 2.07 ± 0.50 m (80%)"
    assert pose_of(label)[0][2] > PLACE.apply(thing().box.corners())[:, 2].max()


def test_a_doubt_of_zero_still_has_a_size_that_rviz_accepts() -> None:
    (ellipsoid,) = markers(thing(np.zeros((3, 3))))["covariance"]
    assert scale_of(ellipsoid).min() > 0
    np.testing.assert_allclose(np.linalg.det(pose_of(ellipsoid)[1]), 1.0)


def test_several_things_have_markers_of_their_own_and_none_deletes_all() -> None:
    both = markers(thing(), thing())
    assert {kind: [one.id for one in some] for kind, some in both.items()} == {
        kind: [0, 1] for kind in ("box", "label", "covariance", "ray")
    }
    assert markers() == {}


def test_depth_is_read_back_by_an_ordinary_viewer() -> None:
    depth = np.random.default_rng(0).uniform(0.2, 20, (30, 41)).astype(np.float32)
    depth[3, 4] = np.nan
    message = depth_to_message(depth, CAMERA)
    assert isinstance(message, Image) and message.encoding == "32FC1" and message.step == 164
    rows = np.frombuffer(bytes(message.data), "<f4").reshape(30, 41)
    np.testing.assert_array_equal(rows, depth)
    assert cv2.countNonZero(rows[~np.isnan(rows)]) == 30 * 41 - 1
    with pytest.raises(ValueError, match="expected float32"):
        depth_to_message(depth.astype(np.float64), CAMERA)


def read_cloud(message: PointCloud2) -> np.ndarray:
    """What any reader does: a record per point, laid out as the fields say."""
    kinds = {PointField.FLOAT32: "f4", PointField.UINT32: "u4"}
    order = ">" if message.is_bigendian else "<"
    layout = np.dtype(
        {
            "names": [field.name for field in message.fields],
            "formats": [order + kinds[field.datatype] for field in message.fields],
            "offsets": [field.offset for field in message.fields],
            "itemsize": message.point_step,
        }
    )
    shape, strides = (message.height, message.width), (message.row_step, message.point_step)
    return np.ndarray(shape, layout, bytes(message.data), strides=strides)


def test_points_and_colours_are_read_back_by_the_fields() -> None:
    generator = np.random.default_rng(1)
    points = generator.normal(size=(5, 7, 3))
    points[2, 3] = np.nan
    colours = generator.integers(0, 256, (5, 7, 3)).astype(np.uint8)
    message = cloud_to_message(points, colours, CAMERA)
    assert not message.is_dense and (message.width, message.height) == (7, 5)
    read = read_cloud(deserialize_message(serialize_message(message), PointCloud2))
    for place, name in enumerate("xyz"):
        np.testing.assert_allclose(read[name], points[..., place], rtol=1e-6)
    blue, green, red, nothing = np.moveaxis(
        read["rgb"].copy().view(np.uint8).reshape(5, 7, 4), -1, 0
    )
    np.testing.assert_array_equal(np.stack([red, green, blue], axis=-1), colours)
    assert not nothing.any()


def test_colours_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="one shape"):
        cloud_to_message(np.zeros((2, 2, 3)), np.zeros((2, 3, 3), np.uint8), CAMERA)
