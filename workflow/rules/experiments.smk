rule train:
    input:
        code("train"),
        "results/faces.npy",
        "results/faces.parquet",
        "results/experiments/{experiment}/split.parquet",
    output:
        "results/experiments/{experiment}/{seed}/model.safetensors",
        "results/experiments/{experiment}/{seed}/history.csv",
    log:
        "logs/train/{experiment}-{seed}.log",
    benchmark:
        "logs/benchmarks/train/{experiment}-{seed}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: parameters["threads"]
    resources:
        mem_mb=4000,
        runtime=720,
    params:
        tracked=lambda wildcards: tracked(
            f"experiments.{wildcards.experiment}",
            "budget",
            "epochs",
            "threads",
            "precision",
        ),
    message:
        "train {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "python workflow/scripts/train.py {wildcards.experiment} {wildcards.seed} > {log} 2>&1"


rule evaluate:
    input:
        code("evaluate"),
        "results/faces.npy",
        "results/faces.parquet",
        "results/experiments/{experiment}/split.parquet",
        "results/experiments/{experiment}/{seed}/model.safetensors",
        "results/experiments/{experiment}/{seed}/history.csv",
    output:
        "results/experiments/{experiment}/{seed}/predictions.parquet",
        "results/experiments/{experiment}/{seed}/metrics.json",
        "results/experiments/{experiment}/{seed}/evaluation.json",
        report(
            "results/experiments/{experiment}/{seed}/confusion.png",
            caption="../report/confusion.rst",
            category="Experiments",
            subcategory="{experiment}",
            labels={"figure": "confusion matrix", "seed": "{seed}"},
        ),
        report(
            "results/experiments/{experiment}/{seed}/curves.png",
            caption="../report/curves.rst",
            category="Experiments",
            subcategory="{experiment}",
            labels={
                "figure": "ROC and precision-recall curves",
                "seed": "{seed}",
            },
        ),
    log:
        "logs/evaluate/{experiment}-{seed}.log",
    benchmark:
        "logs/benchmarks/evaluate/{experiment}-{seed}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: parameters["threads"]
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        tracked=lambda wildcards: tracked(
            f"experiments.{wildcards.experiment}", "evaluate", "threads", "data.path"
        ),
    message:
        "evaluate {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "python workflow/scripts/evaluate.py {wildcards.experiment} {wildcards.seed} > {log} 2>&1"
