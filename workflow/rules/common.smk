"""The parameters, validated before first use, and the names they hold."""

import sys

from ferflow.engines import parameters as engines
from ferflow.engines.code import code
from ferflow.errors import InputError

try:
    parameters = engines.parameters(config)
except InputError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(2)

shell.prefix("export FERFLOW_ENGINE=snakemake; ")  # for the tags of MLflow runs
EXPERIMENTS = list(parameters["experiments"])
SEEDS = parameters["seeds"]


wildcard_constraints:
    protocol="[a-z0-9-]+",
    experiment="[a-z0-9-]+",
    seed=r"\d+",


def tracked(*keys):
    """Sections of params.yaml whose change re-runs a rule, as its stage in dvc.yaml names them."""
    return engines.tracked(parameters, *keys)


def protocol_of(wildcards):
    return parameters["experiments"][wildcards.experiment]["protocol"]
