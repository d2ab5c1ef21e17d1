# Snakemake's report of a complete study, with the configuration that it was run with. Runs of single targets make none.
rule write_report:
    input:
        everything,
    output:
        config="results/{study}/config.yaml",
        report="results/{study}/report.html",
    log:
        "logs/{study}/report.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        **program("write_report", settings=whole_config, data=snakefile),
        captions=captions,
    shell:
        RUN
