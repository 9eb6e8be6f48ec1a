import numpy as np
import pytest
from sklearn.base import BaseEstimator

from ferflow.models.validation import check_targets, check_training_data, validation_figures


def test_labels_become_places_among_their_sorted_classes() -> None:
    classes, target, weight = check_targets(range(3), ["sad", "angry", "sad"], None)
    assert classes.tolist() == ["angry", "sad"]
    assert target.tolist() == [1, 0, 1]
    assert weight.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["sad", "sad"], "holds one class only, .*'sad'"), ([0.25, 0.5], "Unknown label type: continuous")],
)
def test_labels_that_cannot_be_learned(labels: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_targets(labels, labels, None)


def test_a_model_knows_its_classes_and_features_once_its_data_are_checked() -> None:
    model = BaseEstimator()
    rows, target, weight = check_training_data(model, [[1, 2, 3], [4, 5, 6]], ["b", "a"], None)
    assert rows.shape == (2, 3)
    assert target.tolist() == [1, 0]
    assert weight.tolist() == [1.0, 1.0]
    assert (model.classes_.tolist(), model.n_features_in_) == (["a", "b"], 3)
    with pytest.raises(ValueError, match="Negative values"):
        check_training_data(model, np.eye(2), [0, 1], [1.0, -1.0])


@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_figures_are_of_the_classes_that_the_validation_subset_has() -> None:
    classes, y = np.array(["angry", "fear", "sad"]), np.array(["angry", "angry", "angry", "sad"])
    probabilities = np.array([[0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5]])
    assert validation_figures(y, probabilities, classes) == pytest.approx(
        {
            "validation_loss": -np.log([0.6, 0.7, 0.2, 0.5]).mean(),
            "validation_accuracy": 3 / 4,
            "validation_balanced_accuracy": (2 / 3 + 1) / 2,
            "validation_macro_f1": (4 / 5 + 1) / 2,  # of angry and sad; there is no fear to find
        }
    )


def test_figures_of_probabilities_that_are_no_numbers_are_none_either() -> None:
    figures = validation_figures(np.array([0, 1]), np.array([[0.5, 0.5], [np.nan, 0.5]]), np.array([0, 1]))
    assert len(figures) == 4
    assert np.isnan(list(figures.values())).all()
