# A figure or table is an entry of config/figures.yaml, a module of foretell.figures and a caption; its rule is made here.
for label, entry in MANIFEST.items():

    rule:
        name:
            f"{'plot_figure' if label.startswith('F') else 'write_table'}_{label}"
        input:
            tables=tables_of(entry),
        output:
            outputs_of(label),
        log:
            f"logs/{{study}}/{'figures' if label.startswith('F') else 'tables'}/{{set}}/{label}.log",
        wildcard_constraints:
            set=any_of(entry.sets(study)),
        conda:
            "../../environment.yml"
        params:
            **program(
                "plot_figure" if label.startswith("F") else "write_table",
                settings=arguments_of(entry),
                ids={"tables": entry.tables_of_job},
                modules=[f"foretell.figures.{entry.module}"],
                kinds=FAMILIES_OF_STUDY,
                output=stem_of,
            ),
        shell:
            RUN
