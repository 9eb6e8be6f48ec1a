"""ferflow, from faces to a comparison of models and remedies.

This file is the table of contents; workflow/rules/ has the chapters, params.yaml everything one may change.
dvc.yaml says the same for DVC, and tests/pipeline/test_parity.py that the two agree.
"""

from snakemake.utils import min_version

min_version("9.5")


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/faces.smk"
include: "workflow/rules/protocols.smk"
include: "workflow/rules/experiments.smk"
include: "workflow/rules/report.smk"


localrules:  # seconds each: on a cluster not worth a place in the queue
    all,
    sample,
    balance,
    split,
    report,


rule all:
    default_target: True
    input:
        rules.report.output,
        # What no experiment may need, but `dvc repro` makes all the same: so that both have the same to do.
        rules.sample.output,
        expand(rules.balance.output, protocol=parameters["protocols"]),
