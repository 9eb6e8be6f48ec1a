"""Divide the samples of an experiment into subsets: results/experiments/<experiment>/split.parquet."""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from ferflow import paths
from ferflow.data.draw import divide, select
from ferflow.data.faces import read_face_table
from ferflow.data.samples import save_samples
from ferflow.engines.script import Context, run_stage
from ferflow.tables import PLAN, read_table


def main(context: Context) -> None:
    """Divide the samples of one experiment's protocol."""
    name = context.params.experiment(context.experiment).protocol
    selection = select(read_face_table(), context.params.protocol(name), name)
    samples = divide(selection, read_table(paths.balance(context.experiment), PLAN, "balance"))
    save_samples(paths.split(context.experiment), samples)


if __name__ == "__main__":
    run_stage("split", main, __doc__)
