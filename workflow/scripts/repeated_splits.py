"""Train and test an experiment and what it is set against, on one random draw after another.

Writes results/experiments/<experiment>/repeated_splits.csv: the errors of both on each draw.
"""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

import sys

from ferflow import paths
from ferflow.data.faces import load_faces, read_face_table
from ferflow.engines.gpus import claim_gpu
from ferflow.engines.script import Context, run_stage
from ferflow.files import write_text
from ferflow.machine import limited_threads, resolve_threads
from ferflow.models.hyperparameters import hyperparameters
from ferflow.params import Params
from ferflow.studies.repeated_splits import Contestant, repeat_splits


def contestant(settings: Params, name: str) -> Contestant:
    """Gather what params.yaml says of an experiment."""
    experiment = settings.experiment(name)
    return Contestant(
        name=name,
        protocol=settings.protocol(experiment.protocol),
        hyperparameters=hyperparameters(settings, name, seed=0, epoch_faces=1),
        class_weight=experiment.class_weight,
    )


def main(context: Context) -> None:
    """Draw, train, test, again and again."""
    settings, name = context.params, context.experiment
    plan = settings.repeated_splits[name]
    if any(settings.experiment(each).model.is_network for each in (name, plan.against)):
        claim_gpu(settings.device)
    both = contestant(settings, name), contestant(settings, plan.against)

    def tell(done: int) -> None:
        print(f"{name}: draw {done}/{plan.repetitions}", file=sys.stderr, flush=True)

    with limited_threads(resolve_threads(settings.threads)):
        errors = repeat_splits(
            load_faces(),
            read_face_table(),
            both,
            plan.repetitions,
            after_repetition=tell,
        )
    write_text(paths.repeated_splits(name), errors.to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run_stage("repeated_splits", main, __doc__)
