"""docs/compatibility.md: all rows are there, and every test that they name exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPLAINTS, FEATURES = range(1, 65), range(1, 40)
_ROW = re.compile(r"^\| (F?\d+) \|")
_TEST = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def rows() -> dict[str, list[str]]:
    """Cells of the rows by their number."""
    found: dict[str, list[str]] = {}
    for line in (ROOT / "docs" / "compatibility.md").read_text().splitlines():
        if match := _ROW.match(line):
            assert match[1] not in found, f"row {match[1]} is there twice"
            found[match[1]] = [cell.strip() for cell in line.strip("|").split("|")]
    return found


@cache
def functions_of(path: Path) -> dict[str, ast.FunctionDef]:
    """The functions of a file by name."""
    nodes = ast.parse(path.read_text()).body
    return {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}


def test_every_complaint_and_every_feature_has_one_row() -> None:
    numbers = [*(str(n) for n in COMPLAINTS), *(f"F{n}" for n in FEATURES)]
    assert sorted(rows()) == sorted(numbers)


def test_every_row_says_what_we_do_and_names_a_test() -> None:
    for number, cells in rows().items():
        assert len(cells) == 4, number
        assert all(len(cell) > 5 for cell in cells[1:]), number
        assert _TEST.search(cells[3]), f"row {number} names no test"


def test_every_test_that_is_named_exists() -> None:
    named = {found for cells in rows().values() for found in _TEST.findall(cells[3])}
    assert len(named) > 60
    missing = {
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / "test" / file).is_file() or name not in functions_of(ROOT / "test" / file)
    }
    assert missing == set()


def test_no_test_that_is_named_is_switched_off_or_asserts_nothing() -> None:
    named = {found for cells in rows().values() for found in _TEST.findall(cells[3])}
    for file, name in sorted(named):
        test = functions_of(ROOT / "test" / file)[name]
        marks = {ast.unparse(mark).removeprefix("pytest.mark.") for mark in test.decorator_list}
        assert not {mark for mark in marks if re.match(r"skip\b|xfail\b", mark)}, name
        # Some prove it by what they wait for, or by a check_...() beside them.
        proof = r"\bassert|\bpytest\.raises\(|\.wait\w*\(|\bcheck\w*\("
        assert re.search(proof, ast.unparse(test)), name


def test_only_tests_stand_in_the_column_of_tests() -> None:
    for number, cells in rows().items():
        left = re.sub(r"[\s,]", "", _TEST.sub("", cells[3]))
        assert left == "", f"row {number}: {left}"
