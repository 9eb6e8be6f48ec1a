"""The work of `ferflow predict` on videos: read, predict, and write as it goes."""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from ferflow.errors import InputError, counted
from ferflow.ingest.layout import nameable
from ferflow.predict.annotation import annotate
from ferflow.predict.command import format_of, say
from ferflow.predict.formatting import as_text
from ferflow.predict.output import check_out, write
from ferflow.predict.predictor import Predictor
from ferflow.predict.results import FramePrediction
from ferflow.predict.targets import Targets
from ferflow.predict.video.reader import Frame, Video
from ferflow.predict.video.recognition import EVERY, MAX_FRAMES, SMOOTH, recognise
from ferflow.predict.video.writer import VideoWriter, check_movie, is_movie, movie_path

_UNITS = {None: 1.0, "s": 1.0, "ms": 0.001, "min": 60.0}


def predict_videos(
    predictor: Predictor,
    paths: Sequence[str],
    *,
    every: str | None,
    smooth: str | None,
    out: str,
    form: str | None,
    save: Path | None,
    skip: bool,
) -> None:
    """Predict the expressions in videos, and write them as they come.

    Parameters
    ----------
    predictor : Predictor
    paths : sequence of str
    every, smooth : str or None
        Lengths of time as :func:`seconds` reads them; None for the defaults.
    out, form, skip
        As :func:`ferflow.predict.command.predict_sources` takes them.
    save : Path or None
        Where annotated videos go: a file for one, a folder for many.

    Raises
    ------
    InputError
        If a video or an option cannot be read, or an output would overwrite an input.
    """
    work = _Work(predictor, seconds("--every", every, EVERY), seconds("--smooth", smooth, SMOOTH), skip)
    targets = Targets([predictor.path, *paths])
    check_out(out, targets, save)
    if save is not None and is_movie(save) and len(paths) > 1:
        raise InputError(f"{save}: one video for several; name a folder after --save")
    movies = [None if save is None else targets.claim(movie_path(save, path)) for path in paths]
    for movie in filter(None, movies):
        check_movie(movie)
    like = FramePrediction("", 0, 0, (), predictor.classes, time=0.0)
    write(out, as_text(form or format_of(out), work.batches(paths, movies), like, paths))
    say(work.summary())


def seconds(option: str, text: str | None, default: float) -> float:
    """Read a length of time: "0.5s", "500ms", "2min", "0.5".

    Parameters
    ----------
    option : str
        What it is for.
    text : str or None
        None for the default.
    default : float

    Returns
    -------
    float

    Raises
    ------
    InputError
        If it is none.
    """
    if text is None:
        return default
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+) *(s|ms|min)?", text.strip())
    if match is None:
        raise InputError(f"{option}: '{text}' is no length of time; write it as 0.5s, 500ms or 2min")
    return float(match[1]) * _UNITS[match[2]]


@dataclass
class _Work:
    predictor: Predictor
    every: float
    smooth: float
    skip: bool
    videos: int = 0
    frames: int = 0
    empty: int = 0
    faces: int = 0
    bad: int = 0
    tracks: set[tuple[str, int]] = field(default_factory=set)

    def batches(self, paths: Sequence[str], movies: Sequence[Path | None]) -> Iterator[list[FramePrediction]]:
        for path, movie in zip(paths, movies, strict=True):
            try:
                frames = self._annotated(path, movie)
                while batch := list(islice(frames, MAX_FRAMES)):
                    yield batch
                self.videos += 1
            except InputError as error:
                if not self.skip:
                    raise
                self.bad += 1
                say(f"skipped: {error}")

    def _annotated(self, path: str, movie: Path | None) -> Iterator[FramePrediction]:
        for bad in nameable([path])[1]:  # no table could hold it
            raise InputError(f"{bad.origin}: {bad.reason}")
        video = Video(path, lambda line: say(f"warning: {line}"))
        results = recognise(self.predictor, video, every=self.every, smooth=self.smooth)
        with nullcontext() if movie is None else VideoWriter(movie) as writer:
            for frame, prediction in _with_progress(results, video):
                if writer is not None:
                    writer.add(frame.time, annotate(frame.image, prediction))
                self._count(prediction)
                yield prediction

    def _count(self, prediction: FramePrediction) -> None:
        self.frames += 1
        self.empty += not prediction.faces
        self.faces += len(prediction)
        self.tracks |= {(prediction.image, face.track) for face in prediction.faces}

    def summary(self) -> str:
        """Say in one line what became of the videos."""
        parts = [
            f"{counted(self.videos, 'video')}, {counted(self.frames, 'frame')}, "
            f"{counted(self.faces, 'face')} in {counted(len(self.tracks), 'track')}"
        ]
        parts += [f"no face found in {counted(self.empty, 'frame')}"] if self.empty else []
        parts += [f"{self.bad:,} skipped"] if self.bad else []
        return "; ".join(parts)


def _with_progress(
    results: Iterator[tuple[Frame, FramePrediction]], video: Video
) -> Iterator[tuple[Frame, FramePrediction]]:
    layout = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s [{elapsed}<{remaining}]"
    with tqdm(
        desc=Path(video.name).name,
        total=video.duration,
        bar_format=layout if video.duration else "{desc}: {n:.0f} s [{elapsed}]",
        disable=not sys.stderr.isatty(),
        leave=False,
    ) as bar:
        for frame, prediction in results:
            bar.update(frame.time - bar.n)
            yield frame, prediction
