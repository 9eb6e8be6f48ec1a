"""A model as one safetensors file: arrays and a JSON description, nothing that runs on loading."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ferflow.errors import InputError
from ferflow.files import atomic_path

_KEY = "ferflow"  # one key only: safetensors writes several in random order, and bytes must not vary


def save_arrays(path: Path | str, arrays: Mapping[str, NDArray[Any]], description: Mapping[str, Any]) -> None:
    """Write named arrays and what they are.

    Parameters
    ----------
    path : file to write, whole or not at all
    arrays : arrays of any shape and numeric dtype
    description : JSON-like; NumPy scalars and arrays in it become numbers and lists
    """
    text = json.dumps(dict(description), sort_keys=True, default=_plain)
    in_c_order = {name: np.require(array, requirements="C") for name, array in arrays.items()}
    with atomic_path(path) as temporary:
        save_file(in_c_order, temporary, metadata={_KEY: text})


def load_arrays(path: Path | str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what :func:`save_arrays` wrote.

    Raises
    ------
    InputError
        If the file is missing, is no safetensors file, or was not written by ferflow.
    """
    description = read_description(path)
    with safe_open(path, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, description  # noqa: SIM118


def read_description(path: Path | str) -> dict[str, Any]:
    """Read only the description that :func:`save_arrays` wrote; raises what :func:`load_arrays` raises."""
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; run the train stage of its experiment first")
    try:
        with safe_open(path, framework="numpy") as file:
            description = json.loads((file.metadata() or {})[_KEY])
    except SafetensorError as error:
        raise InputError(f"{path}: not a whole safetensors file ({error}); train it again") from error
    except (KeyError, ValueError) as error:
        raise InputError(f"{path}: not written by ferflow; give a model that its train stage made") from error
    if not isinstance(description, dict) or "model" not in description:
        raise InputError(f"{path}: its description names no model; train it again")
    return description


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written to a model's description")
