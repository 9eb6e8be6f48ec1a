"""Divide the samples of an experiment into subsets: results/experiments/<experiment>/split.parquet."""

from ferflow import params
from ferflow.balance import balance_path
from ferflow.faces import TABLE_PATH
from ferflow.files import read_parquet
from ferflow.samples import divide, save_samples, select
from ferflow.split import split_path
from ferflow.stage import arguments, run


def main() -> None:
    """Divide the samples of one experiment's protocol."""
    experiment = arguments(__doc__, "experiment").experiment
    settings = params.load()
    name = settings.experiment(experiment).protocol
    selection = select(read_parquet(TABLE_PATH), settings.protocol(name), name)
    save_samples(split_path(experiment), divide(selection, read_parquet(balance_path(name))))


if __name__ == "__main__":
    run(main)
