"""Find the most confident mistakes and the suspicious labels among an experiment's test faces.

Writes results/experiments/<experiment>/labels/: labels.json and, where ``labels`` in params.yaml names the
experiment, mistakes.png. With the votes of FER+ also what any experiment of all classes reaches where these
confirm the label.
"""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from ferflow import paths
from ferflow.atomic import atomic_folder
from ferflow.engines.script import Context, run_stage
from ferflow.studies.labels.figures import LabelFigures, write_labels


def main(context: Context) -> None:
    """Examine the labels of one experiment's test faces; where nothing was asked, write just that."""
    labels = context.params.labels
    with atomic_folder(paths.label_study(context.experiment)) as folder:
        if context.experiment == labels.experiment or labels.votes is not None:
            from ferflow.studies.labels.study import examine_experiment

            examine_experiment(context.experiment, context.params, folder)
        else:
            # DVC cannot name the experiments that are both trained and examined, so all have one.
            write_labels(folder, LabelFigures())


if __name__ == "__main__":
    run_stage("labels", main, __doc__)
