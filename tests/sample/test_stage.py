"""The stage itself, as both engines run it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def run_stage(folder: Path, faces: int, seed: int) -> subprocess.CompletedProcess[str]:
    content = yaml.safe_load((ROOT / "params.yaml").read_text())
    content["sample"] = {"faces": faces, "seed": seed}
    (folder / "params.yaml").write_text(yaml.safe_dump(content))
    command = [sys.executable, str(ROOT / "workflow/scripts/sample.py")]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_stage_follows_params_and_reports_progress(tmp_path: Path) -> None:
    done = run_stage(tmp_path, faces=120, seed=1)
    assert done.returncode == 0, done.stderr
    assert "drawing sample faces: 100%" in done.stderr and len(done.stderr.splitlines()) <= 5
    first = (tmp_path / "data/sample.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "data/sample.zip") as archive:
        assert len(archive.namelist()) == 120
    run_stage(tmp_path, faces=120, seed=2)
    assert (tmp_path / "data/sample.zip").read_bytes() != first


def test_bad_params_leave_the_archive_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    former = tmp_path / "data/sample.zip"
    former.write_bytes(b"what stood here before")
    outcome = run_stage(tmp_path, faces=3, seed=1)
    assert outcome.returncode == 2 and outcome.stderr.startswith("error: ") and "faces" in outcome.stderr
    assert former.read_bytes() == b"what stood here before"
    shutil.rmtree(tmp_path / "data")


def test_stage_does_not_load_heavy_libraries() -> None:
    code = "import ferflow.sample, sys; print({'torch', 'matplotlib', 'mlflow', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
