"""``params.yaml``: everything a user may change, validated strictly before anything runs."""

import difflib
import typing
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ferflow.errors import InputError

Fraction = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[float, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Data(_Section):
    """Where the faces come from and what form they take."""

    path: str
    image_size: Annotated[int, Field(ge=8, le=512)]
    on_bad_face: Literal["fail", "skip"]


class Sample(_Section):
    """The data set that the project draws for those who have none."""

    faces: Annotated[int, Field(ge=100)]
    seed: int


class Audit(_Section):
    """What the audit calls a near duplicate: at most so many differing bits of the 64-bit hash."""

    near_duplicates: Annotated[int, Field(ge=0, le=16)]


class Balance(_Section):
    """A remedy for class imbalance applied to rows."""

    method: Literal["none", "undersample", "oversample", "augment"] = "none"
    scope: Literal["train", "all"] = "train"
    seed: int = 0
    transforms: list[Literal["noise", "shift", "flip", "rotate"]] = ["noise", "shift", "flip", "rotate"]
    noise: NonNegative = 8.0
    shift: Annotated[int, Field(ge=0)] = 4
    rotate: NonNegative = 10.0


class Split(_Section):
    """Which rows are train, validation and test."""

    by: Literal["auto", "usage", "random"] = "auto"
    group_by: Literal["fingerprint", "none"] = "fingerprint"
    validation: Fraction = 0.1
    test: Fraction = 0.1
    seed: int = 0

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> "Split":
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must leave a share for train (be less than 1)")
        return self


class Protocol(_Section):
    """What a number is measured on: classes, balance and split."""

    classes: Literal["all"] | Annotated[list[str], Field(min_length=2)] = "all"
    balance: Balance = Balance()
    split: Split = Split()


class _GradientDescent(_Section):
    solver: Literal["gd", "minibatch", "lbfgs"] = "minibatch"
    learning_rate: Annotated[float, Field(gt=0)] = 0.01
    l2: NonNegative = 0.1
    batch_size: Positive = 128
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0
    fit_intercept: bool = True
    standardize: bool = True
    pixel_scale: Annotated[float, Field(gt=0)] = 1.0


class Logistic(_GradientDescent):
    """Logistic regression for two classes."""

    name: Literal["logistic"]


class Softmax(_GradientDescent):
    """Multinomial logistic regression."""

    name: Literal["softmax"]


class KMeans(_Section):
    """k-means on principal components, its clusters mapped to expressions."""

    name: Literal["kmeans"]
    n_components: Positive = 50
    n_clusters: Positive = 7
    mapping: Literal["majority", "one-to-one"] = "majority"
    n_init: Positive = 4


class CNN(_Section):
    """A convolutional network; see :class:`ferflow.models.cnn.CNNClassifier`."""

    name: Literal["cnn"]
    widths: Annotated[list[Positive], Field(min_length=2)] = [16, 32, 64, 128]
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    loss: Literal["cross-entropy", "focal"] = "cross-entropy"
    gamma: NonNegative = 2.0
    alpha: Literal["none", "balanced"] = "none"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    learning_rate: Annotated[float, Field(gt=0)] = 0.01
    weight_decay: NonNegative = 0.05
    batch_size: Positive = 128
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.998
    jitter: Annotated[int, Field(ge=0)] = 4


Model = Annotated[Logistic | Softmax | KMeans | CNN, Field(discriminator="name")]


class Experiment(_Section):
    """What is trained: a model on a protocol, perhaps with a remedy in its loss."""

    protocol: str
    model: Model
    class_weight: Literal["none", "balanced"] = "none"


class Epochs(_Section):
    """Epochs per model for each budget."""

    quick: dict[str, Positive]
    full: dict[str, Positive]


class Evaluate(_Section):
    """The bootstrap behind every interval."""

    resamples: Annotated[int, Field(ge=100)]
    confidence: Fraction
    seed: int


class Tracking(_Section):
    """MLflow: a side effect, never a dependency."""

    enabled: bool
    uri: str | None
    experiment: str


class Params(_Section):
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
    experiments: Annotated[dict[Name, Experiment], Field(min_length=1)]
    evaluate: Evaluate
    tracking: Tracking

    @model_validator(mode="after")
    def _names_meet(self) -> "Params":
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds: {self.seeds} names one seed twice")
        for name, experiment in self.experiments.items():
            if experiment.protocol not in self.protocols:
                known = _nearest(experiment.protocol, list(self.protocols))
                raise ValueError(
                    f"experiments.{name}.protocol: no protocol is called '{experiment.protocol}'{known}"
                )
            for budget in ("quick", "full"):
                model = experiment.model.name
                if model != "kmeans" and model not in getattr(self.epochs, budget):
                    raise ValueError(f"epochs.{budget}: says nothing for '{model}', which '{name}' trains")
        return self

    def experiment(self, name: str) -> Experiment:
        """Return an experiment; raise :class:`InputError` naming the nearest if there is none."""
        return _named(self.experiments, name, "experiment")

    def protocol(self, name: str) -> Protocol:
        """Return a protocol; raise :class:`InputError` naming the nearest if there is none."""
        return _named(self.protocols, name, "protocol")

    def epochs_of(self, model: str) -> int | None:
        """Epochs of ``model`` under the chosen budget; None for a model that has none."""
        return getattr(self.epochs, self.budget).get(model)

    @property
    def on_sample(self) -> bool:
        """Whether the faces are the project's own drawings."""
        return self.data.path == SAMPLE_PATH


SAMPLE_PATH = "data/sample.zip"


def load(path: Path | str = "params.yaml") -> Params:
    """Read and validate a parameter file.

    Raises
    ------
    InputError
        If the file is missing, is not YAML, holds an unknown key (the nearest valid one is named), a value
        of the wrong type or range, or an experiment that names no protocol or model.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the folder that holds it") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        detail = " ".join(str(error).split())
        raise InputError(f"{path}: not valid YAML: {detail}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: expected sections such as 'data:' and 'experiments:', found none")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {_first_line(error, content)}") from None


def _named(known: dict[str, Any], name: str, kind: str) -> Any:
    if name not in known:
        raise InputError(f"params.yaml: no {kind} is called '{name}'{_nearest(name, list(known))}")
    return known[name]


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else f"; known: {', '.join(known)}"


def _first_line(error: ValidationError, content: dict[str, Any]) -> str:
    # A misspelt key is also a missing one; the spelling is what to mend.
    first, *_ = sorted(error.errors(include_url=False), key=lambda found: found["type"] != "extra_forbidden")
    loc = first["loc"]
    where = _yaml_key(loc, content)
    if first["type"] == "extra_forbidden":
        return f"unknown key '{where}'{_nearest(str(loc[-1]), _fields_at(loc[:-1]))}"
    if first["type"] == "union_tag_invalid":
        found = first["ctx"]["tag"]
        return f"{where}.name: no model is called '{found}'{_nearest(found, list(_models()))}"
    message = first["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if first["type"] == "value_error":
        return f"{where}: {message}" if where else message
    if first["type"] == "missing":
        return f"'{where}' is missing"
    return f"{where}: {message}, found {first['input']!r}"


def _yaml_key(loc: tuple[int | str, ...], content: Any) -> str:
    """Join a pydantic location, leaving out the tags of unions, which do not stand in the file."""
    parts: list[str] = []
    for index, part in enumerate(loc):
        if isinstance(content, dict) and part not in content and index < len(loc) - 1:
            continue
        if part == "[key]" or (not isinstance(content, (dict, list)) and index > 0):
            continue
        parts.append(str(part))
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part] if part < len(content) else None
    return ".".join(parts)


def _models() -> dict[str, type[BaseModel]]:
    return {
        typing.get_args(model.model_fields["name"].annotation)[0]: model
        for model in (Logistic, Softmax, KMeans, CNN)
    }


def _fields_at(loc: tuple[int | str, ...]) -> list[str]:
    """Field names valid at a location, following fields, dict values and model tags."""
    annotation: Any = Params
    for part in loc:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = annotation.model_fields[str(part)].annotation
        elif typing.get_origin(annotation) is dict:
            annotation = typing.get_args(annotation)[1]
        else:  # the union of models, told apart by name
            annotation = _models()[str(part)]
    is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return list(annotation.model_fields) if is_section else []
