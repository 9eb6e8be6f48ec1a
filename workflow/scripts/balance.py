"""Plan the samples of a protocol: results/protocols/<protocol>/balance.parquet."""

from ferflow import params
from ferflow.balance import balance_path
from ferflow.faces import TABLE_PATH
from ferflow.files import read_parquet, write_parquet
from ferflow.samples import make_balance, select
from ferflow.stage import arguments, run


def main() -> None:
    """Balance one protocol."""
    name = arguments(__doc__, "protocol").protocol
    protocol = params.load().protocol(name)
    selection = select(read_parquet(TABLE_PATH), protocol, name)
    write_parquet(balance_path(name), make_balance(selection))


if __name__ == "__main__":
    run(main)
