"""Divide the samples of an experiment into subsets: results/experiments/<experiment>/split.parquet."""

from ferflow import paths
from ferflow.data.draw import divide, select
from ferflow.data.samples import save_samples
from ferflow.engines.script import Context, run_stage
from ferflow.files import read_parquet


def main(context: Context) -> None:
    """Divide the samples of one experiment's protocol."""
    name = context.params.experiment(context.experiment).protocol
    selection = select(read_parquet(paths.FACES), context.params.protocol(name), name)
    samples = divide(selection, read_parquet(paths.balance(context.experiment)))
    save_samples(paths.split(context.experiment), samples)


if __name__ == "__main__":
    run_stage("split", main, __doc__)
