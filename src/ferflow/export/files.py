"""Exported models as files: written, and compared with the model that they come from."""

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ferflow.models.onnx_model import DIGEST, INPUT, OUTPUT, OnnxModel, digest_of, halve

METADATA = "ferflow.json"  # in a .pt2 file
_DTYPES = {"uint8": torch.uint8, "float32": torch.float32}

Run = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def write_onnx(
    path: Path,
    module: nn.Module,
    side: int,
    dtype: str,
    about: Mapping[str, str],
    calibration: NDArray[np.uint8] | None = None,
) -> None:
    """Write a module that maps faces to probabilities as ONNX, any number of faces at a time.

    Parameters
    ----------
    path : Path
    module : Module
    side : int
        Of a face, in pixels.
    dtype : {"uint8", "float32"}
        Of the faces.
    about : mapping of str to str
        The file's ``metadata_props``.
    calibration : uint8 array of shape (n, side, side), optional
        Faces by which it is made to compute with 8-bit integers: see
        :func:`ferflow.export.quantization.quantised`.
    """
    import onnx

    with _quiet():
        program = torch.onnx.export(
            module,
            (_example(side, dtype),),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    model.producer_name, model.producer_version = "ferflow", about["ferflow"]
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    for node in model.graph.node:  # where each comes from in our code, with paths of this machine
        del node.metadata_props[:]
        node.doc_string = ""
    if calibration is not None:
        from ferflow.export.quantization import quantised

        with _quiet():
            model = quantised(model, calibration.astype(dtype))
    halve(model)
    onnx.helper.set_model_props(model, dict(about))
    onnx.helper.set_model_props(model, {**about, DIGEST: digest_of(model)})
    onnx.checker.check_model(model)
    onnx.save(model, path)


def write_program(path: Path, module: nn.Module, side: int, dtype: str, about: Mapping[str, str]) -> None:
    """Write a module as a program of ``torch.export``; parameters as of :func:`write_onnx`."""
    with _quiet():
        program = torch.export.export(
            module, (_example(side, dtype),), dynamic_shapes=({0: torch.export.Dim.DYNAMIC},)
        )
        torch.export.save(program, path, extra_files={METADATA: json.dumps(dict(about), indent=1)})


def run_onnx(path: Path, dtype: str) -> Run:
    """Load an ONNX file into onnxruntime."""
    return OnnxModel(path).predict_proba


def run_program(path: Path, dtype: str) -> Run:
    """Load a program of ``torch.export``."""
    with _quiet():
        module = torch.export.load(path).module()

    def run(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            result: NDArray[np.float32] = module(torch.from_numpy(faces.astype(dtype))).numpy()
        return result

    return run


def _example(side: int, dtype: str) -> torch.Tensor:
    """Two faces, as PyTorch would take a single one for the only number there is."""
    return torch.zeros(2, side, side, dtype=_DTYPES[dtype])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporters' progress and advice from the terminal."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
