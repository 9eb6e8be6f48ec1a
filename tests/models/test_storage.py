import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save_file

from ferflow.errors import InputError
from ferflow.models.factory import load_model, make_model
from ferflow.models.storage import load_arrays, read_description, save_arrays


def test_there_and_back(tmp_path: Path) -> None:
    arrays: dict[str, NDArray[Any]] = {
        "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not in C order
        "number": np.array(3, dtype=np.int64),
    }
    original = {"model": "softmax", "classes": np.array(["a", "b"]), "l2": np.float64(0.5)}
    save_arrays(tmp_path / "m.safetensors", arrays, original)
    tensors, description = load_arrays(tmp_path / "m.safetensors")
    assert tensors.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(tensors[name], array)
        assert tensors[name].dtype == array.dtype
        assert tensors[name].shape == array.shape
    assert description == {"model": "softmax", "classes": ["a", "b"], "l2": 0.5}


def test_bytes_do_not_depend_on_the_order_of_names(tmp_path: Path) -> None:
    a, b = np.zeros(3), np.ones(3)
    save_arrays(tmp_path / "one", {"a": a, "b": b}, {"model": "x", "k": 1})
    save_arrays(tmp_path / "two", {"b": b, "a": a}, {"k": 1, "model": "x"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_json_cannot_hold_costs_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="object cannot be written"):
        save_arrays(tmp_path / "m", {"a": np.zeros(1)}, {"model": object()})
    assert not list(tmp_path.iterdir())


def test_files_that_are_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    with pytest.raises(InputError, match="no such file; run the train stage"):
        load_arrays(path)
    path.write_bytes(b"\x80\x04K\x01.")  # a pickle
    with pytest.raises(InputError, match="not a whole safetensors file"):
        load_arrays(path)
    save_file({"a": np.zeros(2)}, path)
    with pytest.raises(InputError, match="not written by ferflow"):
        read_description(path)
    save_file({"a": np.zeros(2)}, path, metadata={"ferflow": "{"})
    with pytest.raises(InputError, match="not written by ferflow"):
        read_description(path)
    save_file({"a": np.zeros(2)}, path, metadata={"ferflow": "[1]"})
    with pytest.raises(InputError, match="names no model"):
        read_description(path)


def test_a_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    save_arrays(path, {"a": np.zeros(100)}, {"model": "softmax"})
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(InputError, match="not a whole safetensors file"):
        load_arrays(path)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the file of a small model of each kind."""
    folder = tmp_path_factory.mktemp("models")
    X, y = np.random.default_rng(0).integers(0, 256, (40, 64), dtype=np.uint8), np.arange(40) % 2
    few: dict[str, dict[str, Any]] = {
        "softmax": {"epochs": 2},
        "kmeans": {"n_components": 3, "n_clusters": 4},
        "cnn": {"widths": (4, 4), "epochs": 1},
        "resnet": {"widths": (4,), "blocks": (1,), "epochs": 1},
    }
    for name, arguments in few.items():
        make_model(name, **arguments).fit(X, y).save(folder / name)
    return folder


@settings(max_examples=200)
@given(data=st.data())
def test_no_damaged_model_is_taken_for_another(models: Path, tmp_path: Path, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(sorted(models.iterdir()))).read_bytes()
    content = bytearray(original)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    if bytes(content) == original:  # changed there and back
        return
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_model(path)
    assert "m.safetensors: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_whole_file_that_makes_no_model_is_refused(models: Path, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    for file in models.iterdir():
        path.write_bytes(file.read_bytes())
        arrays, description = load_arrays(path)
        for key in description.keys() - {"model"}:
            odd: list[object] = [None, "x", [], {"a": 1}, -1]
            for value in odd:
                save_arrays(path, arrays, description | {key: value})
                try:
                    load_model(path)
                except InputError as error:
                    assert "\n" not in str(error), (file.name, key, value)
        if "coef" in arrays or "cluster_share_" in arrays:
            for name, array in arrays.items():
                if not array.ndim:
                    continue
                short = array[:1, :1] if array.ndim > 1 else array[:0]
                save_arrays(path, arrays | {name: short}, description)
                try:
                    model = load_model(path)
                    model.predict_proba(np.zeros((2, model.n_features_in_), dtype=np.uint8))
                except InputError as error:
                    assert "makes no" in str(error)
        save_arrays(path, {}, description)
        with pytest.raises(InputError, match="makes no"):
            load_model(path)


@pytest.mark.parametrize(
    "change",
    [
        {"class_names": ["a"]},  # fewer than labels
        {"class_names": ["a", "a"]},
        {"class_names": "ab"},
        {"class_names": [1, 2]},
        {"classes": [-1, 0]},
        {"classes": [0.5, 1]},
        {"image_side": 7},
        {"image_side": 8.0},
        {"image_side": None},
    ],
)
@pytest.mark.parametrize("kind", ["softmax", "cnn"])
def test_a_description_that_does_not_fit_its_arrays_is_refused(
    models: Path, tmp_path: Path, kind: str, change: dict[str, Any]
) -> None:
    arrays, description = load_arrays(models / kind)
    save_arrays(tmp_path / "m.safetensors", arrays, description | change)
    with pytest.raises(InputError, match=f"m.safetensors: its content makes no {kind} model"):
        load_model(tmp_path / "m.safetensors")


def test_what_a_library_says_at_length_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    header = json.dumps({"__metadata__": "x" * 5000}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(InputError, match="not a whole safetensors file") as caught:
        load_arrays(path)
    assert len(str(caught.value)) < 300
