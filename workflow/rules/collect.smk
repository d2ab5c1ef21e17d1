FRONT_PAGE = f"results/{study.id}/front_page.rst"
REPORT = [f"results/{study.id}/report.html"] if workflow.modifier.is_main_snakefile() else []


rule check_claims:
    input:
        resamples=under_results(files.resamples),
        routing=under_results(files.summaries),
    output:
        csv=report(
            "results/{study}/claims.csv",
            caption="../report/claims.rst",
            category="Claims",
            labels={"label": "", "table": "Claims of the paper"},
        ),
        md="results/{study}/claims.md",
    log:
        "logs/{study}/claims.log",
    conda:
        "../../environment.yml"
    params:
        **program(
            "check_claims",
            data=claims,
            ids={
                "resamples": files.resamples,
                "routing": files.summaries,
            },
        ),
    shell:
        RUN


rule write_front_page:
    input:
        claims=under_results(files.claims),
        outcomes=under_results(files.reported_outcomes),
        routing=under_results(files.summaries),
    output:
        "results/{study}/front_page.rst",
    log:
        "logs/{study}/front_page.log",
    conda:
        "../../environment.yml"
    params:
        **program(
            "write_front_page",
            ids={"outcomes": files.reported_outcomes, "routing": files.summaries},
            kinds=FAMILIES_OF_STUDY,
        ),
    shell:
        RUN


# One figure or table alone: `snakemake F6`.
for label in MANIFEST:

    rule:
        name:
            label
        input:
            needed_for(label),
        localrule: True
