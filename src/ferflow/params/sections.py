"""The sections of ``params.yaml`` and what holds between them."""

import difflib
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ferflow.errors import InputError
from ferflow.params.models import Fraction, Model, NonNegative, Positive, Section, Share

SAMPLE_PATH = "data/sample.zip"

ImageSize = Annotated[int, Field(ge=8, le=512)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Data(Section):
    """Where the faces come from and what form they take."""

    path: str
    image_size: ImageSize
    on_bad_face: Literal["fail", "skip"]


class Sample(Section):
    """The data set that the project draws for those who have none."""

    faces: Annotated[int, Field(ge=100)]
    seed: int


class Audit(Section):
    """What the audit calls a near duplicate: at most so many differing bits of the 64-bit hash."""

    near_duplicates: Annotated[int, Field(ge=0, le=16)]


class Balance(Section):
    """A remedy for class imbalance applied to rows."""

    method: Literal["none", "undersample", "oversample", "repeat", "augment"] = "none"
    per_class: Positive | None = None
    scope: Literal["train", "all"] = "train"
    seed: int = 0
    transforms: list[Literal["noise", "shift", "flip", "rotate"]] = Field(
        default=["noise", "shift", "flip", "rotate"]
    )
    noise: NonNegative = 8.0
    shift: Annotated[int, Field(ge=0)] = 4
    rotate: NonNegative = 10.0

    @model_validator(mode="after")
    def _per_class_is_for_undersampling(self) -> "Balance":
        if self.per_class is not None and self.method != "undersample":
            raise ValueError(f"per_class is for method undersample, not for {self.method}")
        return self


class Split(Section):
    """Which rows are train, validation and test."""

    by: Literal["auto", "usage", "random"] = "auto"
    group_by: Literal["fingerprint", "none"] = "fingerprint"
    validation: Share = 0.1
    test: Fraction = 0.1
    stratify: bool = True
    seed: int = 0

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


class ExperimentEpochs(Section):
    """Epochs of one experiment for each budget, where the model's own number does not serve."""

    quick: Positive
    full: Positive


class Experiment(Section):
    """What is trained: a model on a protocol, perhaps with a remedy in its loss."""

    protocol: str
    model: Model
    class_weight: Literal["none", "balanced"] = "none"
    epochs: ExperimentEpochs | None = None


class Epochs(Section):
    """Epochs per model for each budget."""

    quick: dict[str, Positive]
    full: dict[str, Positive]


class Redraws(Section):
    """A remedy set against another over many draws of split and rows."""

    against: str
    repetitions: Annotated[int, Field(ge=3)]


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
    larger: Annotated[int, Field(ge=2)]
    seed: int


class Evaluate(Section):
    """The bootstrap behind every interval."""

    resamples: Annotated[int, Field(ge=100)]
    confidence: Fraction
    seed: int


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
    epochs: Epochs
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    threads: Positive
    precision: Literal["float32", "bfloat16"]
    protocols: Annotated[dict[Name, Protocol], Field(min_length=1)]
    catalogue: dict[Name, dict[Name, Experiment]]
    experiments: Annotated[dict[Name, Experiment], Field(min_length=1)]
    sweeps: dict[Name, dict[str, Annotated[list[float], Field(min_length=1)]]]
    redraws: dict[Name, Redraws]
    clusters: Clusters
    explain: list[Name]
    evaluate: Evaluate
    tracking: Tracking

    @model_validator(mode="after")
    def _names_meet(self) -> "Params":
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds: {self.seeds} names one seed twice")
        listed = {f"experiments.{name}": chosen for name, chosen in self.experiments.items()}
        for shelf, experiments in self.catalogue.items():
            listed |= {f"catalogue.{shelf}.{name}": chosen for name, chosen in experiments.items()}
        for where, experiment in listed.items():
            if experiment.protocol not in self.protocols:
                known = nearest(experiment.protocol, list(self.protocols))
                raise ValueError(f"{where}.protocol: no protocol is called '{experiment.protocol}'{known}")
            for budget in ("quick", "full"):
                model = experiment.model.name
                if not (experiment.epochs or model == "kmeans" or model in getattr(self.epochs, budget)):
                    raise ValueError(f"epochs.{budget}: says nothing for '{model}', which {where} trains")
        return self

    @model_validator(mode="after")
    def _studies_name_experiments(self) -> "Params":
        named = [("sweeps", name) for name in self.sweeps]
        named += [("redraws", name) for pair in self.redraws.items() for name in (pair[0], pair[1].against)]
        named += [("explain", name) for name in self.explain]
        for section, name in named:
            if name not in self.experiments:
                known = nearest(name, list(self.experiments))
                raise ValueError(f"{section}: no experiment is called '{name}'{known}")
        for name, keys in self.sweeps.items():
            model = self.experiments[name].model
            for key in keys:
                if key not in type(model).model_fields:
                    known = nearest(key, list(type(model).model_fields))
                    raise ValueError(f"sweeps.{name}: {model.name} has no '{key}'{known}")
        for name in self.explain:
            if not hasattr(self.experiments[name].model, "dropout"):
                raise ValueError(
                    f"explain: '{name}' is no network ({self.experiments[name].model.name}); "
                    "only networks have filters to look into"
                )
        return self

    def experiment(self, name: str) -> Experiment:
        """Return an experiment; raise :class:`InputError` naming the nearest if there is none."""
        return _named(self.experiments, name, "experiment")

    def protocol(self, name: str) -> Protocol:
        """Return a protocol; raise :class:`InputError` naming the nearest if there is none."""
        return _named(self.protocols, name, "protocol")

    def epochs_for(self, name: str) -> int | None:
        """Epochs of an experiment under the chosen budget; None for a model that has none."""
        experiment = self.experiment(name)
        if experiment.epochs is not None:
            return getattr(experiment.epochs, self.budget)
        return getattr(self.epochs, self.budget).get(experiment.model.name)

    def hyperparameters(self, name: str, *, seed: int, epoch_faces: int) -> dict[str, Any]:
        """Join what an experiment says of its model with the budget, for :func:`ferflow.models.make_model`.

        Parameters
        ----------
        name : of the experiment
        seed : of the training
        epoch_faces : faces that one epoch sees, for a model that has epochs
        """
        model = self.experiment(name).model
        chosen = model.model_dump() | {"random_state": seed}
        epochs = self.epochs_for(name)
        if epochs is not None:
            chosen |= {"epochs": epochs, "epoch_faces": epoch_faces}
        if model.name in ("cnn", "dnn"):  # EfficientNet's convolutions are slower in bfloat16
            chosen["precision"] = self.precision
        return chosen

    @property
    def left_out(self) -> list[str]:
        """Experiments of the catalogue that ``experiments`` does not choose, each once."""
        known = dict.fromkeys(name for experiments in self.catalogue.values() for name in experiments)
        return [name for name in known if name not in self.experiments]

    @property
    def on_sample(self) -> bool:
        """Whether the faces are the project's own drawings."""
        return self.data.path == SAMPLE_PATH


def _named(known: dict[str, Any], name: str, kind: str) -> Any:
    if name not in known:
        raise InputError(f"params.yaml: no {kind} is called '{name}'{nearest(name, list(known))}")
    return known[name]


def nearest(name: str, known: list[str]) -> str:
    """Name the known word nearest to ``name``, or all of them, as the end of a message."""
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(known)}"
