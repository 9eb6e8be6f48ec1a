"""Parameters that run on a source: from what is known of it to the content of ``params.yaml``."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, product
from typing import Any

import numpy as np
import pandas as pd

from ferflow.data.draw import draw_samples
from ferflow.data.faces import face_table
from ferflow.data.samples import Samples
from ferflow.data.split import TEST
from ferflow.errors import InputError
from ferflow.init.facts import Facts
from ferflow.params import Params, Protocol, Split
from ferflow.studies.repeated_splits import with_seeds_of

_FEW_FACES, _FEW_PEOPLE = 100, 20  # with fewer, a tenth is too little to test on
_BALANCED = 1.2  # largest class to smallest: remedies have nothing to do
#: Trained faces between which the epochs of FER-2013 are right; fewer faces get more, by the budget.
_FEWEST_FACES, _MOST_FACES = {"quick": 6_000, "full": 28_709}, 30_000
_MOST_EPOCHS = 10  # times those of FER-2013
_SMALLEST_BATCH = 32
_FOLDS = 5
_SPREAD = range(-2, 6)  # numbers of clusters to try, about the number of classes

Content = MutableMapping[str, Any]


@dataclass(frozen=True)
class Division:
    """How faces are divided, and why so.

    Attributes
    ----------
    split : Split
    reason : str
        What the data have to do with it.
    """

    split: Split
    reason: str


@dataclass(frozen=True)
class Plan:
    """What was decided for a source.

    Attributes
    ----------
    facts : Facts
    division : Division
    """

    facts: Facts
    division: Division

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table of all faces."""
        return face_table(self.facts.result.faces)

    @property
    def pair(self) -> list[str]:
        """The two classes with the fewest faces, the rarest last: it is what is looked for."""
        rarest, second, *_ = np.argsort(self.facts.counts, kind="stable").tolist()
        return [self.facts.classes[second], self.facts.classes[rarest]]

    @property
    def is_balanced(self) -> bool:
        """Whether all classes have about as many faces."""
        return bool(self.facts.counts.max() <= _BALANCED * self.facts.counts.min())

    def samples(self, classes: list[str] | None = None) -> Samples:
        """Draw the samples of all classes, or of some."""
        return draw_samples(self.table, Protocol(classes=classes or "all", split=self.division.split), "all")


def decide(facts: Facts) -> Plan:
    """Choose the division of a source.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the source cannot be divided so that every class is trained on.
    """
    plan = Plan(facts, divide(facts))
    try:
        plan.samples()
    except InputError as error:
        if plan.division.split.by == "random":
            raise InputError(f"{facts.audit['source']}: {_undivided(facts, str(error))}") from error
        plan = Plan(facts, Division(_drawn(facts), f"the usages in the data do not serve ({error})"))
        plan.samples()
    return plan


def divide(facts: Facts) -> Division:
    """Divide as the usages in the data say if every class can be trained and tested on then, else at random.

    Parameters
    ----------
    facts : Facts

    Returns
    -------
    Division
    """
    drawn = _drawn(facts)
    if not (facts.result.faces.usage != "").all():
        what = "copies and people stay together" if facts.people else "copies stay together"
        return Division(drawn, f"the data name no usages; {what}")
    training, public, private = (facts.count(name) for name in ("Training", "PublicTest", "PrivateTest"))
    if training.all() and private.all():
        chooses = "PublicTest chooses" if public.any() else f"{drawn.validation:.0%} of Training choose"
        return Division(
            Split(validation=drawn.validation), f"by the data's usages: {chooses}, PrivateTest reports"
        )
    if training.all() and public.all() and not private.any():
        return Division(Split(validation=0.0), "by the data's usages: what is not Training is tested on")
    absent = training if not training.all() else private
    usage = "Training" if not training.all() else "PrivateTest"
    name = facts.classes[int(np.argmin(absent))]
    return Division(drawn, f"the data's usages do not serve: there is no {usage} face of '{name}'")


def _drawn(facts: Facts) -> Split:
    few = facts.different.min() < _FEW_FACES or 0 < facts.people < _FEW_PEOPLE
    share = 0.2 if few else 0.1
    return Split(by="random", validation=share, test=share)


def _undivided(facts: Facts, fault: str) -> str:
    """Say why faces cannot be divided and, where folders name people, which levels were taken for what."""
    if not (facts.people and facts.layout.levels):
        return f"cannot be divided: {fault}"
    return (
        f"{len(facts.classes):,} classes ({', '.join(facts.classes[:2])} ...) and {facts.people:,} people, "
        f"by folders {facts.layout}, cannot be divided: {fault.partition(';')[0]}; if the levels are the "
        "other way round, say so by --layout"
    )


def fill_in(content: Content, plan: Plan) -> None:
    """Write into the content of the template what the source asks for; in place.

    Parameters
    ----------
    content : mutable mapping
        Of ``params.yaml``.
    plan : Plan
    """
    facts, split = plan.facts, plan.division.split
    content["data"].update(
        path=facts.path,
        image_size=facts.image_size,
        on_bad_face="skip" if facts.result.skipped else "fail",
        layout=str(facts.layout) or None,
        group=facts.layout.group or None,
    )
    for protocol in content["protocols"].values():
        if protocol["classes"] != "all":
            protocol["classes"] = plan.pair
        protocol["split"].update(split.model_dump(include={"by", "validation", "test"}))
    if plan.is_balanced:
        content["run"] = content["presets"]["plain"][:]
        content["explain"] = [name for name in content["run"] if name == "cnn"]
        content["repeated_splits"] = {}
    _fit_experiments(content, plan)
    _fit_clusters(content["clusters"], facts)


def _fit_experiments(content: Content, plan: Plan) -> None:
    of_all, of_pair = plan.samples().train_faces, plan.samples(plan.pair).train_faces
    k = len(plan.facts.classes)
    for experiment in content["experiments"].values():
        protocol, model = content["protocols"][experiment["protocol"]], experiment["model"]
        faces = of_all if protocol["classes"] == "all" else of_pair
        if model["name"] == "kmeans":
            model["n_components"] = min(model["n_components"], faces // 4)
            model["n_clusters"] = min(10 * k, max(2, faces // 4))
            continue
        for budget, number in experiment["epochs"].items():
            experiment["epochs"][budget] = epochs_for(faces, number, budget)
        batch = batch_for(faces, model.get("batch_size", 128))
        if batch != model.get("batch_size", 128):
            model["batch_size"] = batch


def epochs_for(faces: int, epochs: int, budget: str) -> int:
    """Fit a number of epochs to a number of faces, so that the budget stays about what it is.

    Parameters
    ----------
    faces : int
        That are trained on.
    epochs : int
        On FER-2013.
    budget : {"quick", "full"}

    Returns
    -------
    int
    """
    fewest = _FEWEST_FACES[budget]
    if faces > _MOST_FACES:
        return max(1, round(epochs * _MOST_FACES / faces))
    return epochs if faces >= fewest else min(_MOST_EPOCHS * epochs, round(epochs * fewest / faces))


def batch_for(faces: int, most: int) -> int:
    """Choose the faces of a step, 32 to ``most``: a power of two, for sixteen steps an epoch or more."""
    sixteenth = 1 << max(0, (faces // 16).bit_length() - 1)
    return min(most, max(_SMALLEST_BATCH, sixteenth))


def _fit_clusters(clusters: Content, facts: Facts) -> None:
    k, faces = len(facts.classes), int(facts.counts.min()) * len(facts.classes)
    folds = min(_FOLDS, int(facts.different.min()), facts.people or _FOLDS)
    most = max(2, faces // (8 if facts.people else 4))
    clusters["clusters"] = sorted({min(max(2, k + step), most) for step in _SPREAD})
    clusters["keep"]["clusters"] = min(k, most)
    clusters["folds"] = folds


def check(settings: Params, plan: Plan) -> list[str]:
    """Divide the faces for every experiment and draw that is asked for.

    Parameters
    ----------
    settings : Params
    plan : Plan

    Returns
    -------
    list of str
        Classes that are not tested in some experiment.

    Raises
    ------
    InputError
        If a division cannot be made.
    """
    protocols: dict[str, Protocol] = {
        settings.experiment(name).protocol: settings.protocol_of(name) for name in settings.run
    }
    for name, pair in settings.repeated_splits.items():
        for draw, each in product(range(pair.repetitions), (name, pair.against)):
            draw_samples(plan.table, with_seeds_of(settings.protocol_of(each), draw), each)
    return sorted(set(chain.from_iterable(_untested(plan.table, *item) for item in protocols.items())))


def _untested(table: pd.DataFrame, name: str, protocol: Protocol) -> set[str]:
    samples = draw_samples(table, protocol, name)
    labels = table["label"].to_numpy(str)[samples.subset(TEST)["face"]]
    return set(samples.classes) - set(labels)
