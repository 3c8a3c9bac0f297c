"""What an ONNX file says about itself, read without the onnx package: robots do not have it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_METADATA, _KEY, _VALUE = 14, 1, 2  # numbers of the fields in onnx.proto
_NUMBER, _BYTES = 0, 2  # how a field is written


def graph_metadata(path: Path) -> dict[str, str]:
    """The metadata of an ONNX file.

    Raises:
        OSError: the file is missing.
        ValueError: it is not an ONNX file, or not all of it.
    """
    try:
        entries = [dict(_fields(v)) for n, v in _fields(path.read_bytes()) if n == _METADATA]
        return {_text(entry, _KEY): _text(entry, _VALUE) for entry in entries}
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError(f"{path}: not an ONNX file, or not all of it") from error


def _text(entry: dict[int, bytes], number: int) -> str:
    return entry[number].decode()


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and content of the fields that hold bytes."""
    place = 0
    while place < len(data):
        tag, place = _number(data, place)
        if tag & 7 not in (_NUMBER, _BYTES):
            raise ValueError(f"a field written in way {tag & 7}")
        size, place = _number(data, place)
        if tag & 7 == _NUMBER:
            continue
        if place + size > len(data):
            raise ValueError(f"{size} bytes announced, {len(data) - place} there")
        yield tag >> 3, data[place : place + size]
        place += size


def _number(data: bytes, place: int) -> tuple[int, int]:
    """A number in base 128, least digit first, and where the next thing begins."""
    value = shift = 0
    while True:
        digit = data[place]
        value |= (digit & 127) << shift
        place, shift = place + 1, shift + 7
        if digit < 128:
            return value, place
