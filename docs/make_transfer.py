"""Write docs/transfer.md, on EfficientNet's remedies: `python docs/make_transfer.py MACHINE DURATION`.

MACHINE and DURATION are words for the page; all else is read from the results of a run with
the preset `transfer`.
"""

import sys
from pathlib import Path

from remedy_tables import gains, scores

from ferflow import params
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.files import write_text
from ferflow.report.findings import compare_recall
from ferflow.report.markdown import markdown_table
from ferflow.report.pairs import pair_tables
from ferflow.report.results import RemedyFamily, read_results, remedy_families
from ferflow.report.sections.claims import require_full_run
from ferflow.report.tables import MAIN
from ferflow.report.wording import METRIC_NAMES, number, p_value, points, remedy_name

FOCAL = "efficientnet-focal"

PAGE = """# Is focal loss the best remedy for EfficientNet?

A published system says so (claim E of [claims.md](claims.md)), from one training of each remedy and unequal
budgets. Here, the same network is trained without and with three remedies on the same {train:,} faces (at
most 4,000 of a class, copies in one subset). Each training sees equally many faces. All are tested on the
same {n:,} faces, with {seeds} seeds.

The learning rate was tried on 1,500 PublicTest faces. Some of these are also tested on here, since the
published split mixes usages; nothing else was chosen on any of them.

Is focal loss the best of the remedies, in the mean over seeds?

{answer}

## How to get them again

In `params.yaml`:

```yaml
data:
  path: {source}
budget: full
seeds: {seed_list}
run: ...                     # `ferflow preset transfer`
explain: []
```

Then run `snakemake -j2` and, for this page, `python docs/make_transfer.py MACHINE DURATION`.

- Machine: {machine}.
- Duration: {duration}.

## Scores

Percent of {n:,} test faces: mean over seeds ± deviation over seeds ({confidence} bootstrap interval over
faces).

{scores}

## Against no remedy

Points of recall gained or lost, mean over seeds, with {confidence} bootstrap intervals over the same faces.

{gains}

## Face by face

McNemar's test on accuracy, first seed, p Holm-corrected over all pairs.

{pairs}
"""


def answer(family: RemedyFamily) -> str:
    """Say for each metric which remedy is best, and what focal loss and no remedy reach; a Markdown list."""
    names = {result.name: remedy_name(result.remedy) for result in family.results}
    without = family.results[family.baseline].name
    parts = []
    for metric in MAIN:
        values = {r.name: r.interval("official", metric)[0] for r in family.results}
        shares = {name: f"{number(value, metric)}% with {names[name]}" for name, value in values.items()}
        best = max(values.keys() - {without}, key=values.__getitem__)
        text = f"{METRIC_NAMES[metric]}, **{'yes' if best == FOCAL else 'no'}**: {shares[best]}, "
        if best != FOCAL:
            text += f"{shares[FOCAL]}, "
        parts.append(f"- By {text}{shares[without]}.")
    return "\n".join(parts)


def main() -> None:
    """Read the results and write the page."""
    if len(sys.argv) != 3:
        raise InputError("usage: python docs/make_transfer.py MACHINE DURATION")
    settings = params.load()
    require_full_run("docs/transfer.md", settings)
    families = [f for f in remedy_families(read_results(settings)) if FOCAL in {r.name for r in f.results}]
    if not families:
        raise InputError(
            f"{FOCAL} was not run with and without a remedy; run `ferflow preset transfer` and snakemake"
        )
    family = families[0]
    found = pair_tables(family.results)
    page = PAGE.format(
        train=family.results[0].cost.training_faces // (settings.epochs_for(FOCAL) or 1),
        n=found.n,
        seeds=len(settings.seeds),
        seed_list=settings.seeds,
        answer=answer(family),
        source=Path(settings.data.path).name,
        machine=sys.argv[1],
        duration=sys.argv[2],
        confidence=f"{settings.evaluate.confidence:.0%}",
        scores=scores(family.results, MAIN),
        gains=gains(family, compare_recall(family, settings.evaluate)),
        pairs=markdown_table(
            ["first", "second", "first less second, points", "p"],
            [[p.first, p.second, points(p.difference), p_value(p.adjusted)] for p in found.pairs],
        ),
    )
    write_text("docs/transfer.md", page)


if __name__ == "__main__":
    run(main)
