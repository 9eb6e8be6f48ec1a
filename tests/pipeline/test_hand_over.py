"""`ferflow sync`: from one engine to the other, and never over what is stale or damaged."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pipeline.copies import run_in


def test_a_hand_over_in_either_direction_leaves_nothing_to_do_even_with_large_files(finished: Path) -> None:
    (finished / "data/faces-of-others.csv").symlink_to("nowhere")  # is nobody's to date anew
    # Snakemake compares checksums of small files only; for large ones it looks at times, which DVC changes
    (finished / "results/faces.npy").write_bytes(bytes(2_000_000))
    write_record(finished, "ingest")
    run_in(finished, "snakemake", "--touch", "--forceall", "-j1", "all")
    assert "DVC now knows" in run_in(finished, "ferflow", "sync").stdout
    assert _is_done(run_in(finished, "snakemake", "-n"))
    assert "Data and pipelines are up to date" in run_in(finished, "dvc", "repro").stdout
    shutil.rmtree(finished / ".snakemake")
    assert "Snakemake now knows" in run_in(finished, "ferflow", "sync").stdout
    assert _is_done(run_in(finished, "snakemake", "-n"))


def write_record(folder: Path, stage: str) -> None:
    """Write a stage's record anew, as if the stage had written what stands there."""
    code = (
        "from ferflow.engines.stages import Job; from ferflow.engines.records import write_record; "
        f"job = Job({stage!r}); write_record(job.record, job.artifacts())"
    )
    run_in(folder, "python", "-c", code)


def test_a_hand_over_refuses_what_is_stale(finished: Path) -> None:
    original = (finished / "params.yaml").read_text()
    (finished / "params.yaml").write_text(original.replace("resamples: 1000", "resamples: 300"))
    try:
        done = run_in(finished, "ferflow", "sync", code=2)
        assert done.stderr.count("\n") == 1
        assert "neither engine says that all is done" in done.stderr
        assert run_in(finished, "ferflow", "sync", "--before").stdout == ""
    finally:
        (finished / "params.yaml").write_text(original)


@pytest.mark.parametrize(
    "artifact",
    ["experiments/softmax/0/metrics.json", "report/index.html", "faces.npy", "report/figures/figure.png"],
)
def test_a_hand_over_refuses_what_was_edited_even_at_the_old_time(finished: Path, artifact: str) -> None:
    file = finished / "results" / artifact
    content, times = file.read_bytes(), file.stat()
    file.write_bytes(content[:-1] + b"#")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    try:
        done = run_in(finished, "ferflow", "sync", code=2)
        assert "not what the" in done.stderr
        assert "results/" in done.stderr
    finally:
        file.write_bytes(content)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_hand_over_refuses_what_is_missing(finished: Path) -> None:
    file = finished / "results/experiments/softmax/split.parquet"
    away = file.rename(file.with_suffix(".away"))
    try:
        assert "split.parquet: no such file" in run_in(finished, "ferflow", "sync", code=2).stderr
    finally:
        away.rename(file)


def _is_done(dry_run: subprocess.CompletedProcess[str]) -> bool:
    text = dry_run.stdout + dry_run.stderr
    return "Nothing to be done" in text and "provenance" not in text
