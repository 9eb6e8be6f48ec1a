import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ferflow.errors import InputError
from ferflow.models.factory import load_model, make_model
from ferflow.models.storage import load_arrays, save_arrays

SMALL: dict[str, dict[str, Any]] = {
    "logistic": {"epochs": 2},
    "softmax": {"epochs": 2},
    "kmeans": {"n_components": 4},
    "cnn": {"epochs": 1, "widths": [4, 8]},
    "dnn": {"epochs": 1, "hidden": [8]},
    "efficientnet": {"epochs": 1, "enlarge": 32, "head_width": 8, "pretrained": False, "frozen_blocks": 0},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_model_that_was_moved_still_predicts_by_name(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (60, 64)).astype(np.uint8), rng.integers(2, size=60) * 2
    model = make_model(name, random_state=3, **SMALL[name]).fit(X, y)
    model.save(tmp_path / "made", class_names=["sad", "never seen", "happy"])
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "made").rename(tmp_path / "elsewhere/m.safetensors")
    classifier = load_model(tmp_path / "elsewhere/m.safetensors")
    assert type(classifier) is type(model)
    assert classifier.get_params()["random_state"] == 3
    assert classifier.class_names_ == ("sad", "never seen", "happy")
    assert classifier.classes_.tolist() == [0, 2]
    assert classifier.image_side_ == 8
    assert np.array_equal(classifier.predict_proba(X), model.predict_proba(X))
    with pytest.raises(ValueError, match=r"2 class names \(sad, happy\) leave label 2 without one"):
        model.save(tmp_path / "m", class_names=["sad", "happy"])
    with pytest.raises(ValueError, match="a class name stands twice"):
        model.save(tmp_path / "m", class_names=["sad", "sad", "happy"])
    assert not (tmp_path / "m").exists()


def test_labels_may_name_themselves(tmp_path: Path) -> None:
    X = np.random.default_rng(0).normal(size=(40, 6))
    make_model("softmax").fit(X, np.array(["sad", "happy"])[np.arange(40) % 2]).save(tmp_path / "m")
    classifier = load_model(tmp_path / "m")
    assert classifier.class_names_ == ("happy", "sad")
    assert classifier.image_side_ is None  # six numbers are no face


@pytest.mark.parametrize(("name", "hint"), [("sofmax", "did you mean 'softmax'"), ("x", "known: logistic, ")])
def test_unknown_names(name: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=hint):
        make_model(name)
    save_arrays(tmp_path / "m", {"a": np.zeros(1)}, {"model": name})
    with pytest.raises(InputError, match=hint):
        load_model(tmp_path / "m")


@pytest.mark.parametrize("key", ["model", "loss"])
def test_a_strangers_names_are_cut_and_told_with_the_file(key: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    X, y = np.arange(128, dtype=np.uint8).reshape(2, 64), np.array([0, 1])
    make_model("dnn", hidden=(4,), epochs=1).fit(X, y).save(path)
    arrays, description = load_arrays(path)
    changed = {"model": "x" * 5000} if key == "model" else {"params": {"loss": "x" * 5000}}
    save_arrays(path, arrays, description | changed)
    with pytest.raises(InputError, match=rf"m\.safetensors: no {key} is called 'x") as caught:
        load_model(path)
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_flat_models_do_without_torch() -> None:
    code = "import sys, ferflow.models.factory as m; m.make_model('softmax'); print('torch' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "False"
