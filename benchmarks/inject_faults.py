"""What faults do to a study: kills, damaged files, a full disk, runs at once; a table of outcomes.

A reduced study is run once without disturbance. Each fault is then put to it, or to a copy of it of which a part is to
be made again, what the documentation says is done, and all files are compared with the undisturbed ones, byte by byte.
Names of faults as arguments run these alone.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from faults import Run
from injected.files import chunks_damaged, damages, full_disk, read_only
from injected.processes import kills, out_of_memory, two_runs, two_studies
from injected.study import MAKE_RUN, Faults
from workflow_project import copy_project

FAULTS = {
    each.__name__: each
    for each in (kills, damages, chunks_damaged, full_disk, read_only, two_runs, two_studies, out_of_memory)
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        project = copy_project(Path(scratch) / "whole")
        run = Run(project, MAKE_RUN)
        if run.end():
            sys.exit(f"the undisturbed run failed:\n{run.output}")
        study = Faults(project)
        for name in sys.argv[1:] or FAULTS:
            FAULTS[name](study)
    print("\n| fault | tried | outcome | lost or stale files |\n|---|---|---|---|")
    counted = Counter((fault, outcome) for fault, outcome, _ in study.rows)
    for (fault, outcome), times in counted.items():
        wrong = sum(lost for each, what, lost in study.rows if (each, what) == (fault, outcome))
        print(f"| {fault} | {times} | {outcome} | {wrong} |")
    sys.exit(any(lost for *_, lost in study.rows))


if __name__ == "__main__":
    main()
