import numpy as np
import pytest
from sklearn.base import BaseEstimator

from ferflow.models.validation import check_training_data, encode_labels


def test_labels_become_places_among_their_sorted_classes() -> None:
    classes, target = encode_labels(["sad", "angry", "sad"])
    assert classes.tolist() == ["angry", "sad"]
    assert target.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["sad", "sad"], "holds one class only, .*'sad'"), ([0.25, 0.5], "Unknown label type: continuous")],
)
def test_labels_that_cannot_be_learned(labels: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_labels(labels)


def test_a_model_knows_its_classes_and_features_once_its_data_are_checked() -> None:
    model = BaseEstimator()
    rows, target, weight = check_training_data(model, [[1, 2, 3], [4, 5, 6]], ["b", "a"], None)
    assert rows.shape == (2, 3)
    assert target.tolist() == [1, 0]
    assert weight.tolist() == [1.0, 1.0]
    assert (model.classes_.tolist(), model.n_features_in_) == (["a", "b"], 3)
    with pytest.raises(ValueError, match="Negative values"):
        check_training_data(model, np.eye(2), [0, 1], [1.0, -1.0])
