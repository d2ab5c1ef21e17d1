# Problems with human norms: what people find hard, what a model finds hard, and what its activations tell of each.
NORMED = study.normed()


rule cross_fit_probes:
    input:
        unpack(read_by_encoder),
        problems="results/{study}/problems/{problem_set}.parquet",
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
    output:
        expand(
            "results/{{study}}/probes/{{problem_set}}/{{policy}}/{target}/{family}/predictions.parquet",
            target=study.trained(NORMED[0])[0] if NORMED else [],
            family=families_of(NORMED),
        ),
        permutations="results/{study}/probes/{problem_set}/{policy}/permutations.parquet",
    log:
        "logs/{study}/probes/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of(NORMED),
    conda:
        "../../environment.yml"
    threads: 16
    params:
        script=script("cross_fit_probes"),
        code=code("cross_fit_probes"),
        targets=lambda wildcards: " ".join(study.trained(wildcards.problem_set)[0]),
        settings=lambda wildcards: as_parameter(study.cross_fitting_probes(wildcards.problem_set)),
        folder=subpath(output.permutations, parent=True),
    shell:
        "python {params.script:q} --problems {input.problems:q} --outcomes {input.outcomes:q} --prompts {input.prompts:q}"
        " --activations {input.activations:q} --targets {params.targets} --settings {params.settings:q}"
        " --workers {threads} --permutations {output.permutations:q} --output {params.folder:q} > {log:q} 2>&1"


rule compare_difficulty:
    input:
        lambda wildcards: results(
            "probes/{problem_set}/{policy}/{target}/{family}/predictions.parquet",
            problem_set=wildcards.problem_set,
            policy=study.policies(wildcards.problem_set),
            target=study.trained(wildcards.problem_set)[0],
            family=study.trained(wildcards.problem_set)[1],
        ),
        of_each_policy("probes/{problem_set}/{policy}/permutations.parquet"),
        outcomes=of_each_policy("outcomes/{problem_set}/{policy}.parquet"),
        problems="results/{study}/problems/{problem_set}.parquet",
    output:
        correlations="results/{study}/difficulty/{problem_set}/correlations.parquet",
        differences="results/{study}/difficulty/{problem_set}/differences.parquet",
    log:
        "logs/{study}/difficulty/{problem_set}.log",
    wildcard_constraints:
        problem_set=any_of(NORMED),
    conda:
        "../../environment.yml"
    params:
        script=script("compare_difficulty"),
        code=code("compare_difficulty"),
        options=lambda wildcards: difficulty_options(wildcards.problem_set),
        settings=as_parameter(study.resampling()),
    shell:
        "python {params.script:q} --problems {input.problems:q} {params.options} --settings {params.settings:q}"
        " --correlations {output.correlations:q} --differences {output.differences:q} > {log:q} 2>&1"


rule tabulate_difficulty:
    input:
        "results/{study}/difficulty/{set}/correlations.parquet",
    output:
        table("T1"),
    log:
        "logs/{study}/tables/{set}/T1.log",
    conda:
        "../../environment.yml"
    params:
        script=script("tabulate_difficulty"),
        code=code("tabulate_difficulty"),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python {params.script:q} --input {input:q} --output {params.stem:q} > {log:q} 2>&1"


rule tabulate_differences:
    input:
        "results/{study}/difficulty/{set}/differences.parquet",
    output:
        table("T8"),
    log:
        "logs/{study}/tables/{set}/T8.log",
    conda:
        "../../environment.yml"
    params:
        script=script("tabulate_differences"),
        code=code("tabulate_differences"),
        stem=subpath(output[0], strip_suffix=".csv"),
    shell:
        "python {params.script:q} --input {input:q} --output {params.stem:q} > {log:q} 2>&1"


rule plot_difficulty:
    input:
        of_problem_set("outcomes/{problem_set}/{policy}.parquet"),
        correlations="results/{study}/difficulty/{set}/correlations.parquet",
    output:
        figure("F1"),
    log:
        "logs/{study}/figures/{set}/F1.log",
    conda:
        "../../environment.yml"
    params:
        script=script("plot_difficulty"),
        code=code("plot_difficulty"),
        outcomes=lambda wildcards: f"results/{study.id}/outcomes/{wildcards.set}",
        policies=lambda wildcards: " ".join(study.policies(wildcards.set)),
        stem=subpath(output[0], strip_suffix=".svg"),
    shell:
        "python {params.script:q} --correlations {input.correlations:q} --outcomes {params.outcomes:q}"
        " --policies {params.policies} --output {params.stem:q} > {log:q} 2>&1"
