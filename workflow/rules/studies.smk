rule sweep:
    input:
        inputs("sweep"),
    output:
        "results/experiments/{experiment}/sweep.csv",
        "results/records/evidence/sweep-{experiment}.json",
    log:
        "logs/sweep/{experiment}.log",
    benchmark:
        "logs/benchmarks/sweep/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(parameters.sweeps),
    conda:
        "../envs/ferflow.yaml"
    threads: THREADS
    resources:
        mem_mb=memory("sweep"),
        runtime=patience("sweep"),
        gpu=accelerators("sweep"),
    params:
        **books("sweep"),
    message:
        "sweep {wildcards.experiment}"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/sweep.py --experiment {wildcards.experiment} > {log} 2>&1"


rule repeated_splits:
    input:
        inputs("repeated_splits"),
    output:
        "results/experiments/{experiment}/repeated_splits.csv",
        "results/records/evidence/repeated_splits-{experiment}.json",
    log:
        "logs/repeated_splits/{experiment}.log",
    benchmark:
        "logs/benchmarks/repeated_splits/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(parameters.repeated_splits),
    conda:
        "../envs/ferflow.yaml"
    threads: THREADS
    resources:
        mem_mb=memory("repeated_splits"),
        runtime=patience("repeated_splits"),
        gpu=accelerators("repeated_splits"),
    params:
        **books("repeated_splits"),
    message:
        "repeated splits {wildcards.experiment}"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/repeated_splits.py --experiment {wildcards.experiment} > {log} 2>&1"


rule clusters:
    input:
        inputs("clusters"),
    output:
        "results/clusters/clusters.json",
        report(
            "results/clusters/silhouette.png",
            caption="../report/clusters.rst",
            category="Clusters",
            labels={"figure": "silhouette"},
        ),
        report(
            "results/clusters/folds.png",
            caption="../report/clusters.rst",
            category="Clusters",
            labels={"figure": "held-out folds"},
        ),
        report(
            "results/clusters/points.png",
            caption="../report/clusters.rst",
            category="Clusters",
            labels={"figure": "faces in the plane"},
        ),
        report(
            "results/clusters/random.png",
            caption="../report/clusters.rst",
            category="Clusters",
            labels={"figure": "random faces"},
        ),
        report(
            "results/clusters/nearest.png",
            caption="../report/clusters.rst",
            category="Clusters",
            labels={"figure": "nearest faces"},
        ),
        "results/records/clusters.json",
    log:
        "logs/clusters.log",
    benchmark:
        "logs/benchmarks/clusters.tsv"
    priority: 1
    conda:
        "../envs/ferflow.yaml"
    threads: THREADS
    resources:
        mem_mb=memory("clusters"),
        runtime=patience("clusters"),
    params:
        **books("clusters"),
    message:
        "clusters"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/clusters.py > {log} 2>&1"


rule explain:
    input:
        inputs("explain"),
    output:
        report(
            directory("results/experiments/{experiment}/explain"),
            patterns=["{figure}.png"],
            caption="../report/explain.rst",
            category="Explanations",
            subcategory="{experiment}",
            labels={"figure": "{figure}"},
        ),
        "results/records/evidence/explain-{experiment}.json",
    log:
        "logs/explain/{experiment}.log",
    benchmark:
        "logs/benchmarks/explain/{experiment}.tsv"
    priority: 2
    conda:
        "../envs/ferflow.yaml"
    threads: THREADS
    resources:
        mem_mb=memory("explain"),
        runtime=patience("explain"),
    params:
        **books("explain"),
    message:
        "explain {wildcards.experiment}"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/explain.py --experiment {wildcards.experiment} > {log} 2>&1"


rule labels:
    input:
        inputs("labels"),
    output:
        report(
            directory("results/experiments/{experiment}/labels"),
            patterns=["{figure}.png"],
            caption="../report/labels.rst",
            category="Labels",
            subcategory="{experiment}",
            labels={"figure": "{figure}"},
        ),
        "results/records/evidence/labels-{experiment}.json",
    log:
        "logs/labels/{experiment}.log",
    benchmark:
        "logs/benchmarks/labels/{experiment}.tsv"
    priority: 2
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=memory("labels"),
        runtime=patience("labels"),
    params:
        **books("labels"),
    message:
        "labels {wildcards.experiment}"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/labels.py --experiment {wildcards.experiment} > {log} 2>&1"
