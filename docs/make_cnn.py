"""Write docs/cnn.md from the results of preset `timed` and of the trials: `python docs/make_cnn.py MACHINE`.

MACHINE is a word for the page; all else is read from results/, timings/, docs/cnn_trials.csv,
docs/tuned_trials.csv, docs/cnn_views.csv, docs/cnn_means.csv and docs/published_networks.csv. What was
trained elsewhere stays as docs/cnn_results.csv and docs/cnn_curves.csv have it: hours of training need not
be on one machine.
"""

import math
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pandas as pd
from make_network import percent
from matplotlib.figure import Figure

from ferflow import params, paths
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import read_evaluation
from ferflow.files import write_text
from ferflow.plots.style import GRID, OKABE_ITO, add_title, make_figure, percent_axis, save, styled
from ferflow.report.markdown import markdown_table
from ferflow.report.sections.claims import require_full_run
from ferflow.timings import read_timings

DOCS = Path(__file__).parent
BASE = "cnn-3min"
SINGLE = ("cnn-3min", "cnn-10min", "cnn-30min", "cnn-90min")  # one network, trained once
MINUTES = (1, 3, 10, 30, 90)  # ticks
#: Percent of PrivateTest that was aimed at before any was trained, and the minutes that it was to take
#: on two cores with nothing beside it; None for no aim. 72.6 is the best honest single network without
#: further data that we know of, 75.2 the best such ensemble, 65.7 the network of the package `fer`.
TARGETS: dict[str, tuple[float, int | None] | None] = {
    "cnn-3min": (65.0, 3),
    "cnn-10min": (68.0, 10),
    "cnn-30min": (70.0, 30),
    "cnn-90min": (72.6, 90),
    "cnn-ensemble": (75.3, None),
    "cnn-distilled": (75.3, None),
    "cnn-born-again": (73.5, 150),
    "cnn-fast": (65.7, None),
    "efficientnet-tuned": None,
}


def measured(name: str, settings: params.Params, seed: int, machine: str) -> dict[str, str]:
    """Gather what an experiment costs and reaches, as docs/cnn_results.csv keeps it."""
    evaluation = read_evaluation(name, seed)
    seconds = read_timings(paths.model(name, seed)).get("train_seconds")
    subsets = evaluation.subsets
    return {
        "experiment": name,
        "million parameters": f"{evaluation.cost.parameters / 1e6:.2f}",
        "million MACs": f"{evaluation.cost.macs / 1e6:.0f}",
        "epochs": str(settings.epochs_for(name)),
        "minutes of training": "" if seconds is None else f"{seconds / 60:.1f}",
        "PublicTest": f"{100 * subsets.validation.metrics.accuracy.value:.1f}",
        "PrivateTest": percent(subsets.official.metrics.accuracy),
        "clean": percent(subsets.clean.metrics.accuracy),
        "balanced accuracy": percent(subsets.official.metrics.balanced_accuracy),
        "machine": machine,
    }


def targets_text(results: pd.DataFrame) -> str:
    """Say which targets are met, and on which machine."""
    lines = []
    for name, aim in TARGETS.items():
        if aim is None:
            continue
        target, asked = aim
        goal = f"{target:.1f}%" + (f" within {asked} minutes" if asked else "")
        if name not in results.index:
            lines.append(f"- `{name}`: target {goal}, not trained yet.")
            continue
        row = {str(column): str(value) for column, value in results.loc[name].items()}
        accuracy = float(row["PrivateTest"].split()[0])
        verdict = f"it reached {accuracy:.1f}%"
        if accuracy < target:
            verdict += f", {target - accuracy:.1f} points too few"
        if row["minutes of training"]:
            verdict += f", and took {row['minutes of training']} minutes"
        lines.append(f"- `{name}`: target {goal}: {verdict} ({row['machine']}).")
    return "\n".join(lines)


def trials_table(trials: pd.DataFrame) -> str:
    """Tabulate the trials, best first: mean over seeds of what PublicTest says."""
    figures = trials.groupby("trial", sort=False).agg(
        seeds=("seed", "count"),
        epochs=("epochs", "first"),
        macs=("macs", "first"),
        accuracy=("validation_accuracy", "mean"),
        balanced=("validation_balanced_accuracy", "mean"),
        loss=("validation_loss", "mean"),
    )
    rows = [
        [
            str(name),
            str(int(row.seeds)),
            str(int(row.epochs)),
            f"{row.macs / 1e6:.0f}",
            f"{100 * row.accuracy:.1f}",
            f"{100 * row.balanced:.1f}",
            f"{row.loss:.3f}",
        ]
        for name, row in figures.sort_values("accuracy", ascending=False).iterrows()
    ]
    head = ["", "seeds", "epochs", "million MACs", "accuracy", "balanced accuracy", "log loss"]
    return markdown_table(head, rows)


def validation_table(figures: pd.DataFrame, *columns: str) -> str:
    """Tabulate what PublicTest says of networks, beside the columns that tell them apart."""
    rows = [
        [
            *(str(row[column]) for column in columns),
            f"{100 * row['validation_accuracy']:.1f}",
            f"{100 * row['validation_balanced_accuracy']:.1f}",
            f"{row['validation_loss']:.3f}",
        ]
        for row in figures.to_dict("records")
    ]
    return markdown_table([*columns, "accuracy", "balanced accuracy", "log loss"], rows)


def two_digits(value: float) -> str:
    """Write a number with two significant digits, and without an exponent."""
    return f"{float(f'{value:.2g}'):,g}"


def work_table(results: pd.DataFrame, published: pd.DataFrame) -> str:
    """Set the work of published trainings beside that of ours: multiply-accumulates by times a face is seen.

    Parameters
    ----------
    results : DataFrame
        docs/cnn_results.csv by experiment, with the last of :data:`SINGLE`, whose work is one.
    published : DataFrame
        docs/published_networks.csv.
    """
    ours = results.loc[[name for name in SINGLE if name in results.index]]
    million = [*ours["million MACs"].astype(float), *(published["macs"] / 1e6)]
    seen = [*ours["epochs"].astype(int), *(published["epochs"] * published["crops"])]
    accuracy = [
        *(text.split()[0] for text in ours["PrivateTest"]),
        *published["accuracy"].map("{:.1f}".format),
    ]
    work = [macs * times for macs, times in zip(million, seen, strict=True)]
    unit = work[len(ours) - 1]
    hours = float(ours["minutes of training"].iloc[-1]) / 60
    rows = [
        [name, f"{macs:.0f}", f"{times:,}", two_digits(own / unit), two_digits(own / unit * hours), reached]
        for name, macs, times, own, reached in zip(
            [*ours.index, *published["network"]], million, seen, work, accuracy, strict=True
        )
    ]
    last = str(ours.index[-1])
    head = [
        "",
        "million MACs",
        "times a face is seen",
        f"work, {last} = 1",
        f"hours, as fast as {last}",
        "PrivateTest",
    ]
    return markdown_table(head, rows)


def noise_text(trials: pd.DataFrame) -> str:
    """Say how far two seeds of one recipe lie apart, where there are several."""
    spread = trials.groupby("trial")["validation_accuracy"].agg(["count", "var"]).query("count > 1")
    if spread.empty:
        known = "One seed each"
    else:
        freedom = spread["count"] - 1
        pooled = math.sqrt((spread["var"] * freedom).sum() / freedom.sum())
        known = f"Seeds of one recipe deviate by {100 * pooled:.1f} points"
    return f"{known}, and an accuracy's standard error is 0.8: a point of difference may be chance."


@styled
def curves(points: pd.DataFrame, faces: int) -> Figure:
    """Draw accuracy on the faces of PublicTest by minutes of training, one line an experiment."""
    figure, axes = make_figure(5.6, 3.6)
    looks = product(("-", "--"), OKABE_ITO[1:])  # more than there are experiments
    for (name, line), (dashes, colour) in zip(points.groupby("experiment", sort=False), looks, strict=False):
        axes.plot(line["minutes"], line["accuracy"], dashes, label=str(name), color=colour)
    percent_axis(axes.yaxis)
    axes.set(xlabel="minutes of training", ylabel="accuracy", xscale="log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xticks(MINUTES)
    axes.grid(axis="x", color=GRID)
    figure.legend(loc="outside lower center", ncols=3)
    add_title(
        figure,
        "PublicTest while the network trains",
        f"FER-2013, {faces:,} faces, moving average of the weights",
    )
    return figure


def gathered_curves(names: Sequence[str], seed: int) -> pd.DataFrame:
    """Put the curves of trainings that were timed in place of those that docs/cnn_curves.csv has of them."""
    stored = DOCS / "cnn_curves.csv"
    columns = ["experiment", "minutes", "accuracy"]
    lines = {} if not stored.exists() else dict(list(pd.read_csv(stored).groupby("experiment")))
    for name in names:
        seconds = read_timings(paths.model(name, seed)).get("train_seconds")
        if seconds is not None:
            history = pd.read_csv(paths.training(name, seed) / "history.csv")
            minutes = history["epoch"] / history["epoch"].max() * seconds / 60
            line = pd.DataFrame({"minutes": minutes, "accuracy": history["validation_accuracy"]})
            lines[name] = line.assign(experiment=name)[columns]
    parts = [lines[name] for name in TARGETS if name in lines]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def main() -> None:
    """Write the page and its figure."""
    if len(sys.argv) != 2:
        raise InputError("usage: python docs/make_cnn.py MACHINE")
    settings = params.load()
    require_full_run("docs/cnn.md", settings)
    seed = settings.seeds[0]
    names = [name for name in TARGETS if paths.evaluation(name, seed).exists()]
    if not names:
        raise InputError(
            "no experiment of the preset 'timed' is evaluated; run `ferflow preset timed` and snakemake"
        )
    results = pd.read_csv(DOCS / "cnn_results.csv", dtype=str, keep_default_na=False)
    new = pd.DataFrame([measured(name, settings, seed, sys.argv[1]) for name in names])
    results = pd.concat([results[~results["experiment"].isin(names)], new]).set_index("experiment")
    results = results.loc[[name for name in TARGETS if name in results.index]]
    write_text(DOCS / "cnn_results.csv", results.to_csv())
    trials = pd.read_csv(DOCS / "cnn_trials.csv")
    table = results.drop(columns="machine")  # which would stretch the rows; the targets name it
    page = (DOCS / "templates" / "cnn.md").read_text()
    text = page.format(
        n=read_evaluation(names[0], seed).subsets.official.n,
        confidence=settings.evaluate.confidence,
        results=markdown_table(["", *table.columns], table.reset_index().to_numpy().tolist()),
        targets=targets_text(results),
        base=BASE,
        noise=noise_text(trials),
        work=work_table(results, pd.read_csv(DOCS / "published_networks.csv")),
        trials=trials_table(trials),
        tuned=trials_table(pd.read_csv(DOCS / "tuned_trials.csv")),
        views=validation_table(pd.read_csv(DOCS / "cnn_views.csv"), "predicted from", "views"),
        means=validation_table(pd.read_csv(DOCS / "cnn_means.csv"), "networks"),
    )
    write_text(DOCS / "cnn.md", text)
    points = gathered_curves(names, seed)
    write_text(DOCS / "cnn_curves.csv", points.to_csv(index=False, float_format="%.6g"))
    save(curves(points, read_evaluation(names[0], seed).subsets.validation.n), DOCS / "img" / "cnn.png")


if __name__ == "__main__":
    run(main)
