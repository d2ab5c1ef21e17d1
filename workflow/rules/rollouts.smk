rule generate_completions:
    input:
        prompts=under_results(files.asked),
        model=under_results(files.checkpoint),
    output:
        "results/{study}/completions/{problem_set}/{policy}/{shard}.parquet",
    log:
        "logs/{study}/completions/{problem_set}/{policy}/{shard}.log",
    wildcard_constraints:
        policy=any_of(study.policies_by("completions", "generate_completions")),
    priority: 5  # the longest jobs, and most others wait for them
    conda:
        "../../environment.yml"
    params:
        **program("generate_completions", ids={"model": FOLDER}, shard=True),
    shell:
        RUN


use rule generate_completions as generate_completions_with_vllm with:
    wildcard_constraints:
        policy=any_of(study.policies_by("completions", "generate_completions_with_vllm")),
    conda:
        "../envs/vllm.yaml"
    params:
        **program(
            "generate_completions",
            settings=jobs.generate_completions_with_vllm,
            ids={"model": FOLDER},
            shard=True,
            python=VLLM,
        ),


rule ask_server:
    input:
        prompts=under_results(files.asked),
    output:
        "results/{study}/completions/{problem_set}/{policy}/{shard}.parquet",
    log:
        "logs/{study}/completions/{problem_set}/{policy}/{shard}.log",
    wildcard_constraints:
        policy=any_of(study.policies_by("completions", "ask_server")),
    priority: 5
    conda:
        "../../environment.yml"
    params:
        **program("generate_completions", settings=jobs.ask_server, connection=jobs.connection, shard=True),
    shell:
        RUN


rule import_completions:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        table=own(named("policies", "policy", "completions")),
    output:
        expand("results/{{study}}/completions/{{problem_set}}/{{policy}}/{shard}.parquet", shard=study.shards),
    log:
        "logs/{study}/completions/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(study.policies_by("completions", "import_completions")),
    conda:
        "../../environment.yml"
    params:
        **program("import_completions", given=named("policies", "policy", "completions")),
    shell:
        RUN


rule grade_rollouts:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        completions="results/{study}/completions/{problem_set}/{policy}/{shard}.parquet",
    output:
        "results/{study}/rollouts/{problem_set}/{policy}/{shard}.parquet",
    log:
        "logs/{study}/rollouts/{problem_set}/{policy}/{shard}.log",
    wildcard_constraints:
        policy=any_of(study.policies_by("rollouts", "grade_rollouts")),
    conda:
        "../../environment.yml"
    params:
        **program("grade_rollouts", workers=True),
    shell:
        RUN


rule import_rollouts:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        table=own(named("policies", "policy", "rollouts")),
    output:
        expand("results/{{study}}/rollouts/{{problem_set}}/{{policy}}/{shard}.parquet", shard=study.shards),
    log:
        "logs/{study}/rollouts/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(study.policies_by("rollouts", "import_rollouts")),
    conda:
        "../../environment.yml"
    params:
        **program("import_rollouts", given=named("policies", "policy", "rollouts")),
    shell:
        RUN


rule import_recorded_rollouts:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        asked=under_results(files.asked),
        weights=under_results(files.record_of_weights),
    output:
        expand("results/{{study}}/rollouts/{{problem_set}}/{{policy}}/{shard}.parquet", shard=study.shards),
    log:
        "logs/{study}/rollouts/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(study.policies_by("rollouts", "import_recorded_rollouts")),
    conda:
        "../../environment.yml"
    params:
        **program("import_recorded_rollouts", data=recorded_rollouts),
    shell:
        RUN


# What `recorded_rollouts` names a folder of; made where it is asked for.
rule record_rollouts:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        asked=under_results(files.asked),
        weights=under_results(files.record_of_weights),
        rollouts=under_results(files.own_rollouts),
    output:
        table="results/{study}/recorded/{problem_set}/{policy}.parquet",
        record="results/{study}/recorded/{problem_set}/{policy}.json",
    log:
        "logs/{study}/recorded/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of({problem_set for problem_set, _ in study.sampled()}),
        policy=any_of(study.policies_by("rollouts", "grade_rollouts")),
    conda:
        "../../environment.yml"
    params:
        **program("record_rollouts"),
    shell:
        RUN


rule record_all_rollouts:
    input:
        expand(
            "results/{study}/recorded/{of}.{suffix}",
            study=study.id,
            of=[f"{problem_set}/{policy}" for problem_set, policy in study.sampled()],
            suffix=["parquet", "json"],
        ),
    localrule: True
