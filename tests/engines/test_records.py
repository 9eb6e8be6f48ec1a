"""No artifact is believed unread."""

import os
from pathlib import Path

import pytest

from ferflow.engines.records import check_artifacts, content_hash, write_record
from ferflow.errors import InputError
from ferflow.files import read_json


@pytest.fixture
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    monkeypatch.chdir(tmp_path)
    Path("figures/deep").mkdir(parents=True)
    Path("figures/deep/one.png").write_bytes(b"one")
    Path("faces.npy").write_bytes(b"faces")
    outputs = [Path("faces.npy"), Path("figures")]
    write_record(Path("records/ingest.json"), outputs)
    return outputs


def check(artifacts: list[Path]) -> None:
    check_artifacts(Path("records/ingest.json"), artifacts, "ingest")


def test_what_was_written_is_believed(artifacts: list[Path]) -> None:
    check(artifacts)
    Path("figures/.snakemake_timestamp").touch()  # no content
    check(artifacts)


def test_a_flipped_byte_at_the_old_time_is_named(artifacts: list[Path]) -> None:
    times = artifacts[0].stat()
    artifacts[0].write_bytes(b"facEs")
    os.utime(artifacts[0], ns=(times.st_atime_ns, times.st_mtime_ns))
    with pytest.raises(InputError, match=r"^faces\.npy: not what the ingest stage wrote.*`rm faces\.npy`"):
        check(artifacts)


@pytest.mark.parametrize("change", ["edit", "add", "remove", "rename", "move"])
def test_a_folder_is_its_names_and_contents(artifacts: list[Path], change: str) -> None:
    file = Path("figures/deep/one.png")
    before = content_hash("figures")
    if change == "edit":
        file.write_bytes(b"two")
    elif change == "add":
        file.with_name("two.png").write_bytes(b"two")
    elif change == "remove":
        file.unlink()
    elif change == "move":
        file.rename("figures/one.png")
    else:
        file.rename(file.with_name("other.png"))
    assert content_hash("figures") != before
    with pytest.raises(InputError, match=r"^figures: not what.*`rm -r figures`"):
        check(artifacts)


def test_what_a_stage_read_stands_in_its_record_before_what_it_wrote(artifacts: list[Path]) -> None:
    record = Path("records/evaluate.json")
    write_record(record, artifacts, {"model.safetensors": "a" * 64, "figures": "of before"})
    hashes = {str(path): content_hash(path) for path in artifacts}
    assert read_json(record) == {"model.safetensors": "a" * 64, **hashes}


def test_what_is_missing_is_named(artifacts: list[Path]) -> None:
    artifacts[0].unlink()
    with pytest.raises(InputError, match=r"^faces\.npy: no such file"):
        check(artifacts)
    Path("records/ingest.json").unlink()
    with pytest.raises(InputError, match=r"^records/ingest\.json: no such file"):
        check(artifacts)
