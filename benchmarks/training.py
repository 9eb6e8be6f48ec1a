"""Speed of training the residual network, against the loop that notebooks on FER-2013 share, in one run.

    python benchmarks/training.py [--widths 32,64,128,256] [--faces 2048] [--repeat 3] [--threads 2]

The peer trains the same network as the notebooks do: a Dataset that transforms one image after another with
Pillow, a DataLoader, float32. Then ferflow's loop, and the same with each of its tricks taken away. All are
timed in turn. Prints medians of faces a second, the share of the machine's own matrix products (in the same
precision, measured here), and the ratio to the peer.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from ferflow.machine import has_fast_bfloat16, resolve_device
from ferflow.models.resnet import ResNetClassifier

SIDE, CLASSES, BATCH = 48, 7, 256
AUGMENTATION = {"rotate": 10.0, "scale": 0.12, "shift": 0.08, "erase": 0.0}


class OneByOne(Dataset[tuple[Tensor, int]]):
    """Faces that are mirrored, turned, scaled and jittered one at a time."""

    def __init__(self, faces: NDArray[np.uint8], target: NDArray[np.int64]) -> None:
        self.faces, self.target = faces, target
        self.rng = np.random.default_rng(0)

    def __len__(self) -> int:
        return len(self.faces)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = Image.fromarray(self.faces[index])
        if self.rng.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        image = image.rotate(self.rng.uniform(-10, 10), Image.Resampling.BILINEAR)
        left, top, right, bottom = self.rng.integers(-4, 5, size=4).tolist()
        box = (left, top, SIDE + right, SIDE + bottom)
        image = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=tuple(np.clip(box, 0, SIDE)))
        pixels = torch.from_numpy(np.array(image, dtype=np.float32))
        return (pixels * self.rng.uniform(0.8, 1.2)).clamp(0, 255), int(self.target[index])


class Contiguous(ResNetClassifier):
    """The network with channels before rows, as PyTorch lays it out."""

    def _network(self) -> nn.Module:
        network: nn.Module = super()._network().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        return network


@dataclass(frozen=True)
class Faces:
    """Random faces: the time does not depend on what they show."""

    X: NDArray[np.uint8]
    y: NDArray[np.int64]


def peer(faces: Faces, widths: list[int]) -> None:
    """Train for one epoch in the usual way."""
    shape = ResNetClassifier(widths=widths)
    shape.classes_ = np.arange(CLASSES)
    network = shape._network().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    loader = DataLoader(OneByOne(faces.X.reshape(-1, SIDE, SIDE), faces.y), batch_size=BATCH, shuffle=True)
    network.train()
    for images, target in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), target).backward()
        optimizer.step()


def ours(
    faces: Faces, widths: list[int], kind: type[ResNetClassifier] = ResNetClassifier, **changes: object
) -> None:
    """Train for one epoch with ferflow's loop."""
    settings: dict[str, object] = {
        "epochs": 1,
        "batch_size": BATCH,
        "optimizer": "muon",
        "learning_rate": 0.02,
        "jitter": 0,
        "augmentation": AUGMENTATION,
        "precision": "bfloat16",
    }
    kind(widths=widths, **(settings | changes)).fit(faces.X, faces.y)  # type: ignore[arg-type]


def emulated(faces: Faces, widths: list[int]) -> None:
    """Train with ferflow's loop, but with Muon as PyTorch has it, in bfloat16 that the processor emulates."""
    with mock.patch("ferflow.models.optimizers.has_fast_bfloat16", return_value=True):
        ours(faces, widths, precision="float32")


def inductor(faces: Faces, widths: list[int], steps: int = 5) -> tuple[float, float]:
    """Compile the network with PyTorch's inductor.

    Returns
    -------
    seconds : float
        That compiling takes, with the first step.
    ratio : float
        Time of a compiled step, forward and backward, to that of a plain one.
    """
    one = ResNetClassifier(widths=widths)
    one.classes_ = np.arange(CLASSES)
    network = one._network().train()
    x = torch.from_numpy(faces.X[:BATCH].reshape(-1, SIDE, SIDE))
    target = torch.from_numpy(faces.y[:BATCH])

    def step(forward: Callable[[Tensor], Tensor]) -> None:
        with torch.autocast("cpu", torch.bfloat16):
            logits = forward(x)
        nn.functional.cross_entropy(logits.float(), target).backward()

    plain: Callable[[Tensor], Tensor] = network
    compiled: Callable[[Tensor], Tensor] = torch.compile(network)
    step(plain)
    seconds = timed(lambda: step(compiled))
    pairs = [(timed(lambda: step(plain)), timed(lambda: step(compiled))) for _ in range(steps)]  # in turn
    usual, faster = (statistics.median(times) for times in zip(*pairs, strict=True))
    return seconds, faster / usual


def products_a_second(dtype: torch.dtype, size: int = 2048) -> float:
    """Multiply-accumulates a second of a matrix product."""
    a, b = torch.rand(2, size, size).to(dtype)
    a @ b
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - started)
    return size**3 / statistics.median(seconds)


def timed(function: Callable[[], None]) -> float:
    """Seconds of a call."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--widths", default="32,64,128,256", help="channels of the stages")
    parser.add_argument("--faces", type=int, default=2048)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--inductor", action="store_true", help="compile the network too; needs a C++ compiler"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    widths = [int(width) for width in arguments.widths.split(",")]
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (arguments.faces, SIDE * SIDE)).astype(np.uint8)
    faces = Faces(X, np.arange(arguments.faces) % CLASSES)
    precision = resolve_device("cpu", "auto").precision

    loops: dict[str, tuple[Callable[[], None], str]] = {
        "peer's loop": (lambda: peer(faces, widths), "float32"),
        "ferflow": (lambda: ours(faces, widths, precision=precision), precision),
        "... in float32": (lambda: ours(faces, widths, precision="float32"), "float32"),
        "... channels first": (lambda: ours(faces, widths, Contiguous, precision=precision), precision),
        "... without Muon": (lambda: ours(faces, widths, precision=precision, optimizer="sgd"), precision),
        "... without augmentation": (
            lambda: ours(faces, widths, precision=precision, augmentation=None),
            precision,
        ),
        "... batches of 64": (lambda: ours(faces, widths, precision=precision, batch_size=64), precision),
    }
    if not has_fast_bfloat16("cpu"):
        loops["... Muon in bfloat16"] = (lambda: emulated(faces, widths), "float32")
    one = ResNetClassifier(widths=widths, epochs=1).fit(faces.X[:64], faces.y[:64])
    for loop, _ in loops.values():
        loop()  # warm up
    seconds: dict[str, list[float]] = {name: [] for name in loops}
    for _ in range(arguments.repeat):
        for name, (loop, _) in loops.items():
            seconds[name].append(timed(loop))
    peaks = {name: products_a_second(getattr(torch, name)) for name in dict.fromkeys(("float32", precision))}
    print(f"{one.macs_ / 1e6:.1f} million multiply-accumulates a face, {arguments.threads} threads")
    print(f"medians of {arguments.repeat} runs over {arguments.faces:,} faces")
    for name, peak in peaks.items():
        print(f"matrix products in {name}: {2 * peak / 1e9:.0f} GFLOP/s")
    usual = statistics.median(seconds["peer's loop"])
    for name, (_, used) in loops.items():
        median = statistics.median(seconds[name])
        speed = arguments.faces / median
        rate = 3 * one.macs_ * speed  # forward and backward, which costs twice as much
        print(
            f"{name:<26} {speed:6.0f} faces/s {2 * rate / 1e9:5.0f} GFLOP/s, "
            f"{rate / peaks[used]:4.0%} of the peak, {usual / median:5.2f} times the peer"
        )
    if arguments.inductor:
        compiling, ratio = inductor(faces, widths)
        print(f"inductor: {compiling:.0f} s to compile, then a step takes {ratio:.2f} of a plain one's time")


if __name__ == "__main__":
    main()
