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


rule download_cities:
    input:
        lambda wildcards: study.config["problem_sets"][wildcards.problem_set]["countries"],
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.of_source("cities")),
    conda:
        "../../environment.yml"
    params:
        script=script("download_cities"),
        code=code("download_cities"),
        settings=lambda wildcards: as_parameter(study.cities(wildcards.problem_set)),
        seed=study.config["seed"],
    shell:
        "python {params.script:q} --settings {params.settings:q} --countries {input:q} --seed {params.seed}"
        " --output {output:q} > {log:q} 2>&1"


rule split_by_group:
    input:
        lambda wildcards: results("problems/{problem_set}.parquet", problem_set=study.origin(wildcards.problem_set)),
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.of_source("by_group")),
    conda:
        "../../environment.yml"
    params:
        script=script("split_by_group"),
        code=code("split_by_group"),
        seed=study.config["seed"],
    shell:
        "python {params.script:q} --problems {input:q} --seed {params.seed} --output {output:q} > {log:q} 2>&1"
