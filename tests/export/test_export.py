"""`ferflow export`, and what other programs get."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from ferflow.cli.main import main
from ferflow.errors import InputError
from ferflow.export.calibration import FACES, drawn_faces
from ferflow.export.command import same_answers
from ferflow.export.files import METADATA, run_onnx, run_program
from ferflow.export.modules import probability_module
from ferflow.machine import limited_threads
from ferflow.models.factory import load_model, make_model
from ferflow.models.network import NetworkClassifier
from ferflow.models.registry import MODELS, Classifier

SIDE = 12
NAMES = ("angry", "disgust", "fear", "happy")
NETWORK = {"epochs": 1, "batch_size": 16, "flip_average": True}
SMALL: dict[str, dict[str, Any]] = {
    "logistic": {"epochs": 3, "learning_rate": 0.05},
    "softmax": {"epochs": 3, "learning_rate": 0.05},
    "kmeans": {"n_components": 5, "n_clusters": 6, "n_init": 1},
    "cnn": {"widths": (4, 8), "scale_average": (1.2, 0.8), **NETWORK},
    "dnn": {"hidden": (8, 8), **NETWORK, "loss": "ldam"},
    "resnet": {"widths": (8, 16), "blocks": (1, 1), "stochastic_depth": 0.5, "stem_width": 4, **NETWORK},
    "efficientnet": {"enlarge": 32, "pretrained": False, "frozen_blocks": 0, "head_width": 8, **NETWORK},
}


def faces(n: int, side: int = SIDE) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, side, side)).astype(np.uint8)


def trained(name: str, path: Path) -> Classifier:
    """Train a small model of a kind, give it a temperature, and read it from a file."""
    classes = 2 if name == "logistic" else len(NAMES)
    with limited_threads(1):
        X = faces(64).reshape(64, -1)
        model = make_model(name, **SMALL[name]).fit(X, np.arange(64) % classes)
        if isinstance(model, NetworkClassifier):
            model.temperature_ = 1.7
        model.save(path, class_names=NAMES)
    return load_model(path)


def run(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["export", *map(str, arguments)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def test_every_model_of_ours_is_here() -> None:
    ours = {name for name, model in MODELS.items() if model.module.startswith("ferflow.")}
    assert set(SMALL) == ours


@pytest.mark.parametrize("name", SMALL)
def test_the_same_probabilities_in_onnxruntime(tmp_path: Path, name: str) -> None:
    model = trained(name, tmp_path / "model.safetensors")
    code, said, errors = run(tmp_path / "model.safetensors", "--out", tmp_path / "model.onnx")
    assert (code, errors) == (0, ""), errors
    assert said.startswith(f"{tmp_path / 'model.onnx'}: ")
    exported = run_onnx(tmp_path / "model.onnx", "uint8")
    for n in (1, 37):
        expected = model.predict_proba(faces(n).reshape(n, -1))
        assert np.ptp(expected) > 0.01
        np.testing.assert_allclose(exported(faces(n)), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["softmax", "kmeans", "resnet"])
def test_the_same_probabilities_in_torch(tmp_path: Path, name: str) -> None:
    model = trained(name, tmp_path / "model.safetensors")
    out = tmp_path / "model.pt2"
    code, _, errors = run(tmp_path / "model.safetensors", "--out", out, "--input", "float32")
    assert (code, errors) == (0, ""), errors
    exported = run_program(out, "float32")
    for n in (1, 37):
        expected = model.predict_proba(faces(n).reshape(n, -1))
        np.testing.assert_allclose(exported(faces(n)), expected, atol=1e-5)
    extra = {METADATA: ""}
    torch.export.load(out, extra_files=extra)
    assert json.loads(json.loads(extra[METADATA])["classes"]) == list(NAMES)


def test_a_file_says_what_it_is(tmp_path: Path) -> None:
    source = tmp_path / "results/experiments/softmax-weighted/3/model.safetensors"
    source.parent.mkdir(parents=True)
    trained("softmax", source)
    assert run(source, "--out", tmp_path / "m.onnx", "--input", "float32")[0] == 0
    model = onnx.load(tmp_path / "m.onnx")
    about = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(about["classes"]) == list(NAMES)
    assert (about["image_side"], about["experiment"]) == ("12", "softmax-weighted, seed 3")
    assert "MIT" in about["licence"]
    (faces_in,), (out,) = model.graph.input, model.graph.output
    shape = faces_in.type.tensor_type.shape.dim
    assert (faces_in.name, shape[0].dim_param, shape[1].dim_value) == ("faces", "n", 12)
    assert faces_in.type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert out.name == "probabilities"
    assert str(Path(__file__).parents[2]).encode() not in (tmp_path / "m.onnx").read_bytes()


@pytest.mark.parametrize("form", ["onnx", "pt2"])
def test_a_class_that_training_never_saw_has_no_name_and_no_column(tmp_path: Path, form: str) -> None:
    source, out = tmp_path / "model.safetensors", tmp_path / f"model.{form}"
    seen = np.array([0, 2, 3])  # nobody is disgusted
    with limited_threads(1):
        model = make_model("softmax", **SMALL["softmax"]).fit(
            faces(60).reshape(60, -1), seen[np.arange(60) % 3]
        )
    model.save(source, class_names=NAMES)
    assert run(source, "--out", out)[0] == 0
    if form == "onnx":
        entries = onnx.load(out).metadata_props
        names = next(entry.value for entry in entries if entry.key == "classes")
        probabilities = run_onnx(out, "uint8")(faces(5))
    else:
        extra = {METADATA: ""}
        torch.export.load(out, extra_files=extra)
        names = json.loads(extra[METADATA])["classes"]
        probabilities = run_program(out, "uint8")(faces(5))
    assert json.loads(names) == ["angry", "fear", "happy"]
    np.testing.assert_allclose(probabilities, model.predict_proba(faces(5).reshape(5, -1)), atol=1e-5)


@pytest.mark.parametrize("error", [3e-5, float("nan")])
def test_a_file_with_other_probabilities_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: float
) -> None:
    class Other(torch.nn.Module):
        """As if the exporter had made a mistake."""

        def __init__(self, model: Classifier) -> None:
            super().__init__()
            self.right = probability_module(model)

        def forward(self, seen: torch.Tensor) -> torch.Tensor:
            return self.right(seen) + error

    monkeypatch.setattr("ferflow.export.command.probability_module", Other)
    trained("softmax", tmp_path / "model.safetensors")
    code, _, said = run(tmp_path / "model.safetensors", "--out", tmp_path / "model.onnx")
    assert code == 2
    assert said.endswith(f": as onnx its probabilities differ by {error:.1g}, more than 1e-05; not written\n")
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]


def test_where_two_clusters_disagree_the_nearest_names_the_class(tmp_path: Path) -> None:
    model = trained("kmeans", tmp_path / "model.safetensors")
    rows = faces(300)
    with torch.inference_mode():
        result = probability_module(model)(torch.from_numpy(rows)).numpy()
    np.testing.assert_allclose(result, model.predict_proba(rows.reshape(300, -1)), atol=1e-6)
    assert (model.classes_[result.argmax(axis=1)] == model.predict(rows.reshape(300, -1))).all()


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    source = tmp_path / "model.safetensors"
    trained("softmax", source)
    flat = tmp_path / "flat.safetensors"
    make_model("softmax", epochs=1).fit(np.eye(20, 6), np.arange(20) % 2).save(flat)
    content = source.read_bytes()
    for arguments, message in (
        ([source, "--out", source, "--format", "onnx"], "would overwrite"),
        ([source, "--out", tmp_path / "x/../model.safetensors", "--format", "onnx"], "would overwrite"),
        ([source, "--out", tmp_path / "model.txt"], "says no format"),
        ([source, "--out", tmp_path, "--format", "onnx"], "a folder"),
        ([tmp_path / "none", "--out", tmp_path / "a.onnx"], "no such file"),
        ([flat, "--out", tmp_path / "a.onnx"], "no square face"),
        (["m.onnx", "--out", tmp_path / "a.onnx"], "exported already"),
        (["m.onnx", "--out", "m.onnx"], "exported already"),
        (["m.pt2", "--out", tmp_path / "a.onnx"], "exported already"),
    ):
        code, _, said = run(*arguments)
        assert (code, said.count("\n"), message in said) == (2, 1, True), said
    assert source.read_bytes() == content
    assert not (tmp_path / "a.onnx").exists()


def test_without_a_name_the_file_is_called_as_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    trained("softmax", tmp_path / "models/mine.safetensors")
    monkeypatch.chdir(tmp_path)
    code, said, _ = run("models/mine.safetensors")
    assert (code, said.partition(": ")[0]) == (0, "mine.onnx")
    assert Path("mine.onnx").is_file()


def test_a_link_stays_and_a_pipe_too(tmp_path: Path) -> None:
    trained("softmax", tmp_path / "model.safetensors")
    link, pipe = tmp_path / "link.onnx", tmp_path / "pipe.onnx"
    link.symlink_to(tmp_path / "real")
    os.mkfifo(pipe)
    assert run(tmp_path / "model.safetensors", "--out", link)[0] == 0
    assert (link.is_symlink(), run_onnx(tmp_path / "real", "uint8")(faces(2)).shape) == (True, (2, 4))
    code, _, said = run(tmp_path / "model.safetensors", "--out", pipe)
    assert (code, said) == (2, f"error: {pipe}: no plain file; name another\n")
    assert pipe.is_fifo()


INT8 = ("cnn", "dnn", "resnet")


def half_bright(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces of two classes, bright at the top and at the bottom."""
    X, y = faces(n), np.arange(n) % 2
    X[y == 0, : SIDE // 2] //= 4
    X[y == 1, SIDE // 2 :] //= 4
    return X, y


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of networks that tell two classes apart, and of faces, images of both."""
    folder = tmp_path_factory.mktemp("halves")
    X, y = half_bright(96)
    for name in INT8:
        with limited_threads(1):
            settings = SMALL[name] | {"epochs": 12, "learning_rate": 0.03, "loss": "cross-entropy"}
            make_model(name, **settings).fit(X.reshape(96, -1), y).save(folder / f"{name}.safetensors")
    (folder / "faces").mkdir()
    for index, face in enumerate(X):
        Image.fromarray(face).save(folder / f"faces/{index:03}.png")
    return folder


@pytest.mark.parametrize("name", INT8)
def test_eight_bits_give_the_same_answers(halves: Path, tmp_path: Path, name: str) -> None:
    source, out = halves / f"{name}.safetensors", tmp_path / "small.onnx"
    code, said, errors = run(source, "--out", out, "--int8", halves / "faces")
    assert (code, errors) == (0, ""), errors
    assert "of 96 faces get the same answer" in said
    graph = onnx.load(out).graph
    kinds = {weight.name: weight.data_type for weight in graph.initializer}
    made = {result: node for node in graph.node for result in node.output}
    products = [node for node in graph.node if node.op_type in ("Conv", "Gemm", "MatMul")]
    assert products
    assert all(kinds[made[node.input[1]].input[0]] == onnx.TensorProto.INT8 for node in products)
    X, y = half_bright(40)
    answers = run_onnx(out, "uint8")(X)
    assert (answers.argmax(axis=1) == y).mean() > 0.9
    again = tmp_path / "again.onnx"
    assert run(source, "--out", again, "--int8", halves / "faces")[0] == 0
    assert again.read_bytes() == out.read_bytes()


def test_a_single_view_is_that_of_the_face_alone(halves: Path, tmp_path: Path) -> None:
    source = halves / "cnn.safetensors"
    assert run(source, "--out", tmp_path / "one.onnx", "--single-view")[0] == 0
    model = load_model(source)
    assert isinstance(model, NetworkClassifier)
    X = faces(20)
    both = model.predict_proba(X.reshape(20, -1))
    model.flip_average, model.scale_average = False, None
    alone = model.predict_proba(X.reshape(20, -1))
    np.testing.assert_allclose(run_onnx(tmp_path / "one.onnx", "uint8")(X), alone, atol=1e-5)
    assert np.abs(alone - both).max() > 1e-4


def test_what_cannot_be_had_with_eight_bits(halves: Path, tmp_path: Path) -> None:
    trained("softmax", tmp_path / "softmax.safetensors")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").mkdir()
    (tmp_path / "text/a.png").write_text("no image")
    for arguments, message in (
        ([tmp_path / "softmax.safetensors", "--int8", halves / "faces"], "no network"),
        ([tmp_path / "softmax.safetensors", "--single-view"], "no network"),
        ([halves / "cnn.safetensors", "--int8", halves / "faces", "--format", "pt2"], "for ONNX"),
        ([halves / "cnn.safetensors", "--int8", tmp_path / "none"], "no such"),
        ([halves / "cnn.safetensors", "--int8", tmp_path / "empty"], "empty"),
        ([halves / "cnn.safetensors", "--int8", tmp_path / "text"], "a.png"),
    ):
        code, _, said = run(*arguments, "--out", tmp_path / "a.onnx")
        assert (code, said.count("\n"), message in said) == (2, 1, True), said
    assert not (tmp_path / "a.onnx").exists()


def test_too_many_other_answers_are_refused(halves: Path) -> None:
    model, (X, y) = load_model(halves / "cnn.safetensors"), half_bright(40)
    with pytest.raises(InputError, match=r"alike for \d+\.\d% of the 40 faces only"):
        same_answers(model, lambda seen: np.eye(2, dtype=np.float32)[1 - y], X, "cnn")


def test_faces_are_drawn_from_all_of_a_table(tmp_path: Path) -> None:
    pixels = [" ".join([str(value)] * 64) for value in [0] * 1000 + [255] * 1000]
    path = tmp_path / "faces.csv"
    path.write_text("\n".join(["pixels", *pixels, ""]))
    drawn = drawn_faces(str(path), 8)
    assert drawn.shape == (FACES, 8, 8)
    assert 0.4 < (drawn == 255).mean() < 0.6
    np.testing.assert_array_equal(drawn, drawn_faces(str(path), 8))
    path.write_text("pixels\n")
    with pytest.raises(InputError, match=r"faces\.csv: no rows after the header"):
        drawn_faces(str(path), 8)
