# The report of a complete study, with the configuration that it was run with. Runs of single targets make none.
rule write_report:
    input:
        every_job,
        shown=under_results(on_page),
        claims=under_results(files.claims),
        problems=under_results(files.reported_problems),
        outcomes=under_results(files.reported_outcomes),
        metrics=under_results(files.reported_metrics),
        routing=under_results(files.summaries),
    output:
        config="results/{study}/config.yaml",
        report="results/{study}/report.html",
    log:
        "logs/{study}/report.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        **program(
            "write_report",
            ids={
                "shown": on_page,
                "problems": files.reported_problems,
                "outcomes": files.reported_outcomes,
                "metrics": files.reported_metrics,
                "routing": files.summaries,
            },
            kinds=FAMILIES_OF_STUDY,
            data=page,
        ),
    shell:
        RUN
