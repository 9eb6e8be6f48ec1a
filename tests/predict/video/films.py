"""Videos that are made on the fly, of photographs that packages ship."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import skimage.data
from av.stream import Disposition
from PIL import Image

from tests.predict.photographs import PORTRAIT

RATE = 10  # frames a second
MILLISECOND = Fraction(1, 1000)


def write_film(
    path: Path,
    frames: Sequence[Image.Image],
    *,
    codec: str = "libx264",
    times: Sequence[float] = (),
    rotation: int = 0,
    sound: bool = False,
    title: str = "",
) -> Path:
    """Write frames to a video, its index first, so that a part of it can be read.

    Parameters
    ----------
    path : Path
    frames : sequence of Image
        Of one size; none for a file without frames.
    codec : str, default="libx264"
    times : sequence of float
        Seconds of each frame; left out, ten a second.
    rotation : int, default=0
        Degrees counterclockwise by which a player is to turn the frames.
    sound : bool, default=False
        Whether there are ten seconds of silence too.
    title : str
        What the file says it is called.
    """
    options = {"movflags": "faststart"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", container_options=options) as film:
        film.metadata.update({"title": title} if title else {})
        pictures = film.add_stream(codec, rate=RATE, options={"g": "5"})
        assert isinstance(pictures, av.VideoStream)
        if times:
            pictures.codec_context.time_base = MILLISECOND
        if rotation:
            pictures.set_display_rotation(rotation)
        silence = film.add_stream("aac", rate=44100) if sound else None
        pictures.width, pictures.height = frames[0].size if frames else (64, 48)
        pictures.pix_fmt = "rgb24" if codec == "png" else "yuv420p"
        for index, image in enumerate(frames):
            frame = av.VideoFrame.from_image(image)
            if times:
                frame.pts, frame.time_base = round(times[index] / MILLISECOND), MILLISECOND
            film.mux(pictures.encode(frame))
        film.mux(pictures.encode())
        if silence is not None:
            film.mux([*silence.encode(_silence(10)), *silence.encode()])
    return path


def write_sound(path: Path, cover: Image.Image | None = None) -> Path:
    """Write a file with sound alone, perhaps with the picture of a cover."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("aac", rate=44100)
        if cover is not None:
            picture = film.add_stream("mjpeg", rate=1)
            assert isinstance(picture, av.VideoStream)
            picture.width, picture.height = cover.size
            picture.pix_fmt = "yuvj420p"
            picture.disposition = Disposition.attached_pic
            film.mux([*picture.encode(av.VideoFrame.from_image(cover)), *picture.encode()])
        film.mux([*stream.encode(_silence(1)), *stream.encode()])
    return path


def _silence(seconds: int) -> av.AudioFrame:
    samples = np.zeros((1, 44100 * seconds), dtype=np.float32)
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.rate = 44100
    return frame


def shades(n: int) -> list[Image.Image]:
    """Draw frames without a face, of which each is told from the one before by its shade."""
    noise = np.random.default_rng(0).integers(0, 40, (48, 64, 3), dtype=np.uint8)
    return [Image.fromarray(noise + np.uint8(20 * index % 200)) for index in range(n)]


def walk(n: int, gap: Sequence[int] = ()) -> list[Image.Image]:
    """Show two people who move towards each other; the one on the right is away in the frames of a gap."""
    left = Image.fromarray(skimage.data.astronaut()[:256, 96:352])
    right = Image.open(PORTRAIT).resize((256, 300))
    frames = []
    for index in range(n):
        frame = Image.new("RGB", (640, 320), "grey")
        frame.paste(left, (3 * index, 20))
        if index not in gap:
            frame.paste(right, (384 - 2 * index, 10 + index))
        frames.append(frame)
    return frames
