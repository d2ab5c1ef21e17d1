# A job that runs until it is let go on, and says which job wrote.
rule write:
    output:
        "written.txt",
    shell:
        "echo $SLURM_JOB_ID >> started.txt; until [ -e go ]; do sleep 0.2; done; echo $SLURM_JOB_ID >> {output}"
