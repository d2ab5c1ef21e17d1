rule write_messages:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
    output:
        "results/{study}/messages/{problem_set}/{policy}.parquet",
    log:
        "logs/{study}/messages/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(filter(study.asked_in_messages, study.config.policies)),
    priority: 10
    conda:
        "../../environment.yml"
    params:
        **program("write_messages"),
    shell:
        RUN


rule render_prompts:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        model=under_results(files.checkpoint),
    output:
        "results/{study}/prompts/{problem_set}/{encoder}.parquet",
    log:
        "logs/{study}/prompts/{problem_set}/{encoder}.log",
    priority: 10  # quick, and the longest jobs wait for it
    conda:
        "../../environment.yml"
    params:
        **program("render_prompts", ids={"model": FOLDER}),
    shell:
        RUN
