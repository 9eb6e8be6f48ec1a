"""`ferflow predict` on videos, as it is run."""

import io
import json
import os
import shutil
from pathlib import Path

import av
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from ferflow.cli.main import main
from ferflow.errors import InputError
from ferflow.predict.video.command import seconds
from tests.predict.photographs import CLASSES, PORTRAIT
from tests.predict.video.films import shades, walk, write_film


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["predict", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Show two people, the one on the right not in the frame at one second."""
    return write_film(tmp_path_factory.mktemp("films") / "talk.mp4", walk(25, gap=range(8, 13)))


def test_a_table_of_tracks(model: Path, film: Path) -> None:
    code, out, said = run(film, "--model", model)
    assert (code, said) == (0, "1 video, 5 frames, 9 faces in 2 tracks\n")
    table = pd.read_csv(io.StringIO(out))
    columns = ["video", "time", "track", "left", "top", "right", "bottom", "score", "label"]
    assert list(table.columns) == [*columns, *(f"p_{name}" for name in CLASSES)]
    assert set(table["video"]) == {str(film)}
    assert list(table["time"]) == [0, 0, 0.5, 0.5, 1.0, 1.5, 1.5, 2.0, 2.0]
    assert list(table["track"]) == [0, 1, 0, 1, 0, 0, 1, 0, 1]
    assert table["left"][table["track"] == 0].is_monotonic_increasing
    np.testing.assert_allclose(table[[f"p_{name}" for name in CLASSES]].sum(axis=1), 1, atol=1e-5)


def test_smoothing_and_its_absence(model: Path, film: Path) -> None:
    tables = [
        pd.read_csv(io.StringIO(run(film, "--model", model, "--smooth", smooth)[1]))
        for smooth in ("0", "500s")
    ]
    column = f"p_{CLASSES[0]}"
    alone, smooth = (table[column][table["track"] == 0].to_numpy() for table in tables)
    np.testing.assert_allclose(smooth, np.cumsum(alone) / np.arange(1, 6), atol=0.01)
    assert np.ptp(alone) > 0
    assert run(film, "--model", model) == run(film, "--model", model, "--every", "500ms", "--smooth", "1s")


def test_json_lines_and_an_annotated_video(model: Path, film: Path, tmp_path: Path) -> None:
    out, movie = tmp_path / "out.jsonl", tmp_path / "annotated.mp4"
    code, printed, _ = run(film, "--model", model, "--every", "1s", "--out", out, "--save", movie)
    assert (code, printed) == (0, "")
    frames = [json.loads(line) for line in out.read_text().splitlines()]
    assert [frame["time"] for frame in frames] == [0, 1, 2]
    assert [[face["track"] for face in frame["faces"]] for frame in frames] == [
        [0, 1],
        [0],
        [0, 2],
    ]  # away for two seconds
    assert list(frames[0]) == ["video", "time", "width", "height", "faces"]
    with av.open(str(movie)) as annotated:
        images = [(frame.time, np.asarray(frame.to_image(), int)) for frame in annotated.decode(video=0)]
    assert [time for time, _ in images] == [0, 1, 2]
    before = np.asarray(walk(1)[0], int)
    box = frames[0]["faces"][0]["box"]
    edge = np.abs(images[0][1] - before)[
        round(box["top"]) + 20 : round(box["bottom"]) - 5, round(box["left"])
    ]
    assert edge.mean() > 20


def test_a_colon_in_names(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_film(tmp_path / "talk:part1.mp4", shades(3))
    code, out, said = run("talk:part1.mp4", "--model", model, "--save", "seen:part1.mp4")
    assert (code, out.splitlines()[1].split(",")[0]) == (0, "talk:part1.mp4"), said
    with av.open(str(tmp_path / "seen:part1.mp4")) as annotated:
        assert sum(1 for _ in annotated.decode(video=0)) == 1


def test_a_video_whose_name_no_table_can_hold_is_one_line(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    film = write_film(tmp_path / "a.mp4", shades(3))
    film.rename(tmp_path / os.fsdecode(b"caf\xe9.mp4"))
    code, out, said = run("*.mp4", "--model", model)
    assert (code, out, said) == (
        2,
        "",
        "error: caf\\udce9.mp4: its name is not UTF-8; give it another\n",
    )


def test_many_videos_a_pattern_and_one_that_is_bad(model: Path, film: Path, tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", shades(5))
    (tmp_path / "b.mp4").write_text("hello")
    films, out = [f"{tmp_path}/*.mp4", film, "--model", model], tmp_path / "out.csv"
    code, _, said = run(*films, "--out", out)
    assert (code, said.count("\n"), out.exists()) == (2, 1, False)
    code, _, said = run(*films, "--out", out, "--on-bad", "skip", "--save", tmp_path / "annotated")
    *lines, last = said.splitlines()
    assert (code, [line[:9] for line in lines]) == (0, ["skipped: "])
    assert last == "2 videos, 6 frames, 9 faces in 2 tracks; no face found in 1 frame; 1 skipped"
    table = pd.read_csv(out)
    assert list(table["video"]) == [str(tmp_path / "a.mp4"), *[str(film)] * 9]
    assert table.loc[0, "track":"label"].isna().all()
    assert sorted(path.name for path in (tmp_path / "annotated").iterdir()) == ["a.mp4", "talk.mp4"]
    code, _, _ = run(tmp_path / "b.mp4", "--model", model, "--out", out, "--on-bad", "skip")
    assert (code, list(pd.read_csv(out).columns)) == (0, list(table.columns))


def test_a_folder_of_videos_and_one_of_photos_with_a_video_among_them(
    model: Path, film: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "clips"
    (folder / "old").mkdir(parents=True)
    shutil.copy(film, folder / "a.mp4")
    shutil.copy(film, folder / "old/b.MP4")
    code, out, said = run(folder, "--model", model)
    assert (code, said) == (0, "2 videos, 10 frames, 18 faces in 4 tracks\n")
    names = pd.read_csv(io.StringIO(out))["video"].unique().tolist()
    assert names == [f"{folder}/a.mp4", f"{folder}/old/b.MP4"]
    table = run(folder, "--model", model, "--format", "table")[1]
    assert table.index("time") == len(f"{folder}/old/b.MP4  ")  # there is room for the longer name
    shutil.copy(PORTRAIT, folder / "photo.jpg")
    code, out, said = run(folder, "--model", model)
    assert (code, pd.read_csv(io.StringIO(out))["image"].tolist()) == (0, ["photo.jpg"])
    assert said.startswith(
        f"warning: {folder}: 2 videos beside the images left out (a.mp4); name videos apart\n"
    )
    shutil.copy(PORTRAIT, tmp_path / "photo.jpg")
    Image.open(PORTRAIT).save(tmp_path / "still.gif")
    shutil.rmtree(folder)
    assert run(tmp_path, "--model", model)[2].startswith(
        f"warning: {tmp_path}: 1 GIF beside the images left out (still.gif); name GIFs apart\n"
    )


def test_annotated_videos_of_one_name_are_numbered_and_none_is_written_over(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for person in ("p1", "p2"):
        Path("sub", person).mkdir(parents=True)
        write_film(Path("sub", person, "take1.mp4"), shades(3))
    code, _, said = run("sub", "--model", model, "--save", "annotated")
    assert (code, said.startswith("2 videos")) == (0, True)
    assert sorted(path.name for path in Path("annotated").iterdir()) == ["take1-2.mp4", "take1.mp4"]
    before = Path("sub/p2/take1.mp4").read_bytes()
    code, _, said = run("sub", "--model", model, "--save", "sub/p2")
    assert (code, "sub/p2/take1.mp4: would overwrite" in said) == (2, True)
    assert Path("sub/p2/take1.mp4").read_bytes() == before


def test_the_model_is_not_written_over(model: Path, film: Path, tmp_path: Path) -> None:
    own = Path(shutil.copy(model, tmp_path / "own.safetensors"))
    code, _, said = run(film, "--model", own, "--out", own, "--format", "csv")
    assert (code, "would overwrite" in said) == (2, True)
    assert own.read_bytes() == model.read_bytes()


def test_of_a_truncated_video_what_was_read_is_written(model: Path, film: Path, tmp_path: Path) -> None:
    content = film.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: 2 * len(content) // 3])
    code, out, said = run(tmp_path / "cut.mp4", "--model", model)
    assert (code, "\n" in out, said.count("\n")) == (0, True, 2)
    assert said.startswith(f"warning: {tmp_path / 'cut.mp4'}: ")


def test_other_bad_input_is_one_line(model: Path, film: Path, tmp_path: Path) -> None:
    content = film.read_bytes()
    for arguments, message in (
        ([film, PORTRAIT], "predict them apart"),
        ([film, "--cropped"], "leave 'cropped' out"),
        ([film, "--every", "soon"], "--every: 'soon' is no length of time"),
        ([film, "--smooth", "-1s"], "--smooth: '-1s' is no length of time"),
        ([PORTRAIT, "--every", "1s"], "are for videos"),
        ([film, "--out", film], "would overwrite"),
        ([film, "--save", film], "would overwrite"),
        ([film, "--save", tmp_path / "a.png"], "name a video that ends in .mp4"),
        ([film, film, "--save", tmp_path / "a.mp4"], "one video for several"),
        ([film, "--out", tmp_path], "a folder"),
        ([film, "--out", tmp_path / "z.mp4", "--save", tmp_path / "z.mp4"], "both --out and --save"),
    ):
        code, _, said = run(*arguments, "--model", model)
        assert (code, said.count("\n"), message in said) == (2, 1, True), said
    assert film.read_bytes() == content
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "length"),
    [("0.5s", 0.5), ("500ms", 0.5), ("2 min", 120), (".5", 0.5), ("0", 0), (" 1s ", 1), (None, 7)],
)
def test_lengths_of_time(text: str | None, length: float) -> None:
    assert seconds("--every", text, 7) == length
    with pytest.raises(InputError, match="'5h' is no length of time"):
        seconds("--every", "5h", 7)
