"""`ferflow predict` as it is run."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from ferflow.cli.main import main
from ferflow.models.storage import load_arrays, save_arrays
from tests.ingest.drawn import text, write_tree, write_zip
from tests.predict.photographs import CLASSES, LANDSCAPE, PORTRAIT, lit

FERFLOW = Path(sys.executable).with_name("ferflow")


def run(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
    """Run the command in this process, which has imported PyTorch already."""
    done = CliRunner().invoke(main, ["predict", *map(str, arguments)], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def table_of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), keep_default_na=False)


def png(pixels: np.ndarray, form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, form)
    return out.getvalue()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Lay out a folder with one face in two photos, and a note beside them."""
    folder = tmp_path / "photos"
    (folder / "trip").mkdir(parents=True)
    shutil.copy(PORTRAIT, folder / "a.jpg")
    shutil.copy(LANDSCAPE, folder / "trip/b.jpg")
    (folder / "notes.txt").write_text("no image")
    return folder


def test_a_folder_of_photos(model: Path, photos: Path) -> None:
    code, out, said = run(photos, "--model", model)
    table = table_of(out)
    assert (code, said) == (0, "2 images, 1 face; no face found in 1\n")
    assert list(table["image"]) == ["a.jpg", "trip/b.jpg"]
    assert table["label"][0] in CLASSES
    assert list(table.iloc[1]) == ["trip/b.jpg", *[""] * (len(table.columns) - 1)]


def test_many_sources_a_pattern_and_a_picture_for_each(model: Path, photos: Path, tmp_path: Path) -> None:
    out, pictures = tmp_path / "out.jsonl", tmp_path / "pictures"
    code, printed, said = run(
        f"{photos}/**/*.jpg", PORTRAIT, "--model", model, "--out", out, "--save", pictures
    )
    assert (code, printed, said) == (0, "", "3 images, 2 faces; no face found in 1\n")
    images = [json.loads(line) for line in out.read_text().splitlines()]
    assert [image["image"] for image in images] == [f"{photos}/a.jpg", f"{photos}/trip/b.jpg", str(PORTRAIT)]
    assert [len(image["faces"]) for image in images] == [1, 0, 1]
    assert sum(images[0]["faces"][0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert len(list(pictures.glob("*.png"))) == 3
    again = run(f"{photos}/", PORTRAIT, "--model", model, "--format", "jsonl")[
        1
    ]  # a slash, as shells complete it
    assert [json.loads(line)["image"] for line in again.splitlines()] == [image["image"] for image in images]


def test_faces_as_given_from_every_kind_of_source(model: Path, tmp_path: Path) -> None:
    faces = {f"{seed}.png": png(lit(bool(seed % 2), 50 + seed)) for seed in range(4)}
    folder = write_tree(tmp_path / "faces", faces)
    archive = write_zip(tmp_path / "faces.zip", faces)
    csv = tmp_path / "faces.csv"
    rows = [f"{seed}.png,{text(lit(bool(seed % 2), 50 + seed))}" for seed in range(4)]
    csv.write_text("\n".join(["id,pixels", *rows]))
    code, out, said = run(folder, "--model", model, "--cropped")
    assert (code, said) == (0, "4 images, 4 faces\n")
    assert list(table_of(out)["label"]) == [CLASSES[seed % 2] for seed in range(4)]
    assert run(archive, "--model", model, "--cropped")[1] == out
    assert run(csv, "--model", model)[1] == out
    assert run("-", "--model", model, stdin=csv.read_bytes())[1] == out
    mixed = table_of(run(csv, PORTRAIT, csv, "--model", model)[1])
    names = [f"{csv}/{name}" for name in faces]
    assert list(mixed["image"]) == [*names, str(PORTRAIT), *names]
    assert list(mixed["left"] != "") == [
        *[False] * 4,
        True,
        *[False] * 4,
    ]  # a face is looked for in the photo


def test_standard_input_to_a_picture_and_json(model: Path, tmp_path: Path) -> None:
    picture = tmp_path / "annotated.jpg"
    code, out, _ = run(
        "-", "--model", model, "--format", "json", "--save", picture, stdin=PORTRAIT.read_bytes()
    )
    (image,) = json.loads(out)
    assert (code, image["image"], image["width"]) == (0, "standard input", 512)
    assert Image.open(picture).size == (512, 600)
    code, _, said = run("-", "--model", model)
    assert (code, "standard input is empty" in said) == (2, True)


def test_a_device_or_pipe_is_written_to_and_stays(model: Path, tmp_path: Path) -> None:
    command = [str(FERFLOW), "predict", str(PORTRAIT), "--model", str(model), "--out", "/dev/stdout"]
    before = Path("/dev/stdout").is_symlink()
    out = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
    assert (out.count("\n"), Path("/dev/stdout").is_symlink()) == (2, before)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE)
    assert run(PORTRAIT, "--model", model, "--out", pipe)[0] == 0
    assert reader.communicate(timeout=120)[0].decode() == out
    assert pipe.is_fifo()


def test_bad_images_cost_a_line_each_or_the_run(model: Path, tmp_path: Path) -> None:
    moving = io.BytesIO()
    frames = [Image.new("L", (50, 50), shade) for shade in (0, 99)]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    bad = {
        "cut.jpg": PORTRAIT.read_bytes()[:9000],
        "dot.png": png(np.zeros((1, 1), np.uint8)),
        "moving.png": moving.getvalue(),
        "text.jpg": b"hello",
    }
    folder = write_tree(tmp_path / "mixed", bad | {"good.jpg": PORTRAIT.read_bytes()})
    out = tmp_path / "out.csv"
    code, _, said = run(folder, "--model", model, "--out", out)
    assert (code, said.count("\n"), out.exists()) == (2, 1, False)
    assert said.startswith("error: cut.jpg: damaged image")
    code, _, said = run(folder, "--model", model, "--out", out, "--on-bad", "skip")
    assert code == 0
    *lines, last = said.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["skipped", name] for name in sorted(bad)]
    assert last == "1 image, 1 face; 4 skipped"
    assert list((some := pd.read_csv(out))["image"]) == ["good.jpg"]
    (folder / "good.jpg").unlink()
    code, _, said = run(folder, "--model", model, "--out", out, "--on-bad", "skip")
    assert (code, said.splitlines()[-1]) == (0, "0 images, 0 faces; 4 skipped")
    assert list(pd.read_csv(out).columns) == list(some.columns)


def test_unusual_photos_are_read(model: Path, tmp_path: Path) -> None:
    portrait = Image.open(PORTRAIT)
    portrait.convert("CMYK").save(tmp_path / "cmyk.jpg")
    portrait.resize((4000, 4688)).save(tmp_path / "large.jpg")  # 19 million pixels
    portrait.rotate(90, expand=True).save(tmp_path / "turned.jpg", exif=_turned())
    code, out, said = run(tmp_path, "--model", model, "--format", "json")
    assert (code, said) == (0, "3 images, 3 faces\n")
    large = next(image for image in json.loads(out) if image["image"] == "large.jpg")
    assert 1200 < large["faces"][0]["box"]["left"] < 1600


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    return exif


def test_other_bad_input_is_one_line(model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.png").write_text("hello")
    copy = tmp_path / "copy.jpg"
    shutil.copy(PORTRAIT, copy)
    arrays, description = load_arrays(model)
    del description["class_names"]
    save_arrays(tmp_path / "old", arrays, description)
    for arguments, message in (
        ([tmp_path / "empty"], "no image"),
        ([tmp_path / "nowhere"], "no such file or folder"),
        ([tmp_path / "*.tiff"], "no file matches"),
        ([tmp_path / "text.png"], "not a JPEG, PNG, BMP or WEBP image"),
        ([copy, "--out", copy], "would overwrite"),
        ([copy, "--save", copy], "would overwrite"),
        ([copy, "--out", tmp_path], "a folder"),
        ([copy, "--out", tmp_path / "z.png", "--save", tmp_path / "z.png"], "both --out and --save"),
        ([copy, "--out", tmp_path / "empty/../z.png", "--save", tmp_path / "z.png"], "both --out and"),
        ([copy, "--out", "/dev/full"], "No space left on device"),
        ([copy, "--save", tmp_path / "a.tiff"], "name a folder, or a picture"),
        ([copy, "--save", "/dev/null"], "name a folder, or a picture"),
        ([copy, PORTRAIT, "--save", tmp_path / "one.png"], "one picture for several"),
        ([copy, "--model", tmp_path / "old"], "written by an older ferflow"),
        ([copy, "--model", tmp_path / "none"], "no such file"),
        ([copy, "--model", "."], ".: a folder; name the file of a trained model"),
        ([copy, "--model", tmp_path], "a folder"),
    ):
        code, _, said = run(*arguments, *([] if "--model" in arguments else ["--model", model]))
        assert (code, said.count("\n"), message in said) == (2, 1, True), said
    assert copy.read_bytes() == PORTRAIT.read_bytes()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_nothing_that_is_read_is_written_over(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = {f"{seed}.png": png(lit(bool(seed % 2), seed)) for seed in range(2)}
    table = f"id,pixels\n1.png,{text(lit(True, 1))}\n".encode()
    folder = write_tree(
        tmp_path / "photos", faces | {"0.jpg": png(lit(True, 0), "JPEG"), "b.csv": table, "c.csv": table}
    )
    shutil.copy(model, folder / "m.safetensors")
    shutil.copy(folder / "0.png", folder / "0.jpg.png")
    (folder / "link.csv").symlink_to("b.csv")
    write_zip(folder / "faces.zip", faces)
    before = contents(folder)
    monkeypatch.chdir(folder)
    for arguments in (
        ["*.png", "--save", "."],
        ["0.jpg", "0.png", "--save", "."],  # not even the first is written
        [".", "--save", "."],
        [folder, "--save", "."],
        ["0.jpg", "1.png", "--save", "../photos"],
        ["0.png", "--save", "./0.png"],
        [".", "--out", "1.png"],
        ["*.csv", "--out", "c.csv"],
        ["b.csv", "--out", "link.csv"],
        ["faces.zip", "--out", "faces.zip"],
        ["0.png", "--out", "m.safetensors", "--format", "csv"],
        ["b.csv", "1.png", "--save", "."],
    ):
        code, _, said = run(*arguments, "--model", "m.safetensors", "--cropped")
        assert (code, said.count("\n"), "would overwrite what" in said) == (2, 1, True), (arguments, said)
        assert contents(folder) == before
    with Path("b.csv").open() as stdin:
        command = [str(FERFLOW), "predict", "-", "--model", "m.safetensors", "--out", "b.csv"]
        done = subprocess.run(command, stdin=stdin, capture_output=True, check=False)
    assert (done.returncode, b"would overwrite" in done.stderr, contents(folder)) == (2, True, before)


def test_a_picture_that_only_a_table_names_is_checked_too(model: Path, tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text(f"id,pixels\nx/a.png,{text(lit(True, 1))}\n")
    target = tmp_path / f"{tmp_path}/b.csv/x/a.png".strip("/").replace("/", "_")
    target.write_bytes(png(lit(True, 0)))
    before = contents(tmp_path)
    code, _, said = run(tmp_path / "b.csv", target, "--model", model, "--save", tmp_path, "--cropped")
    assert (code, "would overwrite" in said, contents(tmp_path)) == (2, True, before)


def test_pictures_of_one_name_are_numbered(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").mkdir()
    monkeypatch.chdir(tmp_path)
    Path("x/a.png").write_bytes(png(lit(True, 0)))
    Path("x_a.png").write_bytes(png(lit(False, 1)))
    names = ["7", "7", "7-2", "7", ".", "8"]
    rows = [f"{name},{text(lit(bool(seed % 2), seed))}" for seed, name in enumerate(names)]
    Path("faces.csv").write_text("\n".join(["id,pixels", *rows]))
    common = ["--model", model, "--cropped", "--save"]
    assert run("x/a.png", "x_a.png", *common, "two")[0] == 0
    assert sorted(contents(Path("two"))) == ["x_a-2.png", "x_a.png"]
    assert run("faces.csv", *common, "table")[0] == 0
    expected = ["7-2-2.png", "7-2.png", "7-3.png", "7.png", "8.png", "image.png"]
    assert sorted(contents(Path("table"))) == expected
    first = contents(Path("table"))
    assert run("faces.csv", *common, "table")[0] == 0
    assert contents(Path("table")) == first


@pytest.mark.parametrize(
    "arguments",
    [["schema"], ["preset"], ["predict", str(PORTRAIT)], ["predict", str(PORTRAIT), "--out", "/dev/stdout"]],
)
def test_a_reader_who_has_enough_is_no_error(model: Path, arguments: list[str]) -> None:
    more = ["--model", str(model)] if arguments[0] == "predict" else []
    reading, writing = os.pipe()
    os.close(reading)
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [str(FERFLOW), *arguments, *more],
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=buffered,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, b"error" in done.stderr, b"Traceback" in done.stderr) == (0, False, False)


def test_whole_photos_given_as_faces_are_warned_of(model: Path) -> None:
    code, out, said = run(LANDSCAPE, "--model", model, "--cropped")
    assert (code, said.splitlines()[-1]) == (0, "1 image, 1 face")
    assert said.startswith(f"warning: {LANDSCAPE}: 640 x 427 pixels are no square crop of a face")
    assert out.count("\n") == 2
