# Predictors on problem sets from files: probes on imported activations, text predictors, cross-fitted or not, and
# predictions that were made elsewhere.
PROBES = "results/{{study}}/probes/{{problem_set}}/{{policy}}/{target}/{family}/{file}"
TARGETS = study.config["probes"]["targets"]
TABLES = ["sweep.parquet", "predictions.parquet", "metrics.json", "probe.json"]
RUN = study.with_models()
SPLIT = [name for name in study.imports.problem_sets if name not in [*study.imports.cross_fitted, *RUN]]
READ = [name for name in SPLIT if "linear" in study.trained(name)[1]]
TEXTS = [name for name in SPLIT if name not in READ and study.family(name) != "imported"]


use rule train_probes as train_probes_on_imports with:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
        activations="results/{study}/activations/{problem_set}/{policy}/imported.safetensors",
    output:
        expand(PROBES, target=TARGETS, family=families_of(READ), file=TABLES),
        expand(PROBES, target=TARGETS, family="linear", file="probe.safetensors"),
    wildcard_constraints:
        problem_set=any_of(READ),


use rule train_probes as train_text_probes with:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
    output:
        expand(PROBES, target=TARGETS, family=families_of(TEXTS), file=TABLES),
    wildcard_constraints:
        problem_set=any_of(TEXTS),


use rule import_predictions as import_predictions_from_file with:
    input:
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
        table=lambda wildcards: study.file("policies", wildcards.policy, "predictions"),
    output:
        multiext(
            "results/{study}/probes/{problem_set}/{policy}/majority_correct/imported/",
            "predictions.parquet",
            "metrics.json",
            "probe.json",
        ),
    wildcard_constraints:
        problem_set=any_of(SPLIT),
    params:
        script=script("import_predictions"),
        code=code("import_predictions"),
        source=lambda wildcards: as_parameter(study.importing_outcomes(wildcards.policy, "predictions")),
        settings=as_parameter(study.resampling()),
        folder=subpath(output[0], parent=True),


# One rule per problem set, since their policies differ and a job predicts for all of them at once.
for name in [name for name in study.imports.cross_fitted if name not in RUN]:

    rule:
        name:
            f"cross_fit_predictors_{name}"
        input:
            problems="results/{study}/problems/{problem_set}.parquet",
            outcomes=of_each_policy("outcomes/{problem_set}/{policy}.parquet"),
        output:
            expand(
                "results/{{study}}/probes/{{problem_set}}/{policy}/majority_correct/{family}/{file}",
                policy=study.policies(name),
                family=families_of([name]),
                file=["predictions.parquet", "metrics.json"],
            ),
        log:
            "logs/{study}/probes/{problem_set}.log",
        wildcard_constraints:
            problem_set=re.escape(name),
        conda:
            "../../environment.yml"
        threads: 16
        params:
            script=script("cross_fit_predictors"),
            code=code("cross_fit_predictors"),
            outcomes=option_per_policy("--outcomes", "outcomes/{problem_set}/{policy}.parquet"),
            settings=as_parameter(study.imports.cross_fitting(name, study.resampling())),
            folder=subpath(output[0], ancestor=4),
        shell:
            "python {params.script:q} --problems {input.problems:q} {params.outcomes} --settings {params.settings:q}"
            " --workers {threads} --output {params.folder:q} > {log:q} 2>&1"
