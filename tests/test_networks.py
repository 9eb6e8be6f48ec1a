"""Networks in the package: how one gets there, and that each does what its card says."""

import contextlib
import re
import runpy
import shutil
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ferflow import networks, params, paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import inputs_and_targets, load_samples
from ferflow.errors import InputError
from ferflow.models.factory import load_model, make_model
from ferflow.models.network import NetworkClassifier
from ferflow.models.onnx_model import SUFFIX, OnnxModel
from ferflow.predict.predictor import Predictor
from tests.fabricated import REPOSITORY

NAMES = networks.network_names()
REAL = REPOSITORY.parent / "shared/data/fer2013.zip"
LARGEST = 10_000_000  # bytes of a network in the package


def test_a_name_that_is_not_there_is_told_in_one_line() -> None:
    with pytest.raises(InputError, match="no network in the package is called 'fer2031'"):
        networks.network_path("fer2031")


@pytest.fixture
def run(fabricated_run: Path, tmp_path: Path) -> Path:
    """Copy the finished run and train its CNN in earnest."""
    folder = tmp_path / "run"
    shutil.copytree(fabricated_run, folder)
    with contextlib.chdir(folder):
        samples = load_samples(paths.split("cnn"))
        X, y = inputs_and_targets(load_faces(), samples, "train")
        model = make_model("cnn", widths=[4, 8], epochs=1, flip_average=True).fit(X, y)
        model.save(paths.model("cnn", params.load().seeds[0]), class_names=samples.classes)
    return folder


def make_network(run: Path, target: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """Put the run's network into a folder, as into the package, and give its card."""
    monkeypatch.chdir(run)
    monkeypatch.setattr(networks, "FOLDER", target)
    seed = str(params.load().seeds[0])
    monkeypatch.setattr(sys, "argv", ["make_network.py", "cnn", seed, "mine", *options])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(REPOSITORY / "docs/make_network.py"), run_name="__main__")
    card = networks.card_path("mine").read_text()
    X, y = inputs_and_targets(load_faces(), load_samples(paths.split("cnn")), "test")
    exported = OnnxModel(target / "mine.onnx")
    assert f"| accuracy | {100 * np.mean(exported.predict_proba(X).argmax(axis=1) == y):.1f} (" in card
    return card


def test_a_trained_network_is_stored_with_the_figures_of_what_is_stored(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = make_network(run, tmp_path, monkeypatch)
    stored = load_model(networks.network_path("mine"))
    assert isinstance(stored, NetworkClassifier)
    assert stored.flip_average
    assert "fitted on PublicTest" in card and f"{stored.temperature_:.3f}" in card
    samples = load_samples(paths.split("cnn"))
    validation, labels = inputs_and_targets(load_faces(), samples, "validation")
    warm = _log_loss(stored, validation, labels)
    stored.temperature_ = 1.0
    assert warm <= _log_loss(stored, validation, labels) + 1e-3  # weights were rounded after the fit


def test_a_fast_network_has_eight_bits_and_one_view(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = make_network(run, tmp_path, monkeypatch, "--fast")
    assert "8-bit: " in card
    assert "a view; one, the face as it is" in card
    assert "mine --fast`.\n" in card
    assert networks.network_path("mine") == tmp_path / "mine.onnx"
    assert not (tmp_path / "mine.safetensors").exists()


def _log_loss(model: NetworkClassifier, X: np.ndarray, y: np.ndarray) -> float:
    return float(-np.log(model.predict_proba(X)[np.arange(len(y)), y]).mean())


@pytest.mark.parametrize("name", NAMES)
def test_a_network_of_the_package_is_small_and_names_expressions(name: str) -> None:
    path = networks.network_path(name)
    assert path.stat().st_size <= LARGEST
    model = Predictor(name, cropped=True)
    assert model.side == 48
    rng = np.random.default_rng(0)
    (face,) = model(rng.integers(0, 256, (48, 48), dtype=np.uint8))
    assert set(face.probabilities) == set(model.classes)
    assert sum(face.probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.skipif(not REAL.exists(), reason="needs the real FER-2013 beside the checkout")
@pytest.mark.parametrize("name", NAMES)
def test_a_network_of_the_package_scores_what_its_card_says(name: str) -> None:
    model = OnnxModel(networks.network_path(name).with_suffix(SUFFIX))
    position = {label: index for index, label in enumerate(model.class_names_)}
    faces, labels = [], []
    with zipfile.ZipFile(REAL) as archive:
        for member in archive.namelist():
            if "/PrivateTest_" in member:
                labels.append(position[Path(member).parent.name])
                faces.append(np.asarray(Image.open(BytesIO(archive.read(member)))).ravel())
    accuracy = float((model.predict_proba(np.array(faces)).argmax(axis=1) == labels).mean())
    match = re.search(r"\| accuracy \| ([\d.]+) \(", networks.card_path(name).read_text())
    assert match is not None
    # Another processor may round another way, which 8-bit integers may carry on.
    assert 100 * accuracy == pytest.approx(float(match[1]), abs=0.1)
