rule train_tiny_model:
    output:
        expand("results/{{study}}/models/{{model}}/{file}", file=CHECKPOINT),
    log:
        "logs/{study}/models/{model}.log",
    priority: 10  # every other job waits for these
    conda:
        "../../environment.yml"
    params:
        script=script("train_tiny_model"),
        code=code("train_tiny_model"),
        settings=lambda wildcards: as_parameter(study.training(wildcards.model)),
        folder=subpath(output[0], parent=True),
    shell:
        "python {params.script:q} --settings {params.settings:q} --output {params.folder:q} > {log:q} 2>&1"
