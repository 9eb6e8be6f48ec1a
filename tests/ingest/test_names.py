import pytest

from ferflow.data.faces import FER_CLASSES, order_classes
from ferflow.ingest.names import class_names, fer_class, usage_of


@pytest.mark.parametrize("name", FER_CLASSES)
def test_fer_spelling_is_kept(name: str) -> None:
    assert fer_class(name) == name


@pytest.mark.parametrize(
    ("variants", "name"),
    [
        ("anger Angry ANGER 0_angry angry-0", "angry"),
        ("disgusted Disgust 1.disgust", "disgust"),
        ("fearful Fear afraid", "fear"),
        ("happiness Happy 03-happy joy", "happy"),
        ("sadness Sad", "sad"),
        ("surprised Surprise", "surprise"),
        ("neutrality Neutral normal", "neutral"),
    ],
)
def test_variants(variants: str, name: str) -> None:
    assert {fer_class(variant) for variant in variants.split()} == {name}


@pytest.mark.parametrize("name", ["contempt", "0", "3", "", "cats", "unhappy"])
def test_what_is_no_fer_class(name: str) -> None:
    assert fer_class(name) is None


@pytest.mark.parametrize(
    ("names", "usage"),
    [
        ("train Training TRAIN", "Training"),
        ("val valid validation PublicTest public_test", "PublicTest"),
        ("test Testing PrivateTest private-test", "PrivateTest"),
    ],
)
def test_usages(names: str, usage: str) -> None:
    assert {usage_of(name) for name in names.split()} == {usage}


def test_folders_that_all_mean_fer_classes_become_these() -> None:
    assert class_names(["anger", "Happiness"]) == {"anger": "angry", "Happiness": "happy"}


def test_with_one_other_class_the_folders_keep_their_names() -> None:
    assert class_names(["anger", "contempt"]) == {"anger": "anger", "contempt": "contempt"}


def test_all_seven_under_any_spelling_beside_others() -> None:
    folders = ["Anger", "disgusted", "fear", "joy", "sadness", "surprised", "normal", "contempt"]
    names = class_names(folders)
    assert [names[folder] for folder in folders] == [*FER_CLASSES, "contempt"]
    assert order_classes(["contempt", "amused", *reversed(FER_CLASSES)]) == (
        *FER_CLASSES,
        "amused",
        "contempt",
    )
