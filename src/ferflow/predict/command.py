"""The work of `ferflow predict`: read images, predict, write, and say what was not as it should be."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from ferflow.errors import InputError, counted
from ferflow.ingest.collection import BadFace
from ferflow.ingest.images import BadImageError
from ferflow.ingest.unlabelled import FacePixels, Unlabelled, name_of
from ferflow.predict.annotation import annotate
from ferflow.predict.formatting import FORMATS, as_text
from ferflow.predict.output import check_out, check_pictures, is_picture, picture_path, save_picture, write
from ferflow.predict.photos import Photo, decoded
from ferflow.predict.predictor import Predictor
from ferflow.predict.results import Prediction
from ferflow.predict.sources import STANDARD, files_read, read_sources
from ferflow.predict.targets import Targets

# A batch: enough for the network, and no more than memory holds.
MAX_IMAGES = 256
MAX_PIXELS = 20_000_000


@dataclass
class Work:
    """What is done with each image, and what became of them.

    Attributes
    ----------
    predictor : Predictor
    skip : bool
        Whether to go on after an image that cannot be read.
    save : Path or None
        Where annotated pictures go: a file for one, a folder for many.
    targets : Targets
        Names them.
    """

    predictor: Predictor
    skip: bool
    save: Path | None
    targets: Targets
    predictions: list[Prediction] = field(default_factory=list)
    bad: int = 0
    _batch: list[Photo] = field(default_factory=list)
    _of_table: bool = False  # whether the batch holds faces of a table, which are cropped

    def take(self, item: Unlabelled) -> None:
        """Take an image; predict when there are enough for a batch."""
        of_table = isinstance(item, FacePixels)
        if of_table != self._of_table:
            self.flush()
        self._of_table = of_table
        try:
            self._batch.append(photo_of(item))
        except BadImageError as error:
            name = name_of(item)
            if not self.skip:
                raise InputError(
                    f"{name}: {error}; mend or remove it, or leave it out with --on-bad skip"
                ) from error
            self.bad += 1
            say(f"skipped: {name}: {error}")
        pixels = sum(photo.image.width * photo.image.height for photo in self._batch)
        if len(self._batch) >= MAX_IMAGES or pixels >= MAX_PIXELS:
            self.flush()

    def flush(self) -> None:
        """Predict what has been taken."""
        predict = self.predictor.predict_faces if self._of_table else self.predictor.predict_photos
        for photo, prediction in zip(self._batch, predict(self._batch), strict=True):
            self.predictions.append(prediction)
            if prediction.warning:
                say(f"warning: {photo.name}: {prediction.warning}")
            if self.save is not None:
                picture = self.targets.claim(picture_path(self.save, photo.name))
                save_picture(picture, annotate(photo.image, prediction))
        self._batch.clear()

    def summary(self) -> str:
        """Say in one line what became of the images."""
        faces = sum(map(len, self.predictions))
        empty = sum(not prediction.faces for prediction in self.predictions)
        parts = [f"{counted(len(self.predictions), 'image')}, {counted(faces, 'face')}"]
        parts += [f"no face found in {empty:,}"] if empty else []
        parts += [f"{self.bad:,} skipped"] if self.bad else []
        return "; ".join(parts)


def predict_sources(
    predictor: Predictor,
    sources: Sequence[str],
    *,
    out: str,
    form: str | None,
    save: Path | None,
    skip: bool,
) -> None:
    """Predict all that sources hold, and write it.

    Parameters
    ----------
    predictor : Predictor
    sources : sequence of str
        See :func:`ferflow.predict.sources.read_sources`.
    out : str
        File, device or pipe; ``-`` is standard output.
    form : str or None
        One of ``FORMATS``; None for what the suffix of ``out`` says, else a table on a terminal, else CSV.
    save : Path or None
        Where annotated pictures go: a file for one image, a folder for many.
    skip : bool
        Whether images that cannot be read cost a line each, rather than an error.

    Raises
    ------
    InputError
        If a source or an image cannot be read, or an output would overwrite an input.
    """
    files = files_read(sources)
    targets = Targets([predictor.path, *(path for path, _ in files)])
    check_out(out, targets, save)
    if save is not None:
        for _, name in files:  # what a table or an archive calls its images turns out as they are read
            targets.check(picture_path(save, name))
        check_pictures(save)
    work = Work(predictor, skip, save, targets)
    items = read_sources(sources, predictor.side)
    if save is not None and is_picture(save):
        items = _only_one(items, save)
    with tqdm(unit=" images", disable=not sys.stderr.isatty(), leave=False) as bar:
        for item in items:
            work.take(item)
            bar.update()
        work.flush()
    like = Prediction("", 0, 0, (), predictor.classes)
    write(out, as_text(form or format_of(out), [work.predictions], like))
    say(work.summary())


def format_of(out: str) -> str:
    """Choose a format by the suffix of the output, or by whether someone looks at it."""
    suffix = Path(out).suffix.lower().removeprefix(".")
    if suffix in FORMATS:
        return suffix
    return "table" if out == STANDARD and sys.stdout.isatty() else "csv"


def say(line: str) -> None:
    """Print a line beside the results."""
    tqdm.write(line, file=sys.stderr)


def photo_of(item: Unlabelled) -> Photo:
    """Decode an image, or take the pixels of a table; raise BadImageError if it is none."""
    if isinstance(item, BadFace):
        raise BadImageError(item.reason)
    if isinstance(item, FacePixels):
        return Photo(item.id, Image.fromarray(item.pixels))
    return decoded(item.id, item.content)


def _only_one(items: Iterator[Unlabelled], save: Path) -> Iterator[Unlabelled]:
    first = list(islice(items, 2))
    if len(first) > 1:
        raise InputError(f"{save}: one picture for several images; name a folder after --save")
    return chain(first, items)
