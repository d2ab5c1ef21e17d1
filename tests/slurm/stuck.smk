# A job that runs until it is let go on, for five minutes at most, and says which job wrote.
rule write:
    output:
        "written.txt",
    shell:
        "echo $SLURM_JOB_ID >> started.txt; for i in {{1..1500}}; do [ -e go ] && break; sleep 0.2; done; echo $SLURM_JOB_ID >> {output}"
