"""Time to 65, 70 and 73% on PublicTest, on a GPU or whatever there is.

    python benchmarks/gpu.py [--experiment cnn-90min] [--device auto] [--epochs 80]

Run it where `params.yaml` names the real data and the experiment's split stage is done. Trains the experiment
once, with its moving average measured after each epoch (that time counts too). Prints what it ran on, the
speed, and the first epoch in which each accuracy is reached. Several GPUs: `torchrun --nproc-per-node 4
benchmarks/gpu.py`.
"""

import argparse
import time

import torch

from ferflow import params, paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import inputs_and_targets, load_samples
from ferflow.data.split import TRAIN, VALIDATION
from ferflow.engines.script import is_first_process, run
from ferflow.machine import limited_threads, resolve_device, resolve_threads
from ferflow.models.factory import make_model
from ferflow.models.hyperparameters import hyperparameters

GOALS = (0.65, 0.70, 0.73)


class Stopwatch:
    """Notes when each goal is reached; use as a training's ``progress``.

    Attributes
    ----------
    seconds : list of float
        Since the start, at the end of each epoch.
    accuracies : list of float
    """

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.seconds: list[float] = []
        self.accuracies: list[float] = []

    def __call__(self, row: dict[str, float]) -> None:
        """Take a row of the history."""
        self.seconds.append(time.perf_counter() - self.started)
        self.accuracies.append(row["validation_accuracy"])

    def first(self, goal: float) -> str:
        """Say when an accuracy was first reached."""
        for epoch, (seconds, accuracy) in enumerate(zip(self.seconds, self.accuracies, strict=True), 1):
            if accuracy >= goal:
                return f"{seconds:.0f} s, epoch {epoch}"
        return f"not reached (best {100 * max(self.accuracies):.1f}%)"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--experiment", default="cnn-90min")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, help="the experiment's own if left out")
    arguments = parser.parse_args()
    settings = params.load()
    samples = load_samples(paths.split(arguments.experiment))
    faces = load_faces()
    X, y = inputs_and_targets(faces, samples, TRAIN)
    device = resolve_device(arguments.device, settings.precision)
    recipe = hyperparameters(
        settings, arguments.experiment, seed=arguments.seed, epoch_faces=samples.train_faces, device=device
    )
    if arguments.epochs:
        recipe["epochs"] = arguments.epochs
    model = make_model(**recipe)
    stopwatch = Stopwatch()
    with limited_threads(resolve_threads(settings.threads)):
        model.fit(X, y, validation=inputs_and_targets(faces, samples, VALIDATION), progress=stopwatch)
    if not is_first_process():
        return
    name = torch.cuda.get_device_name() if device.name == "cuda" else device.name
    seen = samples.train_faces * recipe["epochs"]
    print(
        f"{arguments.experiment} on {name} in {device.precision}: {seen / stopwatch.seconds[-1]:.0f} faces/s"
    )
    for goal in GOALS:
        print(f"{goal:.0%} of PublicTest: {stopwatch.first(goal)}")


if __name__ == "__main__":
    run(main)
