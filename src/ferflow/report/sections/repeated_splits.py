"""Repeated splits: whether the errors of two experiments differ, in mean and in spread, over many draws."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ferflow import paths
from ferflow.evaluation.paired_values import Comparison, compare
from ferflow.evaluation.significance import LEVEL
from ferflow.params import Params
from ferflow.plots.linear import repeated_splits
from ferflow.plots.style import save
from ferflow.report.results import Result
from ferflow.report.wording import equals_p, percent
from ferflow.tables import REPEATED_SPLITS, read_table


def repeated_splits_part(
    settings: Params, by_name: Mapping[str, Result], folder: Path, note: str
) -> list[dict[str, Any]]:
    """Compare the errors of each pair of ``params.yaml`` over the draws, and draw them.

    Parameters
    ----------
    settings : Params
    by_name : mapping of str to Result
        All experiments.
    folder : Path
        Of the report.
    note : str
        What the faces are.

    Returns
    -------
    list of dict
        What the template shows of each pair.

    Raises
    ------
    InputError
        If repeated splits have not been run.
    """
    entries = []
    for name, plan in settings.repeated_splits.items():
        if name not in by_name or plan.against not in by_name:
            continue
        table = read_table(paths.repeated_splits(name), REPEATED_SPLITS, "repeated_splits")
        pair = [name, plan.against]
        by_draw = {
            heading: table.pivot_table(index="repetition", columns="experiment", values=column)[pair]
            for heading, column in (("Balanced error", "balanced_error"), ("Error", "error"))
        }
        figure = f"figures/repeated-splits-{name}.png"
        drawing = repeated_splits(
            by_draw,
            {one: by_name[one].remedy for one in pair},
            title=f"{name} against {plan.against}, {len(table) // 2} draws",
            note=f"{note} · random splits, grouped · {table['test_faces'].median():,.0f} test faces each",
        )
        save(drawing, folder / figure)
        draws = table.groupby("experiment")[["train_faces", "test_faces"]].mean()
        # Of the two, the one with fewer training faces.
        ratio = float((draws["test_faces"] / draws["train_faces"]).max())
        entries.append(
            {
                "names": pair,
                "figure": figure,
                "draws": len(table) // 2,
                "sentences": [
                    splits_sentence(
                        heading, pair, compare(*(errors[one].to_numpy() for one in pair), test_to_train=ratio)
                    )
                    for heading, errors in by_draw.items()
                ],
            }
        )
    return entries


def splits_sentence(heading: str, names: Sequence[str], comparison: Comparison) -> str:
    """Say whether two experiments' errors differ in mean and in spread.

    Parameters
    ----------
    heading : str
        What the errors are.
    names : sequence of str
        Of the two experiments.
    comparison : Comparison
        Of their errors.

    Returns
    -------
    str
    """
    figures = " against ".join(
        f"{percent(mean)} ± {percent(deviation)}% ({name})"
        for mean, deviation, name in zip(comparison.means, comparison.deviations, names, strict=True)
    )
    means = "differ" if comparison.p_means < LEVEL else "do not differ beyond chance"
    wider = names[int(comparison.deviations[1] > comparison.deviations[0])]
    spread = (
        f"{wider} varies more from draw to draw"
        if comparison.p_deviations < LEVEL
        else "nor is one shown to vary more than the other"
        if comparison.p_means >= LEVEL
        else "neither is shown to vary more than the other"
    )
    means, spread = (
        f"{means} (p {equals_p(comparison.p_means)})",
        f"{spread} (p {equals_p(comparison.p_deviations)})",
    )
    return f"{heading}: {figures}. The means {means}; {spread}."
