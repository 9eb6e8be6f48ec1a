rule sample:
    input:
        code("sample"),
    output:
        "data/sample.zip",
    log:
        "logs/sample.log",
    benchmark:
        "logs/benchmarks/sample.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        tracked=tracked("sample"),
    message:
        "draw sample faces"
    shell:
        "python workflow/scripts/sample.py > {log} 2>&1"


rule ingest:
    input:
        code("ingest"),
        source=parameters["data"]["path"],
    output:
        "results/faces.npy",
        "results/faces.parquet",
        "results/origins.parquet",
        "results/audit.json",
    log:
        "logs/ingest.log",
    benchmark:
        "logs/benchmarks/ingest.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        tracked=tracked("data", "audit"),
        listing=engines.listing(parameters["data"]["path"]),
    message:
        "ingest {input.source}"
    shell:
        "python workflow/scripts/ingest.py > {log} 2>&1"
