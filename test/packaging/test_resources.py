"""Finding the package's files in a checkout, a colcon install and a virtual environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from camaware_ros.resources import find_share_directory, share_directory


def put_share(folder: Path) -> Path:
    """A minimal share folder."""
    (folder / "config").mkdir(parents=True)
    (folder / "package.xml").write_text("<package/>")
    return folder


def put_install(prefix: Path) -> Path:
    """A prefix as colcon and pip make it; returns its share folder."""
    marker = prefix / "share" / "ament_index" / "resource_index" / "packages" / "camaware_ros"
    marker.parent.mkdir(parents=True)
    marker.touch()
    return put_share(prefix / "share" / "camaware_ros")


def test_this_checkout_is_found() -> None:
    assert (share_directory() / "config" / "cameras").is_dir()


def test_a_checkout_wins_over_an_install(tmp_path: Path) -> None:
    checkout = put_share(tmp_path / "checkout")
    put_install(tmp_path / "prefix")
    module = checkout / "src" / "camaware_ros" / "resources.py"
    environment = {"AMENT_PREFIX_PATH": str(tmp_path / "prefix")}
    assert find_share_directory(module, environment, tmp_path / "prefix") == checkout


@pytest.mark.parametrize(
    "modules",
    ["lib/python3.12/site-packages", "local/lib/python3.10/dist-packages"],
)
def test_the_prefix_around_the_installed_module_is_found(tmp_path: Path, modules: str) -> None:
    share = put_install(tmp_path / "install")
    module = tmp_path / "install" / modules / "camaware_ros" / "resources.py"
    assert find_share_directory(module, {}, tmp_path / "elsewhere") == share


def test_the_ament_index_is_searched_in_order(tmp_path: Path) -> None:
    first, second = put_install(tmp_path / "overlay"), put_install(tmp_path / "underlay")
    path = f"{tmp_path / 'empty'}:{tmp_path / 'overlay'}:{tmp_path / 'underlay'}"
    module = tmp_path / "site" / "camaware_ros" / "resources.py"
    found = find_share_directory(module, {"AMENT_PREFIX_PATH": path}, tmp_path / "elsewhere")
    assert found == first != second


def test_the_interpreters_prefix_comes_last(tmp_path: Path) -> None:
    share = put_share(tmp_path / "venv" / "share" / "camaware_ros")
    module = tmp_path / "site" / "camaware_ros" / "resources.py"
    assert find_share_directory(module, {}, tmp_path / "venv") == share


def test_a_missing_folder_is_explained_with_every_place(tmp_path: Path) -> None:
    module = tmp_path / "src" / "camaware_ros" / "resources.py"
    with pytest.raises(FileNotFoundError, match="expected a folder with package.xml") as caught:
        find_share_directory(module, {}, tmp_path / "venv")
    assert str(tmp_path) in str(caught.value)
    assert str(tmp_path / "venv" / "share" / "camaware_ros") in str(caught.value)
    assert "source install/setup.bash" in str(caught.value)
