"""Turn the faces of a protocol into rows: results/protocols/<protocol>/balance.parquet."""

from ferflow import params
from ferflow.balance import balance_path, make_balance
from ferflow.faces import TABLE_PATH
from ferflow.files import read_parquet, write_parquet
from ferflow.stage import arguments, run


def main() -> None:
    """Balance one protocol."""
    name = arguments(__doc__, "protocol").protocol
    protocol = params.load().protocol(name)
    rows = make_balance(read_parquet(TABLE_PATH), protocol, name)
    write_parquet(balance_path(name), rows)


if __name__ == "__main__":
    run(main)
