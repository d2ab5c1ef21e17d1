rule generate_problems:
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.generated()),
    conda:
        "../../environment.yml"
    params:
        script=script("generate_problems"),
        code=code("generate_problems"),
        settings=lambda wildcards: as_parameter(study.generation(wildcards.problem_set)),
        seed=study.config["seed"],
    shell:
        "python {params.script:q} --settings {params.settings:q} --seed {params.seed} --output {output:q} > {log:q} 2>&1"


rule import_problems:
    input:
        lambda wildcards: study.file("problem_sets", wildcards.problem_set, "problems"),
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of([*study.recorded(), *study.imports.problem_sets]),
    conda:
        "../../environment.yml"
    params:
        script=script("import_problems"),
        code=code("import_problems"),
        settings=lambda wildcards: as_parameter(study.importing(wildcards.problem_set)),
    shell:
        "python {params.script:q} --input {input:q} --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"
