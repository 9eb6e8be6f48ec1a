"""Train an experiment's model with one hyperparameter after another through the values of params.yaml.

Writes results/experiments/<experiment>/sweep.csv: the history of every training, with the first seed.
"""

import sys

from sklearn.utils.class_weight import compute_sample_weight

from ferflow import params
from ferflow.errors import InputError
from ferflow.faces import TABLE_PATH, load_faces
from ferflow.files import read_parquet, write_text
from ferflow.machine import limited_threads, resolve_hyperparameters, resolve_threads
from ferflow.samples import draw_samples, inputs_and_targets
from ferflow.split import TRAIN
from ferflow.stage import arguments, run
from ferflow.sweeps import sweep, sweep_path


def main() -> None:
    """Train once per value and keep the curves."""
    name = arguments(__doc__, "experiment").experiment
    settings = params.load()
    if name not in settings.sweeps:
        raise InputError(f"params.yaml: sweeps says nothing of '{name}'; add the keys and values to try")
    experiment = settings.experiment(name)
    protocol = settings.protocol(experiment.protocol)
    samples = draw_samples(read_parquet(TABLE_PATH), protocol, experiment.protocol)
    faces = load_faces()
    X, y = inputs_and_targets(faces, samples, TRAIN)
    chosen = resolve_hyperparameters(
        settings.hyperparameters(name, seed=settings.seeds[0], epoch_faces=samples.train_faces)
    )
    weight = None if experiment.class_weight == "none" else compute_sample_weight(experiment.class_weight, y)
    with limited_threads(resolve_threads(settings.threads)):
        table = sweep(
            chosen,
            settings.sweeps[name],
            (X, y),
            inputs_and_targets(faces, samples, samples.followed),
            sample_weight=weight,
            started=lambda key, value: print(f"{name}: {key} {value:g}", file=sys.stderr, flush=True),
        )
    write_text(sweep_path(name), table.to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run(main)
