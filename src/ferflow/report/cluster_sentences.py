"""What the k-means study (:mod:`ferflow.studies.clusters`) shows, every sentence from its numbers."""

from ferflow.report.wording import NOTHING, count_name, number, points
from ferflow.studies.clusters.figures import ClusterFigures, KeptClustering, NamingScore
from ferflow.studies.clusters.names import PUBLISHED_SILHOUETTE


def reading(figures: ClusterFigures, *, on_sample: bool) -> list[str]:
    """Say in a few sentences what the study shows."""
    kept = figures.kept
    return [
        _about_silhouettes(figures, on_sample=on_sample),
        _about_components(kept),
        _about_naming(kept),
        f"Adjusted Rand index {decimals(kept.ari)} and normalised mutual information "
        f"{decimals(kept.nmi)}, where 1 is full agreement between clusters and labels and 0 none.",
    ]


def larger_reading(figures: ClusterFigures) -> str:
    """Say whether more faces do better than as many as before, and whether that is more than chance."""
    kept, larger = figures.kept, figures.larger
    before, after = kept.accuracy["nearest"], larger.accuracy["nearest"]
    balanced, gain = larger.balanced_accuracy["nearest"], larger.gain["balanced_accuracy"]["nearest"]
    draws = kept.draws.accuracy["nearest"]
    text = (
        f"With {larger.faces:,} faces, named after the {kept.nearest} nearest, accuracy is "
        f"{percent(after.value)}% ({percent(after.low)} to {percent(after.high)}) instead of "
        f"{percent(before.value)}%. "
    )
    if max(larger.per_class) > min(larger.per_class):
        text += (
            "But the classes are no longer equal in number: to name every cluster after the most frequent "
            f"one would give {percent(larger.largest_class)}%, and shuffled labels give "
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
        verdict = "No gain that chance would not explain"
    elif abs(balanced.value - draws.mean) <= 2 * draws.sd:
        verdict = "That leaves out zero, but it knows nothing of the luck of the draw, which may explain it"
    else:
        verdict = "A gain beyond chance" if gain.value > 0 else "A loss beyond chance"
    return (
        f"{text}{verdict}: {count_name(kept.draws.n, 'further draw')} of the smaller size, each with "
        f"another seed, reach {spread} (mean ± standard deviation)."
    )


def _about_silhouettes(figures: ClusterFigures, *, on_sample: bool) -> str:
    kept = figures.kept
    tried = figures.tried
    by_components = [
        (
            components,
            [v for lines in figures.silhouette.values() for v in lines[str(components)].values() if v],
        )
        for components in tried.components
    ]
    spans = [
        f"{decimals(min(values))} to {decimals(max(values))} with {count_name(c, 'component')}"
        for c, values in by_components
        if values
    ]
    text = f"The mean silhouette is {'; '.join(spans) or 'undefined'}"
    text += "" if on_sample else f" (published: about {PUBLISHED_SILHOUETTE:g} everywhere)"
    if kept.silhouette is None or kept.silhouette_structureless is None:
        return text + "."
    gap = kept.silhouette - kept.silhouette_structureless
    closing = (
        "so it is no sign of groups among the faces: k-means gets as much from cutting any cloud into pieces"
        if gap < 0.05
        else "so there is some structure beyond one cloud, whatever it may be of"
    )
    return (
        f"{text}. The kept pair has {decimals(kept.silhouette)}; a single Gaussian cloud of the same "
        f"spread, which has no clusters at all, has {decimals(kept.silhouette_structureless)}, {closing}."
    )


def _about_components(kept: KeptClustering) -> str:
    light = ", ".join(
        f"{share:.0%} of component {index}" for index, share in enumerate(kept.lighting, start=1)
    )
    held, between = kept.explained_variance, kept.between_classes
    verb = "holds" if kept.components == 1 else "hold"
    return (
        f"The {count_name(kept.components, 'component')} {verb} {held:.0%} of the pixels' variance. "
        f"A face's mean brightness and its slopes across and down explain {light}; the labels explain "
        f"{between:.1%} of the variance in these components."
    )


def _about_naming(kept: KeptClustering) -> str:
    nearest, draws = kept.accuracy["nearest"], kept.draws
    majority, one_to_one = (_beside_shuffled(kept.accuracy[name]) for name in ("majority", "one_to_one"))
    spread = draws.accuracy["nearest"]
    return (
        f"Named after the {kept.nearest} faces nearest to each centroid, {_beside_shuffled(nearest)}; "
        f"{count_name(draws.n, 'further draw')} of faces and starts reach {percent(spread.mean)} ± "
        f"{percent(spread.sd)}%. By the labels of all members {majority}; one to one {one_to_one}."
    )


def _beside_shuffled(entry: NamingScore) -> str:
    beyond = "more" if entry.value > entry.shuffled_high else "no more"
    return (
        f"{percent(entry.value)}% of the faces are right ({percent(entry.low)} to "
        f"{percent(entry.high)}), {beyond} than the same naming of shuffled labels gets "
        f"({percent(entry.shuffled)}%, seldom above {percent(entry.shuffled_high)}%)"
    )


def percent(share: float) -> str:
    """Write a share as a percentage with one decimal."""
    return number(share, "accuracy")


def decimals(value: float | None) -> str:
    """Write a figure with three decimals and a real minus sign; a dash where there is none."""
    return NOTHING if value is None else f"{value:.3f}".replace("-", "\N{MINUS SIGN}")
