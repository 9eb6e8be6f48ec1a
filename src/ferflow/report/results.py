"""What the stages wrote, gathered per experiment and put into groups that may be compared."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ferflow import paths
from ferflow.data.split import TEST
from ferflow.errors import InputError
from ferflow.evaluation.cautions import optimizer_steps
from ferflow.evaluation.evaluation import EVALUATED, Cost, Evaluation, read_evaluation
from ferflow.evaluation.over_seeds import Interval, deviation_over_seeds, mean_interval
from ferflow.evaluation.predictions import read_predictions, select_subset
from ferflow.models.registry import find_model
from ferflow.models.schemas import NetworkSchema
from ferflow.params import Params
from ferflow.remedies.names import remedy_of, structure_of
from ferflow.tables import HISTORY, read_table


class StoredPredictions(Sequence[pd.DataFrame]):
    """The predictions of some trainings, read when asked for: those of all may be more than memory holds.

    Parameters
    ----------
    files : sequence of Path
        Of each training.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> pd.DataFrame: ...
    @overload
    def __getitem__(self, index: slice) -> "StoredPredictions": ...
    def __getitem__(self, index: int | slice) -> "pd.DataFrame | StoredPredictions":
        """Read the table of a training.

        Raises
        ------
        InputError
            If it is missing or damaged.
        """
        if isinstance(index, slice):
            return StoredPredictions(self._files[index])
        return read_predictions(self._files[index])


@dataclass(frozen=True)
class Result:
    """One experiment with all of its seeds."""

    name: str
    protocol: str
    model: str
    remedy: str
    structure: str
    seeds: Sequence[int]
    evaluations: Sequence[Evaluation]
    histories: Sequence[pd.DataFrame]
    predictions: Sequence[pd.DataFrame]
    batch_size: int | None = None  # of a network

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the labels."""
        return self.evaluations[0].classes

    @property
    def leaky(self) -> bool:
        """Whether some test face was trained on."""
        return self.evaluations[0].leaky

    @property
    def cost(self) -> Cost:
        """Parameters, MACs, bytes: the same for every seed but for some bytes of the file."""
        return self.evaluations[0].cost

    @property
    def followed(self) -> str:
        """Subset that the curves of the histories follow: validation, or official where there is none."""
        return self.evaluations[0].subsets.followed

    def n(self, subset: str) -> int:
        """Faces in a subset."""
        return self.evaluations[0].subsets[subset].n

    def interval(self, subset: str, metric: str) -> Interval:
        """Value, low and high end: the mean over seeds of each; NaN where there is none."""
        return mean_interval([evaluation.subsets[subset].metrics[metric] for evaluation in self.evaluations])

    def deviation(self, subset: str, metric: str) -> float:
        """Return the standard deviation over seeds; NaN for a single one."""
        return deviation_over_seeds(each.subsets[subset].metrics[metric].value for each in self.evaluations)

    @property
    def confusions(self) -> list[NDArray[np.int64]]:
        """Test faces by label and prediction, of each seed: int64 of shape (k, k)."""
        return [evaluation.subsets.official.counts() for evaluation in self.evaluations]

    @property
    def tested_classes(self) -> int:
        """Classes that have test faces: those that balanced accuracy is the mean over."""
        return int((self.confusions[0].sum(axis=1) > 0).sum())

    @property
    def steps(self) -> int | None:
        """Steps of the optimizer in a training; None for what is no network."""
        if self.batch_size is None:
            return None
        epochs = int(self.histories[0]["epoch"].max())
        return optimizer_steps(self.cost.training_faces // epochs, epochs, self.batch_size)

    def labels(self) -> NDArray[np.int64]:
        """Labels of the test faces, (n,)."""
        return self._tested[0]

    def correct(self, seed: int) -> NDArray[np.bool_]:
        """Tell whether the training with the ``seed``-th seed is right about each test face, (n,)."""
        return self._tested[1][seed]

    @cached_property
    def _tested(self) -> tuple[NDArray[np.int64], list[NDArray[np.bool_]]]:
        """Labels of the test faces, and which of them each seed is right about: read once, and kept."""
        official = (select_subset(table, "official") for table in self.predictions)
        seen = [(labels, probabilities.argmax(axis=1) == labels) for labels, probabilities in official]
        return seen[0][0], [correct for _, correct in seen]

    @cached_property
    def test_faces(self) -> str:
        """Fingerprint of which faces are tested under which labels: equal ones can be compared in pairs."""
        return _test_faces(self.predictions[0], self.classes)


def read_results(settings: Params) -> list[Result]:
    """Read the results of exactly the experiments and seeds that ``params.yaml`` names, in its order.

    Raises
    ------
    InputError
        If a file is missing, or two seeds of one experiment were tested on different faces.
    """
    results = []
    for name in settings.run:
        experiment = settings.experiment(name)
        folders = [paths.training(name, seed) for seed in settings.seeds]
        result = Result(
            name=name,
            protocol=experiment.protocol,
            model=find_model(experiment.model.name).title,
            remedy=remedy_of(experiment, settings.protocol(experiment.protocol)),
            structure=structure_of(experiment),
            seeds=settings.seeds,
            evaluations=[read_evaluation(name, seed) for seed in settings.seeds],
            histories=[read_table(folder / "history.csv", HISTORY, "train") for folder in folders],
            predictions=StoredPredictions([folder / "predictions.parquet" for folder in folders]),
            batch_size=experiment.model.batch_size if isinstance(experiment.model, NetworkSchema) else None,
        )
        if len({_test_faces(table, result.classes) for table in result.predictions}) > 1:
            raise InputError(f"{folders[0].parent}: seeds were tested on different faces; run evaluate again")
        results.append(result)
    return results


def _test_faces(predictions: pd.DataFrame, classes: Sequence[str]) -> str:
    test = predictions.loc[predictions["subset"] == TEST, ["face", "label"]].to_numpy(np.int64)
    return hashlib.blake2b(repr(classes).encode() + test.tobytes(), digest_size=8).hexdigest()


def by_classes(results: Iterable[Result]) -> list[list[Result]]:
    """Group experiments that tell the same classes apart; most classes first."""
    return sorted(_grouped(results, lambda r: r.classes), key=lambda group: -len(group[0].classes))


def by_test_faces(results: Iterable[Result]) -> list[list[Result]]:
    """Group experiments that were tested on the very same faces; most classes first."""
    return sorted(_grouped(results, lambda r: r.test_faces), key=lambda group: -len(group[0].classes))


@dataclass(frozen=True)
class RemedyFamily:
    """One model under several remedies, tested on the same faces; one of the remedies is none."""

    results: list[Result]
    baseline: int


def remedy_families(results: Iterable[Result]) -> list[RemedyFamily]:
    """Find models that were trained both with and without remedies."""
    families = []
    for group in _grouped(results, lambda r: (r.test_faces, r.structure)):
        remedies = [r.remedy for r in group]
        if "none" in remedies and len(set(remedies)) > 1:
            families.append(RemedyFamily(group, remedies.index("none")))
    return sorted(families, key=lambda f: -f.results[0].cost.macs)  # the strongest model's answer first


def _grouped(results: Iterable[Result], key: Any) -> list[list[Result]]:
    groups: dict[Any, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return list(groups.values())


def comparable_metrics(results: Iterable[Result]) -> dict[str, Any]:
    """Means and deviations over seeds of the main metrics: the content of ``results/metrics.json``.

    Returns
    -------
    dict
        Experiment -> ``validation`` (where there is any), ``official`` and ``clean`` -> metric -> mean; with
        several seeds also ``<metric>_sd``. Seeds are no part of the keys, so that runs that differ in their
        seeds can be compared. Whoever tries settings by ``dvc exp run`` needs the figures that may choose
        among them.
    """
    return {
        result.name: {
            subset: _means(result, subset)
            for subset in EVALUATED
            if subset != "validation" or result.n(subset)
        }
        for result in results
    }


def _means(result: Result, subset: str) -> dict[str, float]:
    figures = {}
    for metric in ("balanced_accuracy", "macro_f1", "accuracy"):
        figures[metric] = result.interval(subset, metric)[0]
        if len(result.seeds) > 1:
            figures[f"{metric}_sd"] = result.deviation(subset, metric)
    return figures
