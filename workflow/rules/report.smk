rule report:
    input:
        code("report"),
        "results/faces.npy",
        "results/faces.parquet",
        "results/audit.json",
        expand("results/experiments/{experiment}/split.parquet", experiment=EXPERIMENTS),
        expand(
            "results/experiments/{experiment}/{seed}/{file}",
            experiment=EXPERIMENTS,
            seed=SEEDS,
            file=[
                "history.csv",
                "predictions.parquet",
                "evaluation.json",
                "confusion.png",
                "curves.png",
            ],
        ),
        rules.clusters.output,
        expand(rules.sweep.output, experiment=parameters["sweeps"]),
        expand(rules.redraw.output, experiment=parameters["redraws"]),
        expand(rules.explain.output, experiment=parameters["explain"]),
        "workflow/claims.yaml",
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
        "results/report/claims.csv",
        "results/report/claims.md",
        directory("results/report/figures"),
    log:
        "logs/report.log",
    benchmark:
        "logs/benchmarks/report.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        tracked=tracked(*(section for section in parameters if section != "tracking")),
    message:
        "report"
    shell:
        "python workflow/scripts/report.py > {log} 2>&1"
