"""Models in ONNX files: the same probabilities as where they came from, and nothing else believed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ferflow.errors import InputError
from ferflow.export.command import export_model
from ferflow.models.dnn import DNNClassifier
from ferflow.models.factory import load_model
from ferflow.models.network import NetworkClassifier
from ferflow.models.onnx_model import DIGEST, OnnxModel, digest_of
from ferflow.networks import FOLDER
from ferflow.predict.predictor import Predictor

SIDE = 8
NAMES = ("angry", "happy", "sad")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("onnx")
    X = np.random.default_rng(0).integers(0, 256, (30, SIDE**2)).astype(np.uint8)
    model = DNNClassifier(hidden=(8, 8), epochs=1, batch_size=8).fit(X, np.arange(30) % 3)
    model.save(folder / "model.safetensors", class_names=NAMES)
    export_model(folder / "model.safetensors", folder / "model.onnx", None, "uint8")
    return folder / "model.onnx"


def faces(n: int, side: int = SIDE) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, side**2)).astype(np.uint8)


def test_it_gives_the_probabilities_of_the_model_that_was_exported(exported: Path) -> None:
    expected = load_model(exported.with_suffix(".safetensors")).predict_proba(faces(20))
    model = OnnxModel(exported)
    assert model.predict_proba(faces(20)) == pytest.approx(expected, abs=1e-5)
    assert model.class_names_ == NAMES
    assert model.predict_proba(faces(0)).shape == (0, 3)


def test_faces_that_are_made_when_asked_for_are_taken(exported: Path) -> None:
    class Rows:
        shape = (9, SIDE**2)

        def rows(self, index: np.ndarray) -> np.ndarray:
            return faces(9)[index]

    model = OnnxModel(exported)
    np.testing.assert_array_equal(model.predict_proba(Rows()), model.predict_proba(faces(9)))


@pytest.mark.parametrize("network", sorted(path.stem for path in FOLDER.glob("*.safetensors")))
def test_a_network_of_the_package_is_the_same_in_both_files(network: str) -> None:
    model: NetworkClassifier = load_model(FOLDER / f"{network}.safetensors")  # type: ignore[assignment]
    exported = OnnxModel(FOLDER / f"{network}.onnx")
    X = faces(5, exported.image_side_)
    assert exported.predict_proba(X) == pytest.approx(model.predict_proba(X), abs=1e-5)
    assert exported.class_names_ == model.class_names_


def test_a_photo_needs_no_pytorch() -> None:
    code = (
        "import sys, numpy; from ferflow import Predictor; "
        "Predictor()(numpy.zeros((50, 50), numpy.uint8)); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_network_of_the_package_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Predictor("fer2013").classes == Predictor().classes
    with pytest.raises(InputError, match=r"no network in the package is called 'fer2012'.*fer2013"):
        Predictor("fer2012")


def test_a_predictor_takes_an_onnx_file(exported: Path) -> None:
    predictor = Predictor(exported, cropped=True)
    (face,) = predictor(faces(1).reshape(SIDE, SIDE))
    assert tuple(face.probabilities) == NAMES
    with pytest.raises(InputError, match="runs on the processor"):
        Predictor(exported, device="cuda")


@settings(max_examples=60)
@given(data=st.data())
def test_damage_is_refused_in_a_line(exported: Path, tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(exported.read_bytes())
    if data.draw(st.booleans()):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError) as refusal:
        OnnxModel(path)
    assert "damaged.onnx: " in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 400


def signed(model: onnx.ModelProto, path: Path) -> Path:
    """Write a model with a digest that is right, as whoever means harm would."""
    about = {entry.key: entry.value for entry in model.metadata_props}
    onnx.helper.set_model_props(model, {**about, DIGEST: digest_of(model)})
    path.write_bytes(model.SerializeToString())
    return path


def test_no_other_file_is_read(exported: Path, tmp_path: Path) -> None:
    model = onnx.load(exported)
    onnx.save(model, tmp_path / "model.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    outside = onnx.load(tmp_path / "model.onnx", load_external_data=False)
    with pytest.raises(InputError, match=r"outside\.onnx: its weights lie in other files"):
        OnnxModel(signed(outside, tmp_path / "outside.onnx"))


def test_a_graph_that_cannot_run_costs_a_line(exported: Path, tmp_path: Path) -> None:
    model = onnx.load(exported)
    model.graph.node[-1].op_type = "NoSuchOperator"
    with pytest.raises(InputError, match=r"broken\.onnx: onnxruntime cannot run it"):
        OnnxModel(signed(model, tmp_path / "broken.onnx"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"classes": "3"}, "not written by ferflow"),
        ({"classes": "[1, 2, 3]"}, "not written by ferflow"),
        ({"classes": '["a", "a", "b"]'}, "not written by ferflow"),
        ({"classes": "[" * 100_000}, "not written by ferflow"),
        ({"classes": '["a", "b"]'}, "its metadata do not fit its network"),
        ({"image_side": "7"}, "its metadata do not fit its network"),
        ({"image_side": "-8"}, "its metadata do not fit its network"),
        (
            {"image_side": "1000000"},
            "its metadata do not fit its network",
        ),  # whose blank face would fill the memory
        ({"input": "float32, grey"}, "onnxruntime cannot run it"),
    ],
)
def test_metadata_that_do_not_fit_cost_a_line_before_the_first_face(
    exported: Path, tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    model = onnx.load(exported)
    onnx.helper.set_model_props(model, {e.key: e.value for e in model.metadata_props} | change)
    with pytest.raises(InputError, match=rf"odd\.onnx: {reason}"):
        OnnxModel(signed(model, tmp_path / "odd.onnx"))


def test_what_is_no_model_of_ours_is_refused(tmp_path: Path) -> None:
    graph = onnx.helper.make_graph([], "empty", [], [])
    other = tmp_path / "other.onnx"
    onnx.save(onnx.helper.make_model(graph), other)
    with pytest.raises(InputError, match="not written by ferflow"):
        OnnxModel(other)
    with pytest.raises(InputError, match="no such file"):
        OnnxModel(tmp_path / "none.onnx")
    with pytest.raises(InputError, match="cannot be read"):
        OnnxModel(tmp_path)
    with pytest.raises(InputError, match=r"cannot be read \(embedded null byte\)"):
        OnnxModel(Path("a\0b.onnx"))
