"""The frames of a video file, with their times: PyAV, which is FFmpeg's libraries without its command."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream
from PIL import Image

from ferflow.errors import InputError, counted
from ferflow.ingest.images import MAX_PIXELS
from ferflow.predict.photos import LEAST_SIDE

EARLY = 0.001  # seconds; containers round times to milliseconds
MISSING = 1.0  # seconds; where a video ends so much sooner than it says, some of it is missing
JUMP = 1.0  # seconds back: recordings that were joined, the second of which begins at 0 again
_RATE = Fraction(25)  # frames a second where the file does not say
_TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True)
class Frame:
    """One picture of a video, upright and in RGB, and its time in seconds after the first one."""

    time: float
    image: Image.Image


class Video:
    """An open video file, whose frames are read one by one: memory does not grow with its length.

    Parameters
    ----------
    path : path
        Any file that FFmpeg reads.
    warn : callable
        Takes a line about what is damaged or missing.

    Attributes
    ----------
    name : str
    duration : float or None
        Seconds, as the file says; None if it does not.

    Raises
    ------
    InputError
        If there is no such file, or it is no video, or holds no pictures.
    """

    def __init__(self, path: str | os.PathLike[str], warn: Callable[[str], None]) -> None:
        self.name = str(path)
        self._warn = warn
        self._container = _open(Path(path))
        try:
            self._stream = _pictures(self._container, self.name)
        except InputError:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        self.duration = _duration(self._container, self._stream)
        self._step = float(1 / (self._stream.average_rate or self._stream.guessed_rate or _RATE))
        self._damage = 0

    def frames(self, every: float) -> Iterator[Frame]:
        """Read frames, and close the file after the last.

        Parameters
        ----------
        every : float
            Seconds; of the frames at or after each multiple the first is read. 0 for every frame.

        Yields
        ------
        Frame

        Raises
        ------
        InputError
            If no frame at all can be decoded.
        """
        due, end = 0.0, 0.0
        with self._container:
            for time, frame in self._timed():
                is_due = time + EARLY >= due
                image = self._image(frame) if is_due else None
                if is_due and image is None:  # as if it had not been decoded: the next one is due
                    continue
                end = time + self._shown(frame)
                if image is not None:
                    due = every * (int((time + EARLY) / every) + 1) if every else 0.0
                    yield Frame(time, image)
        self._check(end)

    def _image(self, frame: av.VideoFrame) -> Image.Image | None:
        """Bring a frame to RGB, or count it as damage: FFmpeg decodes colours that it cannot convert."""
        try:
            return _upright(frame)
        except av.FFmpegError:
            self._damage += 1
            return None

    def _shown(self, frame: av.VideoFrame) -> float:
        """Find for how many seconds a frame is shown."""
        if frame.duration and frame.time_base:
            return float(frame.duration * frame.time_base)
        return self._step

    def _timed(self) -> Iterator[tuple[float, av.VideoFrame]]:
        """Give each frame its seconds after the first one, which always grow."""
        origin, last = None, -self._step
        for frame in self._decoded():
            seconds = last + self._step + (origin or 0.0) if frame.time is None else frame.time
            origin = seconds if origin is None else origin
            if seconds - origin < last - JUMP:
                origin = seconds - last - self._step
            if seconds - origin > last:  # after damage, frames may come out of order: those are late
                last = seconds - origin
                yield last, frame

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Decode what can be, and count what cannot."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                frames = self._stream.decode(packet) if packet is not None else []
            except av.EOFError:  # the last packet had been decoded before
                return
            except av.FFmpegError:  # not of invalid data alone: what a library meets has a kind of its own
                self._damage += 1
                continue
            if packet is None:
                return
            yield from frames

    def _check(self, end: float) -> None:
        if not end:
            raise InputError(f"{self.name}: holds no frame that can be decoded; it is damaged or not whole")
        if self._damage:
            parts = counted(self._damage, "part")
            self._warn(f"{self.name}: damaged; {parts} of it cannot be decoded, the rest is read")
        if self.duration is not None and self.duration - end > MISSING:
            self._warn(
                f"{self.name}: its pictures end at {end:.1f} s of {self.duration:.1f} s; is the file whole?"
            )


def _open(path: Path) -> InputContainer:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if path.is_file() and not path.stat().st_size:
        raise InputError(f"{path}: an empty file")
    try:  # in full, as FFmpeg takes what stands before a colon for a protocol
        return av.open(str(path.absolute()), metadata_errors="replace")
    except av.InvalidDataError as error:
        raise InputError(
            f"{path}: not a video that can be read, or one whose beginning or end is missing"
        ) from error
    except av.FFmpegError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _pictures(container: InputContainer, name: str) -> VideoStream:
    """Find the stream of pictures, which the cover of a piece of music is not."""
    streams = [
        stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        what = "sound alone" if container.streams.audio else "no pictures"
        raise InputError(f"{name}: holds {what}; give a whole video")
    if streams[0].codec_context is None:
        raise InputError(f"{name}: of a kind that cannot be decoded, or damaged where it says of which")
    width, height = streams[0].width, streams[0].height
    is_large = width * height > MAX_PIXELS
    if is_large or 0 < min(width, height) < LEAST_SIDE:
        raise InputError(f"{name}: {width} x {height} pixels are too {'many' if is_large else 'few'}")
    return streams[0]


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if not container.duration:
        return None
    # Matroska says when its pictures end, other containers for how long they go on.
    start = max(0, container.start_time or 0) if "matroska" in container.format.name else 0
    return (container.duration - start) / av.time_base


def _upright(frame: av.VideoFrame) -> Image.Image:
    """Turn a frame as a player does whose camera was held sideways."""
    image: Image.Image = frame.to_image()
    turn = _TURNS.get(frame.rotation % 360)
    return image if turn is None else image.transpose(turn)
