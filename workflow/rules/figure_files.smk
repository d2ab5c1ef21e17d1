# What the figures and tables read and write.

MAJORITY_PROBE = "probes/{problem_set}/{policy}/majority_correct/linear"
SUBJECTS = {"problem_set": study.problem_sets(), "pool": list(study.config["pools"])}


def subject(wildcards, kind):
    """The problem set or pool that a figure is about: what its subfolder is named after, else the only one."""
    return wildcards.folder.rstrip("/") or SUBJECTS[kind][0]


def subfolders(kind):
    """Subfolders of figures: one per problem set or pool where there are several, else none."""
    return [f"{name}/" for name in SUBJECTS[kind]] if len(SUBJECTS[kind]) > 1 else [""]


def of_problem_set(pattern, **ids):
    """Input function: one file per policy of the problem set that a figure is about."""

    def files(wildcards):
        problem_set = subject(wildcards, "problem_set")
        return results(pattern, problem_set=problem_set, policy=study.policies(problem_set), **ids)

    return files


def of_families(wildcards):
    """Input function: predictions of every probe of the problem set that a table is about."""
    targets, families = study.trained(subject(wildcards, "problem_set"))
    pattern = "probes/{problem_set}/{policy}/{target}/{family}/predictions.parquet"
    return of_problem_set(pattern, target=targets, family=families)(wildcards)


def of_pool(pattern):
    """Input function: a file of the pool that a figure is about."""
    return lambda wildcards: results(pattern, pool=subject(wildcards, "pool"))


def problem_set_options(wildcards):
    """Options of a figure about a problem set: where its outcomes and probes lie, and its policies in order."""
    name = subject(wildcards, "problem_set")
    folder = f"results/{study.id}"
    policies = " ".join(study.policies(name))
    return f"--outcomes {folder}/outcomes/{name} --probes {folder}/probes/{name} --policies {policies}"


def family_options(wildcards):
    """Further options of a table about all probes: their targets and families."""
    targets, families = study.trained(subject(wildcards, "problem_set"))
    return f"--targets {' '.join(targets)} --families {' '.join(families)}"


def pool_options(wildcards):
    """Options of a figure about a pool: where its routing results lie."""
    return f"--routing results/{study.id}/routing/{subject(wildcards, 'pool')}"


def figure(label):
    """Outputs of a figure; the report shows the SVG."""
    shown = report(
        f"results/{{study}}/figures/{{folder}}{label}.svg",
        caption=f"../report/{label}.rst",
        category="Figures",
        subcategory="{folder}",
        labels={"label": label, "figure": MANIFEST[label]["title"]},
    )
    return [shown, *(f"results/{{study}}/figures/{{folder}}{label}.{suffix}" for suffix in ("pdf", "png", "csv"))]


def table(label):
    """Outputs of a table; the report shows the CSV."""
    shown = report(
        f"results/{{study}}/tables/{{folder}}{label}.csv",
        caption=f"../report/{label}.rst",
        category="Tables",
        subcategory="{folder}",
        labels={"label": label, "table": MANIFEST[label]["title"]},
    )
    return [shown, *(f"results/{{study}}/tables/{{folder}}{label}.{suffix}" for suffix in ("md", "tex"))]


def targets(folder, kind, suffixes):
    """Files of the study's figures (kind F) or tables (kind T)."""
    return [
        f"results/{study.id}/{folder}/{subfolder}{label}.{suffix}"
        for label in study.config["figures"]
        if label.startswith(kind)
        for subfolder in subfolders(MANIFEST[label]["per"])
        for suffix in suffixes
    ]
