from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from ferflow.errors import InputError
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
