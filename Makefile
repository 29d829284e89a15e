# `make run` starts the bot, `make test` tests it. Both build .venv first and need nothing but Python 3.11+.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint types reference e2e fuzz audit bench bench-growth guard instructions profile pins clean

# Starts the bot.
run: $(VENV)/.run
	$(BIN)/python app.py

# The quick tests.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -m "not slow and not clients" -n auto

# ruff, and what checks the recipes.
lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/yamllint deploy
	! test -x $(BIN)/hadolint || $(BIN)/hadolint deploy/Dockerfile

# mypy --strict.
types: $(VENV)/.dev
	$(BIN)/mypy

# Writes the pages of docs/reference that are generated from the code. A test fails when they differ from it.
reference: $(VENV)/.dev
	PYTHONPATH=jobctl/src $(BIN)/python -m reference

# The pages of real clients: the Microsoft 365 Agents Playground, as Teams and as the Emulator, and Web Chat. Needs Node.js
# and Chromium; two minutes. Screenshots are in artifacts/clients/.
CLIENTS := tests/clients
e2e: $(VENV)/.clients
	$(BIN)/python -m pytest -m clients -s $(CLIENTS)

# Hostile and odd requests against the real process, what each shape of a body costs it, whether it serves
# beside strangers who send the worst, and how long hanging identity services stall it.
REQUESTS ?= 20000
fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz --requests $(REQUESTS)
	$(BIN)/python -m tests.fuzz.shape_campaign
	$(BIN)/python -m tests.fuzz.strangers
	$(BIN)/python -m tests.fuzz.stall

# Known advisories on the pins. Needs PyPI's advisory service, so it is no part of what every change must pass.
audit: $(VENV)/.dev
	$(BIN)/uv tool run pip-audit --strict --disable-pip --require-hashes -r requirements.txt
	$(BIN)/uv tool run pip-audit --strict --disable-pip --require-hashes -r requirements-dev.txt

# What a turn costs, beside bare aiohttp and the stock SDK; under five minutes. Writes docs/explanation/performance.md.
# With AGAINST=<git revision>: beside bare aiohttp and that revision; prints the ratios.
AGAINST ?=
bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks $(if $(AGAINST),--against $(AGAINST))

# What a turn costs, and what it writes, with 10 to 10,000,000 jobs in the log, on SQLite and PostgreSQL. Needs 25 GB.
# With GROWTH="--sizes 10 1000000 --stores sqlite": a few minutes.
GROWTH ?=
bench-growth: $(VENV)/.dev
	$(BIN)/python -m benchmarks.growth $(GROWTH)

# Fails when a turn has become several times dearer than bare aiohttp, or grows with the job log; under three minutes.
guard: $(VENV)/.dev
	$(BIN)/python -m benchmarks.guard
	$(BIN)/python -m benchmarks.growth.guard

# What a turn costs in instructions, which no other work on the machine changes; two minutes, needs valgrind.
instructions: $(VENV)/.dev
	$(BIN)/python -m benchmarks.instructions

# Where a turn goes: make profile SCENARIO=event
SCENARIO ?= run
profile: $(VENV)/.dev
	$(BIN)/python -m benchmarks.profiling $(SCENARIO)

# Resolve the newest versions that requirements*.in allow, for every platform, with hashes.
PIN := $(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --quiet --no-header
pins: $(VENV)/.dev
	$(PIN) requirements.in --output-file requirements.txt
	$(PIN) requirements-tracing.in --output-file requirements-tracing.txt
	$(PIN) requirements-dev.in --output-file requirements-dev.txt
	$(PIN) --override examples/dialogs/overrides.txt examples/dialogs/requirements.in \
		--output-file examples/dialogs/requirements.txt
	$(PIN) $(CLIENTS)/requirements.in --output-file $(CLIENTS)/requirements.txt

# Removes the environment.
clean:
	rm -rf $(VENV)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.run

# The SDK's dialogs, for the example of a bot with one, and its test.
$(VENV)/.dialogs: $(VENV)/.dev examples/dialogs/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r examples/dialogs/requirements.txt
	@touch $@

$(VENV)/.clients: $(VENV)/.dev $(CLIENTS)/requirements.txt $(CLIENTS)/package-lock.json
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(CLIENTS)/requirements.txt
	cd $(CLIENTS) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
