rule render_prompts:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        model=lambda wildcards: checkpoint_of(study.models.encoders()[wildcards.encoder]["model"]),
    output:
        "results/{study}/prompts/{problem_set}/{encoder}.parquet",
    log:
        "logs/{study}/prompts/{problem_set}/{encoder}.log",
    priority: 10  # quick, and the longest jobs wait for it
    conda:
        "../../environment.yml"
    params:
        script=script("render_prompts"),
        code=code("render_prompts"),
        prompt=lambda wildcards: as_parameter(study.models.prompt(wildcards.encoder)),
        effort=lambda wildcards: effort_option(wildcards.encoder),
        model=lambda wildcards, input: str(Path(input.model[0]).parent),
    shell:
        "python {params.script:q} --problems {input.problems:q} --model {params.model:q} --prompt {params.prompt:q}"
        " {params.effort} --output {output:q} > {log:q} 2>&1"
