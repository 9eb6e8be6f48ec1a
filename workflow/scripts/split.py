"""Put the rows of an experiment's protocol on their sides: results/experiments/<experiment>/split.parquet."""

from ferflow import params
from ferflow.balance import balance_path, protocol_classes, select_faces
from ferflow.faces import TABLE_PATH
from ferflow.files import read_parquet
from ferflow.rows import save_rows
from ferflow.split import make_split, split_path
from ferflow.stage import arguments, run


def main() -> None:
    """Split the rows of one experiment's protocol."""
    experiment = arguments(__doc__, "experiment").experiment
    settings = params.load()
    name = settings.experiment(experiment).protocol
    protocol = settings.protocol(name)
    table = read_parquet(TABLE_PATH)
    faces, classes = select_faces(table, protocol, name), protocol_classes(table, protocol, name)
    split = make_split(faces, read_parquet(balance_path(name)), protocol, name)
    save_rows(split_path(experiment), split, faces, protocol, classes, name)


if __name__ == "__main__":
    run(main)
