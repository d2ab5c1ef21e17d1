rule generate_completions:
    input:
        prompts=lambda wildcards: results(
            "prompts/{problem_set}/{encoder}.parquet",
            problem_set=wildcards.problem_set,
            encoder=study.models.encoder(wildcards.policy),
        ),
        model=lambda wildcards: checkpoint_of(study.config["policies"][wildcards.policy]["model"]),
    output:
        "results/{study}/completions/{problem_set}/{policy}/{shard}.parquet",
    log:
        "logs/{study}/completions/{problem_set}/{policy}/{shard}.log",
    wildcard_constraints:
        policy=any_of(MODELS),
    priority: 5  # the longest jobs, and most others wait for them
    conda:
        "../../environment.yml"
    params:
        script=script("generate_completions"),
        code=code("generate_completions"),
        decoding=lambda wildcards: as_parameter(study.models.decoding(wildcards.policy)),
        seed=study.config["seed"],
        model=lambda wildcards, input: str(Path(input.model[0]).parent),
        dtype=lambda wildcards: study.models.dtype(study.config["policies"][wildcards.policy]["model"]),
    shell:
        "python {params.script:q} --model {params.model:q} --dtype {params.dtype} --prompts {input.prompts:q} --policy {wildcards.policy}"
        " --decoding {params.decoding:q} --seed {params.seed} --shard {wildcards.shard} --output {output:q} > {log:q} 2>&1"


rule grade_rollouts:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        completions="results/{study}/completions/{problem_set}/{policy}/{shard}.parquet",
    output:
        "results/{study}/rollouts/{problem_set}/{policy}/{shard}.parquet",
    log:
        "logs/{study}/rollouts/{problem_set}/{policy}/{shard}.log",
    wildcard_constraints:
        policy=any_of([*MODELS, *COMPLETIONS]),
    conda:
        "../../environment.yml"
    params:
        script=script("grade_rollouts"),
        code=code("grade_rollouts"),
        pattern=lambda wildcards: pattern_option(wildcards.problem_set),
    shell:
        "python {params.script:q} --problems {input.problems:q} --completions {input.completions:q}"
        " {params.pattern} --workers {threads} --output {output:q} > {log:q} 2>&1"


rule import_completions:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        table=lambda wildcards: study.file("policies", wildcards.policy, "completions"),
    output:
        expand("results/{{study}}/completions/{{problem_set}}/{{policy}}/{shard}.parquet", shard=study.shards()),
    log:
        "logs/{study}/completions/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(COMPLETIONS),
    conda:
        "../../environment.yml"
    params:
        script=script("import_completions"),
        code=code("import_completions"),
        settings=lambda wildcards: as_parameter(study.imports.completions(wildcards.policy, "completions")),
    shell:
        "python {params.script:q} --problems {input.problems:q} --input {input.table:q} --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule import_rollouts:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        table=lambda wildcards: study.file("policies", wildcards.policy, "rollouts"),
    output:
        expand("results/{{study}}/rollouts/{{problem_set}}/{{policy}}/{shard}.parquet", shard=study.shards()),
    log:
        "logs/{study}/rollouts/{problem_set}/{policy}.log",
    wildcard_constraints:
        policy=any_of(ROLLOUTS),
    conda:
        "../../environment.yml"
    params:
        script=script("import_rollouts"),
        code=code("import_rollouts"),
        settings=lambda wildcards: as_parameter(study.imports.completions(wildcards.policy, "rollouts")),
    shell:
        "python {params.script:q} --problems {input.problems:q} --input {input.table:q} --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"
