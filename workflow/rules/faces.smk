rule sample:
    input:
        inputs("sample"),
    output:
        "data/sample.zip",
        "results/records/sample.json",
    log:
        "logs/sample.log",
    benchmark:
        "logs/benchmarks/sample.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: CORES
    resources:
        mem_mb=memory("sample"),
        runtime=patience("sample"),
    params:
        **books("sample"),
    message:
        "draw sample faces"
    shell:
        # joblib, which the script asks how many cores there are, heeds LOKY_MAX_CPU_COUNT.
        "FERFLOW_RECORDED={params.digest} LOKY_MAX_CPU_COUNT={threads} python workflow/scripts/sample.py > {log} 2>&1"


rule ingest:
    input:
        inputs("ingest"),
    output:
        "results/faces.npy",
        "results/faces.parquet",
        "results/origins.parquet",
        "results/audit.json",
        "results/near_duplicates.csv",
        "results/records/ingest.json",
    log:
        "logs/ingest.log",
    benchmark:
        "logs/benchmarks/ingest.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=memory("ingest"),
        runtime=patience("ingest"),
    params:
        **books("ingest"),
        listing=faces_listing,
    message:
        "ingest"
    shell:
        "FERFLOW_RECORDED={params.digest} python workflow/scripts/ingest.py > {log} 2>&1"
