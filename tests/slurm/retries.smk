# Jobs that need more than they ask for at first; each writes what its last attempt got.
rule all:
    input:
        "flaky.txt",
        "long.txt",
        "large.txt",
        "gpu.txt",


rule flaky:
    output:
        "flaky.txt",
    shell:
        "test {resources.mem_mb} -gt 2000 && echo {resources.mem_mb} > {output}"


rule long:
    output:
        "long.txt",
    resources:
        runtime=lambda wildcards, attempt: attempt if attempt == 1 else 10,
    shell:
        "if [ {resources.runtime} = 1 ]; then sleep 600; fi; echo {resources.runtime} > {output}"


rule large:
    output:
        "large.txt",
    resources:
        mem_mb=lambda wildcards, attempt: 700 * attempt,
    shell:
        "python -c 'import time; kept = b\"x\" * (700 << 20); time.sleep(6)' && echo {resources.mem_mb} > {output}"


rule gpu:
    output:
        "gpu.txt",
    resources:
        gpu=1,
    shell:
        "echo $CUDA_VISIBLE_DEVICES > {output}"


rule hopeless:
    output:
        "hopeless.txt",
    log:
        "hopeless.log",
    shell:
        "echo the reason stands here > {log}; exit 1"
