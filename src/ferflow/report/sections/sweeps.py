"""Sweeps: at which values of a setting a model diverges, learns nothing or under-fits, and which is best."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ferflow import paths
from ferflow.params import Params
from ferflow.plots.linear import sweep
from ferflow.plots.style import save
from ferflow.report.results import Result
from ferflow.report.wording import FACES_OF, percent
from ferflow.tables import SWEEP, read_table

_KEYS = {"learning_rate": "learning rate", "l2": "L2", "batch_size": "batch size"}


def sweeps_part(
    settings: Params, by_name: Mapping[str, Result], folder: Path, note: str
) -> list[dict[str, Any]]:
    """Describe the sweep of each key of each experiment that was run, and draw it.

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
        What the template shows of each key.

    Raises
    ------
    InputError
        If a sweep has not been run.
    """
    entries: list[dict[str, Any]] = []
    for name in (name for name in settings.sweeps if name in by_name):
        result, model = by_name[name], settings.experiment(name).model
        table = read_table(paths.sweep(name), SWEEP, "sweep")
        held_out = FACES_OF[result.followed]
        faces = f"{result.n(result.followed):,} {held_out} faces"
        for key, rows in table.groupby("key", sort=False):
            setting = _KEYS.get(str(key), str(key))
            figure = f"figures/sweep-{name}-{key}.png"
            drawing = sweep(
                rows.assign(key=setting),
                current=float(getattr(model, str(key), np.nan)),
                chance=float(np.log(len(result.classes))),
                held_out=held_out,
                title=f"{name}: {setting}",
                note=f"{note} · protocol {result.protocol} · {faces}",
            )
            save(drawing, folder / figure)
            entries.append(
                {
                    "name": name,
                    "key": setting,
                    "figure": figure,
                    "held_out": held_out,
                    "sentence": sweep_sentence(rows, len(result.classes), held_out),
                }
            )
    return entries


def sweep_sentence(rows: pd.DataFrame, classes: int, held_out: str) -> str:
    """Say of one key's sweep which values diverge, learn nothing or under-fit, and which do best in the end.

    Parameters
    ----------
    rows : DataFrame
        Of the sweep of one key.
    classes : int
        Number of classes.
    held_out : str
        The subset that the training was measured on: "validation", or "test" where there is no other.

    Returns
    -------
    str
    """
    ends = rows.groupby("value").last()
    sound = ends[~ends["diverged"]]
    finite = rows.groupby("value")["train_loss"].agg(lambda losses: np.isfinite(losses.iloc[-1]))
    sentences = [
        f"{what} at {', '.join(f'{value:g}' for value in ends.index[ends['diverged'] & which])}."
        for what, which in (("Diverges", ~finite), ("Learns nothing", finite))
        if (ends["diverged"] & which).any()
    ] or ["No value diverges."]
    if sound.empty:
        return " ".join(sentences)
    # Both losses nearer to that of guessing than to the best: what could be learnt was not. Validation has
    # log loss, whatever loss the training has.
    guessing = {"train_loss": sound["untrained_loss"], "validation_loss": np.log(classes)}
    high = pd.DataFrame(
        {name: sound[name] > (sound[name].min() + chance) / 2 for name, chance in guessing.items()}
    ).all(axis=1)
    if high.any():
        weak = ", ".join(f"{value:g}" for value in sound.index[high])
        sentences.append(f"Under-fits at {weak}: the training loss, too, stays near that of guessing.")
    loss, score = sound["validation_loss"], sound["validation_balanced_accuracy"]
    sentences.append(
        f"Lowest final {held_out} loss at {loss.idxmin():g}; highest balanced accuracy at "
        f"{score.idxmax():g} ({percent(score.max())}%)."
    )
    return " ".join(sentences)
