"""``workflow/claims.yaml``: what was published, and where in the results our figure for it stands.

A claim is a figure or a statement that one of the reproduced systems published. Each names how ours is read
under the same protocol, and how under an honest one; :mod:`ferflow.claims.verdicts` reads and compares.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from ferflow import paths
from ferflow.errors import InputError, reason_of, shown, unknown
from ferflow.params.sections import Name
from ferflow.schema import Section, worst_mistake

Subset = Literal["official", "clean", "validation"]
Unit = Literal["share", "loss", "cost", "count"]
Words = Annotated[str, Field(min_length=3)]

#: Decimals a figure is written with, by its unit.
DIGITS: dict[str, int] = {"share": 3, "loss": 4, "cost": 1, "count": 0}


class FromHistory(Section):
    """A figure of ``history.csv`` at one iteration.

    A published iteration i, counted from 0 and with figures taken after its step, is epoch i + 1 here.
    ``error`` is 1 - validation_accuracy, ``cost`` the summed loss of the held-out rows.
    """

    read: Literal["history"]
    experiment: Name
    figure: Literal["error", "accuracy", "cost", "train_loss"]
    iteration: Annotated[int, Field(ge=0)] | Literal["last"] = "last"


class FromMetrics(Section):
    """A metric of a subset in ``evaluation.json``; the errors are 1 less the accuracy of their name."""

    read: Literal["metric"]
    experiment: Name
    metric: Literal[
        "accuracy", "error", "balanced_accuracy", "balanced_error", "macro_f1", "log_loss", "roc_auc"
    ]
    subset: Subset = "official"


class FromClass(Section):
    """How well one class is recognised, in ``evaluation.json``."""

    read: Literal["class"]
    experiment: Name
    of: str
    metric: Literal["precision", "recall", "f1"]
    subset: Subset = "official"


class FromConfusion(Section):
    """A cell of the confusion matrix in ``evaluation.json``."""

    read: Literal["confusion"]
    experiment: Name
    label: str
    predicted: str
    subset: Subset = "official"


class FromCost(Section):
    """What a model costs, in ``evaluation.json``."""

    read: Literal["cost"]
    experiment: Name
    cost: Literal["parameters", "macs", "model_bytes", "training_macs"]


class FromClusters(Section):
    """A number of ``results/clusters/clusters.json``, by its keys joined with dots."""

    read: Literal["clusters"]
    path: Annotated[str, Field(pattern=r"^[^.]+(\.[^.]+)*$")]


Reading = Annotated[
    FromHistory | FromMetrics | FromClass | FromConfusion | FromCost | FromClusters,
    Field(discriminator="read"),
]


class _Claim(Section):
    id: Name
    system: Annotated[str, Field(pattern=r"^[A-Z]$")]
    what: Words
    protocol: Words
    why: Words
    unit: Unit = "share"
    digits: Annotated[int, Field(ge=0, le=6)] | None = None

    @property
    def decimals(self) -> int:
        """Decimals its figures are written with."""
        return DIGITS[self.unit] if self.digits is None else self.digits


class Figure(_Claim):
    """A published number: reproduced if ours differs from it by no more than the tolerance."""

    kind: Literal["figure"]
    published: float
    tolerance: Annotated[float, Field(gt=0)]
    ours: Reading
    honest: Reading | None = None


class Same(_Claim):
    """Figures said to be equal: reproduced if no two differ by more than the tolerance."""

    kind: Literal["same"]
    published: Words
    tolerance: Annotated[float, Field(ge=0)]
    ours: Annotated[list[Reading], Field(min_length=2)]
    honest: list[Reading] = Field(default_factory=list)


class Greatest(_Claim):
    """The first of several figures said to be the greatest: reproduced if it is greater than every other."""

    kind: Literal["greatest"]
    published: Words
    ours: Annotated[list[Reading], Field(min_length=2)]
    honest: list[Reading] = Field(default_factory=list)


class Range(_Claim):
    """Many figures said to lie in a range: reproduced if all numbers below a key do."""

    kind: Literal["range"]
    published: Words
    low: float
    high: float
    ours: FromClusters
    honest: Reading | None = None


class SteadierSplits(_Claim):
    """Two remedies said to have equal expectation and unequal variance over draws.

    Reproduced if over the draws of ``results/experiments/<name>/repeated_splits.csv`` the means differ by no
    more than the tolerance and ``steadier`` varies less, at 5%.
    """

    kind: Literal["repeated_splits"]
    published: Words
    repeated_splits: Name
    steadier: Name
    column: str
    tolerance: Annotated[float, Field(gt=0)]


Claim = Annotated[Figure | Same | Greatest | Range | SteadierSplits, Field(discriminator="kind")]


class System(Section):
    """A published system: what it is, where it was published, and its protocol in words."""

    title: Words
    published: Words
    protocol: Words


class PublishedResult(Section):
    """A line of the comparison that was published, not measured here; shares."""

    name: Words
    note: Words
    accuracy: Annotated[float, Field(gt=0, lt=1)]
    macro_f1: Annotated[float, Field(gt=0, lt=1)] | None = None
    disgust_f1: Annotated[float, Field(ge=0, lt=1)] | None = None


class Claims(Section):
    """The whole of ``workflow/claims.yaml``."""

    systems: Annotated[dict[str, System], Field(min_length=1)]
    claims: Annotated[list[Claim], Field(min_length=1)]
    references: list[PublishedResult]

    @model_validator(mode="after")
    def _names_meet(self) -> "Claims":
        for claim in self.claims:
            if claim.system not in self.systems:
                raise ValueError(f"claim '{claim.id}': {unknown('system', claim.system, self.systems)}")
        [(id_, count)] = Counter(claim.id for claim in self.claims).most_common(1)
        if count > 1:
            raise ValueError(f"two claims are called '{id_}'")
        return self


def readings(claim: Claim, *, honest: bool = False) -> list[Reading]:
    """List what a claim reads.

    Parameters
    ----------
    claim : Claim
    honest : bool, default=False
        Whether those under the honest protocol, not the published one.

    Returns
    -------
    list of Reading
    """
    value = getattr(claim, "honest" if honest else "ours", None)
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def experiments_of(claim: Claim, *, honest: bool = False) -> list[str]:
    """Name the experiments that a claim reads from.

    Parameters
    ----------
    claim : Claim
    honest : bool, default=False
        Whether under the honest protocol, not the published one.

    Returns
    -------
    list of str
        Each once.
    """
    names = [getattr(reading, "experiment", "") for reading in readings(claim, honest=honest)]
    return [name for name in dict.fromkeys(names) if name]


def load_claims(path: Path | str = paths.CLAIMS) -> Claims:
    """Read and validate the claims.

    Parameters
    ----------
    path : Path or str, optional
        The file.

    Returns
    -------
    Claims

    Raises
    ------
    InputError
        If the file is missing or no YAML, or an entry is wrong: one line that names entry and key.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the folder that holds params.yaml") from None
    except (yaml.YAMLError, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        # PyYAML lets Python's errors through: of numbers with thousands of digits, of odd dates.
        raise InputError(f"{path}: not valid YAML: {reason_of(error, 120)}") from error
    try:
        return Claims.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {shown(_first_line(error, content), 350)}") from None


def _first_line(error: ValidationError, content: Any) -> str:
    first, message = worst_mistake(error)
    *parents, last = [*_keys(first["loc"], content)] or [""]
    if first["type"] == "extra_forbidden":
        return f"{'.'.join(parents)}: unknown key '{last}'"
    if first["type"] == "missing":
        return f"{'.'.join(parents)}: '{last}' is missing"
    where = ".".join([*parents, last])
    return f"{where}: {message}" if where else message


def _keys(loc: tuple[int | str, ...], content: Any) -> Iterator[str]:
    """Keys of a pydantic location as they stand in the file: entries by their name, no tags of unions."""
    at_tag = True  # a tag comes first in its mapping, where a key may be called the same
    for part in loc:
        name: Any = part
        if isinstance(content, dict):
            if at_tag and part in (content.get("kind"), content.get("read")):
                at_tag = False
                continue
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int):
            content = content[part]
            if isinstance(content, dict):
                name = content.get("id", content.get("name", part))
        at_tag = True
        yield str(name)
