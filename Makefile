# `make run` and `make test` are all a newcomer needs; both set everything up first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test test-slow check lint types imports gate format lock corpus image clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: setup ## read the bundled exports, score them, land them in ./channelwatch.duckdb, list what is flagged
	$(BIN)/channelwatch run

test: setup ## run the tests (the slow ones apart)
	$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-slow: setup ## run the slow tests: real browsers, a whole `serve`, Dask clusters, many kills
	$(BIN)/python -m pytest -q -n 2 -m slow

check: lint types imports test ## style, types, direction of imports, tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

gate: setup ## hold the bundled model against the minimums of ops/gate.csv
	$(BIN)/channelwatch benchmark heldout functional obfuscation --messages 4000 --model builtin \
	  --gate ops/gate.csv

format: setup ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

corpus: setup ## write the committed corpus of fixtures again
	$(BIN)/python -c "from pathlib import Path; from fixtures.corpus import write; write(Path('fixtures/corpus'))"

lock: setup ## resolve the versions again into requirements.lock
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url --upgrade -o requirements.lock

image: ## build the container's image and try it, with Podman or Docker
	ops/deploy/smoke.sh

clean: ## remove the environment, caches and the default warehouse
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf channelwatch.duckdb channelwatch.duckdb.wal channelwatch.duckdb.inbox channelwatch.duckdb.prefect
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "channelwatch needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 3; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "Python's venv module is missing (on Debian: apt-get install python3-venv)."; exit 3; }
	@echo "Installing the pinned versions into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "Compiling, once (a minute or two) ..."
	@$(BIN)/python -m ops.ahead
	@touch $@
