"""Networks that compute with 8-bit integers: what their files hold."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from ferflow.export.command import export_model
from ferflow.export.files import run_onnx
from ferflow.export.quantization import BATCH, quantised
from ferflow.machine import limited_threads
from ferflow.models.factory import make_model

SIDE, VIEWS = 12, 4


def half_bright(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Faces of two classes, bright at the top and at the bottom."""
    X, y = np.random.default_rng(n).integers(0, 256, (n, SIDE, SIDE)).astype(np.uint8), np.arange(n) % 2
    X[y == 0, : SIDE // 2] //= 4
    X[y == 1, SIDE // 2 :] //= 4
    return X, y


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Export a network that averages over views of a face, in floating point and with 8-bit integers."""
    folder = tmp_path_factory.mktemp("views")
    X, y = half_bright(48)
    views = {"flip_average": True, "scale_average": (1.2,)}
    with limited_threads(1):
        model = make_model("cnn", widths=(24, 48), epochs=8, batch_size=16, learning_rate=0.03, **views)
        model.fit(X.reshape(48, -1), y).save(folder / "model.safetensors")
    result = {"float": folder / "float.onnx", "int8": folder / "int8.onnx"}
    for name, path in result.items():
        faces = None if name == "float" else lambda side: X
        export_model(folder / "model.safetensors", path, "onnx", "uint8", calibration=faces)
    return result


def test_many_views_share_their_weights(files: dict[str, Path]) -> None:
    model = onnx.load(files["int8"])
    contents = [
        (weight.data_type, *weight.dims, onnx.numpy_helper.to_array(weight).tobytes())
        for weight in model.graph.initializer
    ]
    assert len(set(contents)) == len(contents)
    assert files["int8"].stat().st_size < 0.6 * files["float"].stat().st_size
    X, y = half_bright(40)
    answers = run_onnx(files["int8"], "uint8")(X).argmax(axis=1)
    assert (answers == y).mean() > 0.9
    assert (answers == run_onnx(files["float"], "uint8")(X).argmax(axis=1)).mean() > 0.9


def test_every_view_is_standardised_in_floating_point(files: dict[str, Path]) -> None:
    network: set[str] = set()  # what the network computes, and what is computed of that
    quantised = 0
    for node in onnx.load(files["int8"]).graph.node:
        if node.op_type == "Conv" or not network.isdisjoint(node.input):
            network.update(node.output)
        else:
            quantised += node.op_type == "QuantizeLinear"
    assert quantised == VIEWS  # what the network is given, and nothing that it is made of


def test_weights_have_seven_bits_and_a_scale_for_each_channel(files: dict[str, Path]) -> None:
    graph = onnx.load(files["int8"]).graph
    arrays = {weight.name: onnx.numpy_helper.to_array(weight) for weight in graph.initializer}
    made = {result: node for node in graph.node for result in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert convolutions
    for node in convolutions:
        weight, scale, _ = (arrays[name] for name in made[node.input[1]].input)
        assert weight.dtype == np.int8
        assert np.abs(weight.astype(int)).max() <= 64
        assert scale.shape == weight.shape[:1]
        assert made[node.input[0]].op_type == "DequantizeLinear"


def test_ranges_are_those_of_all_faces_in_whatever_order(files: dict[str, Path]) -> None:
    model, (X, _) = onnx.load(files["float"]), half_bright(2 * BATCH)
    X[:BATCH] = 128 + X[:BATCH] // 64  # pale faces first, which excite the network differently
    one, other = (quantised(model, faces).SerializeToString(deterministic=True) for faces in (X, X[::-1]))
    assert one == other
