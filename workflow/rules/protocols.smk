rule balance:
    input:
        code("balance"),
        "results/faces.parquet",
    output:
        "results/protocols/{protocol}/balance.parquet",
    log:
        "logs/balance/{protocol}.log",
    benchmark:
        "logs/benchmarks/balance/{protocol}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        tracked=lambda wildcards: tracked(f"protocols.{wildcards.protocol}"),
    message:
        "balance {wildcards.protocol}"
    shell:
        "python workflow/scripts/balance.py {wildcards.protocol} > {log} 2>&1"


rule split:
    input:
        code("split"),
        "results/faces.parquet",
        lambda wildcards: f"results/protocols/{protocol_of(wildcards)}/balance.parquet",
    output:
        "results/experiments/{experiment}/split.parquet",
    log:
        "logs/split/{experiment}.log",
    benchmark:
        "logs/benchmarks/split/{experiment}.tsv"
    conda:
        "../envs/ferflow.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        tracked=lambda wildcards: tracked(
            f"experiments.{wildcards.experiment}.protocol",
            f"protocols.{protocol_of(wildcards)}",
        ),
    message:
        "split {wildcards.experiment}"
    shell:
        "python workflow/scripts/split.py {wildcards.experiment} > {log} 2>&1"
