# `make run` and `make test` set everything up from nothing, then do their job. `make env` only sets up.
PYTHON ?= python3
CORES ?= $(shell $(PYTHON) -c "import os; print(len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count())")
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test env lint clean

run: env
	python scripts/run_study.py --cores $(CORES) $(ARGS)

test: env
	python -m pytest

lint: env
	ruff check
	ruff format --check
	snakefmt --check workflow
	snakemake --lint

env: .venv/installed

.venv/installed: requirements.lock
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'foretell needs Python 3.11 or newer: make PYTHON=python3.11 ...')"
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	touch $@

clean:
	rm -rf .chunks logs .snakemake/log
