# Problems with human norms: what people find hard, what a model finds hard, and what its activations tell of each.
rule compare_difficulty:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        outcomes=under_results(files.outcomes),
        permutations=under_results(files.permutations),
        metrics="results/{study}/evaluation/{problem_set}/metrics.parquet",
        resamples="results/{study}/evaluation/{problem_set}/resamples.parquet",
    output:
        correlations="results/{study}/difficulty/{problem_set}/correlations.parquet",
        differences="results/{study}/difficulty/{problem_set}/differences.parquet",
    log:
        "logs/{study}/difficulty/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(filter(study.compares_difficulty, study.problem_sets())),
    conda:
        "../../environment.yml"
    params:
        **program(
            "compare_difficulty",
            ids={
                "outcomes": files.outcomes,
                "permutations": files.permutations,
            },
        ),
    shell:
        RUN
