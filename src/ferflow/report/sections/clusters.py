"""The k-means study (:mod:`ferflow.studies.clusters`) in the report, every sentence from its numbers."""

import math
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ferflow import paths
from ferflow.params import Params
from ferflow.report.context import ReportContext, Section
from ferflow.report.registry import register_section
from ferflow.report.results import Result
from ferflow.report.sections.cluster_folds import folds_part
from ferflow.report.wording import NOTHING, count_name, decimals, percent, points
from ferflow.studies.clusters.figures import (
    NAMINGS,
    ClusterFigures,
    Grid,
    KeptFigures,
    NamingScore,
    read_clusters,
)
from ferflow.studies.clusters.names import METHOD_NAMES, PUBLISHED_SILHOUETTE

PUBLISHED_ACCURACY = 0.14
PUBLISHED_PAIR = (2, 7)  # components and clusters that the published system kept

_FIGURES = ("silhouette", "folds", "points", "random", "nearest")
_NAMED_AFTER = {
    "nearest": "the {} faces nearest to its centroid",
    "majority": "the most frequent label of all its faces",
    "one_to_one": "one class each, so that most faces agree",
}


@register_section(place=60)
def clusters(context: ReportContext) -> Section:
    """Tell what k-means finds without labels."""
    content = clusters_section(context.settings, context.results, context.folder, context.note)
    return Section("clusters", "Clusters", content)


def clusters_section(settings: Params, results: Sequence[Result], folder: Path, note: str) -> dict[str, Any]:
    """Gather what the section shows; its figures are copied into ``folder``/figures.

    Raises
    ------
    InputError
        If the clusters stage has not written its files.
    """
    found = read_clusters()
    figures = {}
    for name in _FIGURES:
        figures[name] = f"figures/clusters-{name}.png"
        shutil.copyfile(paths.CLUSTERS / f"{name}.png", folder / figures[name])
    kept = found.kept
    return {
        "clusters": found,
        "clusters_figures": figures,
        "clusters_reading": reading(found, with_published=settings.claims and not settings.on_sample),
        "clusters_namings": [_naming_line(found, naming) for naming in NAMINGS],
        "clusters_published": settings.claims,
        "clusters_as_published": (kept.components, kept.clusters) == PUBLISHED_PAIR,
        "clusters_larger": larger_reading(found),
        "clusters_folds": folds_part(found),
        "clusters_silhouettes": [
            {"name": name, "lines": _silhouette_lines(found, lines)}
            for name, lines in (
                *((METHOD_NAMES[method], lines) for method, lines in found.silhouette.items()),
                ("one Gaussian cloud", found.silhouette_structureless),
            )
        ],
        "clusters_contingency": [
            {
                "name": f"{index + 1}: {kept.names.nearest[index]}",
                "counts": counts,
                "most": max(counts),
                "size": size,
            }
            for index, (counts, size) in enumerate(zip(kept.contingency, kept.size, strict=True))
        ],
    }


def reading(found: ClusterFigures, *, with_published: bool) -> list[str]:
    """Say in a few sentences what the study shows; for FER-2013, beside what was published."""
    kept = found.kept
    return [
        _about_silhouettes(found, with_published=with_published),
        _about_components(kept),
        _about_naming(kept),
        f"Adjusted Rand index {decimals(kept.ari)} and normalised mutual information "
        f"{decimals(kept.nmi)}, where 1 is full agreement between clusters and labels and 0 none.",
    ]


def larger_reading(found: ClusterFigures) -> str:
    """Say whether more faces do better than as many as before, and whether that is more than chance."""
    kept, larger = found.kept, found.larger
    before, after = kept.accuracy.nearest, larger.accuracy.nearest
    balanced, gain = larger.balanced_accuracy.nearest, larger.gain.balanced_accuracy.nearest
    draws = kept.draws.accuracy.nearest
    text = (
        f"With {larger.faces:,} faces, named after the {kept.nearest} nearest, accuracy is "
        f"{percent(after.value)}% ({percent(after.low)} to {percent(after.high)}) instead of "
        f"{percent(before.value)}%. "
    )
    if max(larger.per_class) > min(larger.per_class):
        text += (
            "But the classes no longer have equally many faces: naming every cluster after the most frequent "
            f"class would give {percent(larger.largest_class)}%, and shuffled labels give "
            f"{percent(after.shuffled)}%. Balanced accuracy, which cannot be raised that way, "
        )
    else:
        text += "Balanced accuracy "
    text += (
        f"is {percent(balanced.value)}% (shuffled labels: {percent(balanced.shuffled)}%), "
        f"{points(gain.value)} points against the smaller sample ({points(gain.low)} to "
        f"{points(gain.high)}). "
    )
    spread = f"{percent(draws.mean)} ± {percent(draws.sd)}%"
    if gain.low <= 0 <= gain.high:
        verdict = "No gain beyond chance"
    elif abs(balanced.value - draws.mean) <= 2 * draws.sd:
        verdict = "The interval excludes zero, but it ignores the luck of the draw, which may explain this"
    else:
        verdict = "A gain beyond chance" if gain.value > 0 else "A loss beyond chance"
    return (
        f"{text}{verdict}: {count_name(kept.draws.n, 'further draw')} of the smaller size, each with "
        f"another seed, reach {spread} (mean ± standard deviation)."
    )


def _about_silhouettes(found: ClusterFigures, *, with_published: bool) -> str:
    kept = found.kept
    by_components = [
        (components, [*_defined(grid[str(components)].values() for _, grid in found.silhouette.items())])
        for components in found.tried.components
    ]
    spans = [
        f"{decimals(min(values))} to {decimals(max(values))} with {count_name(c, 'component')}"
        for c, values in by_components
        if values
    ]
    text = f"The mean silhouette is {'; '.join(spans) or 'undefined'}"
    text += f" (published: about {PUBLISHED_SILHOUETTE:g} everywhere)" if with_published else ""
    if math.isnan(kept.silhouette) or math.isnan(kept.silhouette_structureless):
        return text + "."
    gap = kept.silhouette - kept.silhouette_structureless
    closing = (
        "so this is no sign of groups among the faces: k-means gets as much by cutting any cloud into pieces"
        if gap < 0.05
        else "so there is some structure beyond one cloud, whatever its cause"
    )
    return (
        f"{text}. The kept pair has {decimals(kept.silhouette)}; a single Gaussian cloud of the same "
        f"spread, which has no clusters at all, has {decimals(kept.silhouette_structureless)}, {closing}."
    )


def _defined(lines: Iterable[Iterable[float]]) -> Iterator[float]:
    return (value for line in lines for value in line if not math.isnan(value))


def _about_components(kept: KeptFigures) -> str:
    light = ", ".join(
        f"{share:.0%} of component {index}" for index, share in enumerate(kept.lighting, start=1)
    )
    verb = "holds" if kept.components == 1 else "hold"
    return (
        f"The {count_name(kept.components, 'component')} {verb} {kept.explained_variance:.0%} of the pixels' "
        "variance. "
        f"A face's mean brightness and its slopes across and down explain {light}. The labels explain "
        f"{kept.between_classes:.1%} of the variance in these components."
    )


def _about_naming(kept: KeptFigures) -> str:
    accuracy, spread = kept.accuracy, kept.draws.accuracy.nearest
    return (
        f"With clusters named after the {kept.nearest} faces nearest to each centroid, "
        f"{_beside_shuffled(accuracy.nearest)}; "
        f"{count_name(kept.draws.n, 'further draw')} of faces and starts reach {percent(spread.mean)} ± "
        f"{percent(spread.sd)}%. Named by the labels of all members, "
        f"{_beside_shuffled(accuracy.majority)}; one to one, {_beside_shuffled(accuracy.one_to_one)}."
    )


def _beside_shuffled(score: NamingScore) -> str:
    beyond = "more" if score.value > score.shuffled_high else "no more"
    return (
        f"{percent(score.value)}% of the faces are right ({percent(score.low)} to "
        f"{percent(score.high)}), {beyond} than the same naming of shuffled labels gets "
        f"({percent(score.shuffled)}%, seldom above {percent(score.shuffled_high)}%)"
    )


def _naming_line(found: ClusterFigures, naming: str) -> dict[str, Any]:
    kept, larger = found.kept, found.larger
    score, draws = kept.accuracy[naming], kept.draws.accuracy[naming]
    return {
        "name": _NAMED_AFTER[naming].format(kept.nearest),
        "cells": [
            _accuracy_cell(score),
            _accuracy_cell(larger.accuracy[naming]),
            _accuracy_cell(larger.balanced_accuracy[naming]),
        ],
        "draws": f"{percent(draws.mean)} ± {percent(draws.sd)}",
        "shuffled": percent(score.shuffled),
        "shuffled_high": percent(score.shuffled_high),
        "p": score.p,
        "chance": percent(score.chance),
        "published": f"{100 * PUBLISHED_ACCURACY:.0f}" if naming == "nearest" else NOTHING,
    }


def _accuracy_cell(score: NamingScore) -> dict[str, str]:
    return {
        "value": percent(score.value),
        "interval": f"{percent(score.low)} to {percent(score.high)}",
    }


def _silhouette_lines(found: ClusterFigures, lines: Grid[float]) -> list[dict[str, Any]]:
    kept = found.kept
    return [
        {
            "components": components,
            "cells": [
                {
                    "text": decimals(lines[str(components)][str(clusters)]),
                    "kept": (components, clusters) == (kept.components, kept.clusters),
                }
                for clusters in found.tried.clusters
            ],
        }
        for components in found.tried.components
    ]
