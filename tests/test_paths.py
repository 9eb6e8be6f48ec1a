from pathlib import Path

import pytest

from ferflow.errors import InputError
from ferflow.paths import checkpoint_of, checkpoints, checkpoints_of, home
from ferflow.timings import read_timings, record_timings


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget which engine runs these tests."""
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)


def _enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(folder)
    return folder


def test_home_is_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home() == Path.cwd()
    (tmp_path / ".dvc").mkdir()
    _enter(tmp_path, monkeypatch)
    assert home() == tmp_path
    part = _enter(tmp_path / "part", monkeypatch)
    assert home() == part


@pytest.mark.parametrize("copy", ["tmpabc", "standalone/tmpabc"])
@pytest.mark.parametrize("part", ["", "part"])
def test_home_of_a_temporary_copy_is_what_was_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: str, part: str
) -> None:
    folder = tmp_path / ".dvc/tmp/exps" / copy
    (folder / ".dvc").mkdir(parents=True)
    _enter(folder / part, monkeypatch)
    assert home() == tmp_path / part
    assert checkpoints() == tmp_path / part / "checkpoints"  # else they would go with the copy


def test_home_is_where_dvc_says_that_its_copy_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch/tmpabc/.dvc").mkdir(parents=True)
    project = tmp_path / "project"
    project.mkdir()
    _enter(tmp_path / "scratch/tmpabc", monkeypatch)
    monkeypatch.setenv("DVC_ROOT", str(project))
    assert home() == Path.cwd()  # DVC's variable of every stage; only an experiment's is another folder
    monkeypatch.setenv("DVC_EXP_NAME", "brisk-dove")
    assert home() == project


def test_home_outside_of_dvc_is_not_taken_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "other"))
    monkeypatch.setenv("DVC_EXP_NAME", "brisk-dove")
    here = _enter(tmp_path / "here", monkeypatch)
    assert home() == here


def test_times_stay_in_the_project_when_its_temporary_copy_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / ".dvc/tmp/exps/tmpabc"
    (copy / ".dvc").mkdir(parents=True)
    _enter(copy, monkeypatch)
    model = Path("model.safetensors")
    model.write_bytes(b"weights")
    record_timings(model, train_seconds=2.5, threads=1)
    record_timings(model, train_seconds=3.0)  # measured again: the later figure counts
    model.rename(tmp_path / model)
    _enter(tmp_path, monkeypatch)
    assert read_timings(model) == {"train_seconds": 3.0, "threads": 1}
    assert not (copy / "timings").exists()


def test_times_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _enter(tmp_path, monkeypatch)
    model = Path("model.safetensors")
    model.write_bytes(b"weights")
    record_timings(model, train_seconds=2.5)
    (file,) = Path("timings").iterdir()
    file.write_text("[]")
    with pytest.raises(InputError, match="no times of a model; remove it"):
        read_timings(model)


def test_every_network_of_a_training_has_a_checkpoint_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "cnn-0.ckpt"
    files = [checkpoint_of(path, number) for number in range(3)]
    assert [file.name for file in files] == ["cnn-0.ckpt", "cnn-0-1.ckpt", "cnn-0-2.ckpt"]
    for file in files:
        file.touch()
    assert set(checkpoints_of(path)) == set(files)


def test_times_belong_to_the_content_of_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _enter(tmp_path, monkeypatch)
    one, other, none = (Path(f"{name}.safetensors") for name in ("one", "other", "none"))
    for index, model in enumerate((one, other)):
        model.write_bytes(bytes([index]))
        record_timings(model, train_seconds=float(index))
    assert [read_timings(model)["train_seconds"] for model in (one, other)] == [0.0, 1.0]
    one.write_bytes(other.read_bytes())
    assert read_timings(one) == read_timings(other)
    assert read_timings(none) == {}
    with pytest.raises(InputError, match=r"none\.safetensors: no such file; run the train stage"):
        record_timings(none, train_seconds=1.0)
