"""What every rule uses: the parameters, validated before first use, and the names that they hold."""

import os
import sys

from ferflow import engines
from ferflow.errors import InputError

try:
    parameters = engines.parameters(config)
except InputError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(2)

os.environ["FERFLOW_ENGINE"] = (
    "snakemake"  # for the tags of MLflow runs; reaches every job
)
PROTOCOLS = list(parameters["protocols"])
EXPERIMENTS = list(parameters["experiments"])
SEEDS = parameters["seeds"]


wildcard_constraints:
    protocol="[a-z0-9-]+",
    experiment="[a-z0-9-]+",
    seed=r"\d+",


def tracked(*keys):
    """Parameters whose change re-runs a rule: the sections that its stage in dvc.yaml names."""
    return engines.tracked(parameters, *keys)


def protocol_of(wildcards):
    return parameters["experiments"][wildcards.experiment]["protocol"]
