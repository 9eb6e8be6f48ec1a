"""What params.yaml wants of the data is held against what they have."""

from pathlib import Path

import pytest

from ferflow import params
from ferflow.data.faces import FER_CLASSES
from ferflow.errors import InputError
from ferflow.params.against_data import check_classes

SETTINGS = params.load(Path(__file__).parents[2] / "params.yaml")


def test_the_default_file_fits_fer() -> None:
    check_classes(SETTINGS, FER_CLASSES)


def test_a_class_that_the_data_lack_is_named_with_the_nearest() -> None:
    classes = ["anger", *FER_CLASSES[1:]]
    with pytest.raises(InputError, match=r"no face in the data is labelled 'angry'; did you mean 'anger'\?"):
        check_classes(SETTINGS, classes)
    only = SETTINGS.model_copy(update={"run": ["cnn"], "sweeps": {}, "repeated_splits": {}})
    check_classes(only, classes)  # nobody asks for the pair


def test_one_class_is_too_few() -> None:
    only = SETTINGS.model_copy(update={"run": ["cnn"], "sweeps": {}, "repeated_splits": {}})
    with pytest.raises(InputError, match=r"one class only \('happy'\)"):
        check_classes(only, ["happy"])


def test_logistic_regression_tells_two_classes_apart() -> None:
    logistic = SETTINGS.experiment("logistic").model_copy(update={"protocol": "seven"})
    wrong = SETTINGS.model_copy(update={"experiments": {**SETTINGS.experiments, "logistic": logistic}})
    with pytest.raises(InputError, match=r"experiments\.logistic: logistic tells two classes apart"):
        check_classes(wrong, FER_CLASSES)
