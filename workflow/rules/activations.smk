rule cache_activations:
    input:
        prompts="results/{study}/prompts/{problem_set}/{encoder}.parquet",
        model=under_results(files.checkpoint),
    output:
        activations="results/{study}/activations/{problem_set}/{encoder}/{shard}.safetensors",
        description="results/{study}/activations/{problem_set}/{encoder}/{shard}.json",
    log:
        "logs/{study}/activations/{problem_set}/{encoder}/{shard}.log",
    conda:
        "../../environment.yml"
    params:
        **program("cache_activations", ids={"model": FOLDER}, shard=True),
    shell:
        RUN


use rule cache_activations as cache_untrained_activations with:
    output:
        activations="results/{study}/untrained/{problem_set}/{encoder}/{shard}.safetensors",
        description="results/{study}/untrained/{problem_set}/{encoder}/{shard}.json",
    log:
        "logs/{study}/untrained/{problem_set}/{encoder}/{shard}.log",
    params:
        **program("cache_activations", settings=jobs.cache_untrained_activations, ids={"model": FOLDER}, shard=True),


rule import_activations:
    input:
        activations=own(imported_activations),
    output:
        cache="results/{study}/activations/{problem_set}/{policy}/imported.safetensors",
        description="results/{study}/activations/{problem_set}/{policy}/imported.json",
    log:
        "logs/{study}/activations/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(name for name, entry in study.config.policies.items() if getattr(entry, "activations", None)),
    conda:
        "../../environment.yml"
    params:
        **program("import_activations", given=imported_activations),
    shell:
        RUN
