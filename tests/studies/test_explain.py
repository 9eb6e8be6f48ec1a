"""Explaining a network: which faces, where it looks, what its filters look for."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from torch import nn

from ferflow import paths
from ferflow.engines.stages import Job
from ferflow.errors import InputError
from ferflow.evaluation.predictions import named_probabilities, prediction_table
from ferflow.models.cnn import CNNClassifier
from ferflow.models.dnn import DNNClassifier
from ferflow.models.faces import SquareFaces
from ferflow.models.network import NetworkClassifier
from ferflow.plots import explain as drawn
from ferflow.plots.style import save
from ferflow.studies.explain import explanation
from ferflow.studies.explain.architecture import architecture
from ferflow.studies.explain.description import read_description, write_description
from ferflow.studies.explain.explanation import Explanation, choose_examples, explain
from ferflow.studies.explain.filters import choose_layer, exciting_inputs, responses
from ferflow.studies.explain.saliency import middle_share, saliency, smooth_saliency
from tests.vouching import vouch_for_inputs

REPOSITORY = Path(__file__).parents[2]
SIDE = 16
CLASSES = ("calm", "lively", "unseen")


class Corner(nn.Module):
    """Its first logit is the top left pixel, its second nothing at all."""

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        return torch.stack([faces[:, 0, 0], 0 * faces[:, 0, 0]], dim=1)


@pytest.fixture(scope="module")
def faces() -> tuple[np.ndarray, np.ndarray]:
    """Make faces of two classes, told apart by a bright patch in the lower left."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    X = rng.integers(60, 160, (80, SIDE, SIDE))
    X[y == 1, 10:14, 2:6] += 90
    return X.astype(np.uint8), y


@pytest.fixture(scope="module", params=["cnn", "dnn"])
def model(request: pytest.FixtureRequest, faces: tuple[np.ndarray, np.ndarray]) -> NetworkClassifier:
    networks: dict[str, NetworkClassifier] = {
        "cnn": CNNClassifier(widths=[8, 16]),
        "dnn": DNNClassifier(hidden=[40, 12]),
    }
    networks[request.param].set_params(epochs=8, batch_size=16, jitter=0, dropout=0.0)
    X, y = faces
    return networks[request.param].fit(X.reshape(80, -1), y)


def predictions(model: NetworkClassifier, faces: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    X, y = faces
    rows = pd.DataFrame({"face": np.arange(80) + 500, "subset": "test", "clean": True})
    return prediction_table(rows, y, named_probabilities(model, X.reshape(80, -1), CLASSES), CLASSES)


def test_the_most_confident_are_chosen() -> None:
    table = pd.DataFrame(
        {
            "face": [1, 2, 3, 4, 5, 6],
            "subset": ["validation", *["test"] * 5],
            "clean": True,
            "label": [0, 0, 0, 0, 0, 1],
            "p_a": [1.0, 0.7, 0.9, 0.9, 0.2, 0.6],
            "p_b": [0.0, 0.3, 0.1, 0.1, 0.8, 0.4],
        }
    )
    (right, wrong), (none, other) = choose_examples(table, 2)
    assert right is not None
    assert wrong is not None
    assert other is not None
    assert none is None
    assert (right.face, right.row, right.correct) == (
        3,
        1,
        True,
    )  # of two equals the first, and of the test subset
    assert (wrong.face, wrong.label, wrong.predicted, wrong.correct) == (5, 0, 1, False)
    assert wrong.probability == pytest.approx(0.8)
    assert (other.face, other.row) == (6, 4)


def test_saliency_is_where_the_answer_comes_from() -> None:
    faces = np.random.default_rng(0).integers(0, 256, (3, 8, 8)).astype(np.uint8)
    maps = saliency(Corner(), faces, np.array([0, 0, 1]))
    assert maps[:2, 0, 0] == pytest.approx(1.0)
    assert maps[2] == pytest.approx(1 / 64)  # nothing moves this logit
    smooth = smooth_saliency(Corner(), faces[:1], np.array([0]), seed=0, samples=2)
    assert np.unravel_index(smooth[0].argmax(), (8, 8)) == (0, 0)
    assert smooth.sum() == pytest.approx(1.0, abs=1e-5)


class Watched(nn.Module):
    """Its logit has a kink in one pixel, where noise falls to both sides, and is straight in another."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[torch.Tensor] = []

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        self.seen.append(faces.detach())
        return ((faces[:, 1, 1] - 100).abs() + 0.5 * faces[:, 6, 6])[:, None]


def test_smooth_maps_are_of_32_copies_with_a_tenth_of_the_range_as_noise() -> None:
    faces = np.full((2, 8, 8), 100, np.uint8)
    faces[0, 0, 0], faces[0, 7, 7] = 50, 150
    network = Watched()
    maps = smooth_saliency(network, faces, np.array([0, 0]), seed=0)
    for face, copies in zip(faces, network.seen, strict=True):
        assert copies.shape == (32, 8, 8)
        assert float((copies - torch.from_numpy(face)).std()) == pytest.approx(
            np.ptp(face) / 10, rel=0.1, abs=1e-5
        )
    # Gradients are averaged with their signs, and the map is blurred.
    assert np.unravel_index(maps[0].argmax(), (8, 8)) == (6, 6)
    assert 0 < maps[0, 6, 7] < maps[0, 6, 6]


def test_faces_are_mapped_in_parts_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (5, 8, 8)).astype(np.uint8)
    target = np.array([0, 1, 1, 0, 1])
    whole = saliency(Corner(), faces, target)
    monkeypatch.setattr("ferflow.studies.explain.saliency._BATCH", 2)
    np.testing.assert_array_equal(saliency(Corner(), faces, target), whole)


def test_a_network_looks_at_what_tells_the_classes_apart(
    model: NetworkClassifier, faces: tuple[np.ndarray, np.ndarray]
) -> None:
    maps = saliency(model.network_, faces[0], faces[1])
    patch = maps[:, 10:14, 2:6]
    assert patch.mean() > 1.3 * maps.mean()


def test_noise_has_a_seed_of_its_own(model: NetworkClassifier, faces: tuple[np.ndarray, np.ndarray]) -> None:
    before = torch.get_rng_state()
    maps = [smooth_saliency(model.network_, faces[0][:1], faces[1][:1], seed=s, samples=2) for s in (0, 0, 1)]
    np.testing.assert_array_equal(maps[0], maps[1])
    assert not np.array_equal(maps[0], maps[2])
    assert torch.equal(before, torch.get_rng_state())


def test_the_middle_is_half_of_the_area() -> None:
    share, area = middle_share(np.ones((2, 48, 48)))
    assert area == pytest.approx(0.5, abs=0.01)
    assert share == pytest.approx(area)
    edge = np.ones((1, 48, 48))
    edge[0, 10:38, 10:38] = 0
    assert middle_share(edge)[0][0] < 0.25


def test_inputs_excite_their_own_filter(model: NetworkClassifier) -> None:
    layer = choose_layer(model.network_)
    inputs = exciting_inputs(model.network_, layer, SIDE, seed=0, steps=30)
    assert inputs.shape == (len(layer.filters), SIDE, SIDE)
    assert 0 <= inputs.min() < inputs.max() <= 255
    noise = np.random.default_rng(1).integers(0, 256, inputs.shape).astype(np.uint8)

    def mean_response(images: np.ndarray) -> np.ndarray:
        each = [responses(model.network_, layer, image.astype(np.uint8)) for image in images]
        return np.array([np.mean(response[index]) for index, response in enumerate(each)])

    assert (mean_response(inputs) > mean_response(noise)).mean() > 0.9


def test_the_layer_is_one_of_few_filters() -> None:
    def layer_of(network: NetworkClassifier) -> tuple[str, int, int]:
        rng = np.random.default_rng(0)
        network.set_params(epochs=1, batch_size=4).fit(rng.integers(0, 256, (4, 24 * 24)), [0, 1, 0, 1])
        layer = choose_layer(network.network_)
        return layer.name, len(layer.filters), layer.count

    assert layer_of(CNNClassifier()) == ("features.3.0", 32, 32)
    assert layer_of(CNNClassifier(widths=[40, 48])) == ("features.1.0", 32, 40)
    assert layer_of(DNNClassifier(hidden=[40, 8])) == ("features.0", 32, 40)


def test_the_layers_add_up(model: NetworkClassifier) -> None:
    rows = architecture(model.network_, SIDE)
    assert sum(row.parameters for row in rows) == model.parameter_count_
    assert rows[-1].output == "2"
    assert {"fully connected, 256 to 40", "convolution 5 x 5, stride 2, 1 to 8"} & {rows[0].layer}


def test_a_last_layer_of_cosines_is_a_layer(faces: tuple[np.ndarray, np.ndarray]) -> None:
    model = CNNClassifier(widths=[8, 16], epochs=1, loss="ldam").fit(faces[0].reshape(80, -1), faces[1])
    rows = architecture(model.network_, SIDE)
    assert rows[-1].layer == "scaled cosines, 16 to 2"
    assert sum(row.parameters for row in rows) == model.parameter_count_


@pytest.fixture(scope="module")
def explained(model: NetworkClassifier, faces: tuple[np.ndarray, np.ndarray]) -> Explanation:
    return explain(model, SquareFaces(faces[0]), predictions(model, faces), CLASSES)


def test_an_explanation_tells_what_it_shows(
    explained: Explanation, faces: tuple[np.ndarray, np.ndarray]
) -> None:
    description = explained.description
    assert {face.label for face in description.faces} == {"calm", "lively"}
    assert description.response.face in {face.face for face in description.faces}
    assert explained.shown.correct
    assert 0 < description.middle.share < 1
    assert description.middle.faces == 80
    assert explained.pairs[2] == (None, None)
    assert np.isnan(explained.means[2]).all()
    assert np.isfinite(explained.means[:2]).all()
    assert len(explained.responses) == len(explained.inputs) == len(description.layer.shown)
    assert (explained.responses >= 0).all()


def test_of_very_many_faces_a_part_is_mapped(
    model: NetworkClassifier,
    faces: tuple[np.ndarray, np.ndarray],
    explained: Explanation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explanation, "_MAPS", 20)
    some = explain(model, SquareFaces(faces[0]), predictions(model, faces), CLASSES)
    assert some.description.middle.faces == 20
    assert some.pairs == explained.pairs
    assert not np.array_equal(some.means[0], explained.means[0])


def figures_of(found: Explanation, X: np.ndarray) -> list[Figure]:
    cell = drawn.Looked(X[0], next(iter(found.maps.values())), "calm 0.90")
    pairs = [(cell, None), (cell, cell), (None, None)]
    numbers = found.layer.filters.tolist()
    return [
        drawn.saliency(pairs, list(found.means), CLASSES, title="t", note="n"),
        drawn.filters(found.inputs, numbers, title="t", note="n"),
        drawn.responses(X[0], found.responses, numbers, title="t", note="n"),
    ]


def test_figures_are_whole_and_the_same_each_time(
    explained: Explanation, faces: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    again = figures_of(explained, faces[0])
    for index, figure in enumerate(figures_of(explained, faces[0])):
        save(figure, tmp_path / "a.png")
        save(again[index], tmp_path / "b.png")
        assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert -0.01 < box.x0 < box.x1 < width + 0.01
        assert -0.01 < box.y0 < box.y1 < height + 0.01


def stage(
    experiment: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["explain.py", "--experiment", experiment])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(REPOSITORY / "workflow/scripts/explain.py"), run_name="__main__")
    assert isinstance(caught.value.code, int)
    return caught.value.code, capsys.readouterr().err


def test_the_stage_writes_its_files_and_says_what_is_not_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ferflow.data.faces import load_faces
    from ferflow.data.samples import inputs_and_targets, load_samples
    from ferflow.models.factory import make_model
    from tests.fabricated import fabricate

    monkeypatch.chdir(tmp_path)
    fabricate(REPOSITORY / "params.yaml", n=300, seeds=(0,), experiments=("cnn-weighted", "softmax"))
    for name, network in {
        "cnn-weighted": make_model("cnn", widths=[4, 8], epochs=1, epoch_faces=64, batch_size=32),
        "softmax": make_model("softmax", epochs=1),
    }.items():
        network.fit(*inputs_and_targets(load_faces(), load_samples(paths.split(name)), "train"))
        network.save(Path(f"results/experiments/{name}/0/model.safetensors"))
    for name in ("cnn-weighted", "softmax"):
        vouch_for_inputs(Job("explain", name))
    assert stage("cnn-weighted", capsys, monkeypatch)[0] == 0
    folder = Path("results/experiments/cnn-weighted/explain")
    assert sorted(path.name for path in folder.iterdir()) == [
        "explain.json",
        "filters.png",
        "responses.png",
        "saliency.png",
    ]
    before = (folder / "explain.json").read_bytes()
    description = read_description("cnn-weighted")
    assert description.experiment == "cnn-weighted"
    write_description(folder, description)
    assert (folder / "explain.json").read_bytes() == before
    assert stage("softmax", capsys, monkeypatch)[0] == 0
    folder = Path("results/experiments/softmax/explain")
    assert [path.name for path in folder.iterdir()] == ["explain.json"]
    assert json.loads((folder / "explain.json").read_text()) == {"explained": False}
    with pytest.raises(InputError, match=r"explain\.json: explained: .* run the explain stage again"):
        read_description("softmax")
