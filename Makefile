# make run    run every notebook; BUDGET, DATA, WEIGHTS, and ARGS for the rest of `course run`
# make check  before each commit: lint, format, types, drift, and the quick tests; up to two minutes on two cores
# make test   run the whole test suite
# make lab    open JupyterLab
# make build  make both editions of the notebooks from solutions/*.py
# All of them make .venv first, and again when requirements.txt or pyproject.toml has changed.

PYTHON ?= python3
VENV ?= .venv
BUDGET ?= smoke
DATA ?= auto
WEIGHTS ?= auto
ARGS ?=
STAMP := $(VENV)/installed
export MYPY_NUM_WORKERS ?= 2
# Memory that torch gives back stays in the process, for its next tensor (mallopt(3)): a twentieth of the suite's time.
KEEP_MEMORY = MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_MMAP_THRESHOLD_=1000000000
PYTEST = $(KEEP_MEMORY) OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(VENV)/bin/python -m pytest --numprocesses auto \
	--dist loadfile --no-loadscope-reorder

.PHONY: run check lint test lab build

run: $(STAMP)
	$(VENV)/bin/course run --budget "$(BUDGET)" --data "$(DATA)" --weights "$(WEIGHTS)" $(ARGS)

check: lint
	$(PYTEST) -m "not slow" $(ARGS)

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/course build --check

test: $(STAMP)
	$(PYTEST) $(ARGS)

lab: $(STAMP)
	$(VENV)/bin/jupyter lab notebooks

build: $(STAMP)
	$(VENV)/bin/course build

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name it: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --requirement requirements.txt
	$(VENV)/bin/python -m pip install --no-build-isolation --no-deps --editable .
	@touch $@
