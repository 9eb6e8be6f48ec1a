"""The work of `ferflow export`: a trained model to a file for other programs, and a check of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ferflow import __version__
from ferflow.atomic import atomic_path
from ferflow.errors import InputError
from ferflow.export.files import Run, run_onnx, run_program, write_onnx, write_program
from ferflow.export.modules import probability_module
from ferflow.models.factory import load_model
from ferflow.models.network import NetworkClassifier
from ferflow.models.registry import Classifier
from ferflow.networks import card_path
from ferflow.predict.predictor import model_path

TOLERANCE = 1e-5  # of a probability
LEAST_AGREEMENT = 0.9  # share of the faces that get the same answer from 8-bit integers
LICENCE = (
    "ferflow and the network in its package: MIT licence. Another model: as whoever trained it says. The "
    "terms of the faces that it was trained on, and of pretrained weights, apply too."
)


@dataclass(frozen=True)
class Format:
    """How a format is written, and loaded again to be compared."""

    write: Callable[..., None]
    load: Callable[[Path, str], Run]


FORMATS = {"onnx": Format(write_onnx, run_onnx), "pt2": Format(write_program, run_program)}


def export_model(
    model: Path | None,
    out: Path | None,
    form: str | None,
    dtype: str,
    *,
    single_view: bool = False,
    calibration: Callable[[int], NDArray[np.uint8]] | None = None,
) -> str:
    """Write a trained model to a file for other programs, if it gives the same probabilities.

    With 8-bit integers they are nearly the same: the most probable class has to be, for most faces.

    Parameters
    ----------
    model : Path or None
        None for the network in the package.
    out : Path or None
        None for the model's name in the current folder.
    form : {"onnx", "pt2"} or None
        None for what the suffix of ``out`` says, or ONNX where there is none.
    dtype : {"uint8", "float32"}
        Of the faces that the file takes.
    single_view : bool, default=False
        Whether a network predicts from the face alone, even if it averages over further views of it.
    calibration : callable, optional
        Maps the pixels a side to faces, uint8 (n, side, side), by which a network is made to compute with
        8-bit integers; left out for floating point.

    Returns
    -------
    str
        What was written, and how well it agrees.

    Raises
    ------
    InputError
        If the model cannot be read or exported, or the format is not known, or 8-bit integers are wanted of
        what is no network or no ONNX, or change too many answers.
    """
    source = model_path(model)
    if source.suffix.lower().removeprefix(".") in FORMATS:
        raise InputError(f"{source}: exported already; give the .safetensors that it came from")
    form = form or _format_of(out)
    out = out or Path(f"{source.stem}.{form}")
    if out.is_dir():
        raise InputError(f"{out}: a folder; name a file")
    if out.resolve() == source.resolve():
        raise InputError(f"{out}: would overwrite the model that is exported; name another file")
    classifier = load_model(source)
    side = classifier.image_side_
    if side is None:
        raise InputError(
            f"{source}: its {classifier.n_features_in_} features are no square face; only models of faces "
            "can be exported"
        )
    if calibration is not None and form != "onnx":
        raise InputError("--int8 is for ONNX; leave it out, or say --format onnx")
    if (single_view or calibration is not None) and not isinstance(classifier, NetworkClassifier):
        raise InputError(f"{source}: no network; --single-view and --int8 are for networks")
    if single_view:
        classifier.flip_average, classifier.scale_average = False, None  # type: ignore[attr-defined]
    faces = None if calibration is None else calibration(side)
    module = probability_module(classifier)
    about = {
        "classes": json.dumps(_names(classifier), ensure_ascii=False),
        "image_side": str(side),
        "input": f"{dtype}, (n, {side}, {side}), grey, 0 to 255, cropped as FER-2013's faces are",
        "experiment": _experiment(source),
        "ferflow": __version__,
        "licence": LICENCE,
    }
    with atomic_path(out, follow=True) as temporary:
        options = {} if faces is None else {"calibration": faces}
        FORMATS[form].write(temporary, module, side, dtype, about, **options)
        exported = FORMATS[form].load(temporary, dtype)
        if faces is None:
            agreement = _same_probabilities(classifier, exported, side, f"{source}: as {form}")
        else:
            agreement = same_answers(classifier, exported, faces, str(source))
        size = temporary.stat().st_size / 1e6
    return f"{out}: {size:.1f} MB; {agreement}"


def _same_probabilities(classifier: Classifier, run: Run, side: int, what: str) -> str:
    """Say by how much the probabilities of random faces differ; raise InputError beyond rounding."""
    noise = np.random.default_rng(0).integers(0, 256, (37, side, side), dtype=np.uint8)
    expected = classifier.predict_proba(noise.reshape(len(noise), -1))
    difference = max(
        float(np.abs(run(noise[:n]).astype(np.float64) - expected[:n]).max()) for n in (1, len(noise))
    )
    if not difference <= TOLERANCE:
        raise InputError(
            f"{what} its probabilities differ by {difference:.1g}, more than {TOLERANCE:g}; not written"
        )
    return f"probabilities of random faces differ by {difference:.0e} at most"


def same_answers(classifier: Classifier, run: Run, faces: NDArray[np.uint8], what: str) -> str:
    """Say of how many faces a file's most probable class is that of the model it was made of.

    Parameters
    ----------
    classifier : Classifier
    run : callable
        The file: maps faces to probabilities.
    faces : uint8 array of shape (n, side, side)
    what : str
        The model, for a message.

    Raises
    ------
    InputError
        If it is the same for fewer than nine in ten.
    """
    expected = classifier.predict_proba(faces.reshape(len(faces), -1))
    found = run(faces)
    same = float((found.argmax(axis=1) == expected.argmax(axis=1)).mean())
    if same < LEAST_AGREEMENT:
        raise InputError(
            f"{what}: with 8-bit integers it answers alike for {same:.1%} of the {len(faces):,} faces only; "
            "leave --int8 out"
        )
    difference = float(np.abs(found - expected).mean())
    return (
        f"8-bit: {same:.1%} of {len(faces):,} faces get the same answer, probabilities differ by "
        f"{difference:.3f} in the mean"
    )


def _format_of(out: Path | None) -> str:
    suffix = "onnx" if out is None else out.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        names = " or ".join(FORMATS)
        raise InputError(f"{out}: its suffix says no format; say --format {names}, or end it in one of these")
    return suffix


def _names(classifier: Classifier) -> list[str]:
    """Name the columns of ``predict_proba``: a class without training faces has none."""
    names = classifier.class_names_
    return [label if label in names else names[label] for label in classifier.classes_.tolist()]


def _experiment(source: Path) -> str:
    """Name the experiment of a model by where it lies: experiments/<name>/<seed>/model.safetensors."""
    parts = source.resolve().parts
    if len(parts) >= 4 and parts[-4] == "experiments":
        return f"{parts[-3]}, seed {parts[-2]}"
    return f"{source.stem}, in the package" if card_path(source.stem).parent == source.parent else ""
