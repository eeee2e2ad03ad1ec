# Every target works from any clone path and twice in a row.
PY := .venv/bin/python
# Any Python from 3.9 on; the script finds or fetches the one the project needs.
PYTHON ?= python3

.DEFAULT_GOAL := help
.PHONY: help setup up down demo screenshots check test-fast test bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: ## create the environments from the locks, Python's and the dashboard's (a second run takes no time)
	@$(PYTHON) tools/bootstrap.py

up: setup ## start the local AWS, deploy the template to it, and make a workspace; no traffic
	@$(PY) -m tools.stack up
	@$(PY) -m tools.demo stage

down: ## stop what `make up` started, and nothing else
	@test ! -x $(PY) || $(PY) -m tools.stack down

demo: up ## the whole path: a month of signed webhooks, SQL in Athena, a mailed CSV, every number checked
	@$(PY) -m tools.demo

screenshots: setup ## pictures of every page of the running demo into docs/screenshots (needs Chromium)
	@$(PY) -m tools.screenshots

check: setup ## formatting, lint, types, layering, template rules, and the dashboard's own
	@$(PY) -m tools.check

test-fast: setup ## unit, property, contract and store tests: no network, under a minute
	@HYPOTHESIS_PROFILE=quick RINGLAKE_SEEDS=60 $(PY) -m pytest -n 2 -m "not slow" --ignore tests/integration --ignore tests/browser --ignore tests/oracle --ignore tests/bench tests

test: setup ## all tests, on a local stack of their own
	@$(PY) -m pytest -n 2 tests

bench: setup ## measure the performance bars
	@$(PY) -m tests.bench

lock: setup ## resolve requirements/*.in again (UPGRADE=1 for newer versions)
	@$(PY) tools/lock.py $(if $(UPGRADE),--upgrade)

clean: down ## remove the environments, the local stack and every build product
	rm -rf .aws-sam .local .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -rf functions/dashboard/site/node_modules functions/dashboard/site/dist
