"""The figures of an explanation, each found again from the maps and responses that it is made of."""

import numpy as np
import pandas as pd
import pytest
import torch

from ferflow.evaluation.predictions import named_probabilities, prediction_table
from ferflow.models.dnn import DNNClassifier
from ferflow.models.faces import SquareFaces, some_rows
from ferflow.models.network import NetworkClassifier
from ferflow.studies.explain import explanation
from ferflow.studies.explain.architecture import describe
from ferflow.studies.explain.explanation import Explanation, explain
from ferflow.studies.explain.filters import choose_layer, exciting_inputs, responses
from ferflow.studies.explain.saliency import blurred, middle_share, saliency, smooth_saliency

SIDE = 12
CLASSES = ("angry", "never trained on", "happy")
LABELS = np.arange(60) % 3


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """Make faces of noise; where angry and happy differ, they differ in a bright patch."""
    X = np.random.default_rng(0).integers(40, 180, (60, SIDE, SIDE))
    X[LABELS == 2, 7:11, 1:5] += 40
    return X.astype(np.uint8)


@pytest.fixture(scope="module")
def model(faces: np.ndarray) -> NetworkClassifier:
    """Train a network of whose two logits the second stands for the third class."""
    network = DNNClassifier(hidden=[40, 6], epochs=3, batch_size=16, jitter=0, dropout=0.0)
    trained = LABELS != 1
    return network.fit(faces[trained].reshape(40, -1), LABELS[trained])


@pytest.fixture(scope="module")
def predictions(model: NetworkClassifier, faces: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame({"face": np.arange(60) + 500, "subset": "test", "clean": True})
    probabilities = named_probabilities(model, faces.reshape(60, -1), CLASSES)
    return prediction_table(rows, LABELS, probabilities, CLASSES)


@pytest.fixture(scope="module")
def found(model: NetworkClassifier, faces: np.ndarray, predictions: pd.DataFrame) -> Explanation:
    return explain(model, SquareFaces(faces), predictions, CLASSES)


def predicted(table: pd.DataFrame) -> np.ndarray:
    return table.filter(like="p_").to_numpy().argmax(axis=1)


@pytest.mark.parametrize("most", [60, 25])
def test_maps_are_of_what_the_network_says_and_means_of_the_labels(
    model: NetworkClassifier,
    faces: np.ndarray,
    predictions: pd.DataFrame,
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(explanation, "_MAPS", most)
    result = explain(model, SquareFaces(faces), predictions, CLASSES)
    some, guess = some_rows(60, most, 0), predicted(predictions)
    assert set(guess) == {0, 2}
    maps = saliency(model.network_, faces[some], (guess == 2).astype(int)[some])
    inside, area = middle_share(maps)
    right, middle = (guess == LABELS)[some], result.description.middle
    assert (middle.faces, middle.area) == (most, area)
    assert middle.share == pytest.approx(inside.mean())
    assert middle.correct == pytest.approx(inside[right].mean())
    assert middle.mistaken == pytest.approx(inside[~right].mean())
    for index in range(3):
        of_class = maps[LABELS[some] == index]
        np.testing.assert_allclose(result.means[index], blurred(of_class.mean(axis=0)), rtol=1e-5)


def test_each_example_has_the_map_of_its_own_answer(
    model: NetworkClassifier, faces: np.ndarray, predictions: pd.DataFrame, found: Explanation
) -> None:
    rows = [example.row for pair in found.pairs for example in pair if example is not None]
    said = (predicted(predictions) == 2).astype(int)[rows]
    assert len(set(said)) == 2
    again = smooth_saliency(model.network_, faces[rows], said, seed=0)
    for row, smooth in zip(rows, again, strict=True):
        np.testing.assert_array_equal(found.maps[row], smooth)


def test_the_face_that_is_shown_is_the_surest_right_answer(
    model: NetworkClassifier, faces: np.ndarray, predictions: pd.DataFrame, found: Explanation
) -> None:
    sure, right = predictions.filter(like="p_").max(axis=1), predicted(predictions) == LABELS
    assert found.shown.face == 500 + int(sure[right].idxmax())
    label = predictions["label"].where(sure != sure.max(), 1)  # the surest of all is mistaken then
    other = explain(model, SquareFaces(faces), predictions.assign(label=label), CLASSES).shown
    assert other.correct
    assert other.probability < sure.max()
    response = responses(model.network_, found.layer, faces[found.shown.row])
    assert found.description.response.silent == (response == 0).sum()
    assert found.description.response.strongest == found.layer.filters[response.argmax()]
    norms = model.network_.get_parameter(f"{found.layer.name}.weight").detach().flatten(1).norm(dim=1)
    assert found.layer.filters.tolist() == sorted(norms.argsort(descending=True)[:32].tolist())


def test_what_is_shown_is_a_layer_that_mixes_channels_before_its_relu() -> None:
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3),
        torch.nn.Conv2d(8, 16, 3, groups=8),
        torch.nn.Conv2d(16, 24, 3),
        torch.nn.BatchNorm2d(24),
        torch.nn.ReLU(),
    )
    layer = choose_layer(network)
    assert (layer.name, layer.count) == ("2", 24)
    assert layer.output is network[3]  # with what its normalisation makes of it
    assert describe(network[1]) == "depthwise convolution 3 x 3, 8 to 16"
    assert describe(torch.nn.Conv2d(2, 2, 3, groups=2, stride=2)).startswith(
        "depthwise convolution 3 x 3, str"
    )


def test_the_ascent_begins_where_the_seed_says(model: NetworkClassifier, found: Explanation) -> None:
    one, again, other = (
        exciting_inputs(model.network_, found.layer, SIDE, seed=seed, steps=1) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert not np.array_equal(one, other)


class Switch(torch.nn.Module):
    """Its first logit is what the pixel in the middle has above 130, its second the top left pixel."""

    def forward(self, faces: torch.Tensor) -> torch.Tensor:
        return torch.stack([torch.relu(faces[:, 4, 4] - 130), faces[:, 0, 0]], dim=1)


def test_noise_moves_what_a_face_alone_does_not() -> None:
    face = np.zeros((1, 9, 9), dtype=np.uint8)
    face[0, 0, 0], face[0, 4, 4] = 250, 120  # noise of 25 grey levels makes 131 and more of 120
    (alone,) = saliency(Switch(), face, np.array([0]))
    np.testing.assert_allclose(alone, 1 / 81)  # nothing moves this logit
    (smooth,) = smooth_saliency(Switch(), face, np.array([0]), seed=0)
    assert np.unravel_index(smooth.argmax(), (9, 9)) == (4, 4)
    assert smooth[4, 4] > 0.1


def test_every_face_has_the_map_of_its_own_logit_however_many_there_are() -> None:
    faces = np.full((300, 9, 9), 200, dtype=np.uint8)
    target = (np.arange(300) >= 250).astype(int)
    maps = saliency(Switch(), faces, target)
    np.testing.assert_array_equal(maps[:, 4, 4], 1 - target)
    np.testing.assert_array_equal(maps[:, 0, 0], target)


def test_a_map_is_blurred_by_a_pixel() -> None:
    point = np.zeros((9, 9), dtype=np.float32)
    point[4, 4] = 1
    blur = blurred(point)
    assert blur.sum() == pytest.approx(1)
    assert blur[4, 4] / blur[4, 5] == pytest.approx(np.exp(1 / 2), rel=1e-4)
    assert blur[4, 4] / blur[3, 5] == pytest.approx(np.exp(1), rel=1e-4)


def test_the_middle_of_an_oblong_map_has_its_proportions() -> None:
    maps = np.zeros((1, 40, 20))
    maps[0, 6:34, 3:17] = 1
    share, area = middle_share(maps)
    assert share.tolist() == [1]
    assert area == 28 * 14 / 800
