"""Write down, for DVC, what it cannot look up by itself: a job's code, the protocol of its experiment.

`dvc repro` runs this first where any file of code or params.yaml has changed; a job runs again only if what
.ferflow/lookup/ has for it is other than before.
"""

from ferflow import params
from ferflow.engines.lookup import write_lookups
from ferflow.engines.script import run


def main() -> None:
    """Load the parameters and write."""
    write_lookups(params.load())


if __name__ == "__main__":
    run(main)
