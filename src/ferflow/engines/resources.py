"""What a job asks of a cluster: memory and minutes, by the number of faces and by what was measured."""

import math
from dataclasses import dataclass

from ferflow import paths
from ferflow.engines.processes import is_spread
from ferflow.engines.stages import Job
from ferflow.params import Params


@dataclass(frozen=True)
class Need:
    """What the jobs of a stage may take, a good deal more than what was measured.

    The measured figures are those of ``benchmarks/scale.py``, and of Snakemake's own benchmarks in
    ``logs/benchmarks/`` for the largest networks on FER-2013; sweeps and repeated splits, which train small
    models many times, were not measured apart.

    Attributes
    ----------
    megabytes, minutes : int
        However few the faces.
    megabytes_per_million, minutes_per_million : int, default=0
        On top of these, for each million faces.
    resumes : bool, default=False
        Whether the next attempt goes on where the last one was stopped, and needs no more time.
    """

    megabytes: int
    minutes: int
    megabytes_per_million: int = 0
    minutes_per_million: int = 0
    resumes: bool = False


NEEDS = {
    "sample": Need(1000, 10, 2000, 120),  # up to 16 processes of 40 MB; 3 ms a face if there is but one
    "ingest": Need(4000, 30, 1000, 30),  # the first time there is nothing to count yet
    "balance": Need(2000, 10, 1000, 10),
    "split": Need(2000, 10, 2000, 10),
    "train": Need(4000, 720, 2000, resumes=True),  # of a network; others keep no checkpoint
    "evaluate": Need(4000, 60, 2000, 60),
    "sweep": Need(4000, 120, 2000, 120),
    "repeated_splits": Need(4000, 120, 2000, 120),
    "clusters": Need(4000, 60, 1000, 10),
    "explain": Need(4000, 60, 2000, 10),
    "labels": Need(4000, 60, 2000, 30),
    "report": Need(4000, 60, 2000, 10),
}
_OTHER_TRAINING = Need(4000, 60, 2000, 60)  # of a model that is no network


def count_faces(stage: str, settings: Params) -> int:
    """Count the faces that a stage works with.

    Parameters
    ----------
    stage : str
    settings : Params

    Returns
    -------
    int
        Those to draw for ``sample``; for others those that are ingested, none before that, as Snakemake asks
        again when a job can start.
    """
    if stage == "sample":
        return settings.sample.faces
    try:
        size = paths.PIXELS.stat().st_size
    except OSError:
        return 0
    return size // settings.data.image_size**2


def need_of(job: Job, settings: Params) -> Need:
    """Look up what a job may take: by its stage, and for a training by whether it is a network's."""
    is_other = job.stage == "train" and not is_spread(job, settings)
    return _OTHER_TRAINING if is_other else NEEDS[job.stage]


def megabytes(need: Need, faces: int, attempt: int = 1) -> int:
    """Say how much memory a job asks for.

    Parameters
    ----------
    need : Need
    faces : int
        That it works with (:func:`count_faces`).
    attempt : int, default=1
        Each asks for more, since the one before may have been killed for want of it.

    Returns
    -------
    int
        In MB.
    """
    return attempt * (need.megabytes + math.ceil(need.megabytes_per_million * faces / 1e6))


def minutes(need: Need, faces: int, attempt: int = 1) -> int:
    """Say how long a job may take, as :func:`megabytes` does for its memory."""
    more = 1 if need.resumes else attempt
    return more * (need.minutes + math.ceil(need.minutes_per_million * faces / 1e6))


def gpus(job: Job, settings: Params, processes: int = 1) -> int:
    """Count the GPUs that a training asks for: none, unless it is of a network and params.yaml names a GPU.

    Parameters
    ----------
    job : Job
    settings : Params
    processes : int, default=1
        That train one network together, each on a GPU of its own; a stage of many trainings has but one.

    Returns
    -------
    int
    """
    network = any(settings.experiment(name).model.is_network for name in job.experiments(settings))
    each = int(network and settings.device in ("cuda", "mps"))
    return each * (processes if is_spread(job, settings) else 1)
