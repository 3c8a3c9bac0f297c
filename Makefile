# Two commands are enough: `make demo` and `make test`. Everything lands in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint clean

help:  ## show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1  \t/p' $(MAKEFILE_LIST)

setup:  ## create .venv with everything that `make demo` needs
	@$(PYTHON) tools/bootstrap demo

demo: setup  ## drive a simulated robot by words, with several cameras
	@$(BIN)/camaware demo $(ARGS)

test:  ## install what tests need, then lint, type-check and test
	@$(PYTHON) tools/bootstrap test
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest $(ARGS)

lint:  ## ruff and mypy alone
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

clean:  ## remove .venv and what builds leave behind
	rm -rf $(VENV) build install log src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
