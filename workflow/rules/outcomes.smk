rule summarise_outcomes:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        rollouts=of_origin("rollouts/{problem_set}/{policy}/{shard}.parquet", shard=study.shards()),
    output:
        "results/{study}/outcomes/{problem_set}/{policy}.parquet",
    log:
        "logs/{study}/outcomes/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(WITH_ROLLOUTS),
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
        table=lambda wildcards: study.file("policies", wildcards.policy, "outcomes"),
    output:
        "results/{study}/outcomes/{problem_set}/{policy}.parquet",
    log:
        "logs/{study}/outcomes/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(set(study.config["policies"]) - set(WITH_ROLLOUTS)),
    conda:
        "../../environment.yml"
    params:
        script=script("import_outcomes"),
        code=code("import_outcomes"),
        settings=lambda wildcards: as_parameter(study.importing_outcomes(wildcards.policy, "outcomes")),
    shell:
        "python {params.script:q} --problems {input.problems:q} --input {input.table:q} --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"
