# What a set's predictors are depends on what there is of it, so there is a rule for the sets that have the same ones; the
# first is called `train_probes`.
for rule_name, names in study.trained_alike().items():

    rule:
        name:
            rule_name
        input:
            problems="results/{study}/problems/{problem_set}.parquet",
            outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
            prompts=under_results(files.prompts),
            activations=under_results(files.activations),
            untrained=under_results(files.untrained),
        output:
            expand(
                "results/{{study}}/probes/{{problem_set}}/{{policy}}/{target}/{family}/{file}",
                target=study.targets(names[0]),
                family=study.trained(names[0]),
                file=["sweep.parquet", "predictions.parquet", "probe.json"],
            ),
            expand(
                "results/{{study}}/probes/{{problem_set}}/{{policy}}/{target}/{family}/probe.safetensors",
                target=study.targets(names[0]),
                family=[family for family in study.trained(names[0]) if FAMILIES[family].kept],
            ),
        log:
            "logs/{study}/probes/{problem_set}/{policy}.log",
        wildcard_constraints:
            problem_set=any_of(names),
        conda:
            "../../environment.yml"
        params:
            **program("train_probes", output=folder_of_policy),
        shell:
            RUN


# One rule per problem set, as its policies are fitted together.
for rule_name, name in study.joint().items():

    rule:
        name:
            rule_name
        input:
            problems="results/{study}/problems/{problem_set}.parquet",
            outcomes=under_results(files.outcomes),
        output:
            expand(
                "results/{{study}}/probes/{{problem_set}}/{policy}/{target}/{family}/{file}",
                policy=study.policies(name),
                target=study.targets(name),
                family=study.trained_jointly(name),
                file=["sweep.parquet", "predictions.parquet", "probe.json"],
            ),
        log:
            "logs/{study}/probes/{problem_set}.log",
        wildcard_constraints:
            problem_set=re.escape(name),
        conda:
            "../../environment.yml"
        params:
            **program("train_joint_probes", ids={"outcomes": files.outcomes}, output=folder_of_set),
        shell:
            RUN


rule cross_fit_probes:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
        prompts=under_results(files.prompts),
        activations=under_results(files.activations),
    output:
        expand(
            "results/{{study}}/probes/{{problem_set}}/{{policy}}/{target}/{family}/predictions.parquet",
            target=study.targets_by("cross_fit_probes"),
            family=study.families_by("cross_fit_probes"),
        ),
        permutations="results/{study}/probes/{problem_set}/{policy}/permutations.parquet",
    log:
        "logs/{study}/probes/{problem_set}/{policy}.log",
    wildcard_constraints:
        problem_set=any_of(study.predicted_by("cross_fit_probes")),
    conda:
        "../../environment.yml"
    params:
        **program("cross_fit_probes", output=folder_of_policy, workers=True),
    shell:
        RUN


# One rule per problem set, since their policies differ and a job predicts for all of them at once.
for name in study.predicted_by("cross_fit_predictors"):

    rule:
        name:
            f"cross_fit_predictors_{name}"
        input:
            problems="results/{study}/problems/{problem_set}.parquet",
            outcomes=under_results(files.outcomes),
        output:
            expand(
                "results/{{study}}/probes/{{problem_set}}/{policy}/{target}/{family}/predictions.parquet",
                policy=study.policies(name),
                target=study.targets(name),
                family=study.families(name),
            ),
        log:
            "logs/{study}/probes/{problem_set}.log",
        wildcard_constraints:
            problem_set=re.escape(name),
        conda:
            "../../environment.yml"
        params:
            **program("cross_fit_predictors", ids={"outcomes": files.outcomes}, output=folder_of_set, workers=True),
        shell:
            RUN


rule import_predictions:
    input:
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
        table=own(imported_predictions),
    output:
        predictions="results/{study}/probes/{problem_set}/{policy}/majority_correct/{family}/predictions.parquet",
        description="results/{study}/probes/{problem_set}/{policy}/majority_correct/{family}/probe.json",
    log:
        "logs/{study}/probes/{problem_set}/{policy}/{family}.log",
    wildcard_constraints:
        problem_set=any_of(study.predicted_by("import_predictions")),
        family="linear|imported",
    conda:
        "../../environment.yml"
    params:
        **program("import_predictions", given=imported_predictions),
    shell:
        RUN


rule pool_predictions:
    input:
        outcomes="results/{study}/outcomes/{problem_set}/{policy}.parquet",
        predictions=under_results(files.fold_predictions),
    output:
        "results/{study}/probes/{problem_set}/{policy}/majority_correct/{family}/predictions.parquet",
    log:
        "logs/{study}/probes/{problem_set}/{policy}/{family}.log",
    wildcard_constraints:
        problem_set=any_of(study.predicted_by("pool_predictions")),
        family=any_of(FAMILIES),
    conda:
        "../../environment.yml"
    params:
        **program("pool_predictions", settings=None),
    shell:
        RUN


rule compare_encoders:
    input:
        problems="results/{study}/problems/{problem_set}.parquet",
        outcomes=under_results(files.outcomes),
        activations=under_results(files.encoder_activations),
    output:
        "results/{study}/encoders/{problem_set}/{encoder}.parquet",
    log:
        "logs/{study}/encoders/{problem_set}/{encoder}.log",
    wildcard_constraints:
        problem_set=any_of(study.predicted_by("train_probes")),
    conda:
        "../../environment.yml"
    params:
        **program("compare_encoders", ids={"outcomes": files.outcomes}),
    shell:
        RUN
