"""Train an experiment's model with one hyperparameter after another through the values of params.yaml.

Writes results/experiments/<experiment>/sweep.csv: the history of every training, with the first seed.
"""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

import sys

from ferflow import paths
from ferflow.data.draw import draw_samples
from ferflow.data.faces import load_faces, read_face_table
from ferflow.data.samples import inputs_and_targets
from ferflow.data.split import TRAIN
from ferflow.engines.gpus import claim_gpu
from ferflow.engines.script import Context, run_stage
from ferflow.files import write_text
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models.hyperparameters import hyperparameters
from ferflow.remedies.registry import sample_weight
from ferflow.studies.sweep import sweep


def main(context: Context) -> None:
    """Train once per value and keep the curves."""
    settings, name = context.params, context.experiment
    experiment = settings.experiment(name)
    if experiment.model.is_network:
        claim_gpu(settings.device)
    protocol = settings.protocol(experiment.protocol)
    samples = draw_samples(read_face_table(), protocol, experiment.protocol)
    faces = load_faces()
    X, y = inputs_and_targets(faces, samples, TRAIN)
    arguments = hyperparameters(settings, name, seed=settings.seeds[0], epoch_faces=samples.train_faces)
    weight = sample_weight(experiment.class_weight, y)
    with limited_threads(resolve_threads(settings.threads)):
        table = sweep(
            arguments,
            settings.sweeps[name],
            (X, y),
            inputs_and_targets(faces, samples, samples.followed),
            sample_weight=weight,
            before_training=lambda key, value: print(f"{name}: {key} {value:g}", file=sys.stderr, flush=True),
        )
    write_text(paths.sweep(name), table.to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run_stage("sweep", main, __doc__)
