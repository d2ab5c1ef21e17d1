rule train_tiny_model:
    output:
        expand("results/{{study}}/models/{{model}}/{file}", file=CHECKPOINT),
    log:
        "logs/{study}/models/{model}.log",
    wildcard_constraints:
        model=any_of(study.models.trained_here()),
    priority: 10  # every other job waits for these
    conda:
        "../../environment.yml"
    params:
        script=script("train_tiny_model"),
        code=code("train_tiny_model"),
        settings=lambda wildcards: as_parameter(study.models.training(wildcards.model)),
        folder=subpath(output[0], parent=True),
    shell:
        "python {params.script:q} --settings {params.settings:q} --output {params.folder:q} > {log:q} 2>&1"


# The record lies in the checkpoint folder and is written last; it has the sums of the other files, which depend on the
# model and so cannot all be named here.
rule download_model:
    input:
        lambda wildcards: local_checkpoint(wildcards.model),
    output:
        "results/{study}/models/{model}/source.json",
    log:
        "logs/{study}/models/{model}.log",
    wildcard_constraints:
        model=any_of(study.models.from_elsewhere()),
    priority: 10
    conda:
        "../../environment.yml"
    params:
        script=script("download_model"),
        code=code("download_model"),
        source=lambda wildcards: as_parameter(study.models.source(wildcards.model)),
        folder=subpath(output[0], parent=True),
    shell:
        "python {params.script:q} --source {params.source:q} --output {params.folder:q} > {log:q} 2>&1"
