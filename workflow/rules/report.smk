import subprocess

import yaml

from foretell.common.storage import write_text


def make_report():
    """Make the report after a run that completed the study; Snakemake itself makes it on demand only."""
    if not all(Path(path).exists() for path in EVERYTHING):
        return
    snapshot = Path(f"results/{study.id}/config.yaml")
    write_text(
        yaml.safe_dump(study.config.model_dump(exclude_none=True), sort_keys=False, allow_unicode=True), snapshot
    )
    output = f"results/{study.id}/report.html"
    command = ["snakemake", "--snakefile", workflow.main_snakefile, "--configfile", str(snapshot), "--nolock"]
    subprocess.run([sys.executable, "-m", *command, "--quiet", "all", "--report", output], check=True)
    print(f"Figures: results/{study.id}/figures  Claims: results/{study.id}/claims.md  Report: {output}")
