"""Tell one engine what the other has made: `to-dvc` after Snakemake, `to-snakemake` after DVC."""

import argparse

from ferflow.engines import sync as engines
from ferflow.stage import run


def main() -> None:
    """Hand over, if the engine that made the files says that they are up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("direction", choices=["to-dvc", "to-snakemake"])
    if parser.parse_args().direction == "to-dvc":
        engines.to_dvc()
        print("dvc.lock now names what Snakemake made; commit it with git")
    else:
        engines.to_snakemake()
        print("Snakemake now knows what DVC made")


if __name__ == "__main__":
    run(main)
