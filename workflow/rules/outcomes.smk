rule summarise_outcomes:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        rollouts=under_results(files.own_rollouts),
    output:
        "results/{study}/outcomes/{problem_set}/{policy}.parquet",
    log:
        "logs/{study}/outcomes/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(study.policies_by("outcomes", "summarise_outcomes")),
    conda:
        "../../environment.yml"
    params:
        **program("summarise_outcomes", settings=None),
    shell:
        RUN


rule import_outcomes:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        table=own(named("policies", "policy", "outcomes")),
    output:
        "results/{study}/outcomes/{problem_set}/{policy}.parquet",
    log:
        "logs/{study}/outcomes/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(study.policies_by("outcomes", "import_outcomes")),
    conda:
        "../../environment.yml"
    params:
        **program("import_outcomes", given=named("policies", "policy", "outcomes")),
    shell:
        RUN
