"""What the page is told about a photo: its faces, what the model says of them, and where it looks."""

import base64
import threading
from copy import deepcopy
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from ferflow.demo.gallery import png
from ferflow.errors import InputError
from ferflow.models.onnx_model import SUFFIX
from ferflow.models.registry import find_model
from ferflow.models.storage import read_description
from ferflow.predict.crops import crop_face, squeeze
from ferflow.predict.photos import Photo
from ferflow.predict.predictor import Predictor
from ferflow.predict.results import Expression, Prediction

MAP_SIDE = 288  # pixels of a saliency map as it is drawn
BRIGHTEST = 99.5  # percentile that is drawn brightest, so that no single pixel darkens the rest

#: One photo at a time: PyTorch and onnxruntime use all cores for each, and SmoothGrad's noise has one source.
lock = threading.Lock()


class Question(NamedTuple):
    """A photo and what is asked about it.

    Attributes
    ----------
    photo : Photo
    is_face : bool
        Whether the whole photo is one face.
    face : int
        Which of its faces, from left to right.
    label : str
        Which class; empty for the most probable.
    """

    photo: Photo
    is_face: bool = False
    face: int = 0
    label: str = ""


def recognise(predictor: Predictor, question: Question) -> dict[str, Any]:
    """Describe the faces in a photo, for the page.

    Parameters
    ----------
    predictor : Predictor
    question : Question

    Returns
    -------
    dict
        width, height, warning, and of each face: box, label, probabilities, and the crop that the model saw.
    """
    prediction = _predict(predictor, question)
    return {
        "width": prediction.width,
        "height": prediction.height,
        "warning": prediction.warning,
        "faces": [_described(predictor, question.photo, face) for face in prediction.faces],
    }


def locate(predictor: Predictor, question: Question) -> Expression:
    """Find the face that a question is about.

    Raises
    ------
    InputError
        If the photo has no such face.
    """
    faces = _predict(predictor, question).faces
    if not 0 <= question.face < len(faces):
        raise InputError(f"this photo has no face number {question.face + 1}; choose the photo again")
    return faces[question.face]


def crop(photo: Photo, face: Expression, side: int) -> NDArray[np.uint8]:
    """Cut a face out as a model of ``side`` x ``side`` pixels sees it."""
    return squeeze(photo.image, side) if face.box is None else crop_face(photo.image, face.box, side)


def look(predictor: Predictor, question: Question) -> dict[str, Any]:
    """Draw which pixels of a face move the logit of a class.

    Parameters
    ----------
    predictor : Predictor
    question : Question

    Returns
    -------
    dict
        label, and the map over the face as an image.

    Raises
    ------
    InputError
        If the photo has no such face, or the model no such class, or is no network.
    """
    from ferflow.studies.explain.saliency import smooth_saliency

    if not can_look(predictor):
        raise InputError("saliency is for networks; this model is none")
    face = locate(predictor, question)
    label = question.label or face.label
    if label not in predictor.trained_classes:
        raise InputError(f"this model was never trained on '{label}'; choose another class")
    logit = predictor.trained_classes.index(label)
    pixels = crop(question.photo, face, predictor.side)
    network = deepcopy(predictor.model.network_).cpu()  # type: ignore[union-attr]  # where the faces are
    values = smooth_saliency(network, pixels[None], np.array([logit]), seed=0)[0]
    return {"label": label, "image": data_uri(overlaid(pixels, values))}


def can_look(predictor: Predictor) -> bool:
    """Whether its model is a network, whose gradient by the pixels can be taken.

    Its file says so: PyTorch and the model in it take seconds to load, and the page waits for this.
    """
    if predictor.path.suffix == SUFFIX:
        return False
    return find_model(read_description(predictor.path)["model"]).schema.is_network


def overlaid(face: NDArray[np.uint8], values: NDArray[np.float32]) -> Image.Image:
    """Lay a saliency map over a face: bright where pixels matter; elsewhere the face shows.

    Parameters
    ----------
    face : uint8 array of shape (side, side)
    values : float32 array of the same shape
        Not negative.
    """
    strength = np.clip(values / (np.percentile(values, BRIGHTEST) or 1.0), 0, 1)
    colours = Image.fromarray((255 * colormaps["inferno"](strength)[..., :3]).astype(np.uint8))
    size = (MAP_SIDE, MAP_SIDE)
    mask = Image.fromarray((255 * 0.85 * strength).astype(np.uint8)).resize(size, Image.Resampling.BILINEAR)
    picture = Image.fromarray(face).convert("RGB").resize(size, Image.Resampling.NEAREST)
    picture.paste(colours.resize(size, Image.Resampling.BILINEAR), mask=mask)
    return picture


def data_uri(image: Image.Image) -> str:
    """Write an image as an address that holds it."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode()


def _predict(predictor: Predictor, question: Question) -> Prediction:
    predict = predictor.predict_faces if question.is_face else predictor.predict_photos
    return predict([question.photo])[0]


def _described(predictor: Predictor, photo: Photo, face: Expression) -> dict[str, Any]:
    return {
        "box": None if face.box is None else asdict(face.box),
        "label": face.label,
        "probabilities": dict(face.probabilities),
        "crop": data_uri(Image.fromarray(crop(photo, face, predictor.side))),
    }
