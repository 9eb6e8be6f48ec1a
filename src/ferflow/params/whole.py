"""``params.yaml`` as a whole: its sections, what holds between them, and what follows from them."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from ferflow import paths
from ferflow.errors import InputError, unknown
from ferflow.params.checks import check_side, check_sweep
from ferflow.params.sections import (
    Clusters,
    Evaluate,
    Experiment,
    Labels,
    Name,
    Protocol,
    RepeatedSplits,
    Tracking,
)
from ferflow.params.source import Audit, Data, Sample
from ferflow.remedies.registry import NONE
from ferflow.schema import Section, Seed

Entry = TypeVar("Entry")


class Params(Section):
    """The whole of ``params.yaml``."""

    data: Data
    """Where the faces come from and what form they take."""
    sample: Sample
    """The faces that the project draws for users without data."""
    audit: Audit
    """What the audit of the data looks for."""
    budget: Literal["quick", "full"]
    """Which of an experiment's two numbers of epochs is used."""
    seeds: Annotated[list[Seed], Field(min_length=1)]
    """One training for each; [0, 1, 2] gives mean and deviation over three."""
    threads: Annotated[int, Field(ge=1, le=1024)] | Literal["auto"]
    """Threads of a training: a number, or ``auto`` (a quarter of the cores, 1 to 4)."""
    precision: Literal["auto", "float32", "bfloat16"]
    """Precision of the networks; ``auto`` is bfloat16 where that is fast."""
    device: Literal["auto", "cpu", "cuda", "mps"]
    """Device of the networks; ``auto`` is CUDA if there is one."""
    run: Annotated[list[Name], Field(min_length=1)]
    """Names of the experiments that are trained."""
    presets: dict[Name, list[Name]]
    """Names for lists of experiments; ``ferflow preset NAME`` writes one into ``run``."""
    protocols: Annotated[dict[Name, Protocol], Field(min_length=1)]
    """What numbers are measured on, by name."""
    experiments: Annotated[dict[Name, Experiment], Field(min_length=1)]
    """What can be trained, by name; each is complete in itself."""
    sweeps: dict[Name, Annotated[dict[str, Annotated[list[float], Field(min_length=1)]], Field(min_length=1)]]
    """For an experiment, values to try for its model's numbers, one key at a time."""
    repeated_splits: dict[Name, RepeatedSplits]
    """For an experiment, another to compare it with over many draws."""
    clusters: Clusters
    """The study of k-means."""
    explain: list[Name]
    """Networks whose saliency and filters are drawn, if they are trained."""
    labels: Labels
    """The study of wrong labels."""
    claims: bool = True
    """Whether the report compares published figures of FER-2013 with ours."""
    evaluate: Evaluate
    """The bootstrap behind every interval."""
    tracking: Tracking
    """MLflow; a dead server causes a warning and never stops a run."""

    @model_validator(mode="after")
    def _nothing_is_named_twice(self) -> "Params":
        lists: dict[str, Sequence[object]] = {"seeds": self.seeds, "run": self.run, "explain": self.explain}
        lists |= {f"presets.{name}": names for name, names in self.presets.items()}
        for where, names in lists.items():
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise ValueError(f"{where}: names {twice[0]} twice")
        return self

    @model_validator(mode="after")
    def _names_meet(self) -> "Params":
        for name, experiment in self.experiments.items():
            if experiment.protocol not in self.protocols:
                what = unknown("protocol", experiment.protocol, self.protocols)
                raise ValueError(f"experiments.{name}.protocol: {what}")
        named = [("run", name) for name in self.run]
        named += [(f"presets.{preset}", name) for preset, names in self.presets.items() for name in names]
        named += [("sweeps", name) for name in self.sweeps]
        named += [("repeated_splits", name) for name in self.repeated_splits]
        named += [(f"repeated_splits.{k}.against", v.against) for k, v in self.repeated_splits.items()]
        named += [("explain", name) for name in self.explain]
        named += [("labels.experiment", name) for name in [self.labels.experiment] if name is not None]
        for where, name in named:
            if name not in self.experiments:
                raise ValueError(f"{where}: {unknown('experiment', name, self.experiments)}")
        return self

    @model_validator(mode="after")
    def _studies_fit_their_models(self) -> "Params":
        for name, pair in self.repeated_splits.items():
            if pair.against == name:
                raise ValueError(f"repeated_splits.{name}.against: names the experiment itself; name another")
        against = (pair.against for pair in self.repeated_splits.values())
        for name in (*self.sweeps, *self.repeated_splits, *against, *self.explain):
            if self.experiments[name].adjustment != NONE.name:
                raise ValueError(
                    f"studies look at models as trained, but '{name}' has an adjustment; name another"
                )
        for name in self.explain:
            model = self.experiments[name].model
            if not model.is_network:
                raise ValueError(
                    f"explain: '{name}' is no network ({model.name}); only networks have filters to look into"
                )
            if model.networks > 1:
                raise ValueError(f"explain: '{name}' is several networks; name an experiment that is one")
        return self

    @model_validator(mode="after")
    def _models_take_their_faces_and_sweeps(self) -> "Params":
        for name in self.trained:
            self.check_side(name)
        for name, sweep in self.sweeps.items():
            check_sweep(name, self.experiments[name].model, sweep, self.image_size_of(name))
        return self

    def check_side(self, name: str) -> None:
        """Refuse an experiment, with a ValueError, whose faces are too small for its model."""
        check_side(f"experiments.{name}.model", self.experiments[name].model, self.image_size_of(name))

    def experiment(self, name: str) -> Experiment:
        """Return an experiment; raise :class:`InputError` naming the nearest if there is none."""
        return _named(self.experiments, name, "experiment")

    def protocol(self, name: str) -> Protocol:
        """Return a protocol; raise :class:`InputError` naming the nearest if there is none."""
        return _named(self.protocols, name, "protocol")

    def protocol_of(self, experiment: str) -> Protocol:
        """Return the protocol of an experiment."""
        return self.protocol(self.experiment(experiment).protocol)

    def image_size_of(self, experiment: str) -> int:
        """Pixels a side of the faces of an experiment."""
        return self.protocol_of(experiment).image_size or self.data.image_size

    def epochs_for(self, name: str) -> int | None:
        """Epochs of an experiment under the present budget; None for a model that has none."""
        experiment = self.experiment(name)
        if experiment.epochs is not None:
            return experiment.epochs.quick if self.budget == "quick" else experiment.epochs.full
        defaults = experiment.model.default_epochs
        return None if defaults is None else defaults[self.budget]

    @property
    def trained(self) -> list[str]:
        """Experiments that are trained, by themselves or for a study; each once."""
        against = [pair.against for pair in self.repeated_splits.values()]
        return list(dict.fromkeys([*self.run, *self.sweeps, *self.repeated_splits, *against]))

    @property
    def left_out(self) -> list[str]:
        """Experiments that ``run`` does not name, in the order of the file."""
        return [name for name in self.experiments if name not in self.run]

    @property
    def explained(self) -> list[str]:
        """Experiments that are both trained and explained."""
        return [name for name in self.run if name in self.explain]

    @property
    def on_sample(self) -> bool:
        """Whether the faces are the project's own drawings."""
        return self.data.path == paths.SAMPLE.as_posix()


def _named(known: dict[str, Entry], name: str, kind: str) -> Entry:
    if name not in known:
        raise InputError(f"params.yaml: {unknown(kind, name, known)}")
    return known[name]
