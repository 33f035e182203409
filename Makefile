# What a newcomer types: `make demo`, `make test`. Everything is installed into .venv; nothing needs root.

PYTHON  ?= python3
WORKERS ?= 2
VENV    := .venv
BIN     := $(VENV)/bin
PACKS   := retail insurance utility fuel
RELAYS  := celery
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
EDITED  := $(PACKS:%=-e plugins/%)
# The marks say what is installed; they age when a project file changes.
PROJECTS := pyproject.toml $(PACKS:%=plugins/%/pyproject.toml) $(RELAYS:%=plugins/%/pyproject.toml)
DEMO    := $(VENV)/installed-demo
DEV     := $(VENV)/installed-dev

.PHONY: demo test test-long lint bench clean

demo: $(DEMO)
	@$(BIN)/crmflow demo

test: lint
	@$(BIN)/pytest -n $(WORKERS)

test-long: $(DEV)
	@$(BIN)/pytest -m long

lint: $(DEV)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

bench: $(DEV)
	@$(INSTALL) -e '.[bench]'
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file; done

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(DEMO): $(PROJECTS) | $(BIN)/python
	@echo 'installing crmflow and its packs into $(VENV) ...'
	@$(INSTALL) -e . $(EDITED)
	@touch $@

$(DEV): $(PROJECTS) | $(BIN)/python
	@echo 'installing crmflow, its packs and the tools to test them into $(VENV) ...'
	@$(INSTALL) -e '.[dev,durable,postgres,sheets,bulk]' $(EDITED) $(RELAYS:%=-e plugins/%)
	@touch $@ $(DEMO)

$(BIN)/python:
	@sh scripts/make-venv $(PYTHON) $(VENV)
