rule report:
    input:
        inputs("report"),
    output:
        report(
            "results/report/index.html",
            caption="../report/comparison.rst",
            category="Comparison",
            labels={"form": "the report"},
        ),
        report(
            "results/report/comparison.csv",
            caption="../report/comparison.rst",
            category="Comparison",
            labels={"form": "the table"},
        ),
        "results/report/comparison.md",
        "results/report/classes.csv",
        "results/report/pairs.csv",
        "results/report/remedies.csv",
        "results/report/claims.csv",
        "results/report/claims.md",
        directory("results/report/figures"),
        "results/metrics.json",
        "results/records/report.json",
    log:
        "logs/report.log",
    benchmark:
        "logs/benchmarks/report.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=memory("report"),
        runtime=patience("report"),
    params:
        **books("report"),
    message:
        "report"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/report.py > {log} 2>&1; "
        "grep '^caution: ' {log} || true"
