# Everything a newcomer needs; `make help` lists it. No root, no container, no manual step.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python
ROWS ?= 20000
PORT ?= 8080
CASES ?= 1000000
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test check bench bench-full bench-pages bench-casework bench-hotline docs test-debian-postgres

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## set up, judge a generated province, then serve the console (ROWS=20000 PORT=8080)
	$(VENV)/bin/licet demo --rows $(ROWS)
	@exec $(VENV)/bin/licet run --port $(PORT)

test: $(VENV)/.dev ## set up and run all tests
	$(PY) -m pytest -n 2 --dist loadfile

check: $(VENV)/.dev ## linter, types, generated documents up to date
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy
	$(PY) -m licet.config.reference --check

bench: $(VENV)/.dev ## our sweep against hand-written SQL, the gate's answer times, an import against plain COPY
	$(PY) benchmarks/sweep_bench.py
	$(PY) benchmarks/gate_bench.py
	$(PY) benchmarks/import_bench.py

bench-full: $(VENV)/.dev ## the same on 5 M access rows, 5 M filings, 60 k licences, 1 M blacklist entries (8 GB of memory)
	$(PY) benchmarks/sweep_bench.py --full
	$(PY) benchmarks/gate_bench.py --rows 5000000
	$(PY) benchmarks/import_bench.py --rows 5000000

bench-pages: $(VENV)/.dev ## first bytes of lists and the change feed at a million filings and a million findings
	$(PY) benchmarks/pages_bench.py

bench-casework: $(VENV)/.dev ## queue, case and joining a signal at CASES cases with ten signals each (CASES=1000000)
	$(PY) benchmarks/casework_bench.py --cases $(CASES) --plans

bench-hotline: $(VENV)/.dev ## reports accepted a second for a minute while PostgreSQL is killed, and what others wait in a flood
	$(PY) benchmarks/hotline_bench.py --seconds 60 --drain

docs: $(VENV)/.dev ## write docs/reference again from the program itself
	$(PY) -m licet.config.reference

test-debian-postgres: $(VENV)/.dev ## run the database tests on an installed Debian PostgreSQL
	tests/run_on_debian_postgres.sh

# A stamp per lock file: installing again is necessary only when the lock changed.
$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@if [ -e $(VENV)/.dev ]; then $(MAKE) --no-print-directory $(VENV)/.dev; else \
	$(PY) -m pip install -q --require-hashes -r requirements.lock && \
	$(PY) -m pip install -q --no-deps --no-build-isolation -e . ; fi
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(PY) -m pip install -q --require-hashes -r requirements-dev.lock
	$(PY) -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then echo "Licet needs Python 3.11 or newer. On Debian or Ubuntu: apt-get install python3 python3-venv" >&2; exit 1; fi
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
