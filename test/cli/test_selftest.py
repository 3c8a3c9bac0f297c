"""``camaware selftest``: what runs is measured, what does not says why, what is wrong is caught."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from camaware_ros.cli.main import main
from camaware_ros.cli.selftest import table
from camaware_ros.grounder import DEFAULT_MODEL
from camaware_ros.resources import share_directory
from camaware_ros.runtime.backend import AUTO_ORDER
from camaware_ros.runtime.golden import GOLDEN_FILE, load_golden, save_golden
from camaware_ros.runtime.manifest import MANIFEST_FILE, read_manifest, sha256
from camaware_ros.runtime.selftest import BackendReport, compare_backends

# A first import of torch from a cold disk takes its time.
pytestmark = pytest.mark.timeout(400)

SHIPPED = share_directory() / "models" / DEFAULT_MODEL


def test_every_backend_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "selftest.json"
    assert main(["selftest", "--rounds", "2", "--json", str(out)]) == 0
    record, printed = json.loads(out.read_text()), capsys.readouterr().out
    assert [r["backend"] for r in record["backends"]] == list(AUTO_ORDER)
    assert record["machine"]["cores"] >= 1 and record["machine"]["gpu"]
    for report in record["backends"]:
        if report["error"]:
            assert report["error"] in printed and report["backend"] != "onnx"
            continue
        assert report["within"] and report["parity"] <= 1e-4 and report["name"] in printed
        for low, high in (report[k] for k in ("vision_ms", "language_ms", "both_ms", "cpu_ms")):
            assert 0 < low <= high
        assert report["peak_mb"] > 20 and report["open_s"] > 0


def test_a_backend_that_disagrees_is_wrong(tmp_path: Path) -> None:
    """Golden outputs of another model, so to say."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "model"))
    golden = load_golden(folder / GOLDEN_FILE)
    inputs, outputs = golden[1]
    golden[1] = inputs, replace(outputs, log_height=outputs.log_height + 0.01)
    save_golden(folder / GOLDEN_FILE, *zip(*golden, strict=True))
    manifest = read_manifest(folder)
    files = {**manifest.files, GOLDEN_FILE: sha256(folder / GOLDEN_FILE)}
    (folder / MANIFEST_FILE).write_text(replace(manifest, files=files).to_json())
    (report,) = compare_backends(folder, 1, 1, ["onnx"])
    assert not report.within and report.output == "log_height"
    assert report.parity == pytest.approx(0.01, rel=0.05)
    assert "WRONG in log_height" in table([report])


def test_a_broken_model_is_an_error_of_every_backend(tmp_path: Path) -> None:
    (report,) = compare_backends(tmp_path, 1, 1, ["onnx"])
    assert "expected manifest.json" in report.error


def test_a_process_that_dies_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    (report,) = compare_backends(SHIPPED, 1, 1, ["onnx"])
    assert report == BackendReport(backend="onnx", error="its process ended with 1")


def test_no_round_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["selftest", "--rounds", "0"]) == 2
    assert "expected at least 1" in capsys.readouterr().err
