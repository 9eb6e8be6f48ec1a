"""Time to 65, 70 and 73% on PublicTest, or to other goals, on a GPU or whatever there is.

    python benchmarks/gpu.py [--experiment cnn-90min=80] [--device auto]
    python benchmarks/gpu.py --experiment cnn cnn-3min=9 --goals 0.636

Run it where `params.yaml` names the real data and the experiments' split stages are done. Trains each
experiment once, for its own number of epochs or the one behind its name, with its moving average measured
after each epoch (that time counts too). Prints what it ran on, the speed, the first epoch in which each goal
is reached, and in which share of the time of the first experiment that reaches it. Several GPUs: `torchrun
--nproc-per-node 4 benchmarks/gpu.py`.
"""

import argparse
import time
from dataclasses import dataclass, field

import torch

from ferflow import params, paths
from ferflow.data.faces import load_faces
from ferflow.data.samples import inputs_and_targets, load_samples
from ferflow.data.split import TRAIN, VALIDATION
from ferflow.engines.script import is_first_process, run
from ferflow.machine import Device, limited_threads, resolve_device, resolve_threads
from ferflow.models.factory import make_model
from ferflow.models.hyperparameters import hyperparameters, total_epochs
from ferflow.remedies.registry import sample_weight


@dataclass
class Stopwatch:
    """Notes how far a training is; use as its ``progress``.

    Attributes
    ----------
    started : float
    seconds : list of float
        Since the start, at the end of each epoch.
    accuracies : list of float
    """

    started: float = field(default_factory=time.perf_counter)
    seconds: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)

    def __call__(self, row: dict[str, float]) -> None:
        """Take a row of the history."""
        self.seconds.append(time.perf_counter() - self.started)
        self.accuracies.append(row["validation_accuracy"])

    def first(self, goal: float) -> tuple[float, int] | None:
        """Give the seconds and the epoch in which an accuracy was first reached, if it was."""
        for epoch, (seconds, accuracy) in enumerate(zip(self.seconds, self.accuracies, strict=True), 1):
            if accuracy >= goal:
                return seconds, epoch
        return None


def measure(
    settings: params.Params, experiment: str, epochs: int | None, seed: int, device: Device
) -> Stopwatch:
    """Train an experiment, for its own number of epochs if None is given, and say how fast it was."""
    samples = load_samples(paths.split(experiment))
    faces = load_faces()
    recipe = hyperparameters(settings, experiment, seed=seed, epoch_faces=samples.train_faces, device=device)
    if epochs is not None:
        recipe["epochs"] = epochs
    X, y = inputs_and_targets(faces, samples, TRAIN)
    validation = inputs_and_targets(faces, samples, VALIDATION)
    weight = sample_weight(settings.experiment(experiment).class_weight, y)
    model = make_model(**recipe)
    stopwatch = Stopwatch()
    with limited_threads(resolve_threads(settings.threads)):
        model.fit(X, y, sample_weight=weight, validation=validation, progress=stopwatch)
    if is_first_process():
        name = torch.cuda.get_device_name() if device.name == "cuda" else device.name
        speed = samples.train_faces * total_epochs(recipe) / stopwatch.seconds[-1]
        print(
            f"{experiment}, {recipe['epochs']} epochs, on {name} in {device.precision}: {speed:.0f} faces/s"
        )
    return stopwatch


def _recipe(text: str) -> tuple[str, int | None]:
    """Part "cnn-3min=9" into the experiment and the number of its epochs, if one is given."""
    name, equals, epochs = text.partition("=")
    if equals and not (epochs.isdecimal() and int(epochs)):
        raise argparse.ArgumentTypeError(f"'{text}': after the = comes a number of epochs, at least 1")
    return name, int(epochs) if equals else None


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--experiment", nargs="+", type=_recipe, default=[("cnn-90min", None)], metavar="NAME[=EPOCHS]"
    )
    parser.add_argument("--goals", nargs="+", type=float, default=[0.65, 0.70, 0.73], metavar="ACCURACY")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda", "mps"], default="auto")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    settings = params.load()
    device = resolve_device(arguments.device, settings.precision)
    baseline: dict[float, float] = {}
    for name, epochs in arguments.experiment:
        stopwatch = measure(settings, name, epochs, arguments.seed, device)
        if not is_first_process():
            continue
        for goal in arguments.goals:
            reached = stopwatch.first(goal)
            if reached is None:
                print(f"  {goal:.1%} of PublicTest: not reached (best {max(stopwatch.accuracies):.1%})")
                continue
            seconds, epoch = reached
            share = seconds / baseline.setdefault(goal, seconds)
            print(f"  {goal:.1%} of PublicTest: {seconds:.0f} s, epoch {epoch}, {share:.2f} of the first")


if __name__ == "__main__":
    run(main)
