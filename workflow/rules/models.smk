rule train_tiny_model:
    output:
        expand("results/{{study}}/models/{{model}}/{file}", file=files.CHECKPOINT),
    log:
        "logs/{study}/models/{model}.log",
    wildcard_constraints:
        model=any_of(study.models_by("train_tiny_model")),
    priority: 10  # every other job waits for these
    conda:
        "../../environment.yml"
    params:
        **program("train_tiny_model", output=folder_of),
    shell:
        RUN


rule import_weights:
    output:
        expand("results/{{study}}/models/{{model}}/{file}", file=files.CHECKPOINT),
    log:
        "logs/{study}/models/{model}.log",
    wildcard_constraints:
        model=any_of(study.models_by("import_weights")),
    priority: 10
    conda:
        "../../environment.yml"
    params:
        **program("import_weights", output=folder_of, data=weights),
    shell:
        RUN


# The record lies in the checkpoint folder and is written last; it has the sums of the other files, which depend on the
# model and so cannot all be named here.
rule download_model:
    input:
        own(checkpoint_here),
        chat_template=own(chat_template),
    output:
        "results/{study}/models/{model}/source.json",
    log:
        "logs/{study}/models/{model}.log",
    wildcard_constraints:
        model=any_of(study.models_by("download_model")),
    priority: 10
    conda:
        "../../environment.yml"
    params:
        **program(
            "download_model",
            output=folder_of,
            given=lambda wildcards: checkpoint_here(wildcards) + chat_template(wildcards),
        ),
    shell:
        RUN
