"""Which file a model is read from, and where it runs."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from ferflow.errors import InputError
from ferflow.models.factory import load_model
from ferflow.models.onnx_model import OnnxModel
from ferflow.models.storage import load_arrays, save_arrays
from ferflow.networks import FOLDER, network_names
from ferflow.predict.predictor import NETWORK, Predictor, model_path, move, open_model
from tests.predict.photographs import train

needs_a_network = pytest.mark.skipif(NETWORK not in network_names(), reason="no network in this checkout")


@needs_a_network
def test_a_name_is_a_network_of_the_package_unless_a_file_is_called_so(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert model_path(None) == model_path(NETWORK)
    assert model_path(NETWORK).parent == FOLDER
    assert model_path(f"./{NETWORK}") == Path(NETWORK)  # a path, to a file that is not there
    assert model_path(f"{NETWORK}.safetensors") == Path(f"{NETWORK}.safetensors")
    shutil.copy(model, NETWORK)
    assert model_path(NETWORK) == Path(NETWORK)


def test_an_onnx_file_beside_a_model_of_ones_own_is_not_taken_for_it(model: Path, tmp_path: Path) -> None:
    own = Path(shutil.copy(model, tmp_path / "own.safetensors"))
    (tmp_path / "own.onnx").write_bytes(b"of another training")
    assert not isinstance(open_model(own, "auto"), OnnxModel)


def test_an_onnx_file_runs_on_no_gpu(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an ONNX file runs on the processor"):
        open_model(tmp_path / "model.onnx", "cuda")


def test_a_model_that_is_no_network_runs_on_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(train(tmp_path / "softmax.safetensors", "softmax"))
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    with pytest.raises(InputError, match="is no network and runs on the processor"):
        move(model, "cuda")
    move(model, "auto")


def test_on_a_machine_with_a_gpu_a_network_can_be_kept_on_the_processor(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    network = getattr(Predictor(model, device="cpu").model, "network_")  # noqa: B009
    assert {parameter.device.type for parameter in network.parameters()} == {"cpu"}


def test_devices_and_files_that_are_none_are_one_line(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="device 'gpu': not known; say auto, cpu or cuda"):
        Predictor(model, device="gpu")
    with pytest.raises(InputError, match="a folder; name the file of a trained model"):
        Predictor(tmp_path)
    if NETWORK in network_names():
        monkeypatch.setattr("torch.cuda.is_available", lambda: False)
        with pytest.raises(InputError, match="no GPU"):  # and not silently on the processor
            Predictor(device="cuda")


def test_a_class_whose_name_a_terminal_would_obey_is_refused(model: Path, tmp_path: Path) -> None:
    arrays, description = load_arrays(model)
    names = ["\x1b]0;mine\x07", *description["class_names"][1:]]
    save_arrays(tmp_path / "odd.safetensors", arrays, description | {"class_names": names})
    with pytest.raises(InputError, match="has control characters in it") as refusal:
        Predictor(tmp_path / "odd.safetensors")
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_a_network_runs_on_the_gpu_that_there_is(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    moves: list[str] = []
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    move(SimpleNamespace(network_=SimpleNamespace(to=moves.append)), device)
    assert moves == ["cuda"]
