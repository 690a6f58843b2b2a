# Needs Python 3.11 to 3.13 and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test ui ui-test desk-test lint faults bench audit clean
.DEFAULT_GOAL := run

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "Python 3.11, 3.12 or 3.13 is needed; call make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

run: .venv/installed
	$(BIN)/calendly-pipeline run

test: .venv/installed
	$(BIN)/python -m pytest

ui: .venv/installed
	$(BIN)/calendly-pipeline ui

ui-test: .venv/installed
	$(BIN)/python -m pytest -n 0 -m ui

desk-test: .venv/installed
	$(BIN)/python -m pytest -n 0 -m browser

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

faults: .venv/installed
	$(BIN)/python -m pytest -n 0 -m faults

bench: .venv/installed
	$(BIN)/python benchmarks/million_rows.py
	$(BIN)/python benchmarks/live_sources.py
	$(BIN)/python benchmarks/webhooks.py
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/destinations.py

audit: .venv/installed  # needs the internet: an advisory database
	$(BIN)/python -m pip check
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/pip-audit --strict --requirement constraints.txt --no-deps --disable-pip

clean:
	rm -rf .venv
