rule summarise_outcomes:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        rollouts=expand("results/{{study}}/rollouts/{{problem_set}}/{{policy}}/{shard}.parquet", shard=study.shards()),
    output:
        "results/{study}/outcomes/{problem_set}/{policy}.parquet",
    log:
        "logs/{study}/outcomes/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of(study.generated()),
    conda:
        "../../environment.yml"
    params:
        script=script("summarise_outcomes"),
        code=code("summarise_outcomes"),
    shell:
        "python {params.script:q} --problems {input.problems:q} --rollouts {input.rollouts:q} --output {output:q} > {log:q} 2>&1"


rule import_outcomes:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        records=lambda wildcards: study.recorded_file("policies", wildcards.policy),
    output:
        "results/{study}/outcomes/{problem_set}/{policy}.parquet",
    log:
        "logs/{study}/outcomes/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of(study.imported()),
    conda:
        "../../environment.yml"
    params:
        script=script("import_outcomes"),
        code=code("import_outcomes"),
        run=lambda wildcards: study.config["policies"][wildcards.policy]["run"],
    shell:
        "python {params.script:q} --problems {input.problems:q} --records {input.records:q} --run {params.run:q}"
        " --output {output:q} > {log:q} 2>&1"
