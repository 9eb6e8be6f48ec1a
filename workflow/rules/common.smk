"""The parameters, validated before first use, and what the rules make of them."""

import sys

from joblib import cpu_count

from ferflow.engines.code import code_digest, modules_of
from ferflow.engines.last import greet_snakemake
from ferflow.engines.lock import note_owner
from ferflow.engines.parameters import listing, snakemake_parameters
from ferflow.engines.processes import count_nodes, count_processes, is_spread
from ferflow.engines.resources import count_faces, gpus, megabytes, minutes, need_of
from ferflow.engines.stages import Job, jobs
from ferflow.errors import InputError
from ferflow.machine import resolve_threads

try:
    parameters = snakemake_parameters(config)
    faces_listing = listing(parameters.data.path)
    PROCESSES, NODES = count_processes(), count_nodes()
except InputError as error:
    print(f"error: {error}", file=sys.stderr)
    sys.exit(2)

if workflow.is_main_process:
    note_owner()
greet_snakemake()
# A prefix takes the place of Snakemake's own, by which a command ends where a part of it fails. The name is for
# ferflow.engines.last and the tags of MLflow runs.
shell.prefix("set -euo pipefail; export FERFLOW_ENGINE=snakemake; ")
THREADS = resolve_threads(parameters.threads)
CORES = cpu_count()  # where -j says fewer, Snakemake takes that


def is_over_nodes(stage, wildcards):
    """Whether a job is a training over several nodes."""
    return NODES > 1 and is_spread(job(stage, wildcards), parameters)


def processes(stage, wildcards):
    """How many processes a job has on each of its nodes, each with threads and memory of its own."""
    return PROCESSES if is_spread(job(stage, wildcards), parameters) else 1


def accelerators(stage):
    """How many GPUs a training asks for, unless it does so for each of several nodes."""
    return lambda wildcards: (
        0
        if is_over_nodes(stage, wildcards)
        else gpus(job(stage, wildcards), parameters, PROCESSES)
    )


def accelerators_of_a_node(wildcards):
    """What a training over several nodes asks for on each: of a total, Slurm may give the second node but one."""
    count = gpus(job("train", wildcards), parameters, PROCESSES)
    return f"gpu:{count}" if count and is_over_nodes("train", wildcards) else None


def node_count(wildcards):
    """How many nodes a training asks for: one too is said, as Slurm may take a total of GPUs from several."""
    return NODES if is_spread(job("train", wildcards), parameters) else None


def over_nodes(value):
    """What Slurm's plugin is told of a training over several nodes, and of no other job.

    By ``mpi`` it leaves it to the script to start a step on each node. Without ``tasks_per_gpu: 0`` it would ask
    for as many tasks for each GPU as there are nodes.
    """
    return lambda wildcards: value if is_over_nodes("train", wildcards) else None


def asked(measure, stage):
    """What a job asks for, by the faces that there are, and more at each attempt (`retries`)."""
    return lambda wildcards, attempt: measure(
        need_of(job(stage, wildcards), parameters),
        count_faces(stage, parameters),
        attempt,
    )


def memory(stage):
    """How many MB a job asks for on each of its nodes."""
    each = asked(megabytes, stage)
    return lambda wildcards, attempt: processes(stage, wildcards) * each(
        wildcards, attempt
    )


def patience(stage):
    """How many minutes a job may take."""
    return asked(minutes, stage)


def one_of(names):
    """Match these names alone: of a file of any other, Snakemake says in a line that no rule makes it."""
    return "|".join(names) or "(?!)"  # which nothing matches


wildcard_constraints:
    experiment=one_of(parameters.experiments),
    seed="0|[1-9][0-9]*",


def job(stage, wildcards):
    return Job(
        stage, getattr(wildcards, "experiment", ""), int(getattr(wildcards, "seed", -1))
    )


def inputs(stage):
    """What a stage reads, as ferflow.engines.stages says."""
    return lambda wildcards: [
        path.as_posix() for path in job(stage, wildcards).inputs(parameters)
    ]


def books(stage):
    """What Snakemake records of a stage: parameters (and their digest, which the stage checks) and code."""
    return {
        "parameters": lambda wildcards: job(stage, wildcards).parameters(parameters),
        "digest": lambda wildcards: job(stage, wildcards).digest(parameters),
        "code": lambda wildcards: code_digest(
            stage, modules_of(job(stage, wildcards), parameters)
        ),
    }
