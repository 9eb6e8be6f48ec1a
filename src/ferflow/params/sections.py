"""The sections of ``params.yaml``, one by one."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from ferflow.errors import unknown
from ferflow.models import schemas  # noqa: F401  # registers the models
from ferflow.models.registry import MODELS, ModelSchema
from ferflow.params.source import ImageSize
from ferflow.remedies.adjustments import ADJUSTMENTS
from ferflow.remedies.registry import BALANCES, CLASS_WEIGHTS, NONE
from ferflow.schema import Fraction, Positive, Section, Seed, Share, one_of

if TYPE_CHECKING:
    Model = ModelSchema
else:
    Model = one_of(model.schema for model in MODELS.values())
Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


def _registered(registry: Mapping[str, object], kind: str) -> Callable[[str], str]:
    """Make a check that a name is ``none`` or registered."""

    def check(name: str) -> str:
        if name != NONE.name and name not in registry:
            raise ValueError(unknown(kind, name, [NONE.name, *registry]))
        return name

    return check


def _names(registry: Mapping[str, object]) -> Any:
    """List for the JSON schema what :func:`_registered` lets pass."""
    return Field(json_schema_extra={"enum": [NONE.name, *registry]})


class Balance(Section):
    """A remedy for class imbalance applied to rows."""

    method: Annotated[str, AfterValidator(_registered(BALANCES, "balance")), _names(BALANCES)] = NONE.name
    """How rows are resampled."""
    per_class: Positive | None = None
    """Number of samples of each class, for methods that take it; empty: the method decides."""
    scope: Literal["train", "all"] = "train"
    """Rows that are resampled: those of train, or all before the split (which leaks)."""
    seed: Seed = 0
    """Seed of the resampling."""
    transforms: list[Literal["noise", "shift", "flip", "rotate"]] = Field(
        default=["noise", "shift", "flip", "rotate"]
    )
    """How every copy but the first is changed, under ``method: augment``."""
    noise: Annotated[float, Field(ge=0, le=1000)] = 8.0
    """Standard deviation of the noise, in grey levels."""
    shift: Annotated[int, Field(ge=0, le=512)] = 4
    """Largest shift each way, in pixels."""
    rotate: Annotated[float, Field(ge=0, le=180)] = 10.0
    """Largest angle either way, in degrees."""

    @model_validator(mode="after")
    def _per_class_is_for_methods_that_take_it(self) -> "Balance":
        takers = [name for name, method in BALANCES.items() if method.takes_per_class]
        if self.per_class is not None and self.method not in takers:
            raise ValueError(f"per_class is for method {' or '.join(takers)}, not for {self.method}")
        return self


class Split(Section):
    """Which rows are train, validation and test."""

    by: Literal["auto", "usage", "random"] = "auto"
    """By the data's usages, at random, or ``auto``: by usages if the data have them."""
    group_by: Literal["fingerprint", "near_duplicates", "none"] = "fingerprint"
    """What stays in one subset: copies of a face; near duplicates too; or ``none`` (which leaks)."""
    validation: Share = 0.1
    """Share of the faces for validation, at random; by usages, of Training if there is no PublicTest."""
    test: Fraction = 0.1
    """Share of the faces for testing, at random."""
    stratify: bool = True
    """Whether each subset gets the classes in the same proportions."""
    seed: Seed = 0
    """Seed of the random split."""

    @model_validator(mode="after")
    def _leaves_something_to_train_on(self) -> "Split":
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must leave a share for train (be less than 1)")
        return self

    @property
    def mark(self) -> Literal["fingerprint", "resembles"]:
        """The column of the table of faces that tells copies: rows with equal values are the same face."""
        return "resembles" if self.group_by == "near_duplicates" else "fingerprint"

    def is_by_usage(self, *, has_usage: bool) -> bool:
        """Tell whether usages divide the faces, given whether every face has one; if not, they are drawn."""
        return self.by == "usage" or (self.by == "auto" and has_usage)


class Protocol(Section):
    """What a number is measured on: classes, image size, balance and split."""

    image_size: ImageSize | None = None
    """Pixels per side; empty: ``data.image_size``."""
    faces_per_class: Positive | None = None
    """Largest number of faces of each class that are used; empty: all."""
    classes: Literal["all"] | Annotated[list[str], Field(min_length=2)] = "all"
    """``all``, or the names of two or more."""
    balance: Balance = Balance()
    """A remedy applied to rows."""
    split: Split = Split()
    """Which rows are train, validation and test."""


class Epochs(Section):
    """Epochs of an experiment for each budget."""

    quick: Positive
    """Under ``budget: quick``."""
    full: Positive
    """Under ``budget: full``."""


class Experiment(Section):
    """What is trained: a model on a protocol, perhaps with a remedy in its loss or its predictions.

    Without ``epochs``, the model's own numbers are used (``default_epochs`` of its schema).
    """

    protocol: Name
    """Name of one of ``protocols``."""
    model: Model
    """Its name and hyperparameters."""
    class_weight: Annotated[
        str, AfterValidator(_registered(CLASS_WEIGHTS, "class weight")), _names(CLASS_WEIGHTS)
    ] = NONE.name
    """How rows are weighted in the loss."""
    adjustment: Annotated[
        str, AfterValidator(_registered(ADJUSTMENTS, "adjustment")), _names(ADJUSTMENTS)
    ] = NONE.name
    """How predicted probabilities are adjusted for the classes' frequencies.

    With class weights or a loss against imbalance, ``logit-adjustment`` corrects twice.
    """
    epochs: Epochs | None = None
    """For models that are trained in epochs; empty: the model's own numbers."""

    @model_validator(mode="after")
    def _epochs_are_for_models_that_have_them(self) -> "Experiment":
        if self.epochs is not None and not self.model.has_epochs:
            raise ValueError(f"{self.model.name} is not trained in epochs; leave 'epochs' out")
        return self


class RepeatedSplits(Section):
    """Two remedies compared over many draws of split and samples."""

    against: Name
    """Name of the other experiment."""
    repetitions: Annotated[int, Field(ge=3, le=10**6)]
    """Number of draws of split and samples."""


class Kept(Section):
    """The clustering that is examined closely."""

    components: Positive
    """Number of principal components, one of those tried."""
    clusters: Annotated[int, Field(ge=2)]
    """Number of clusters, one of those tried."""


class Clusters(Section):
    """The study of k-means: the numbers of components and clusters to try, and the pair to keep."""

    components: Annotated[list[Positive], Field(min_length=1)]
    """Numbers of principal components to try."""
    clusters: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)]
    """Numbers of clusters to try."""
    keep: Kept
    """The clustering that is examined closely."""
    nearest: Positive
    """How many of the faces nearest to each centroid are shown and name the cluster."""
    larger: Annotated[int, Field(ge=2, le=10**6)]
    """How many times as many faces the second, larger draw has."""
    most_per_class: Positive = 1000
    """Largest number of faces drawn of a class, if the rarest has more; limits memory and time."""
    folds: Annotated[int, Field(ge=2, le=1000)] = 5
    """Folds of the cross-validation that tests what clusters say about classes."""
    seed: Seed
    """Seed of the draw of faces and of k-means."""


class Labels(Section):
    """The study of wrong labels: whose mistakes are examined, and FER+'s votes to check them."""

    experiment: Name | None = None
    """The experiment whose mistakes are examined, if it is trained; empty: no study."""
    votes: Annotated[str, Field(min_length=1)] | None = None
    """The file fer2013new.csv of FER+, to check labels; empty: no check."""


class Evaluate(Section):
    """The bootstrap behind every interval."""

    resamples: Annotated[int, Field(ge=100, le=10**6)]
    """Bootstrap resamples of the test faces behind each interval."""
    confidence: Fraction
    """Confidence of the intervals: 0.95 for 95%."""
    seed: Seed
    """Seed of the resampling."""


class Tracking(Section):
    """MLflow: a side effect, never a dependency."""

    enabled: bool
    """Whether runs are sent to MLflow."""
    uri: str | None
    """Address of a tracking server; empty: an sqlite database, mlflow.db, in this folder."""
    experiment: str
    """MLflow's name for the group of runs."""
