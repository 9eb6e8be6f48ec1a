"""Train and test an experiment and what it is set against, on one random draw after another.

Writes results/experiments/<experiment>/redraws.csv: the errors of both on each draw.
"""

import sys

from ferflow import params
from ferflow.errors import InputError
from ferflow.faces import TABLE_PATH, load_faces
from ferflow.files import read_parquet, write_text
from ferflow.machine import limited_threads, resolve_hyperparameters, resolve_threads
from ferflow.params import Params
from ferflow.redraws import Contestant, redraw, redraw_path
from ferflow.stage import arguments, run


def contestant(settings: Params, name: str) -> Contestant:
    """Gather what params.yaml says of an experiment."""
    experiment = settings.experiment(name)
    return Contestant(
        name=name,
        protocol=settings.protocol(experiment.protocol),
        hyperparameters=resolve_hyperparameters(settings.hyperparameters(name, seed=0, epoch_faces=1)),
        class_weight=experiment.class_weight,
    )


def main() -> None:
    """Draw, train, test, again and again."""
    name = arguments(__doc__, "experiment").experiment
    settings = params.load()
    if name not in settings.redraws:
        raise InputError(f"params.yaml: redraws says nothing of '{name}'; say against what, and how often")
    plan = settings.redraws[name]
    both = contestant(settings, name), contestant(settings, plan.against)

    def finished(done: int) -> None:
        print(f"{name}: draw {done}/{plan.repetitions}", file=sys.stderr, flush=True)

    with limited_threads(resolve_threads(settings.threads)):
        measured = redraw(load_faces(), read_parquet(TABLE_PATH), both, plan.repetitions, finished=finished)
    write_text(redraw_path(name), measured.to_csv(index=False, float_format="%.6g"))


if __name__ == "__main__":
    run(main)
