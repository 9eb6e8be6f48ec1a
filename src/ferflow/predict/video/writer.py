"""A video of annotated frames, each shown until the next."""

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from ferflow.atomic import atomic_path
from ferflow.errors import InputError

SUFFIXES = (".mp4", ".mkv", ".mov")
_CLOCK = Fraction(1, 1000)  # seconds; the unit of the times in the file


class VideoWriter:
    """Writes frames to a video file, whole or not at all; a context manager.

    H.264 where FFmpeg has x264, which the wheels of PyAV bring; else MPEG-4. Of an odd side the last line of
    pixels is left out, as these formats need it; all frames get the size of the first.

    Parameters
    ----------
    path : Path
        Ends in one of ``SUFFIXES``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stack = ExitStack()
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._last = -1

    def __enter__(self) -> Self:
        with self._stack as stack:
            temporary = stack.enter_context(atomic_path(self._path, follow=True))
            self._container = stack.enter_context(av.open(str(temporary), "w"))
            stack.push(self._flush)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is GeneratorExit:  # whoever read the predictions has enough: what was shown is kept
            kind, error, trace = None, None, None
        self._stack.__exit__(kind, error, trace)

    def _flush(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the frames that the codec has kept back."""
        if kind is None and self._container is not None and self._stream is not None:
            self._container.mux(self._stream.encode())

    def add(self, time: float, image: Image.Image) -> None:
        """Show an RGB image from a time on, in seconds, which is greater than that of the image before."""
        assert self._container is not None
        if self._stream is None:
            self._stream = _stream(self._container, image)
        frame = av.VideoFrame.from_image(image.crop((0, 0, self._stream.width, self._stream.height)))
        self._last = max(round(time / _CLOCK), self._last + 1)  # cameras may be faster than the clock
        frame.pts, frame.time_base = self._last, _CLOCK
        self._container.mux(self._stream.encode(frame))


def check_movie(save: Path) -> None:
    """Refuse to save a video under a name that says no format; raise InputError."""
    if not is_movie(save):
        raise InputError(f"{save}: name a video that ends in {', '.join(SUFFIXES)}")


def movie_path(save: Path, video: str) -> Path:
    """Name the annotated copy of a video: as the user does, or in a folder as the video is called."""
    if is_movie(save) or (save.suffix and not save.is_dir()):
        return save
    return save / f"{Path(video).stem}.mp4"


def is_movie(path: Path) -> bool:
    """Whether a path is that of a video that can be written."""
    return path.suffix.lower() in SUFFIXES and not path.is_dir()


def _stream(container: OutputContainer, first: Image.Image) -> VideoStream:
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    stream = container.add_stream(codec, rate=25)
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = first.width // 2 * 2, first.height // 2 * 2
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = _CLOCK
    return stream
