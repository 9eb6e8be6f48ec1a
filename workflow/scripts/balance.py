"""Plan the samples of an experiment: results/experiments/<experiment>/balance.parquet."""

from ferflow.engines import interruption

interruption.expect()  # before the imports below, which take seconds

from ferflow import paths
from ferflow.data.draw import make_balance, select
from ferflow.data.faces import read_face_table
from ferflow.engines.script import Context, run_stage
from ferflow.files import write_parquet


def main(context: Context) -> None:
    """Balance the protocol of one experiment."""
    name = context.params.experiment(context.experiment).protocol
    selection = select(read_face_table(), context.params.protocol(name), name)
    write_parquet(paths.balance(context.experiment), make_balance(selection))


if __name__ == "__main__":
    run_stage("balance", main, __doc__)
