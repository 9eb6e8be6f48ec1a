from pathlib import Path

import av
import pytest

from ferflow.predict.video.writer import SUFFIXES, VideoWriter
from tests.predict.video.films import shades


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_frame_has_a_time_of_its_own(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"fast{suffix}"
    with VideoWriter(path) as writer:
        for time, image in zip((0, 0.0004, 0.0008, 0.001, 0.5), shades(5), strict=True):
            writer.add(time, image)
    with av.open(str(path)) as film:
        codec = film.streams.video[0].codec_context.name
        times = [frame.time for frame in film.decode(video=0)]
    assert codec == ("h264" if "libx264" in av.codecs_available else "mpeg4")
    assert times == pytest.approx([0, 0.001, 0.002, 0.003, 0.5], abs=1e-6)
