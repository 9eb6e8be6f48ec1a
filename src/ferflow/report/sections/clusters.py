"""The k-means study: what clusters of faces have to do with expressions."""

from collections.abc import Sequence
from dataclasses import dataclass

from ferflow import paths
from ferflow.report.cluster_sentences import decimals, larger_reading, percent, reading
from ferflow.report.context import ReportContext
from ferflow.report.section import Section
from ferflow.report.wording import NOTHING
from ferflow.studies.clusters.figures import ClusterFigures, NamingScore, Silhouettes
from ferflow.studies.clusters.names import METHOD_NAMES, NAMINGS

PUBLISHED_ACCURACY = 0.14

_FIGURES = ("silhouette", "points", "random", "nearest")
_NAMED_AFTER = {
    "nearest": "the {} faces nearest to its centroid",
    "majority": "the most frequent label of all its faces",
    "one_to_one": "one class each, so that most faces agree",
}


@dataclass(frozen=True)
class ScoreCell:
    """A share in percent, and its interval."""

    value: str
    interval: str


@dataclass(frozen=True)
class NamingLine:
    """One way of naming the clusters; ``cells``: accuracy, then both accuracies with more faces."""

    name: str
    cells: Sequence[ScoreCell]
    draws: str
    shuffled: str
    shuffled_high: str
    p: float
    chance: str
    published: str


@dataclass(frozen=True)
class SilhouetteCell:
    """A mean silhouette, and whether the study keeps its pair of numbers."""

    text: str
    kept: bool


@dataclass(frozen=True)
class SilhouetteLine:
    """Mean silhouettes of one method and number of components, by number of clusters."""

    method: str
    components: int
    cells: Sequence[SilhouetteCell]


@dataclass(frozen=True)
class ClusterLine:
    """Labels of the faces in a cluster; ``most`` is the largest count."""

    name: str
    counts: Sequence[int]
    most: int
    size: int


def section(context: ReportContext) -> Section:
    """Show what the study found; its figures are copied."""
    figures = context.evidence.clusters
    if figures is None:
        return Section("clusters", "Clusters", {}, "The k-means study was not run.")
    content = {
        "clusters": figures,
        "figures": {
            name: context.copy(paths.CLUSTERS / f"{name}.png", f"clusters-{name}.png") for name in _FIGURES
        },
        "sentences": reading(figures, on_sample=context.on_sample),
        "larger_sentence": larger_reading(figures),
        "namings": [_naming_line(figures, naming) for naming in NAMINGS],
        "silhouettes": _silhouette_lines(figures),
        "contingency": _contingency(figures),
    }
    return Section("clusters", "Clusters", content)


def _naming_line(figures: ClusterFigures, naming: str) -> NamingLine:
    kept, larger = figures.kept, figures.larger
    score, draws = kept.accuracy[naming], kept.draws.accuracy[naming]
    return NamingLine(
        name=_NAMED_AFTER[naming].format(kept.nearest),
        cells=[
            _score_cell(score),
            _score_cell(larger.accuracy[naming]),
            _score_cell(larger.balanced_accuracy[naming]),
        ],
        draws=f"{percent(draws.mean)} ± {percent(draws.sd)}",
        shuffled=percent(score.shuffled),
        shuffled_high=percent(score.shuffled_high),
        p=score.p,
        chance=percent(score.chance),
        published=f"{100 * PUBLISHED_ACCURACY:.0f}" if naming == "nearest" else NOTHING,
    )


def _score_cell(score: NamingScore) -> ScoreCell:
    return ScoreCell(percent(score.value), f"{percent(score.low)} to {percent(score.high)}")


def _silhouette_lines(figures: ClusterFigures) -> list[SilhouetteLine]:
    """Lay out PCA, truncated SVD and the cloud without clusters, in this order."""
    by_method: dict[str, Silhouettes] = {
        METHOD_NAMES[method]: values for method, values in figures.silhouette.items()
    }
    by_method["one Gaussian cloud"] = figures.silhouette_structureless
    kept = (figures.kept.components, figures.kept.clusters)
    return [
        SilhouetteLine(
            method,
            components,
            [
                SilhouetteCell(decimals(values[str(components)][str(k)]), (components, k) == kept)
                for k in figures.tried.clusters
            ],
        )
        for method, values in by_method.items()
        for components in figures.tried.components
    ]


def _contingency(figures: ClusterFigures) -> list[ClusterLine]:
    kept = figures.kept
    return [
        ClusterLine(f"{index}: {name}", counts, max(counts), size)
        for index, (name, counts, size) in enumerate(
            zip(kept.names["nearest"], kept.contingency, kept.size, strict=True), start=1
        )
    ]
