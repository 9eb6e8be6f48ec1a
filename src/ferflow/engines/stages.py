"""The stages: what each reads, writes and depends on in ``params.yaml``, for one experiment and seed.

The rules of Snakemake take their inputs from here; ``dvc.yaml`` says the same in DVC's words, and
tests/pipeline/test_parity.py that the two agree.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ferflow import paths
from ferflow.params import Params


@dataclass(frozen=True)
class Job:
    """One stage, for the experiment and seed that it has, if any; its methods take all parameters.

    Attributes
    ----------
    stage : str
        Name of the stage, and of its script.
    experiment : str
        Empty for a stage that has none.
    seed : int
        -1 for a stage that has none.
    """

    stage: str
    experiment: str = ""
    seed: int = -1

    def __str__(self) -> str:
        seed = str(self.seed) if self.seed >= 0 else ""
        return "-".join(name for name in (self.stage, self.experiment, seed) if name)

    @property
    def record(self) -> Path:
        """Where the hashes of what it wrote are kept."""
        folder = paths.EVIDENCE if self.stage in EVIDENCE else paths.RECORDS
        return folder / f"{self}.json"

    def artifacts(self) -> list[Path]:
        """List what it writes, without its record."""
        return STAGES[self.stage].artifacts(self)

    def outputs(self) -> list[Path]:
        """List what it writes."""
        return [*self.artifacts(), self.record]

    def needs(self, params: Params) -> "dict[Job, list[Path]]":
        """List the artifacts that it reads, by the job that makes them."""
        return STAGES[self.stage].needs(self, params)

    def inputs(self, params: Params) -> list[Path]:
        """List what it reads: artifacts, the records that vouch for them, and files that no stage makes."""
        needs = self.needs(params)
        artifacts = [path for of_one in needs.values() for path in of_one]
        records = [job.record for job in needs]
        return [*artifacts, *records, *STAGES[self.stage].sources(params)]

    def experiments(self, params: Params) -> list[str]:
        """Name the experiments whose models it works with."""
        against = [params.repeated_splits[self.experiment].against] if self.stage == "repeated_splits" else []
        return [self.experiment, *against] if self.experiment else []

    def keys(self, params: Params) -> list[str]:
        """Name the parts of ``params.yaml`` that it depends on, as ``dvc.yaml`` does."""
        return STAGES[self.stage].keys(self, params)

    def sections(self, params: Params) -> dict[str, Any]:
        """Take these parts, as JSON can say them, defaults filled in."""
        return {key: _section(params, key) for key in self.keys(params)}

    def parameters(self, params: Params) -> str:
        """Write these parts as one line of JSON, keys sorted."""
        return json.dumps(self.sections(params), sort_keys=True)

    def digest(self, params: Params) -> str:
        """Hash :meth:`parameters` to 16 hexadecimal digits (64-bit BLAKE2b)."""
        return blake2b(self.parameters(params).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Stage:
    """What is true of all jobs of a stage.

    Attributes
    ----------
    axes : tuple of str
        What tells its jobs apart: nothing, ``experiment``, or ``experiment`` and ``seed``.
    artifacts : callable
        Maps a job to what it writes.
    keys : callable
        Maps a job and the parameters to the parts of these that it depends on.
    needs : callable
        Maps a job and the parameters to the artifacts that it reads, by the job that makes them.
    sources : callable
        Maps the parameters to files that no stage makes, or that travel with a check of their own.
    experiments : callable
        Maps the parameters to the experiments that the stage is for.
    """

    axes: tuple[str, ...]
    artifacts: Callable[[Job], list[Path]]
    keys: Callable[[Job, Params], list[str]]
    needs: Callable[[Job, Params], dict[Job, list[Path]]] = lambda job, params: {}
    sources: Callable[[Params], list[Path]] = lambda params: []
    experiments: Callable[[Params], Sequence[str]] = lambda params: params.run


def jobs(params: Params) -> Iterator[Job]:
    """Go through all jobs of some parameters, stage by stage."""
    for name, stage in STAGES.items():
        for experiment in stage.experiments(params) if "experiment" in stage.axes else [""]:
            for seed in params.seeds if "seed" in stage.axes else [-1]:
                yield Job(name, experiment, seed)


def _section(params: Params, key: str) -> Any:
    """Take a part of the parameters: ``evaluate``, ``protocols.pair`` ..."""
    value: Any = params
    for name in key.split("."):
        value = value[name] if isinstance(value, Mapping) else getattr(value, name)
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return {name: _plain(part) for name, part in value.items()} if isinstance(value, Mapping) else value


def _protocol(experiment: str, params: Params) -> str:
    return f"protocols.{params.experiment(experiment).protocol}"


def _samples_keys(job: Job, params: Params) -> list[str]:
    return [f"experiments.{job.experiment}.protocol", _protocol(job.experiment, params)]


def _repeated_splits_keys(job: Job, params: Params) -> list[str]:
    names = job.experiments(params)
    protocols = dict.fromkeys(_protocol(name, params) for name in names)
    experiments = [f"experiments.{name}" for name in names]
    return [f"repeated_splits.{job.experiment}", *experiments, *protocols, "budget", *_MACHINE]


_MACHINE = ("threads", "precision", "device")
_INGEST, _CLUSTERS = Job("ingest"), Job("clusters")
_PIXELS_AND_FACES = {_INGEST: [paths.PIXELS, paths.FACES]}


def _samples_of(job: Job) -> dict[Job, list[Path]]:
    return _PIXELS_AND_FACES | {Job("split", job.experiment): [paths.split(job.experiment)]}


def _evaluate_artifacts(job: Job) -> list[Path]:
    files = [make(job.experiment, job.seed) for make in (paths.predictions, paths.metrics, paths.evaluation)]
    folder = paths.training(job.experiment, job.seed)
    return [*files, folder / "confusion.png", folder / "curves.png"]


def _evaluate_needs(job: Job, params: Params) -> dict[Job, list[Path]]:
    training = Job("train", job.experiment, job.seed)
    return _samples_of(job) | {training: training.artifacts()}


def _explain_needs(job: Job, params: Params) -> dict[Job, list[Path]]:
    which = job.experiment, params.seeds[0]
    return _samples_of(job) | {
        Job("train", *which): [paths.model(*which)],
        Job("evaluate", *which): [paths.predictions(*which)],
    }


def _labels_needs(job: Job, params: Params) -> dict[Job, list[Path]]:
    which = job.experiment, params.seeds[0]
    return {
        _INGEST: [paths.PIXELS, paths.FACES, paths.ORIGINS],
        Job("evaluate", *which): [paths.predictions(*which), paths.evaluation(*which)],
    }


def _report_needs(job: Job, params: Params) -> dict[Job, list[Path]]:
    needs = {_INGEST: [paths.PIXELS, paths.FACES, paths.AUDIT], _CLUSTERS: _CLUSTERS.artifacts()}
    for other in jobs(params):
        if other.stage in EVIDENCE or other.stage == "split":
            needs[other] = other.artifacts()
        elif other.stage == "train":
            needs[other] = [paths.history(other.experiment, other.seed)]
    return needs


STAGES = {
    "sample": Stage((), lambda job: [paths.SAMPLE], lambda job, params: ["sample"]),
    "ingest": Stage(
        (),
        lambda job: [paths.PIXELS, paths.FACES, paths.ORIGINS, paths.AUDIT, paths.NEAR_DUPLICATES],
        lambda job, params: ["data", "audit"],
        sources=lambda params: [Path(params.data.path)],
    ),
    "balance": Stage(
        ("experiment",),
        lambda job: [paths.balance(job.experiment)],
        _samples_keys,
        lambda job, params: {_INGEST: [paths.FACES]},
    ),
    "split": Stage(
        ("experiment",),
        lambda job: [paths.split(job.experiment)],
        _samples_keys,
        lambda job, params: {
            _INGEST: [paths.FACES],
            Job("balance", job.experiment): [paths.balance(job.experiment)],
        },
    ),
    "train": Stage(
        ("experiment", "seed"),
        lambda job: [paths.model(job.experiment, job.seed), paths.history(job.experiment, job.seed)],
        lambda job, params: [f"experiments.{job.experiment}", "budget", *_MACHINE],
        lambda job, params: _samples_of(job),
    ),
    "evaluate": Stage(
        ("experiment", "seed"),
        _evaluate_artifacts,
        lambda job, params: [f"experiments.{job.experiment}", "evaluate", "threads", "data.path"],
        _evaluate_needs,
    ),
    "sweep": Stage(
        ("experiment",),
        lambda job: [paths.sweep(job.experiment)],
        lambda job, params: [
            f"sweeps.{job.experiment}",
            f"experiments.{job.experiment}",
            _protocol(job.experiment, params),
            "budget",
            "seeds",
            *_MACHINE,
        ],
        lambda job, params: _PIXELS_AND_FACES,
        experiments=lambda params: list(params.sweeps),
    ),
    "repeated_splits": Stage(
        ("experiment",),
        lambda job: [paths.repeated_splits(job.experiment)],
        _repeated_splits_keys,
        lambda job, params: _PIXELS_AND_FACES,
        experiments=lambda params: list(params.repeated_splits),
    ),
    "clusters": Stage(
        (),
        lambda job: [
            paths.CLUSTER_FIGURES,
            *(
                paths.CLUSTERS / f"{name}.png"
                for name in ("silhouette", "folds", "points", "random", "nearest")
            ),
        ],
        lambda job, params: ["claims", "clusters", "evaluate", "threads", "data.path"],
        lambda job, params: _PIXELS_AND_FACES,
    ),
    "explain": Stage(
        ("experiment",),
        lambda job: [paths.explanation(job.experiment)],
        lambda job, params: ["explain", "threads", "data.path"],
        _explain_needs,
    ),
    # The votes are no source: DVC cannot depend on a file that may not be named at all.
    "labels": Stage(
        ("experiment",),
        lambda job: [paths.label_study(job.experiment)],
        lambda job, params: ["labels", "evaluate", "data.path"],
        _labels_needs,
    ),
    # What the report says of experiments and protocols it reads from their evaluations.
    "report": Stage(
        (),
        lambda job: [
            *(paths.REPORT / name for name in (*paths.COMPARED, "claims.csv", "claims.md")),
            paths.REPORT / "figures",
            paths.METRICS,
        ],
        lambda job, params: [
            "audit",
            "budget",
            "claims",
            "clusters",
            "data",
            "evaluate",
            "explain",
            "labels",
            "presets",
            "repeated_splits",
            "run",
            "sample",
            "seeds",
            "sweeps",
            *_MACHINE,
        ],
        _report_needs,
        sources=lambda params: [paths.CLAIMS],
    ),
}

#: Stages whose results the report shows, in a number that the parameters decide.
EVIDENCE = {"evaluate", "sweep", "repeated_splits", "explain", "labels"}
