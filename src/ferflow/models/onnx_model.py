"""A model that `ferflow export` wrote as ONNX, run by onnxruntime: the same probabilities, sooner.

onnxruntime folds batch normalisation into the convolutions before it and needs no PyTorch, which takes longer
to import than a photo to look at; `benchmarks/peer_fer.py` compares.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from numpy.typing import ArrayLike, NDArray

from ferflow.errors import InputError, reason_of
from ferflow.models.faces import RowSource, take_rows

SUFFIX = ".onnx"
INPUT, OUTPUT = "faces", "probabilities"
DIGEST = "digest"  # of the metadata
_SMALL = 64  # numbers; fewer are not worth a node that converts them


def digest_of(model: onnx.ModelProto) -> str:
    """Hash a model without its own digest to 32 hexadecimal digits (128-bit BLAKE2b)."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    about = {entry.key: entry.value for entry in model.metadata_props if entry.key != DIGEST}
    onnx.helper.set_model_props(bare, about)
    return hashlib.blake2b(bare.SerializeToString(deterministic=True), digest_size=16).hexdigest()


def halve(model: onnx.ModelProto) -> None:
    """Store as half precision the weights that lose nothing by it, as those of the network in the package.

    Parameters
    ----------
    model : ModelProto
        Changed in place: each such weight becomes a float16 one and a node that converts it, which
        onnxruntime does once, when it loads the file.
    """
    casts = []
    for weight in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if np.array_equal(half.astype(np.float32), values):
            name = weight.name
            weight.CopyFrom(onnx.numpy_helper.from_array(half, f"{name}.half"))
            casts.append(onnx.helper.make_node("Cast", [weight.name], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def make_session(model: onnx.ModelProto, threads: int) -> onnxruntime.InferenceSession:
    """Have onnxruntime run a model on the processor.

    Parameters
    ----------
    model : ModelProto
    threads : int
        Threads that one run may use; 0 leaves it to onnxruntime.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors; it warns of weights that the detector's file lists twice
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # leaves cores to others
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


class OnnxModel:
    """A trained model in an ONNX file. May be shared between threads.

    Parameters
    ----------
    path : Path
        Written by `ferflow export`.
    threads : int, default=0
        Threads that one batch may use; 0 leaves it to onnxruntime.

    Attributes
    ----------
    classes_ : array of str, (k,)
        What the columns of :meth:`predict_proba` stand for.
    class_names_ : tuple of str
        All classes that a face may show.
    image_side_ : int
        Pixels a side of the faces.
    n_features_in_ : int
        Pixels of a face.

    Raises
    ------
    InputError
        If there is no such file, it was not written by ferflow, or it is damaged.
    """

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        model = _read(path)
        about = {entry.key: entry.value for entry in model.metadata_props}
        try:
            names, side = _class_names(about["classes"]), int(about["image_side"])
            dtype = about["input"].split(",")[0]
            whole = about[DIGEST] == digest_of(model)
        # TypeError: text that is not UTF-8; RecursionError: brackets without end
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise InputError(
                f"{path}: not written by ferflow; give a file that `ferflow export` made"
            ) from error
        if not whole:
            raise InputError(f"{path}: damaged: it is not what was written; export it again")
        self.classes_ = np.array(names)
        self.class_names_ = tuple(names)
        self.image_side_ = side
        self.n_features_in_ = side**2
        self._dtype = dtype
        try:
            self._session = make_session(model, threads)
            (faces,) = self._session.get_inputs()
            # One blank face: metadata that do not fit would fail at the first that somebody asks about.
            fits = faces.shape[1:] == [side, side] and self._answers_with(len(names))
        except Exception as error:  # its errors have no class in common
            raise InputError(f"{path}: onnxruntime cannot run it; export it again") from error
        if not fits:
            raise InputError(f"{path}: its metadata do not fit its network; export it again")

    def _answers_with(self, classes: int) -> bool:
        """Whether a face gets so many probabilities."""
        return self.predict_proba(np.zeros((1, self.n_features_in_), dtype=np.uint8)).shape == (1, classes)

    def predict_proba(self, X: ArrayLike | RowSource) -> NDArray[np.float32]:
        """Predict the probability of each class.

        Parameters
        ----------
        X : array of shape (n, side * side), or RowSource
            Faces, 0 to 255.

        Returns
        -------
        float32 array of shape (n, k)
        """
        faces = take_rows(X, np.arange(X.shape[0])) if isinstance(X, RowSource) else np.asarray(X)
        if not len(faces):
            return np.zeros((0, len(self.classes_)), dtype=np.float32)
        faces = faces.reshape(len(faces), self.image_side_, self.image_side_)
        result: NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: faces.astype(self._dtype)})[0]
        return result


def _class_names(text: str) -> list[str]:
    """Read the names of the classes; raise ValueError if they are no different texts."""
    names = json.loads(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("no list of texts")
    if len(set(names)) < len(names):
        raise ValueError("a name stands twice")
    return names


def _read(path: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(path, load_external_data=False)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; `ferflow export` makes one") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except DecodeError as error:
        raise InputError(f"{path}: no whole ONNX file; export it again") from error
    except ValueError as error:  # a NUL stands in its name
        raise InputError(f"{path}: cannot be read ({reason_of(error)})") from error
    if any(weight.data_location == onnx.TensorProto.EXTERNAL for weight in model.graph.initializer):
        # All that counts must be under the digest, and no file be read that was not named.
        raise InputError(f"{path}: its weights lie in other files; give what `ferflow export` made")
    return model
