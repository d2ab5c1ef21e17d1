rule cache_activations:
    input:
        prompts="results/{study}/prompts/{problem_set}/{encoder}.parquet",
        model=lambda wildcards: checkpoint_of(study.models.encoders()[wildcards.encoder]["model"]),
    output:
        activations="results/{study}/activations/{problem_set}/{encoder}/{shard}.safetensors",
        description="results/{study}/activations/{problem_set}/{encoder}/{shard}.json",
    log:
        "logs/{study}/activations/{problem_set}/{encoder}/{shard}.log",
    wildcard_constraints:
        problem_set=any_of(study.with_models()),
    conda:
        "../../environment.yml"
    params:
        script=script("cache_activations"),
        code=code("cache_activations"),
        model=lambda wildcards, input: str(Path(input.model[0]).parent),
        dtype=lambda wildcards: study.models.dtype(study.models.encoders()[wildcards.encoder]["model"]),
        weights="",
    shell:
        "python {params.script:q} --model {params.model:q} --dtype {params.dtype} {params.weights} --prompts {input.prompts:q}"
        " --shard {wildcards.shard} --output {output.activations:q} > {log:q} 2>&1"


use rule cache_activations as cache_untrained_activations with:
    output:
        activations="results/{study}/untrained/{problem_set}/{encoder}/{shard}.safetensors",
        description="results/{study}/untrained/{problem_set}/{encoder}/{shard}.json",
    log:
        "logs/{study}/untrained/{problem_set}/{encoder}/{shard}.log",
    params:
        script=script("cache_activations"),
        code=code("cache_activations"),
        model=lambda wildcards, input: str(Path(input.model[0]).parent),
        dtype=lambda wildcards: study.models.dtype(study.models.encoders()[wildcards.encoder]["model"]),
        weights=f"--untrained {study.config['seed']}",


rule import_activations:
    input:
        lambda wildcards: study.file("policies", wildcards.policy, "activations"),
    output:
        activations="results/{study}/activations/{problem_set}/{policy}/imported.safetensors",
        description="results/{study}/activations/{problem_set}/{policy}/imported.json",
    log:
        "logs/{study}/activations/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of(study.imports.problem_sets),
    conda:
        "../../environment.yml"
    params:
        script=script("import_activations"),
        code=code("import_activations"),
    shell:
        "python {params.script:q} --input {input:q} --output {output.activations:q} > {log:q} 2>&1"
