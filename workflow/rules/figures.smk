rule tabulate_auroc:
    input:
        of_families,
        of_problem_set("outcomes/{problem_set}/{policy}.parquet"),
    output:
        table("T2"),
    log:
        "logs/{study}/tables/{set}/T2.log",
    conda:
        "../../environment.yml"
    params:
        script=script("tabulate_auroc"),
        code=code("tabulate_auroc"),
        options=problem_set_options,
        families=family_options,
        settings=as_parameter(study.resampling()),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python {params.script:q} {params.options} {params.families} --settings {params.settings:q}"
        " --output {params.stem:q} > {log:q} 2>&1"


use rule tabulate_auroc as tabulate_auroc_on_code with:
    output:
        table("T3"),
    log:
        "logs/{study}/tables/{set}/T3.log",


rule tabulate_calibration:
    input:
        of_problem_set(PREDICTIONS),
        of_problem_set("outcomes/{problem_set}/{policy}.parquet"),
    output:
        table("T6"),
    log:
        "logs/{study}/tables/{set}/T6.log",
    conda:
        "../../environment.yml"
    params:
        script=script("tabulate_calibration"),
        code=code("tabulate_calibration"),
        options=problem_set_options,
        settings=as_parameter(study.resampling()),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python {params.script:q} {params.options} --settings {params.settings:q} --output {params.stem:q} > {log:q} 2>&1"


rule plot_layers:
    input:
        of_problem_set("probes/{problem_set}/{policy}/success_rate/linear/sweep.parquet"),
    output:
        figure("F3"),
    log:
        "logs/{study}/figures/{set}/F3.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_layers"),
        code=code("plot_layers"),
        options=problem_set_options,
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} {params.options} --output {params.stem:q} > {log:q} 2>&1"


rule plot_reliability:
    input:
        of_problem_set(PREDICTIONS),
        of_problem_set("outcomes/{problem_set}/{policy}.parquet"),
    output:
        figure("F4"),
    log:
        "logs/{study}/figures/{set}/F4.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_reliability"),
        code=code("plot_reliability"),
        options=problem_set_options,
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} {params.options} --output {params.stem:q} > {log:q} 2>&1"


rule plot_predictions:
    input:
        of_problem_set(PREDICTIONS),
        of_problem_set("outcomes/{problem_set}/{policy}.parquet"),
    output:
        figure("F5"),
    log:
        "logs/{study}/figures/{set}/F5.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_predictions"),
        code=code("plot_predictions"),
        options=problem_set_options,
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} {params.options} --output {params.stem:q} > {log:q} 2>&1"


rule plot_effort:
    input:
        of_problem_set(
            "probes/{problem_set}/{policy}/{target}/linear/metrics.json",
            target=["majority_correct", "success_rate"],
        ),
        of_problem_set("outcomes/{problem_set}/{policy}.parquet"),
    output:
        figure("F9"),
    log:
        "logs/{study}/figures/{set}/F9.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_effort"),
        code=code("plot_effort"),
        options=problem_set_options,
        efforts=lambda wildcards: as_parameter(study.efforts(wildcards.set)),
        settings=as_parameter(study.resampling()),
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} {params.options} --efforts {params.efforts:q} --settings {params.settings:q}"
        " --output {params.stem:q} > {log:q} 2>&1"


rule tabulate_routing:
    input:
        "results/{study}/routing/{set}/summary.parquet",
    output:
        table("T4"),
    log:
        "logs/{study}/tables/{set}/T4.log",
    conda:
        "../../environment.yml"
    params:
        script=script("tabulate_routing"),
        code=code("tabulate_routing"),
        routing=subpath(input[0], parent=True),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python {params.script:q} --routing {params.routing:q} --output {params.stem:q} > {log:q} 2>&1"


rule tabulate_sweep:
    input:
        "results/{study}/routing/{set}/curves.parquet",
    output:
        table("T5"),
    log:
        "logs/{study}/tables/{set}/T5.log",
    conda:
        "../../environment.yml"
    params:
        script=script("tabulate_sweep"),
        code=code("tabulate_sweep"),
        routing=subpath(input[0], parent=True),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python {params.script:q} --routing {params.routing:q} --output {params.stem:q} > {log:q} 2>&1"


rule plot_cost_accuracy:
    input:
        "results/{study}/routing/{set}/curves.parquet",
        "results/{study}/routing/{set}/summary.parquet",
    output:
        figure("F6"),
    log:
        "logs/{study}/figures/{set}/F6.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_cost_accuracy"),
        code=code("plot_cost_accuracy"),
        routing=subpath(input[0], parent=True),
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} --routing {params.routing:q} --output {params.stem:q} > {log:q} 2>&1"


rule plot_cascade:
    input:
        "results/{study}/routing/{set}/curves.parquet",
        "results/{study}/routing/{set}/summary.parquet",
    output:
        figure("F7"),
    log:
        "logs/{study}/figures/{set}/F7.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_cascade"),
        code=code("plot_cascade"),
        routing=subpath(input[0], parent=True),
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} --routing {params.routing:q} --output {params.stem:q} > {log:q} 2>&1"


rule plot_shares:
    input:
        shares="results/{study}/routing/{set}/shares.parquet",
        summaries=summaries_of_parts,
    output:
        figure("F8"),
    log:
        "logs/{study}/figures/{set}/F8.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_shares"),
        code=code("plot_shares"),
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} --shares {input.shares:q} --summaries {input.summaries:q} --output {params.stem:q}"
        " > {log:q} 2>&1"


rule plot_risk_coverage:
    input:
        "results/{study}/routing/{set}/costs.parquet",
        "results/{study}/routing/{set}/probabilities.parquet",
    output:
        figure("F11"),
    log:
        "logs/{study}/figures/{set}/F11.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_risk_coverage"),
        code=code("plot_risk_coverage"),
        dearer=lambda wildcards: as_parameter(study.pool(wildcards.set)["dearer_source"]),
        settings=as_parameter(study.resampling()),
        routing=subpath(input[0], parent=True),
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} --routing {params.routing:q} --dearer {params.dearer:q} --settings {params.settings:q}"
        " --output {params.stem:q} > {log:q} 2>&1"


rule tabulate_encoders:
    input:
        of_problem_set("outcomes/{problem_set}/{policy}.parquet"),
        encoders=lambda wildcards: results(
            "encoders/{problem_set}/{encoder}.parquet",
            problem_set=wildcards.set,
            encoder=study.encoders_on(wildcards.set),
        ),
    output:
        table("T7"),
    log:
        "logs/{study}/tables/{set}/T7.log",
    conda:
        "../../environment.yml"
    params:
        script=script("tabulate_encoders"),
        code=code("tabulate_encoders"),
        outcomes=lambda wildcards: f"results/{study.id}/outcomes/{wildcards.set}",
        own=lambda wildcards: as_parameter(study.own_encoders(wildcards.set)),
        settings=as_parameter(study.resampling()),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python {params.script:q} --outcomes {params.outcomes:q} --encoders {input.encoders:q} --own {params.own:q}"
        " --settings {params.settings:q} --output {params.stem:q} > {log:q} 2>&1"
