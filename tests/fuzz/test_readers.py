"""Whatever a reader is given: it is read, or refused in one line with file and place; nothing is lost unsaid.

Every case is bounded in time and memory (``guard``) and counted (``tally``). A minute's worth is run with all
tests; ``make fuzz`` runs a million cases.
"""

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ferflow import params, paths
from ferflow.claims import load_claims
from ferflow.data.faces import load_faces
from ferflow.data.samples import load_samples
from ferflow.engines.records import check_artifacts, write_record
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import read_evaluation, read_plain_metrics
from ferflow.evaluation.predictions import read_predictions
from ferflow.files import write_parquet
from ferflow.ingest import images, table, unlabelled
from ferflow.ingest.archive import read_archive
from ferflow.ingest.audit_file import read_audit
from ferflow.ingest.collection import BadFace, RawFaces, finish
from ferflow.ingest.folder import read_folder
from ferflow.ingest.layout import is_image
from ferflow.models.checkpoint import load_checkpoint, save_checkpoint
from ferflow.models.factory import load_model, make_model
from ferflow.models.storage import load_arrays, save_arrays
from ferflow.studies.clusters.figures import read_clusters
from ferflow.studies.labels.votes import CATEGORIES, read_votes
from ferflow.tables import FACES, HISTORY, PLAN, REPEATED_SPLITS, read_table
from tests.cut import cut
from tests.fuzz.readers import READERS
from tests.fuzz.strategies import (
    Archive,
    Files,
    archives,
    damaged,
    edits,
    files,
    tables,
    texts,
    with_a_stranger,
)
from tests.fuzz.tally import Tally, tally
from tests.ingest.drawn import SIDE, image

REPOSITORY = Path(__file__).parents[2]
SHORT = settings.get_current_profile_name() != "fuzz"


def cases(reader: str) -> Callable[[Any], Any]:
    """Run as many cases as the profile has for a reader; the same ones each time in the short profile."""
    profile = settings.default
    assert profile is not None
    return settings(
        max_examples=max(10, round(profile.max_examples * READERS[reader])),
        deadline=None,
        derandomize=SHORT,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what each case writes over the last one's."""
    return tmp_path_factory.mktemp("fuzz")


def rows_in(content: bytes) -> int:
    """Count the lines after the header that hold more than delimiters, without any library of tables."""
    header, *lines = content.removeprefix(b"\xef\xbb\xbf").splitlines() or [b""]
    delimiter = max(b",", b";", b"\t", key=header.count)
    return sum(bool(line.strip(delimiter + b'" \t\r\n')) for line in lines)


@cases("table")
@given(content=tables(), group=st.sampled_from(["", "", "note"]))
def test_table(content: bytes, group: str) -> None:
    counts = tally("table")
    raw = counts.probe(lambda: table.read_table(io.BytesIO(content), "t.csv", SIDE, group=group), "t.csv")
    if raw is not None:
        counts.account(len(raw.label) + len(raw.bad), rows_in(content))
        check_end(counts, raw, "t.csv")


def check_end(counts: Tally, raw: RawFaces, source: str) -> None:
    """Hand over what was read: under ``fail`` the first bad face is named, with its place."""
    named = [raw.bad[0].origin] if raw.bad else []
    result = counts.probe(lambda: finish(source, raw, "fail"), source, *named)
    assert result is None or not raw.bad
    result = counts.probe(lambda: finish(source, raw, "skip"), source)
    if result is not None:
        counts.account(len(result.faces), len(raw.label))
        counts.account(len(result.skipped), len(raw.bad))


@cases("unlabelled table")
@given(content=tables(("id", "pixels", "note")))
def test_unlabelled_table(content: bytes) -> None:
    counts = tally("unlabelled table")
    rows = counts.probe(lambda: list(unlabelled.read_pixels(io.BytesIO(content), "t.csv", SIDE)), "t.csv")
    if rows is not None:
        lines = content.removeprefix(b"\xef\xbb\xbf").splitlines()[1:]
        counts.account(len(rows), sum(bool(line) for line in lines))


@cases("archive")
@given(archive=archives())
def test_archive(archive: Archive, folder: Path) -> None:
    counts, path = tally("archive"), folder / f"a{archive.suffix}"
    path.write_bytes(archive.content)
    raw = counts.probe(lambda: read_archive(path, SIDE), path.name, folder=folder)
    if raw is None:
        return
    check_end(counts, raw, path.name)
    if archive.files is not None:
        count_members(counts, raw, archive.files)


def count_members(counts: Tally, raw: RawFaces, written: Files) -> None:
    pictures = [name for name, _ in written if is_image(name)]
    if pictures:
        counts.account(len(raw.label) + len(raw.bad), len(pictures))
        counts.account(raw.ignored, sum(not name.endswith("/") for name, _ in written) - len(pictures))


@cases("unlabelled archive")
@given(archive=archives())
def test_unlabelled_archive(archive: Archive, folder: Path) -> None:
    counts, path = tally("unlabelled archive"), folder / f"u{archive.suffix}"
    path.write_bytes(archive.content)
    items = counts.probe(lambda: list(unlabelled.unlabelled_archive(path, SIDE)), path.name, folder=folder)
    pictures = [name for name, _ in archive.files or [] if is_image(name)]
    if items is not None and pictures:
        counts.account(len(items), len(pictures))


@cases("folder")
@given(entries=files(1))
def test_folder(entries: Files, folder: Path) -> None:
    counts, path = tally("folder"), folder / "tree"
    shutil.rmtree(path, ignore_errors=True)
    written: dict[str, bytes] = {}
    for name, content in entries:
        if (
            "\0" in name
            or ".." in name
            or name.startswith(("/", "C:"))
            or len(name) > 250
            or name.endswith("/")
        ):
            continue
        file = path / name.removeprefix("./")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        written[os.path.normpath(name)] = content
    if not written:
        return
    has_images = any(map(is_image, written))  # or else it is about the table in it
    raw = counts.probe(lambda: read_folder(path, SIDE), *(["tree"] if has_images else []), folder=folder)
    if raw is not None:
        check_end(counts, raw, "tree")
        count_members(counts, raw, list(written.items()))


MODES = {
    "PNG": ("L", "RGBA", "P", "1", "LA"),
    "JPEG": ("L", "RGB", "CMYK"),
    "BMP": ("RGB", "P", "1"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("RGB",),
    "GIF": ("P",),
}
PICTURES = [
    image(side, mode, form, side) for form, modes in MODES.items() for mode in modes for side in (1, 12, 30)
]


@cases("image")
@given(content=st.builds(damaged, st.sampled_from(PICTURES), edits(most=4)))
def test_image(content: bytes) -> None:
    result = tally("image").probe(lambda: images.decode(content, SIDE), refusal=images.BadImageError)
    assert result is None or result.pixels.shape == (SIDE, SIDE)


def dumped(content: Any) -> str:
    return yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)


PARAMS = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
cut(PARAMS, ["cnn", "softmax"])
CLAIMS = yaml.safe_load((REPOSITORY / paths.CLAIMS).read_text())
CLAIMS["claims"] = list({claim["kind"]: claim for claim in CLAIMS["claims"]}.values())
CLAIMS["systems"] = {claim["system"]: CLAIMS["systems"][claim["system"]] for claim in CLAIMS["claims"]}


@cases("params")
@given(content=texts(PARAMS, dumped))
def test_params(content: bytes, folder: Path) -> None:
    path = folder / "params.yaml"
    path.write_bytes(content)
    tally("params").probe(lambda: params.load(path), "params.yaml: ", folder=folder)


@cases("claims")
@given(content=texts(CLAIMS, dumped))
def test_claims(content: bytes, folder: Path) -> None:
    path = folder / "claims.yaml"
    path.write_bytes(content)
    tally("claims").probe(lambda: load_claims(path), "claims.yaml: ", folder=folder)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Return the files of a small model of each kind."""
    path = tmp_path_factory.mktemp("models") / "m"
    X, y = np.random.default_rng(0).integers(0, 256, (40, 64), dtype=np.uint8), np.arange(40) % 2
    few: dict[str, dict[str, Any]] = {
        "logistic": {"epochs": 2},
        "softmax": {"epochs": 2},
        "kmeans": {"n_components": 3, "n_clusters": 4},
        "dnn": {"hidden": (8,), "epochs": 1},
        "cnn": {"widths": (4, 4), "epochs": 1},
        "resnet": {"widths": (4,), "blocks": (1,), "epochs": 1},
    }
    contents = []
    for name, arguments in few.items():
        make_model(name, **arguments).fit(X, y).save(path)
        contents.append(path.read_bytes())
    return contents


@cases("model")
@given(data=st.data())
def test_model(models: list[bytes], folder: Path, data: st.DataObject) -> None:
    counts, path = tally("model"), folder / "m.safetensors"
    whole = data.draw(st.sampled_from(models))
    path.write_bytes(whole)
    if data.draw(st.booleans()):
        path.write_bytes(damaged(whole, data.draw(edits(1))))
    else:  # well made by a stranger, with a digest
        arrays, description = load_arrays(path)
        description = data.draw(with_a_stranger(description).filter(lambda other: "model" in other))
        name = data.draw(st.sampled_from(sorted(arrays)))
        if data.draw(st.booleans()):
            arrays[name] = arrays[name].ravel()[: data.draw(st.integers(0, 3))]
        save_arrays(path, arrays, description)

    def predict() -> Any:
        model = load_model(path)
        return model.predict_proba(np.zeros((2, model.n_features_in_), dtype=np.uint8))

    probabilities = counts.probe(predict, "m.safetensors", folder=folder)
    assert probabilities is None or len(probabilities) == 2


STATE = {"network": {"w": torch.arange(6.0).reshape(2, 3)}, "history": [{"epoch": 1, "lr": 0.5}]}


@cases("checkpoint")
@given(changes=edits(1))
def test_checkpoint(
    changes: list[tuple[str, int, bytes]], folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = folder / "c.pt"
    if not (whole := folder / "whole.pt").exists():
        save_checkpoint(whole, STATE)
    path.write_bytes(damaged(whole.read_bytes(), changes))
    is_whole = path.read_bytes() == whole.read_bytes()
    caplog.clear()

    def read() -> dict[str, Any]:
        state = load_checkpoint(path)
        if state is None:
            raise InputError(caplog.messages[0])
        return state

    state = tally("checkpoint").probe(read, "c.pt: a damaged checkpoint", folder=folder)
    assert (state is not None) == is_whole


@pytest.fixture(scope="module")
def run(fabricated_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of a finished run, to damage it."""
    path = tmp_path_factory.mktemp("own") / "run"
    shutil.copytree(fabricated_run, path)
    return path


@pytest.fixture
def in_copy(run: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(run)
    return run


TRAINING = paths.training("cnn", 0)
RECORD = Path("record.json")


JSONS: dict[str, Callable[[], object]] = {
    "results/audit.json": read_audit,
    (TRAINING / "evaluation.json").as_posix(): lambda: read_evaluation("cnn", 0),
    (TRAINING / "metrics.json").as_posix(): lambda: read_plain_metrics(TRAINING / "metrics.json"),
    paths.CLUSTER_FIGURES.as_posix(): read_clusters,
    RECORD.as_posix(): lambda: check_artifacts(RECORD, [paths.FACES], "ingest"),
}


@cases("own JSON")
@given(data=st.data())
def test_own_json(data: st.DataObject, in_copy: Path) -> None:
    name = data.draw(st.sampled_from(sorted(JSONS)))
    path = Path(name)
    if path == RECORD and not path.exists():
        write_record(RECORD, [paths.FACES])
    whole = path.read_bytes()
    try:
        path.write_bytes(data.draw(texts(json.loads(whole), json.dumps)))
        tally("own JSON").probe(JSONS[name], *([] if path == RECORD else [name]))
    finally:
        path.write_bytes(whole)


TABLES: dict[str, Callable[[Path], object]] = {
    "results/faces.parquet": lambda path: read_table(path, FACES, "ingest"),
    paths.balance("cnn").as_posix(): lambda path: read_table(path, PLAN, "balance"),
    paths.split("cnn").as_posix(): load_samples,
    (TRAINING / "predictions.parquet").as_posix(): read_predictions,
    (TRAINING / "history.csv").as_posix(): lambda path: read_table(path, HISTORY, "train"),
    paths.repeated_splits("logistic").as_posix(): lambda path: read_table(
        path, REPEATED_SPLITS, "repeated_splits"
    ),
}
_CELLS = st.sampled_from([1, -1, 2.5, None, "x", "", True, 10**12, np.nan])


@cases("own tables")
@given(data=st.data())
def test_own_tables(data: st.DataObject, in_copy: Path) -> None:
    name = data.draw(st.sampled_from([name for name in sorted(TABLES) if Path(name).exists()]))
    path = Path(name)
    whole = path.read_bytes()
    try:
        if data.draw(st.booleans()):
            path.write_bytes(damaged(whole, data.draw(edits(1))))
        elif path.suffix == ".parquet":
            frame = pd.read_parquet(path).head(5)
            column = data.draw(st.sampled_from(list(frame.columns)))
            cell = data.draw(_CELLS)
            write_parquet(
                path, frame.assign(**{column: [cell] * len(frame)}) if cell else frame.drop(columns=column)
            )
        else:
            lines = whole.decode().splitlines()
            cells = lines[data.draw(st.integers(0, 1))].split(",")
            cells[data.draw(st.integers(0, len(cells) - 1))] = str(data.draw(_CELLS))
            path.write_text("\n".join([lines[0], ",".join(cells)]))
        tally("own tables").probe(lambda: TABLES[name](path), name)
    finally:
        path.write_bytes(whole)


@cases("own arrays")
@given(changes=edits(1), head=st.booleans())
def test_own_arrays(changes: list[tuple[str, int, bytes]], head: bool, in_copy: Path) -> None:
    whole = paths.PIXELS.read_bytes()
    try:
        if head:
            paths.PIXELS.write_bytes(damaged(whole[:128], changes) + whole[128:])
        else:
            paths.PIXELS.write_bytes(damaged(whole, changes))
        faces = tally("own arrays").probe(load_faces, "results/faces.npy")
        assert faces is None or len(faces.pixels) == len(faces.label)
        del faces  # and with it the map of the file
    finally:
        paths.PIXELS.unlink()
        paths.PIXELS.write_bytes(whole)


_VOTES = ",".join(["Usage", "Image name", *CATEGORIES])
_ROWS = [f"Training,fer{number:07}.png,{number},0,0,1,0,0,2,0,0,0" for number in range(6)]


@cases("votes")
@given(
    changes=edits(),
    end=st.sampled_from(["\n", "\r\n"]),
    odd=st.text(st.sampled_from('a",\n1é\0'), max_size=6),
)
def test_votes(changes: list[tuple[str, int, bytes]], end: str, odd: str, folder: Path) -> None:
    path = folder / "v.csv"
    content = damaged(
        end.join([_VOTES, *_ROWS[:3], *([odd] if odd else []), *_ROWS[3:], ""]).encode(), changes
    )
    path.write_bytes(content)
    counts = tally("votes")
    votes = counts.probe(lambda: read_votes(path), "v.csv", folder=folder)
    if votes is not None:
        counts.account(len(votes.usage), len(content.splitlines()) - 1)


def test_a_bad_face_is_named_in_a_line() -> None:
    """What the summary counts is judged: a message of two lines, or without its place, is a failure."""
    for message in ("t.csv: two\nlines", "no place", "t.csv: " + "x" * 400):

        def refuse(text: str = message) -> BadFace:
            raise InputError(text)

        with pytest.raises(AssertionError):
            Tally().probe(refuse, "t.csv")
    with pytest.raises(AssertionError):
        Tally().account(3, 4)
