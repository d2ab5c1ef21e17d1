FIGURES = targets("figures", "F", ["svg", "pdf", "png", "csv"])
TABLES = targets("tables", "T", ["csv", "md", "tex"])
CLAIMS = results("claims.{suffix}", suffix=["csv", "md"])
CLAIMS_FILE = BASE / "config" / "claims.yaml"  # not an input: its place may change, its content may not
FRONT_PAGE = f"results/{study.id}/front_page.rst"
EVERYTHING = [*FIGURES, *TABLES, *CLAIMS, FRONT_PAGE]


rule check_claims:
    input:
        outcomes=outcomes_of_study,
        predictions=predictions_of_study,
        routing=results("routing/{pool}/summary.parquet", pool=study.config["pools"]),
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
        script=script("check_claims"),
        code=code("check_claims"),
        settings=as_parameter(reporting.claims(study)),
        claims=CLAIMS_FILE,
        claims_content=as_parameter(read_yaml(CLAIMS_FILE)),
        results=subpath(output.md, parent=True),
    shell:
        "python {params.script:q} --claims {params.claims:q} --results {params.results:q} --settings {params.settings:q}"
        " --csv {output.csv:q} --markdown {output.md:q} > {log:q} 2>&1"


rule write_front_page:
    input:
        claims="results/{study}/claims.csv",
        outcomes=outcomes_of_study,
        routing=results("routing/{pool}/summary.parquet", pool=study.config["pools"]),
    output:
        "results/{study}/front_page.rst",
    log:
        "logs/{study}/front_page.log",
    conda:
        "../../environment.yml"
    params:
        script=script("write_front_page"),
        code=code("write_front_page"),
        settings=as_parameter(reporting.front_page(study)),
        results=subpath(output[0], parent=True),
    shell:
        "python {params.script:q} --results {params.results:q} --settings {params.settings:q} --output {output:q}"
        " > {log:q} 2>&1"
