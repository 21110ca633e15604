# Everything a developer or a newcomer runs; continuous integration and hooks only call this file.
# From a clean clone `make demo` and `make test` need Python >= 3.11, a C compiler and make, nothing else.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PY := $(BIN)/python
PYTEST := $(PY) -m pytest
WORKERS ?= 2
ARGS ?=

.PHONY: help demo up test check lint fmt bench schemas features rules docs clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

# --- setup: stamps, so that the second time is instant

.venv/.run: pyproject.toml tools/setup
	@tools/setup run
	@touch $@

.venv/.dev: pyproject.toml tools/setup
	@tools/setup dev
	@touch $@ .venv/.run

# --- use

demo: .venv/.run ## a ReplicaSet of three Pods, from the request to Running, and why
	@$(BIN)/ruleplane demo $(ARGS)

up: .venv/.run ## a control plane in the foreground (ARGS="--nodes 5 --port 6443")
	@$(BIN)/ruleplane up $(ARGS)

# --- gates

check: lint test ## all gates: lint, then every test

# CI calls only this target: there it lints first, at a desk `make check` does
test: .venv/.dev $(if $(CI),lint) ## every test: units, features, conformance, the examples in the documents
	@$(PYTEST) -n $(WORKERS) -q $(ARGS)

lint: .venv/.dev ## ruff, mypy --strict, the floors of the house
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(PY) -m mypy
	@$(BIN)/lint-imports --no-cache

fmt: .venv/.dev ## format, and mend what ruff can
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .

features: .venv/.dev ## the behaviour specs on virtual time
	@$(PYTEST) -q features $(ARGS)

rules: .venv/.dev ## check every rule file (the rules' own tests)
	@$(PYTEST) -q tests/lang $(wildcard tests/rules) $(ARGS)

docs: .venv/.dev ## run the examples in README.md and docs/ (UPDATE=1: write docs/functions.md anew)
	@$(PYTEST) -q README.md DEVELOPERS.md docs tests/lang/test_reference.py $(ARGS)

bench: .venv/.dev ## medians of all benchmarks (ONLY=store for one)
	@PYTHONPATH=tests $(PY) -m bench $(if $(ONLY),--only $(ONLY)) $(ARGS)

schemas: .venv/.dev ## generate schemas/ anew
	@$(PY) -m pip install --quiet --disable-pip-version-check --cache-dir .cache/pip '.[schemas]'
	@$(PY) tools/schemas/generate.py
	@$(PY) -m ruleplane.model.trace > .cache/trace.schema.json && mv .cache/trace.schema.json schemas/trace.schema.json
	@$(PY) -m ruleplane.model.rule_schema > .cache/rules.schema.json && mv .cache/rules.schema.json schemas/ruleset.schema.json

clean: ## forget .venv, caches and the demo's data
	@rm -rf .venv .cache dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
