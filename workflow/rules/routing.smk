rule price_outcomes:
    input:
        outcomes=under_results(files.outcomes),
        rollouts=under_results(files.rollouts),
        prompts=under_results(files.reader_prompts),
    output:
        costs="results/{study}/routing/{pool}/costs.parquet",
        fewer_samples="results/{study}/routing/{pool}/fewer_samples.parquet",
    log:
        "logs/{study}/routing/{pool}/price_outcomes.log",
    conda:
        "../../environment.yml"
    params:
        **program(
            "price_outcomes",
            ids={"outcomes": files.outcomes, "rollouts": files.rollouts, "prompts": files.reader_prompts},
        ),
    shell:
        RUN


rule route_queries:
    input:
        costs="results/{study}/routing/{pool}/costs.parquet",
        predictions=under_results(files.routing_predictions),
    output:
        probabilities="results/{study}/routing/{pool}/probabilities.parquet",
        decisions="results/{study}/routing/{pool}/decisions.parquet",
    log:
        "logs/{study}/routing/{pool}/route_queries.log",
    conda:
        "../../environment.yml"
    params:
        **program("route_queries", ids={"predictions": files.routing_predictions}),
    shell:
        RUN


# What a pool is evaluated from: tables of each pool that is a fold of it, or its own.
OF_FOLDS = {
    "costs": files.costs_of_folds,
    "fewer_samples": files.fewer_samples_of_folds,
    "probabilities": files.probabilities_of_folds,
    "decisions": files.decisions_of_folds,
}


rule evaluate_routing:
    input:
        **{name: under_results(by_fold) for name, by_fold in OF_FOLDS.items()},
    output:
        curves="results/{study}/routing/{pool}/curves.parquet",
        shares="results/{study}/routing/{pool}/shares.parquet",
        summary="results/{study}/routing/{pool}/summary.parquet",
    log:
        "logs/{study}/routing/{pool}/evaluate_routing.log",
    conda:
        "../../environment.yml"
    params:
        **program("evaluate_routing", ids=OF_FOLDS),
    shell:
        RUN


rule estimate_return:
    input:
        **{name: under_results(by_fold) for name, by_fold in OF_FOLDS.items()},
    output:
        "results/{study}/routing/{pool}/return.parquet",
    log:
        "logs/{study}/routing/{pool}/estimate_return.log",
    wildcard_constraints:
        pool=any_of(study.config.return_on_investment),
    conda:
        "../../environment.yml"
    params:
        **program("estimate_return", ids=OF_FOLDS),
    shell:
        RUN


rule measure_routing:
    input:
        **{name: under_results(by_fold) for name, by_fold in OF_FOLDS.items()},
    output:
        "results/{study}/routing/{pool}/metrics.parquet",
    log:
        "logs/{study}/routing/{pool}/measure_routing.log",
    wildcard_constraints:
        pool=any_of(study.measured()),
    conda:
        "../../environment.yml"
    params:
        **program("measure_routing", ids=OF_FOLDS),
    shell:
        RUN


rule replay_pilot:
    input:
        **{name: under_results(by_fold) for name, by_fold in OF_FOLDS.items()},
    output:
        "results/{study}/routing/{pool}/pilot.parquet",
    log:
        "logs/{study}/routing/{pool}/replay_pilot.log",
    wildcard_constraints:
        pool=any_of(study.piloted()),
    conda:
        "../../environment.yml"
    params:
        **program("replay_pilot", ids=OF_FOLDS),
    shell:
        RUN


# A page that computes from means on test and on its resamples, without a server.
rule write_explorer:
    input:
        **{name: under_results(by_fold) for name, by_fold in OF_FOLDS.items()},
    output:
        "results/{study}/routing/{pool}/explorer.html",
    log:
        "logs/{study}/routing/{pool}/write_explorer.log",
    wildcard_constraints:
        pool=any_of(study.config.return_on_investment),
    conda:
        "../../environment.yml"
    params:
        **program("write_explorer", ids=OF_FOLDS, data=explorer),
    shell:
        RUN


# What scores a new prompt, to be taken away. Pools that have no such thing are not asked for it.
rule export_router:
    input:
        exportable,
        costs="results/{study}/routing/{pool}/costs.parquet",
        curves="results/{study}/routing/{pool}/curves.parquet",
        summary="results/{study}/routing/{pool}/summary.parquet",
        metrics=under_results(files.metrics_of_pool),
        probes=under_results(files.routing_probes),
        tensors=under_results(files.routing_tensors),
        predictions=under_results(files.routing_scores),
        activations=under_results(files.readers_activations),
        checkpoints=under_results(files.readers_checkpoints),
        problems=under_results(files.read_questions),
    output:
        router="results/{study}/routers/{pool}/router.json",
        parameters="results/{study}/routers/{pool}/probes.safetensors",
        points="results/{study}/routers/{pool}/operating_points.csv",
        card="results/{study}/routers/{pool}/README.md",
        manifest="results/{study}/routers/{pool}/manifest.json",
    log:
        "logs/{study}/routing/{pool}/export_router.log",
    conda:
        "../../environment.yml"
    params:
        **program(
            "export_router",
            ids={
                "probes": files.routing_probes,
                "tensors": files.routing_tensors,
                "predictions": files.routing_scores,
                "activations": files.readers_activations,
                "checkpoints": files.readers_checkpoints,
            },
        ),
    shell:
        RUN
