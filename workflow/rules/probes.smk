rule train_probes:
    input:
        unpack(read_by_encoder),
        problems="results/{study}/problems/{problem_set}.parquet",
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
    output:
        expand(
            "results/{{study}}/probes/{{problem_set}}/{{policy}}/{target}/{family}/{file}",
            target=study.config["probes"]["targets"],
            family=study.config["probes"]["families"],
            file=["sweep.parquet", "predictions.parquet", "metrics.json", "probe.json"],
        ),
        expand(
            "results/{{study}}/probes/{{problem_set}}/{{policy}}/{target}/linear/probe.safetensors",
            target=study.config["probes"]["targets"],
        ),
    log:
        "logs/{study}/probes/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of(study.probed()),
    conda:
        "../../environment.yml"
    params:
        script=script("train_probes"),
        code=code("train_probes"),
        inputs=probe_inputs,
        settings=lambda wildcards: as_parameter(study.probing(wildcards.problem_set)),
        folder=subpath(output[0], ancestor=3),
    shell:
        "python {params.script:q} --problems {input.problems:q} --outcomes {input.outcomes:q} {params.inputs}"
        " --settings {params.settings:q} --output {params.folder:q} > {log:q} 2>&1"


rule compare_encoders:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        outcomes=of_each_policy("outcomes/{problem_set}/{policy}.parquet"),
        activations=lambda wildcards: results(
            "activations/{problem_set}/{encoder}/{shard}.safetensors",
            problem_set=study.origin(wildcards.problem_set),
            encoder=wildcards.encoder,
            shard=study.shards(),
        ),
    output:
        "results/{study}/encoders/{problem_set}/{encoder}.parquet",
    log:
        "logs/{study}/encoders/{problem_set}/{encoder}.log",
    wildcard_constraints:
        problem_set=any_of(study.probed()),
    conda:
        "../../environment.yml"
    params:
        script=script("compare_encoders"),
        code=code("compare_encoders"),
        outcomes=option_per_policy("--outcomes", "outcomes/{problem_set}/{policy}.parquet"),
        settings=as_parameter(study.comparing()),
    shell:
        "python {params.script:q} --problems {input.problems:q} {params.outcomes} --activations {input.activations:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule import_predictions:
    input:
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
        table=lambda wildcards: study.file("policies", wildcards.policy, "outcomes"),
    output:
        multiext(
            "results/{study}/probes/{problem_set}/{policy}/majority_correct/linear/",
            "predictions.parquet",
            "metrics.json",
            "probe.json",
        ),
    log:
        "logs/{study}/probes/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of(set(study.recorded()) - set(study.pooled())),
    conda:
        "../../environment.yml"
    params:
        script=script("import_predictions"),
        code=code("import_predictions"),
        source=lambda wildcards: as_parameter(study.importing_outcomes(wildcards.policy, "outcomes")),
        settings=as_parameter(study.resampling()),
        folder=subpath(output[0], parent=True),
    shell:
        "python {params.script:q} --outcomes {input.outcomes:q} --input {input.table:q} --source {params.source:q}"
        " --settings {params.settings:q} --output {params.folder:q} > {log:q} 2>&1"


rule pool_predictions:
    input:
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
        predictions=predictions_of_parts,
    output:
        multiext(
            "results/{study}/probes/{problem_set}/{policy}/majority_correct/linear/",
            "predictions.parquet",
            "metrics.json",
        ),
    log:
        "logs/{study}/probes/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of(study.pooled()),
    conda:
        "../../environment.yml"
    params:
        script=script("pool_predictions"),
        code=code("pool_predictions"),
        settings=as_parameter(study.resampling()),
        folder=subpath(output[0], parent=True),
    shell:
        "python {params.script:q} --outcomes {input.outcomes:q} --predictions {input.predictions:q}"
        " --settings {params.settings:q} --output {params.folder:q} > {log:q} 2>&1"
