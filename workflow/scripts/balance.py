"""Plan the samples of an experiment: results/experiments/<experiment>/balance.parquet."""

from ferflow import paths
from ferflow.data.draw import make_balance, select
from ferflow.engines.script import Context, run_stage
from ferflow.files import read_parquet, write_parquet


def main(context: Context) -> None:
    """Balance the protocol of one experiment."""
    name = context.params.experiment(context.experiment).protocol
    selection = select(read_parquet(paths.FACES), context.params.protocol(name), name)
    write_parquet(paths.balance(context.experiment), make_balance(selection))


if __name__ == "__main__":
    run_stage("balance", main, __doc__)
