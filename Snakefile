"""ferflow, from faces to a comparison of models and remedies.

This file is the table of contents; workflow/rules/ has the chapters, params.yaml everything one may change.
dvc.yaml says the same for DVC, ferflow.engines.stages in Python; tests/pipeline/test_parity.py holds them together.
"""

from snakemake.utils import min_version

min_version("9.5")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/faces.smk"
include: "workflow/rules/experiments.smk"
include: "workflow/rules/studies.smk"
include: "workflow/rules/report.smk"


localrules:  # seconds each: on a cluster not worth a place in the queue, but where a profile groups them
    all,
    sample,
    balance,
    split,
    labels,
    report,


rule all:
    default_target: True
    input:
        # All that `dvc repro` makes, since Snakemake misses a file only if it is asked for, or needed for one.
        [path.as_posix() for each in jobs(parameters) for path in each.outputs()],
