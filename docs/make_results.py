"""Write docs/results.md from the results of a finished run: `python docs/make_results.py MACHINE DURATION`.

MACHINE and DURATION are words for the page ("2 cores, AMD EPYC", "1 h 20 min"); all else is read from
results/.
"""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ferflow import params
from ferflow.engines.script import run
from ferflow.errors import InputError
from ferflow.evaluation.evaluation import read_evaluation
from ferflow.files import write_text
from ferflow.ingest.audit_file import read_audit
from ferflow.report.markdown import markdown_table
from ferflow.report.sections.claims import require_full_run

PAGE = """# Results on the real FER-2013

{faces:,} faces from `{source}`, digest `{digest}`.

- Nothing here was chosen on PrivateTest: hyperparameters were tried on PublicTest, and no epoch is chosen;
  the last one counts.
- *Official* figures cover all PrivateTest faces, *clean* ones only those without a copy in Training or
  PublicTest.
- Copies of a PrivateTest or PublicTest face are dropped from train in every protocol here, so the official
  figures do not leak either.

## How to get them again

In `params.yaml`:

```yaml
data:
  path: {source}          # or the image archive, or its folder: the same faces, the same rows
budget: {budget}
seeds: {seeds}
precision: {precision}    # float32 where the processor has no bfloat16
```

Then run `snakemake -j2` and, for this page, `python docs/make_results.py MACHINE DURATION`.

- Machine: {machine}.
- Duration: {duration}.

## Audit

{audit}

{comparison}
## Recall of each class

Percent of the PrivateTest faces of a class that are recognised, mean over seeds; intervals are in the report.

{recall}

## What it costs

Training counts as three forward passes per face and epoch. For seconds, see the report of your own run.

{cost}
"""


def audit_table(audit: dict[str, Any]) -> str:
    """Lay out the counts of each usage and class, and the duplicates."""
    classes = audit["classes"]
    rows = [
        [usage, *(f"{audit['counts'][usage][name]:,}" for name in classes)]
        for usage in ("Training", "PublicTest", "PrivateTest")
    ]
    twins = audit["duplicates"]
    result: str = markdown_table(["usage", *classes], rows) + (
        f"\n\n{twins['copies_of_an_earlier_face']:,} faces are exact copies of an earlier one; "
        f"{twins['groups_across_usages']} groups of copies cross usages, "
        f"{twins['groups_with_two_labels']} have two labels; "
        f"{twins['private_test_in_training']} PrivateTest faces are also in Training; "
        f"{len(audit['blank'])} images are blank."
    )
    return result


def main() -> None:
    """Read the results and write the page."""
    if len(sys.argv) != 3:
        raise InputError("usage: python docs/make_results.py MACHINE DURATION")
    machine, duration = sys.argv[1:]
    settings = params.load()
    require_full_run("docs/results.md", settings)
    audit = read_audit()
    runs = {name: [read_evaluation(name, seed) for seed in settings.seeds] for name in settings.run}
    recall, cost = [], []
    for name, evaluations in runs.items():
        values = {
            cls: np.mean([each.subsets.official.per_class[cls].recall.value for each in evaluations])
            for cls in evaluations[0].classes
        }
        recall.append([name, *(f"{100 * values[c]:.1f}" if c in values else "" for c in audit["classes"])])
        spent = evaluations[0].cost
        cost.append(
            [
                name,
                f"{spent.parameters:,}",
                f"{spent.macs / 1e6:.2f}",
                f"{spent.training_macs / 1e12:.2f}",
            ]
        )
    page = PAGE.format(
        faces=audit["faces"],
        source=Path(settings.data.path).name,
        digest=audit["data_digest"],
        budget=settings.budget,
        seeds=settings.seeds,
        precision=settings.precision,
        machine=machine,
        duration=duration,
        audit=audit_table(audit),
        comparison=re.sub(r"^#", "##", Path("results/report/comparison.md").read_text(), flags=re.MULTILINE),
        recall=markdown_table(["experiment", *audit["classes"]], recall),
        cost=markdown_table(
            ["experiment", "parameters", "million MACs a face", "million million MACs of training"], cost
        ),
    )
    write_text("docs/results.md", page)


if __name__ == "__main__":
    run(main)
