"""Write docs/transfer-rates.md from docs/transfer_trials.csv: `python docs/make_transfer_rates.py`."""

from pathlib import Path

import pandas as pd

from ferflow.claims import load_claims
from ferflow.claims.schema import Figure, FromMetrics
from ferflow.engines.script import run
from ferflow.files import write_text
from ferflow.report.markdown import markdown_table
from ferflow.report.wording import percent

DOCS = Path(__file__).parent

Accuracies = dict[str, dict[str, float]]  # by setting, then by experiment


def mean_accuracies(trials: Path) -> Accuracies:
    """Average the accuracies over seeds, in the order of the file."""
    accuracies: Accuracies = {}
    for setting, of_setting in pd.read_csv(trials).groupby("trial", sort=False):
        means = of_setting.groupby("experiment", sort=False)["validation_accuracy"].mean()
        accuracies[str(setting)] = {str(name): float(mean) for name, mean in means.items()}
    return accuracies


def published_accuracies() -> dict[str, Figure]:
    """Find the published accuracies, by experiment."""
    return {
        claim.ours.experiment: claim
        for claim in load_claims().claims
        if isinstance(claim, Figure)
        and isinstance(claim.ours, FromMetrics)
        and claim.ours.metric == "accuracy"
    }


def distance(claim: Figure, accuracy: float) -> float:
    """Give how far an accuracy lies from the published one, in tolerances."""
    return abs(accuracy - claim.published) / claim.tolerance


def answer(accuracies: Accuracies, claims: dict[str, Figure]) -> str:
    """Say which settings give all figures within their tolerances, or which one comes nearest."""
    worst = {
        setting: max(found, key=lambda name: distance(claims[name], found[name]))
        for setting, found in accuracies.items()
        if found.keys() == claims.keys()
    }
    farthest = {setting: distance(claims[name], accuracies[setting][name]) for setting, name in worst.items()}
    together = [f"`{setting}`" for setting, tolerances in farthest.items() if tolerances <= 1]
    if together:
        return f"Yes: {' and '.join(together)}, out of {len(farthest)} settings that were tried on all three."
    nearest = min(farthest, key=farthest.__getitem__)
    claim, ours = claims[worst[nearest]], accuracies[nearest][worst[nearest]]
    return (
        f"None of the {len(farthest)} settings that were tried on all three. `{nearest}` is nearest: its "
        f"worst figure, {claim.what}, is {percent(ours)}% where "
        f"{percent(claim.published)}% was published, {farthest[nearest]:.1f} times the tolerance."
    )


def _cell(claim: Figure, accuracy: float | None) -> str:
    if accuracy is None:
        return ""
    text = percent(accuracy)
    return f"**{text}**" if distance(claim, accuracy) <= 1 else text


def main() -> None:
    """Read the trials and the claims, and write the page."""
    accuracies = mean_accuracies(DOCS / "transfer_trials.csv")
    varied = {name for found in accuracies.values() for name in found}
    claims = {name: claim for name, claim in published_accuracies().items() if name in varied}
    heads = [
        f"{claim.what}: {percent(claim.published)} ± {100 * claim.tolerance:g}" for claim in claims.values()
    ]
    rows = [
        [setting, *(_cell(claim, found.get(name)) for name, claim in claims.items())]
        for setting, found in accuracies.items()
    ]
    page = (DOCS / "templates" / "transfer-rates.md").read_text()
    write_text(
        DOCS / "transfer-rates.md",
        page.format(
            answer=answer(accuracies, claims),
            table=markdown_table(["network, learning rate", *heads], rows),
            experiments=", ".join(claims),
        ),
    )


if __name__ == "__main__":
    run(main)
