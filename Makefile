# `make` sets everything up in .venv and runs the whole comparison; `make help` lists the rest.
# Needs Python >= 3.11, make and git.

# By a shell that is named, make 3.81 (macOS) looks for a program in the PATH below, else in that of before.
SHELL := bash
PYTHON ?= python3
# The cores that this process may use, a container's or Slurm's share of them; all before .venv is there.
JOBS ?= $(shell .venv/bin/python -c 'import joblib; print(joblib.cpu_count())' 2>/dev/null \
  || getconf _NPROCESSORS_ONLN)
REPORT := results/report/index.html
READY := .venv/ready
# One more than there are cores: the tests of the cluster wait for it most of their time.
PYTEST = pytest -n $(shell expr $(JOBS) + 1) --dist loadfile --no-loadscope-reorder --durations=10

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Many containers set it; then each of a run's hundred processes would compile ferflow for itself.
unexport PYTHONDONTWRITEBYTECODE
# A container may run as any number, without a name or a home, or with a home that it may not write to. Snakemake
# needs a name; it and Matplotlib need a place for what they keep.
HOME ?= $(shell echo ~)
USER ?= $(firstword $(shell id -un 2>/dev/null) $(shell id -u))
export HOME USER
ifneq ($(shell test -w "$(HOME)" && echo yes),yes)
XDG_CACHE_HOME ?= $(CURDIR)/.ferflow/cache
MPLCONFIGDIR ?= $(XDG_CACHE_HOME)/matplotlib
export XDG_CACHE_HOME MPLCONFIGDIR
endif

.PHONY: run dvc test coverage lint format docs bench chaos ui lock clean help fuzz
.DEFAULT_GOAL := run

run: $(READY)  ## the whole comparison, under Snakemake (the default goal); JOBS=4 for four jobs at a time
	@ferflow sync --before
	@snakemake --cores $(JOBS)
	@ferflow sync
	@echo "report: $$PWD/$(REPORT)"

dvc: $(READY)  ## the same under DVC
	@ferflow sync --before
	@dvc repro
	@ferflow sync
	@echo "report: $$PWD/$(REPORT)"

test: lint  ## lint, then every test
	@$(PYTEST)

coverage: $(READY)  ## every test, with the coverage of src/
	@$(PYTEST) --cov --cov-report=term --cov-fail-under=90

fuzz: $(READY)  ## over a million generated inputs for all readers, half an hour or more; FERFLOW_FUZZ_CASES=10000 for fewer
	@pytest tests/fuzz -q -n auto --dist worksteal --hypothesis-profile=fuzz

lint: $(READY)  ## formats, lints and types
	ruff format --check .
	ruff check .
	snakefmt --check Snakefile workflow/rules
	snakemake --lint
	mypy --num-workers $(JOBS)

format: $(READY)  ## bring all code into shape
	ruff format .
	ruff check --fix .
	snakefmt Snakefile workflow/rules

docs: $(READY)  ## the documentation as a site, in build/site; a warning is an error
	@NO_MKDOCS_2_WARNING=1 mkdocs build --quiet --strict
	@echo "site: $$PWD/build/site; python -m http.server --bind 127.0.0.1 --directory build/site shows it"

bench: $(READY)  ## how fast it is, against its peers; more in benchmarks/README.md
	@python benchmarks/pipeline.py

chaos: $(READY)  ## kill the pipeline a hundred times at random moments; KILLS=10 for fewer
	@python -m tests.chaos --kills $(or $(KILLS),100)

ui: $(READY)  ## MLflow's page on http://127.0.0.1:5000: experiments side by side
	@mlflow ui --backend-store-uri "sqlite:///$$PWD/mlflow.db" --host 127.0.0.1 --port 5000

# The build of torch (+cpu, +cu130) is for the machine that installs it to choose, so the lock does not say.
lock: $(READY)  ## write requirements.lock anew from pyproject.toml
	pip-compile --quiet --extra dev --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-options --no-annotate --no-header --upgrade --output-file requirements.lock pyproject.toml
	sed -E 's/^(torch==[0-9.]+)\+.*/\1/; /^(nvidia-|cuda-|triton|pip=|#|$$)/d' requirements.lock > requirements.lock.new
	mv requirements.lock.new requirements.lock

clean:  ## remove all that the stages made; .venv, data of your own, dvc's cache and MLflow's runs stay
	rm -rf data/sample.zip timings checkpoints logs .snakemake .ferflow
	find results -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "%-10s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "error: no $(PYTHON) here; install Python 3.11 or later, or say make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $$($(PYTHON) --version) is too old; ferflow needs Python 3.11 or later: make PYTHON=/path/to/python3.11"; exit 2; }
	@# Over a folder of another Python, or of one that is gone, Python makes none of its own.
	@[ "$$(.venv/bin/python -V 2>/dev/null)" = "$$($(PYTHON) -V)" ] || rm -rf .venv
	@echo "setting up .venv (once; a few minutes) ..."
	@$(PYTHON) -m venv .venv
	@# More than half of these modules are never imported; those that are, Python compiles then.
	@pip install --quiet --no-compile --requirement requirements.lock
	@pip install --quiet --no-deps --editable .
	@touch $@
