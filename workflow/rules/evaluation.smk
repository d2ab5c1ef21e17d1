rule evaluate_probes:
    input:
        outcomes=under_results(files.outcomes),
        predictions=under_results(files.predictions),
        encoders=under_results(files.encoder_scores),
    output:
        metrics="results/{study}/evaluation/{problem_set}/metrics.parquet",
        differences="results/{study}/evaluation/{problem_set}/differences.parquet",
        resamples="results/{study}/evaluation/{problem_set}/resamples.parquet",
    log:
        "logs/{study}/evaluation/{problem_set}.log",
    conda:
        "../../environment.yml"
    params:
        **program(
            "evaluate_probes",
            ids={"outcomes": files.outcomes, "predictions": files.predictions, "encoders": files.encoder_scores},
            # measured in every study, whatever its targets are
            kinds=["TARGETS.majority_correct", "TARGETS.success_rate", "FAMILIES.linear"],
            workers=True,
        ),
    shell:
        RUN
