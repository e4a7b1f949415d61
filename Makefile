# make help says what there is. PYTHON chooses the interpreter of .venv (3.11 or newer).
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

.DELETE_ON_ERROR:
.PHONY: help .venv demo test check prove
help:  ## what there is
	@sed -n 's/^\([.a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

.venv: $(STAMP)  ## the environment: .venv/bin/llmctl
$(STAMP): constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "llmctl needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(STAMP)  ## the whole chain on Python's own documentation, into demo/
	@$(MAKE) --no-print-directory -f examples/demo/Makefile OUT=demo BIN=$(abspath $(BIN))

test: $(STAMP)  ## the test suite
	@$(BIN)/pytest tests -n logical --maxprocesses 4 --dist loadfile

check: $(STAMP)  ## format, lint, types, floors, start-up
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict src
	$(BIN)/pytest tests/test_floors.py tests/test_startup.py

prove: $(STAMP)  ## NAME=...: one long proof, resumable; the result is proofs/NAME.json
	@$(BIN)/python proofs/prove.py $(NAME)
