"""Reads what a robot's camera saw from a rosbag2 (mcap or sqlite), as serialized messages.

Uses the ``rosbags`` package, so no ROS storage plugin is needed. Publishes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rclpy.serialization import deserialize_message
from rosbags.rosbag2 import Reader, ReaderError
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from tf2_msgs.msg import TFMessage

IMAGE_TYPES = {"sensor_msgs/msg/Image": Image, "sensor_msgs/msg/CompressedImage": CompressedImage}
_INFO, _TF = "sensor_msgs/msg/CameraInfo", "tf2_msgs/msg/TFMessage"
_TF_TOPICS = ("/tf", "/tf_static")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One message of the bag.

    Attributes:
        time_ns: when it was recorded.
        topic: as in the bag.
        data: CDR bytes.
    """

    time_ns: int
    topic: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraBag:
    """What of a bag is played.

    Attributes:
        image_topic, info_topic: as in the bag.
        image_type: Image or CompressedImage.
        tf_topics: those of /tf and /tf_static that are there.
        records: in the order of recording.
        gap_s: between the stamps of a picture and its nearest camera_info, the worst of all.
    """

    image_topic: str
    info_topic: str
    image_type: type
    tf_topics: tuple[str, ...]
    records: tuple[Record, ...]
    gap_s: float

    @property
    def counts(self) -> Counter[str]:
        """Messages by topic."""
        return Counter(record.topic for record in self.records)

    def message_type(self, topic: str) -> type:
        """Python type of a played topic."""
        types = {self.image_topic: self.image_type, self.info_topic: CameraInfo}
        return types.get(topic, TFMessage)

    def stamp_ns(self, record: Record) -> int:
        """Stamp in the header of a picture or camera_info."""
        stamp = deserialize_message(record.data, self.message_type(record.topic)).header.stamp
        return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def read_camera_bag(folder: Path, image_topic: str = "") -> CameraBag:
    """Read the pictures, calibrations and transforms of a bag.

    Args:
        folder: with ``metadata.yaml``.
        image_topic: which pictures, where there are several; its camera_info lies beside it.

    Raises:
        ValueError: no bag, or no pictures or no camera_info in it.
    """
    if not (folder / "metadata.yaml").is_file():
        raise ValueError(f"bag: expected a folder with metadata.yaml, got {folder}")
    try:
        with Reader(folder) as reader:
            types = {c.topic: c.msgtype for c in reader.connections if c.msgcount}
            image = _image_topic(types, image_topic)
            info = _info_topic(types, image)
            tf = tuple(topic for topic in _TF_TOPICS if types.get(topic) == _TF)
            records = tuple(_records(reader, {image, info, *tf}))
    except (ReaderError, OSError) as error:
        raise ValueError(f"bag {folder}: cannot be read: {error}") from error
    bag = CameraBag(
        image_topic=image, info_topic=info, image_type=IMAGE_TYPES[types[image]], tf_topics=tf,
        records=records, gap_s=0.0,
    )  # fmt: skip
    return CameraBag(
        image_topic=image, info_topic=info, image_type=bag.image_type, tf_topics=tf,
        records=records, gap_s=_worst_gap_s(bag),
    )  # fmt: skip


def _image_topic(types: dict[str, str], wanted: str) -> str:
    topics = [topic for topic, name in types.items() if name in IMAGE_TYPES]
    if wanted:
        topics = [topic for topic in topics if topic == wanted]
    if len(topics) != 1:
        raise ValueError(
            f"bag: expected one topic of pictures{' called ' + wanted if wanted else ''}, "
            f"got {', '.join(topics) or 'none'} among {', '.join(types)}"
        )
    return topics[0]


def _info_topic(types: dict[str, str], image_topic: str) -> str:
    """The only camera_info, or of several the one beside the pictures."""
    topics = [topic for topic, name in types.items() if name == _INFO]
    base = image_topic.removesuffix("/compressed").rpartition("/")[0]
    beside = [topic for topic in topics if topic.rpartition("/")[0] == base]
    chosen = beside if len(topics) > 1 else topics
    if len(chosen) != 1:
        raise ValueError(
            f"bag: expected one camera_info for {image_topic}, got {', '.join(topics) or 'none'}"
        )
    return chosen[0]


def _records(reader: Reader, topics: set[str]) -> Iterator[Record]:
    connections = [one for one in reader.connections if one.topic in topics]
    for connection, time_ns, data in reader.messages(connections):
        yield Record(time_ns=time_ns, topic=connection.topic, data=bytes(data))


def _worst_gap_s(bag: CameraBag) -> float:
    infos = [bag.stamp_ns(record) for record in bag.records if record.topic == bag.info_topic]
    pictures = [bag.stamp_ns(record) for record in bag.records if record.topic == bag.image_topic]
    return max(min(abs(one - other) for other in infos) for one in pictures) / 1e9
