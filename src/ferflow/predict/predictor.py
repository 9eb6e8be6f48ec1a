"""Expressions of the faces in images: ``from ferflow import Predictor``."""

import os
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ferflow.errors import InputError, shown
from ferflow.evaluation.predictions import named_probabilities
from ferflow.ingest.names import name_fault
from ferflow.models.factory import load_model
from ferflow.models.onnx_model import SUFFIX, OnnxModel
from ferflow.models.registry import Classifier
from ferflow.networks import FOLDER, SUFFIXES, network_path
from ferflow.predict.crops import SMALL, crop_face, holds_small_face, is_oblong, squeeze
from ferflow.predict.detector import Detection, Detector
from ferflow.predict.photos import ImageLike, Photo, read_photo
from ferflow.predict.results import Expression, FramePrediction, Prediction

NETWORK = "fer2013"
DEVICES = ("auto", "cpu", "cuda")
BATCH = 8  # images of a list that are held at once


class Predictor:
    """Recognises the expressions of faces in images. May be shared between threads.

    Parameters
    ----------
    model : path, optional
        A trained model, as the train stage or `ferflow export` (ONNX) wrote it, or the name of a network in
        the package; left out, the best there.
    cropped : bool, default=False
        Whether each image is a face, as FER-2013's are, rather than a photo in which to look for faces.
    device : {"auto", "cpu", "cuda"}, default="auto"
        Where a network runs; ``auto`` takes a GPU where there is one, but for the network in the package,
        which onnxruntime has run on the processor before PyTorch is imported.

    Attributes
    ----------
    path : Path
        Of the model.
    classes : tuple of str
        What a face may show.
    trained_classes : tuple of str
        Those that the model was trained on, in the order of its logits; it never predicts the others.
    side : int
        Pixels a side of the faces that the model takes.

    Raises
    ------
    InputError
        If there is no such model or device, or the model does not take square faces, or a class has a name
        that a terminal might obey.

    Examples
    --------
    >>> predictor = Predictor()
    >>> for face in predictor("party.jpg"):
    ...     print(face.label, face.probabilities[face.label], face.box)
    """

    def __init__(
        self, model: str | os.PathLike[str] | None = None, *, cropped: bool = False, device: str = "auto"
    ) -> None:
        self.path = model_path(model)
        self._model = open_model(self.path, device)
        if self._model.image_side_ is None:
            raise InputError(
                f"{self.path}: its {self._model.n_features_in_} features are no square face; "
                "train it on faces"
            )
        self.side = self._model.image_side_
        self.classes = self._model.class_names_
        _check_names(self.path, self.classes)
        self.trained_classes = tuple(
            label if isinstance(label, str) else self.classes[int(label)]
            for label in self._model.classes_.tolist()
        )
        self.cropped = cropped
        self._detector: Detector | None = None
        self._lock = threading.Lock()

    @cached_property
    def model(self) -> Classifier | OnnxModel:
        """The trained model, as PyTorch has it where there is a file for it."""
        if isinstance(self._model, OnnxModel) and self.path.suffix != SUFFIX:
            return load_model(self.path)
        return self._model

    # A path is a sequence of strings too, and is taken as what it is: mypy cannot know.
    @overload
    def __call__(self, images: ImageLike) -> Prediction: ...  # type: ignore[overload-overlap]

    @overload
    def __call__(self, images: Iterable[ImageLike]) -> list[Prediction]: ...

    def __call__(self, images: ImageLike | Iterable[ImageLike]) -> Prediction | list[Prediction]:
        """Recognise the expressions in one image, or in each of a list.

        Raises
        ------
        InputError
            If an image cannot be read.
        """
        if isinstance(images, (str, bytes, np.ndarray)) or not isinstance(images, Iterable):
            return self.predict_photos([read_photo(images, 0)])[0]
        predictions: list[Prediction] = []
        numbered = enumerate(images)
        while batch := [read_photo(image, number) for number, image in islice(numbered, BATCH)]:
            predictions += self.predict_photos(batch)
        return predictions

    def video(
        self, path: str | os.PathLike[str], *, every: float = 0.5, smooth: float = 1.0
    ) -> Iterator[FramePrediction]:
        """Recognise the expressions in a video, frame by frame as it is read.

        Parameters
        ----------
        path : path
            Any file that FFmpeg reads. What is damaged or missing in it costs a warning.
        every : float, default=0.5
            Seconds between the frames that are looked at; 0 for every frame.
        smooth : float, default=1.0
            Seconds over which the probabilities of a face are averaged, see
            :class:`ferflow.predict.video.tracks.Tracks`; 0 for those of each frame alone.

        Returns
        -------
        iterator of FramePrediction
            Memory does not grow with the length of the video, unless all are kept.

        Raises
        ------
        InputError
            If there is no such file, it is no video, or a number is negative; while frames are read, if
            there is none.

        Examples
        --------
        >>> for frame in Predictor().video("talk.mp4", every=1):
        ...     for face in frame:
        ...         print(frame.time, face.track, face.label)
        """
        from ferflow.predict.video.reader import Video
        from ferflow.predict.video.recognition import recognise

        video = Video(path, partial(warnings.warn, stacklevel=2))
        return (prediction for _, prediction in recognise(self, video, every=every, smooth=smooth))

    def predict_photos(self, photos: Sequence[Photo]) -> list[Prediction]:
        """Recognise the expressions in photos, all their faces in one batch of the network."""
        if self.cropped:
            return self.predict_faces(photos)
        detections = [
            sorted(self.detect(photo.image), key=lambda detection: detection.box.left) for photo in photos
        ]
        crops = [
            crop_face(photo.image, detection.box, self.side)
            for photo, group in zip(photos, detections, strict=True)
            for detection in group
        ]
        probabilities = iter(self._probabilities(crops))
        return [
            self._prediction(
                photo, [self._expression(photo.name, found, next(probabilities)) for found in group]
            )
            for photo, group in zip(photos, detections, strict=True)
        ]

    def predict_faces(self, photos: Sequence[Photo]) -> list[Prediction]:
        """Recognise the expressions of faces that are cropped already."""
        probabilities = self._probabilities([squeeze(photo.image, self.side) for photo in photos])
        return [
            self._prediction(photo, [self._expression(photo.name, None, row)], self._doubt(photo.image))
            for photo, row in zip(photos, probabilities, strict=True)
        ]

    def detect(self, image: Image.Image) -> list[Detection]:
        """Find the faces in an image, best first."""
        with self._lock:
            self._detector = self._detector or Detector()
        return self._detector(image.convert("RGB"))

    def _doubt(self, image: Image.Image) -> str:
        size = f"{image.width} x {image.height} pixels"
        if is_oblong(image):
            return f"{size} are no square crop of a face; if it is a photo, let the face be found in it"
        if min(image.size) >= SMALL and holds_small_face(image, self.detect(image)):
            return f"{size} with a small face in it: a photo, no crop of a face; let the face be found in it"
        return ""

    def _probabilities(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        faces = np.array(crops, dtype=np.uint8).reshape(len(crops), self.side**2)
        return named_probabilities(self._model, faces, self.classes)

    def _expression(self, name: str, found: Detection | None, row: NDArray[np.float32]) -> Expression:
        box, score = (None, None) if found is None else (found.box, found.score)
        probabilities = dict(zip(self.classes, row.tolist(), strict=True))
        return Expression(name, box, score, self.classes[int(row.argmax())], probabilities)

    def _prediction(self, photo: Photo, faces: Sequence[Expression], warning: str = "") -> Prediction:
        width, height = photo.image.size
        return Prediction(photo.name, width, height, tuple(faces), self.classes, warning)


def _check_names(path: Path, classes: Sequence[str]) -> None:
    """Refuse names of classes that no data set may have: a stranger's model may hold any, to be printed."""
    for name in classes:
        if fault := name_fault(name):
            raise InputError(f"{path}: its class '{shown(name)}' {fault}; give a model with other names")


def model_path(model: str | os.PathLike[str] | None) -> Path:
    """Find a trained model: a file, or by its name a network in the package; None for the default there.

    Raises
    ------
    InputError
        If the package has no such network.
    """
    if model is None:
        return default_model()
    path = Path(model)
    is_name = path.name == os.fspath(model) and not path.suffix and not path.exists()
    return network_path(path.name) if is_name else path


def default_model() -> Path:
    """Find the network that comes with the package."""
    try:
        return network_path(NETWORK)
    except InputError as error:
        raise InputError(
            "this installation of ferflow holds no trained network; give one with --model "
            "(in Python: Predictor(model=...)), as results/experiments/cnn/0/model.safetensors after `make`"
        ) from error


def open_model(path: Path, device: str) -> Classifier | OnnxModel:
    """Load a model: by onnxruntime where it is an ONNX file, or has one beside it in the package.

    Raises
    ------
    InputError
        If there is no such model or device.
    """
    if device not in DEVICES:
        raise InputError(f"device '{device}': not known; say {', '.join(DEVICES[:-1])} or {DEVICES[-1]}")
    if path.is_dir():
        raise InputError(f"{path}: a folder; name the file of a trained model")
    if path.suffix == SUFFIX:
        if device == "cuda":
            raise InputError(
                "device 'cuda': an ONNX file runs on the processor; give the .safetensors it came from"
            )
        return OnnxModel(path)
    exported = path.with_suffix(SUFFIX)
    if device != "cuda" and path.parent == FOLDER and exported.is_file():
        return OnnxModel(exported)
    try:
        model = load_model(path)
    except InputError as error:
        if path.suffix and path.suffix not in SUFFIXES and path.is_file():  # its content would be blamed
            raise InputError(
                f"{path}: no model; give a .safetensors of the train stage, or an .onnx of `ferflow export`"
            ) from error
        raise
    move(model, device)
    return model


def move(model: Classifier, device: str) -> None:
    """Move a network to a device; raise InputError if there is none, or the model is no network."""
    from torch import cuda, nn

    network: nn.Module | None = getattr(model, "network_", None)
    if device == "cuda" and not cuda.is_available():
        raise InputError("device 'cuda': no GPU that PyTorch can use here; leave it out, or say cpu")
    if device == "cuda" and network is None:
        raise InputError("device 'cuda': this model is no network and runs on the processor; say cpu")
    if network is not None and device != "cpu" and cuda.is_available():
        network.to("cuda")
