# What the figures and tables read and write.


def of_problem_set(pattern, **ids):
    """Input function: one file per policy of the problem set that a figure is about."""

    def files(wildcards):
        known = {"problem_set": wildcards.set, "policy": study.policies(wildcards.set)}
        return results(pattern, **{"family": study.family(wildcards.set), **known, **ids})

    return files


def of_families(wildcards):
    """Input function: predictions of every probe of the problem set that a table is about."""
    targets, families = study.trained(wildcards.set)
    pattern = "probes/{problem_set}/{policy}/{target}/{family}/predictions.parquet"
    return of_problem_set(pattern, target=targets, family=families)(wildcards)


def problem_set_options(wildcards):
    """Options of a figure about a problem set: where its outcomes and probes lie, and its policies in order."""
    folder, name = f"results/{study.id}", wildcards.set
    policies = " ".join(study.policies(name))
    return f"--outcomes {folder}/outcomes/{name} --probes {folder}/probes/{name} --policies {policies} --family {study.family(name)}"


def family_options(wildcards):
    """Further options of a table about all probes: their targets and families."""
    targets, families = study.trained(wildcards.set)
    return f"--targets {' '.join(targets)} --families {' '.join(families)}"


def summaries_of_parts(wildcards):
    """Routing summaries that say which operating points were chosen in each part of a pool."""
    return results("routing/{part}/summary.parquet", part=study.parts(wildcards.set))


def figure(label):
    """Outputs of a figure; the report shows the SVG."""
    shown = report(
        f"results/{{study}}/figures/{{set}}/{label}.svg",
        caption=f"../report/{label}.rst",
        category="Figures",
        subcategory="{set}",
        labels={"label": label, "figure": MANIFEST[label]["title"]},
    )
    return [shown, *(f"results/{{study}}/figures/{{set}}/{label}.{suffix}" for suffix in ("pdf", "png", "csv"))]


def table(label):
    """Outputs of a table; the report shows the CSV."""
    shown = report(
        f"results/{{study}}/tables/{{set}}/{label}.csv",
        caption=f"../report/{label}.rst",
        category="Tables",
        subcategory="{set}",
        labels={"label": label, "table": MANIFEST[label]["title"]},
    )
    return [shown, *(f"results/{{study}}/tables/{{set}}/{label}.{suffix}" for suffix in ("md", "tex"))]


def targets(folder, kind, suffixes):
    """Files of the study's figures (kind F) or tables (kind T), each for every problem set or pool that it is about."""
    return [
        f"results/{study.id}/{folder}/{name}/{label}.{suffix}"
        for label in study.config["figures"]
        if label.startswith(kind)
        for name in study.shown(MANIFEST[label])
        for suffix in suffixes
    ]
