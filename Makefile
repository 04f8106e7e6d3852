# Enlaza. `make` prints this help; `make run` and `make test` are all a newcomer needs.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PORT ?= 8000
ENLAZA_HOME ?= $(CURDIR)/var
HOST_FLAG := $(if $(LAN),--lan,)
T ?= tests
# Four processes at once for the whole, since many tests wait; one for a part, so that its output is read as it comes.
J ?= $(if $(filter tests,$(T)),-n 4 --dist worksteal,)
export PYTHONPATH := $(CURDIR)
# Tests start hundreds of programs: none of them compiles all of ours again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run demo verify setup test prove bench lint fix messages shell-pages pictures migration clean

##@ Use

run: $(VENV)/.serve  ## Set up and serve the demo on 127.0.0.1:8000 (PORT=, ENLAZA_HOME=, LAN=1 for phones)
	@ENLAZA_HOME="$(ENLAZA_HOME)" PORT="$(PORT)" $(BIN)/enlaza serve --demo $(HOST_FLAG)

demo: $(VENV)/.serve  ## Print the ways into the demo again, with a fresh sign-in link
	@ENLAZA_HOME="$(ENLAZA_HOME)" PORT="$(PORT)" $(BIN)/enlaza demo

verify: $(VENV)/.serve  ## Recompute the demo's ledger, balances and links, and say what differs
	@ENLAZA_DEMO=1 ENLAZA_HOME="$(ENLAZA_HOME)" $(BIN)/enlaza verify

##@ Prove

test: $(VENV)/.dev  ## Set up and run all tests (T=path for some)
	$(BIN)/python -m pytest $(J) $(T)

prove: $(VENV)/.dev  ## The same proofs in their full sizes, and the benches that gate
	ENLAZA_TEST_SIZE=prove $(BIN)/python -m pytest -n 3 --dist worksteal -m "prove or race" tests
	$(BIN)/python bench/scan_gate.py

bench: $(VENV)/.dev  ## Measure: ratios against a baseline in the same run
	$(BIN)/python bench/code_rates.py
	$(BIN)/python bench/sales.py
	$(BIN)/python bench/http_rates.py

##@ Keep

lint: $(VENV)/.dev  ## Style, types, arrows, templates, vendored files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m tools.vendor --check

fix: $(VENV)/.dev  ## Let the formatter and the linter mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(VENV)/.dev  ## Collect the texts of pages and compile the translations
	$(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext -k _l --no-location --sort-output -o app/translations/messages.pot .
	$(BIN)/pybabel -q update -i app/translations/messages.pot -d app/translations --no-fuzzy-matching --omit-header
	$(BIN)/pybabel -q compile --use-fuzzy -d app/translations

shell-pages: $(VENV)/.dev  ## Generate the till's static pages from their template and texts
	$(BIN)/python -m app.pages.till_shell

migration: $(VENV)/.dev  ## Write a migration for what the models say now (M="what it does")
	$(BIN)/python -m loyalty.db.migrate revision "$(M)"

pictures: $(VENV)/.dev  ## Take the screenshots of docs/guide anew (needs Chromium)
	$(BIN)/python -m tools.pictures

clean:  ## Forget what was installed; data in var/ stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

##@ Set-up

setup: $(VENV)/.dev  ## Only make the virtual environment

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Enlaza needs Python 3.11 or newer (PYTHON=/path/to/python3.11 make run)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian: apt install python3-venv"; exit 1; }

$(VENV)/.serve: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Enlaza into $(VENV): about a minute, once."
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.serve

help:
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*##/ {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
