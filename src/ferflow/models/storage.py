"""A model as one safetensors file: arrays and a JSON description, nothing that runs on loading.

The description holds all that predicting needs, the names of the classes too, so that the file may be moved,
and a digest of the whole, so that no damage to the file makes another model of it.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ferflow.atomic import atomic_path
from ferflow.errors import InputError, reason_of

Model = TypeVar("Model")

_KEY = "ferflow"  # one key only: safetensors writes several in random order, and bytes must not vary


def save_arrays(path: Path | str, arrays: Mapping[str, NDArray[Any]], description: Mapping[str, Any]) -> None:
    """Write named arrays and what they are.

    Parameters
    ----------
    path : Path or str
        File to write, whole or not at all.
    arrays : mapping of str to array
        Of any shape and numeric dtype.
    description : mapping
        JSON-like; NumPy scalars and arrays in it become numbers and lists.
    """
    content = json.loads(json.dumps(dict(description), default=_plain))
    in_c_order = {name: np.require(array, requirements="C") for name, array in arrays.items()}
    text = json.dumps(content | {"digest": _digest(in_c_order, content)}, sort_keys=True)
    # Not by save_file: it tells of a full disk in an exception of its own.
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(in_c_order, metadata={_KEY: text}))


def load_arrays(path: Path | str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what :func:`save_arrays` wrote.

    Parameters
    ----------
    path : Path or str
        The file.

    Returns
    -------
    arrays : dict of str to array
    description : dict

    Raises
    ------
    InputError
        If the file is missing, is no safetensors file, was not written by ferflow, or is damaged.
    """
    description = read_description(path)
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, TypeError, ValueError, KeyError) as error:  # dtypes that NumPy lacks, too
        raise InputError(f"{path}: its arrays cannot be read ({reason_of(error)}); train it again") from error
    if "digest" not in description:
        raise InputError(f"{path}: has no digest; written by an older ferflow; train it again")
    if description.pop("digest") != _digest(arrays, description):
        raise InputError(f"{path}: damaged: it is not what was written; get it again, or train it again")
    return arrays, description


def _digest(arrays: Mapping[str, NDArray[Any]], description: Mapping[str, Any]) -> str:
    """Hash names, types, shapes and values of arrays and the description to 32 hexadecimal digits."""
    digest = hashlib.blake2b(json.dumps(description, sort_keys=True).encode(), digest_size=16)
    for name in sorted(arrays):
        digest.update(f"\n{name} {arrays[name].dtype.str} {arrays[name].shape}\n".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def read_description(path: Path | str) -> dict[str, Any]:
    """Read only the description that :func:`save_arrays` wrote.

    Parameters
    ----------
    path : Path or str
        The file.

    Returns
    -------
    dict

    Raises
    ------
    InputError
        Where :func:`load_arrays` raises it.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; run the train stage of its experiment first")
    try:
        with safe_open(path, framework="numpy") as file:
            description = json.loads((file.metadata() or {})[_KEY])
    except SafetensorError as error:
        raise InputError(
            f"{path}: not a whole safetensors file ({reason_of(error)}); train it again"
        ) from error
    except (KeyError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not written by ferflow; give a model that its train stage made") from error
    if not isinstance(description, dict) or not isinstance(description.get("model"), str):
        raise InputError(f"{path}: its description names no model; train it again")
    return description


def describe(model: Any, class_names: Sequence[str] | None) -> dict[str, Any]:
    """Describe a fitted model, for :func:`save_arrays`.

    Parameters
    ----------
    model : classifier
        One of :mod:`ferflow.models`.
    class_names : sequence of str, optional
        Names of all classes, in the order of the labels; those that the model never saw included. Without
        them the labels name themselves.

    Raises
    ------
    ValueError
        If a label has no name, or two labels have the same.
    """
    labels = np.asarray(model.classes_).tolist()
    names = [str(name) for name in (labels if class_names is None else class_names)]
    _check_names(labels, names)
    return {
        "model": model.model_name,
        "params": model.get_params(),
        "classes": labels,
        "class_names": names,
        "image_side": image_side_of(model.n_features_in_),
    }


def image_side_of(features: int) -> int | None:
    """Say how many pixels a side a face of so many features has; None if they are no square."""
    side = math.isqrt(features)
    return side if side * side == features else None


def _check_names(labels: Sequence[Any], names: Sequence[str]) -> None:
    """Raise ValueError if a label has no name, or two classes have the same."""
    if len(set(names)) < len(names):
        raise ValueError(f"a class name stands twice in {', '.join(names)}")
    nameless = [label for label in labels if label not in names and label not in range(len(names))]
    if nameless:
        raise ValueError(
            f"{len(names)} class names ({', '.join(names)}) leave label {nameless[0]!r} without one; "
            "give the names of all classes in the order of the labels"
        )


def restore(kind: type[Model], path: Path | str, description: Mapping[str, Any]) -> Model:
    """Make the model of a description, all but its arrays.

    Returns
    -------
    Model
        Of ``kind``, with ``classes_``, ``class_names_`` (tuple of str) and ``image_side_`` (pixels a side of
        a face; None if the features are no square).

    Raises
    ------
    InputError
        If the file holds a model of another kind, or no class names.
    ValueError
        If its names are no text, or do not fit its labels.
    """
    name = kind.model_name  # type: ignore[attr-defined]
    if description["model"] != name:
        raise InputError(f"{path}: holds a model of kind '{description['model']}', not '{name}'")
    if "class_names" not in description:
        raise InputError(f"{path}: holds no class names; written by an older ferflow; train it again")
    labels, names = description["classes"], description["class_names"]
    # A stranger's file may hold anything, and the first prediction would fail, or mean other classes.
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise ValueError("its class names are no list of texts")
    _check_names(labels, names)
    model: Any = kind(**description["params"])
    model.classes_ = np.array(labels)
    model.class_names_ = tuple(names)
    model.image_side_ = description["image_side"]
    result: Model = model
    return result


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written to a model's description")
