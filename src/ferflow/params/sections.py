"""The sections of ``params.yaml`` and what holds between them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from pydantic import AfterValidator, Field, model_validator

from ferflow import paths
from ferflow.errors import InputError, nearest
from ferflow.models import schemas  # noqa: F401  # registers the models
from ferflow.models.registry import MODELS, ModelSchema
from ferflow.params.source import Audit, Data, ImageSize, Sample
from ferflow.remedies.adjustments import ADJUSTMENTS
from ferflow.remedies.registry import BALANCES, CLASS_WEIGHTS, NONE
from ferflow.schema import Fraction, Positive, Section, Seed, Share, one_of

Entry = TypeVar("Entry")
if TYPE_CHECKING:
    Model = ModelSchema
else:
    Model = one_of(model.schema for model in MODELS.values())
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


def _registered(registry: Mapping[str, object], kind: str) -> Callable[[str], str]:
    """Make a check that a name is ``none`` or registered."""

    def check(name: str) -> str:
        if name != NONE.name and name not in registry:
            raise ValueError(f"no {kind} is called '{name}'{nearest(name, [NONE.name, *registry])}")
        return name

    return check


class Balance(Section):
    """A remedy for class imbalance applied to rows."""

    method: Annotated[str, AfterValidator(_registered(BALANCES, "balance"))] = NONE.name
    per_class: Positive | None = None
    scope: Literal["train", "all"] = "train"
    seed: Seed = 0
    transforms: list[Literal["noise", "shift", "flip", "rotate"]] = Field(
        default=["noise", "shift", "flip", "rotate"]
    )
    noise: Annotated[float, Field(ge=0, le=1000)] = 8.0
    shift: Annotated[int, Field(ge=0, le=512)] = 4
    rotate: Annotated[float, Field(ge=0, le=180)] = 10.0

    @model_validator(mode="after")
    def _per_class_is_for_methods_that_take_it(self) -> "Balance":
        takers = [name for name, method in BALANCES.items() if method.takes_per_class]
        if self.per_class is not None and self.method not in takers:
            raise ValueError(f"per_class is for method {' or '.join(takers)}, not for {self.method}")
        return self


class Split(Section):
    """Which rows are train, validation and test."""

    by: Literal["auto", "usage", "random"] = "auto"
    group_by: Literal["fingerprint", "none"] = "fingerprint"
    validation: Share = 0.1
    test: Fraction = 0.1
    stratify: bool = True
    seed: Seed = 0

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> "Split":
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must leave a share for train (be less than 1)")
        return self


class Protocol(Section):
    """What a number is measured on: classes, image size, balance and split."""

    image_size: ImageSize | None = None
    faces_per_class: Positive | None = None
    classes: Literal["all"] | Annotated[list[str], Field(min_length=2)] = "all"
    balance: Balance = Balance()
    split: Split = Split()


class Epochs(Section):
    """Epochs of an experiment for each budget."""

    quick: Positive
    full: Positive


class Experiment(Section):
    """What is trained: a model on a protocol, perhaps with a remedy in its loss or its predictions.

    Without ``epochs`` the numbers are the model's own (``default_epochs`` of its schema).
    """

    protocol: Name
    model: Model
    class_weight: Annotated[str, AfterValidator(_registered(CLASS_WEIGHTS, "class weight"))] = NONE.name
    adjustment: Annotated[str, AfterValidator(_registered(ADJUSTMENTS, "adjustment"))] = NONE.name
    epochs: Epochs | None = None

    @model_validator(mode="after")
    def _epochs_are_for_models_that_have_them(self) -> "Experiment":
        if self.epochs is not None and not self.model.has_epochs:
            raise ValueError(f"{self.model.name} is not trained in epochs; leave 'epochs' out")
        return self


class RepeatedSplits(Section):
    """A remedy set against another over many draws of split and samples."""

    against: Name
    repetitions: Annotated[int, Field(ge=3, le=10**6)]


class Kept(Section):
    """The clustering that is looked at closely."""

    components: Positive
    clusters: Annotated[int, Field(ge=2)]


class Clusters(Section):
    """The study of k-means: components and clusters to try, and which of them to keep."""

    components: Annotated[list[Positive], Field(min_length=1)]
    clusters: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)]
    keep: Kept
    nearest: Positive
    larger: Annotated[int, Field(ge=2, le=10**6)]
    folds: Annotated[int, Field(ge=2, le=1000)] = 5
    seed: Seed


class Labels(Section):
    """The study of wrong labels: by which experiment, and the table of FER+'s votes to hold them against."""

    experiment: Name | None = None
    votes: Annotated[str, Field(min_length=1)] | None = None


class Evaluate(Section):
    """The bootstrap behind every interval."""

    resamples: Annotated[int, Field(ge=100, le=10**6)]
    confidence: Fraction
    seed: Seed


class Tracking(Section):
    """MLflow: a side effect, never a dependency."""

    enabled: bool
    uri: str | None
    experiment: str


class Params(Section):
    """The whole of ``params.yaml``."""

    data: Data
    sample: Sample
    audit: Audit
    budget: Literal["quick", "full"]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    threads: Annotated[int, Field(ge=1, le=1024)] | Literal["auto"]
    precision: Literal["auto", "float32", "bfloat16"]
    device: Literal["auto", "cpu", "cuda", "mps"]
    run: Annotated[list[Name], Field(min_length=1)]
    presets: dict[Name, list[Name]]
    protocols: Annotated[dict[Name, Protocol], Field(min_length=1)]
    experiments: Annotated[dict[Name, Experiment], Field(min_length=1)]
    sweeps: dict[Name, Annotated[dict[str, Annotated[list[float], Field(min_length=1)]], Field(min_length=1)]]
    repeated_splits: dict[Name, RepeatedSplits]
    clusters: Clusters
    explain: list[Name]
    labels: Labels
    claims: bool = True
    evaluate: Evaluate
    tracking: Tracking

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
                hint = nearest(experiment.protocol, list(self.protocols))
                raise ValueError(
                    f"experiments.{name}.protocol: no protocol is called '{experiment.protocol}'{hint}"
                )
        named = [("run", name) for name in self.run]
        named += [(f"presets.{preset}", name) for preset, names in self.presets.items() for name in names]
        named += [("sweeps", name) for name in self.sweeps]
        named += [("repeated_splits", name) for name in self.repeated_splits]
        named += [(f"repeated_splits.{k}.against", v.against) for k, v in self.repeated_splits.items()]
        named += [("explain", name) for name in self.explain]
        named += [("labels.experiment", name) for name in [self.labels.experiment] if name is not None]
        for where, name in named:
            if name not in self.experiments:
                hint = nearest(name, list(self.experiments))
                raise ValueError(f"{where}: no experiment is called '{name}'{hint}")
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
        for name, keys in self.sweeps.items():
            model = self.experiments[name].model
            for key in keys:
                if not isinstance(getattr(model, key, None), (int, float)):
                    numbers = [k for k in type(model).model_fields if isinstance(getattr(model, k), float)]
                    raise ValueError(
                        f"sweeps.{name}: {model.name} has no number '{key}'{nearest(key, numbers)}"
                    )
        for name in self.explain:
            model = self.experiments[name].model
            if not model.is_network:
                raise ValueError(
                    f"explain: '{name}' is no network ({model.name}); only networks have filters to look into"
                )
        return self

    def experiment(self, name: str) -> Experiment:
        """Return an experiment; raise :class:`InputError` naming the nearest if there is none."""
        return _named(self.experiments, name, "experiment")

    def protocol(self, name: str) -> Protocol:
        """Return a protocol; raise :class:`InputError` naming the nearest if there is none."""
        return _named(self.protocols, name, "protocol")

    def protocol_of(self, experiment: str) -> Protocol:
        """Return the protocol of an experiment."""
        return self.protocol(self.experiment(experiment).protocol)

    def epochs_for(self, name: str) -> int | None:
        """Epochs of an experiment under the present budget; None for a model that has none."""
        experiment = self.experiment(name)
        if experiment.epochs is not None:
            return experiment.epochs.quick if self.budget == "quick" else experiment.epochs.full
        defaults = experiment.model.default_epochs
        return None if defaults is None else defaults[self.budget]

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
        raise InputError(f"params.yaml: no {kind} is called '{name}'{nearest(name, list(known))}")
    return known[name]
