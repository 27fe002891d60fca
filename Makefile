# The commands that the README names. `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Prepared once with the installation, and shared by the demo, the server and the tests.
export SLA_FONTS_DIR := $(CURDIR)/$(VENV)/fonts

FIGURES := .figures

.PHONY: help demo serve test test-long check format bench lock clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is needed; on Debian: apt install python3-venv"; exit 1; }
	@echo "Installing the pinned dependencies into $(VENV) (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@echo "Preparing the fonts of documents (once) …"
	@$(BIN)/sla fonts
	@touch $@

demo: $(STAMP) ## close September 2023 for 1,000 merchants, into ./demo/
	@$(BIN)/sla demo --into demo

serve: $(STAMP) ## the service over the demo's database, with a merchant's link
	@test -f demo/sla.db || $(MAKE) --no-print-directory demo
	@SLA_HOME=demo $(BIN)/sla serve --port $(PORT)

test: check ## every check; what CI runs

check: $(STAMP) ## format, lint, types, import contracts, tests
	@$(BIN)/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -n 2 --dist worksteal -q

test-long: $(STAMP) ## the long forms of the reliability tests, into docs/RELIABILITY.md
	@rm -rf $(FIGURES)
	@SLA_TEST_LONG=1 SLA_TEST_MAILS=10000 SLA_TEST_FIGURES=$(FIGURES) $(BIN)/pytest -n 2 --dist worksteal -q -m reliability
	@$(BIN)/python tests/reliability/report.py $(FIGURES)

format: $(STAMP) ## put the code in its one form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

bench: $(STAMP) ## time and peak memory for 100,000 merchants on SQLite, and up to 1,000,000 on PostgreSQL
	@$(BIN)/python tests/bench/run.py
	@SLA_TEST_FIGURES=$(FIGURES) $(BIN)/python tests/bench/postgres.py
	@$(BIN)/python tests/reliability/report.py $(FIGURES)

lock: $(STAMP) ## upgrade every dependency and write the lock file anew
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --no-annotate --group dev pyproject.toml -o requirements.lock

clean: ## remove what the commands made
	rm -rf $(VENV) demo var .hypothesis .mypy_cache $(FIGURES) .ruff_cache .pytest_cache
