rule generate_problems:
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.problems_by("generate_problems")),
    conda:
        "../../environment.yml"
    params:
        **program("generate_problems", settings=jobs.make_problems),
    shell:
        RUN


rule fit_irt:
    input:
        table=own(named("problem_sets", "problem_set", "responses")),
    output:
        difficulties="results/{study}/difficulty/{problem_set}/items.parquet",
        respondents="results/{study}/difficulty/{problem_set}/respondents.parquet",
    log:
        "logs/{study}/difficulty/{problem_set}-irt.log",
    wildcard_constraints:
        problem_set=any_of(filter(study.fits_irt, study.config.problem_sets)),
    conda:
        "../../environment.yml"
    params:
        **program("fit_irt", given=named("problem_sets", "problem_set", "responses")),
    shell:
        RUN


rule import_problems:
    input:
        table=own(named("problem_sets", "problem_set", "problems")),
        answered=own(answered),
        difficulties=under_results(files.difficulties),
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.problems_by("import_problems")),
    priority: 20  # begins first, so that what is wrong with a user's file is said early
    conda:
        "../../environment.yml"
    params:
        **program(
            "import_problems",
            settings=jobs.make_problems,
            ids={"answered": own_files.answered},
            given=lambda wildcards: named("problem_sets", "problem_set", "problems")(wildcards) + answered(wildcards),
        ),
    shell:
        RUN


# Duplicates are a job of their own, so that two sets can be kept out of each other's training.
rule download_problems:
    input:
        mirror=own(mirror),
    output:
        problems="results/{study}/downloads/{problem_set}.parquet",
        source="results/{study}/downloads/{problem_set}.json",
    log:
        "logs/{study}/downloads/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.problems_by("exclude_duplicates")),
    conda:
        "../../environment.yml"
    params:
        **program("download_problems", given=mirror),
    shell:
        RUN


rule exclude_duplicates:
    input:
        problems="results/{study}/downloads/{problem_set}.parquet",
        others=under_results(files.compared),
        difficulties=under_results(files.difficulties),
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.problems_by("exclude_duplicates")),
    conda:
        "../../environment.yml"
    params:
        **program("exclude_duplicates", ids={"others": files.compared}),
    shell:
        RUN


rule download_cities:
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.problems_by("download_cities")),
    conda:
        "../../environment.yml"
    params:
        **program("download_cities", settings=jobs.make_problems, data=countries),
    shell:
        RUN


rule split_by_group:
    input:
        problems=lambda wildcards: f"results/{study.id}/problems/{study.origin(wildcards.problem_set)}.parquet",
    output:
        "results/{study}/problems/{problem_set}.parquet",
    log:
        "logs/{study}/problems/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(study.problems_by("split_by_group")),
    conda:
        "../../environment.yml"
    params:
        **program("split_by_group", settings=jobs.make_problems),
    shell:
        RUN
