"""Show what a trained network looks at and what its filters look for.

Writes results/experiments/<experiment>/explain/: explain.json, and saliency.png, filters.png and
responses.png of the first seed's network where ``explain`` in params.yaml names the experiment.
"""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from ferflow import paths
from ferflow.atomic import atomic_folder
from ferflow.engines.script import Context, run_stage
from ferflow.studies.explain.description import NotExplained, write_description


def main(context: Context) -> None:
    """Explain one network by its test faces; for another experiment, write that it is not explained."""
    with atomic_folder(paths.explanation(context.experiment)) as folder:
        if context.experiment in context.params.explain:
            from ferflow.studies.explain.network import explain_network

            explain_network(context.experiment, context.params, folder)
        else:
            # DVC cannot name the experiments that are both trained and explained, so all have one.
            write_description(folder, NotExplained())


if __name__ == "__main__":
    run_stage("explain", main, __doc__)
