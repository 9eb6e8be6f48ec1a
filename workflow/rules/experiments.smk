rule balance:
    input:
        inputs("balance"),
    output:
        "results/experiments/{experiment}/balance.parquet",
        "results/records/balance-{experiment}.json",
    log:
        "logs/balance/{experiment}.log",
    benchmark:
        "logs/benchmarks/balance/{experiment}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=memory("balance"),
        runtime=patience("balance"),
    params:
        **books("balance"),
    message:
        "balance {wildcards.experiment}"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/balance.py --experiment {wildcards.experiment} > {log} 2>&1"


rule split:
    input:
        inputs("split"),
    output:
        "results/experiments/{experiment}/split.parquet",
        "results/records/split-{experiment}.json",
    log:
        "logs/split/{experiment}.log",
    benchmark:
        "logs/benchmarks/split/{experiment}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=memory("split"),
        runtime=patience("split"),
    params:
        **books("split"),
    message:
        "split {wildcards.experiment}"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/split.py --experiment {wildcards.experiment} > {log} 2>&1"


rule train:
    input:
        inputs("train"),
    output:
        "results/experiments/{experiment}/{seed}/model.safetensors",
        "results/experiments/{experiment}/{seed}/history.csv",
        "results/records/train-{experiment}-{seed}.json",
    log:
        "logs/train/{experiment}-{seed}.log",
    benchmark:
        "logs/benchmarks/train/{experiment}-{seed}.tsv"
    priority: 3
    conda:
        "../envs/ferflow.yaml"
    threads: lambda wildcards: THREADS * processes("train", wildcards)
    resources:
        mem_mb=memory("train"),
        runtime=patience("train"),
        gpu=accelerators("train"),
        gres=accelerators_of_a_node,
        nodes=node_count,
        tasks=over_nodes(NODES),
        tasks_per_gpu=over_nodes(0),
        mpi=over_nodes("srun"),
    params:
        **books("train"),
    message:
        "train {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/train.py --experiment {wildcards.experiment} --seed {wildcards.seed} > {log} 2>&1"


rule evaluate:
    input:
        inputs("evaluate"),
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
            labels={"figure": "ROC and precision-recall curves", "seed": "{seed}"},
        ),
        "results/records/evidence/evaluate-{experiment}-{seed}.json",
    log:
        "logs/evaluate/{experiment}-{seed}.log",
    benchmark:
        "logs/benchmarks/evaluate/{experiment}-{seed}.tsv"
    priority: 2
    conda:
        "../envs/ferflow.yaml"
    threads: THREADS
    resources:
        mem_mb=memory("evaluate"),
        runtime=patience("evaluate"),
    params:
        **books("evaluate"),
    message:
        "evaluate {wildcards.experiment}, seed {wildcards.seed}"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/evaluate.py --experiment {wildcards.experiment} --seed {wildcards.seed} > {log} 2>&1"
