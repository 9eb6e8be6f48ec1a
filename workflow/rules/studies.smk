rule sweep:
    input:
        code("sweep"),
        "results/faces.npy",
        "results/faces.parquet",
        "results/experiments/{experiment}/split.parquet",
    output:
        "results/experiments/{experiment}/sweep.csv",
    log:
        "logs/sweep/{experiment}.log",
    benchmark:
        "logs/benchmarks/sweep/{experiment}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: parameters["threads"]
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        tracked=lambda wildcards: tracked(
            f"sweeps.{wildcards.experiment}",
            f"experiments.{wildcards.experiment}",
            "budget",
            "epochs",
            "seeds",
            "threads",
            "precision",
        ),
    message:
        "sweep {wildcards.experiment}"
    shell:
        "python workflow/scripts/sweep.py {wildcards.experiment} > {log} 2>&1"


rule redraw:
    input:
        code("redraw"),
        "results/faces.npy",
        "results/faces.parquet",
    output:
        "results/experiments/{experiment}/redraws.csv",
    log:
        "logs/redraw/{experiment}.log",
    benchmark:
        "logs/benchmarks/redraw/{experiment}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: parameters["threads"]
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        tracked=lambda wildcards: tracked(
            f"redraws.{wildcards.experiment}",
            f"experiments.{wildcards.experiment}",
            f"experiments.{parameters['redraws'][wildcards.experiment]['against']}",
            "protocols",
            "budget",
            "epochs",
            "threads",
            "precision",
        ),
    message:
        "redraw {wildcards.experiment}"
    shell:
        "python workflow/scripts/redraw.py {wildcards.experiment} > {log} 2>&1"


rule clusters:
    input:
        code("clusters"),
        "results/faces.npy",
        "results/faces.parquet",
    output:
        "results/clusters/clusters.json",
        report(
            "results/clusters/silhouette.png",
            caption="../report/clusters.rst",
            category="Clusters",
            labels={"figure": "silhouette"},
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
    log:
        "logs/clusters.log",
    benchmark:
        "logs/benchmarks/clusters.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: parameters["threads"]
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        tracked=tracked("clusters", "evaluate", "threads", "data.path"),
    message:
        "clusters"
    shell:
        "python workflow/scripts/clusters.py > {log} 2>&1"


rule explain:
    input:
        code("explain"),
        "results/faces.npy",
        "results/faces.parquet",
        "results/experiments/{experiment}/split.parquet",
        f"results/experiments/{{experiment}}/{SEEDS[0]}/model.safetensors",
        f"results/experiments/{{experiment}}/{SEEDS[0]}/predictions.parquet",
    output:
        "results/experiments/{experiment}/explain/explain.json",
        report(
            "results/experiments/{experiment}/explain/saliency.png",
            caption="../report/explain.rst",
            category="Explanations",
            subcategory="{experiment}",
            labels={"figure": "saliency"},
        ),
        report(
            "results/experiments/{experiment}/explain/filters.png",
            caption="../report/explain.rst",
            category="Explanations",
            subcategory="{experiment}",
            labels={"figure": "filters"},
        ),
        report(
            "results/experiments/{experiment}/explain/responses.png",
            caption="../report/explain.rst",
            category="Explanations",
            subcategory="{experiment}",
            labels={"figure": "responses"},
        ),
    log:
        "logs/explain/{experiment}.log",
    benchmark:
        "logs/benchmarks/explain/{experiment}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: parameters["threads"]
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        tracked=lambda wildcards: tracked("explain", "threads", "data.path"),
    message:
        "explain {wildcards.experiment}"
    shell:
        "python workflow/scripts/explain.py {wildcards.experiment} > {log} 2>&1"
