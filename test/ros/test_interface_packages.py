"""The message packages have the official layout: their RIHS01 hashes, told to DDS, are known."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

# Hashes of the official packages. A hash covers field names, types and order, all the way down.
OFFICIAL = {
    "tf2_msgs/msg/TFMessage": "e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087",
    "vision_msgs/msg/Detection3DArray": (
        "793f5eab9595ac1c0da07873cc859db42eae51f0ee76056db8562515d830e018"
    ),
    # Jazzy and Kilted; Humble and later ones differ.
    "nav2_msgs/action/NavigateToPose": (
        "a56dba8a3234a1215e610180dc703ae25bbf406dded8b54887891c9732857eab"
    ),
}


def described_hash(name: str) -> str:
    """The hash in the type description that was installed with the package."""
    package, kind, type_name = name.split("/")
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed")
    for parent in Path(spec.origin).parents:
        path = parent / "share" / package / kind / f"{type_name}.json"
        if path.is_file():
            hashes = json.loads(path.read_text())["type_hashes"]
            found = [entry["hash_string"] for entry in hashes if entry["type_name"] == name]
            return found[0].removeprefix("RIHS01_")
    pytest.skip(f"{package} was installed without type descriptions (ROS older than Jazzy)")


@pytest.mark.parametrize("name", sorted(OFFICIAL))
def test_installed_packages_have_the_official_hashes(name: str) -> None:
    assert described_hash(name) == OFFICIAL[name]


@pytest.mark.parametrize("name", ["tf2_msgs/msg/TFMessage", "vision_msgs/msg/Detection3DArray"])
def test_our_definitions_have_the_official_hashes_by_another_implementation(name: str) -> None:
    """The .msg files of this repository, hashed by rosbags, which shares no code with rosidl."""
    typesys = pytest.importorskip("rosbags.typesys")
    store = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
    package = name.split("/")[0]
    folder = Path(__file__).resolve().parents[2] / "interfaces" / package / "msg"
    for path in sorted(folder.glob("*.msg")):
        store.register(typesys.get_types_from_msg(path.read_text(), f"{package}/msg/{path.stem}"))
    assert store.hash_rihs01(name).removeprefix("RIHS01_") == OFFICIAL[name]


def test_every_definition_can_be_imported() -> None:
    folder = Path(__file__).resolve().parents[2] / "interfaces"
    definitions = [*folder.glob("*/msg/*.msg"), *folder.glob("*/srv/*.srv")]
    definitions += folder.glob("*/action/*.action")
    assert len(definitions) == 21
    for path in definitions:
        module = import_module(f"{path.parents[1].name}.{path.parent.name}")
        assert hasattr(module, path.stem), f"{module.__name__} lacks {path.stem}"


def test_colcon_never_picks_the_interface_packages_up() -> None:
    assert (Path(__file__).resolve().parents[2] / "interfaces" / "COLCON_IGNORE").is_file()
