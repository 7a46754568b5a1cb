# Two commands: `make demo` shows the product at work, `make test` proves it. Both set everything up first.
PY ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ok

.PHONY: setup demo test bench soak lint format dashboards sandbox lock clean
setup: $(STAMP)

# pip brings uv (hash-checked), uv brings the rest (hash-checked); the project itself is an editable install.
$(STAMP): bootstrap.lock requirements.lock pyproject.toml
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "groundswell needs Python 3.11 or newer; name one with: make $(MAKECMDGOALS) PY=python3.12")'
	$(PY) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bootstrap.lock
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## A simulated company, end to end: about seven minutes
	$(BIN)/groundswell demo

# Four workers on two cores: much of the time is waiting, for servers, locks and time-outs.
test: setup  ## Everything CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/mypy

bench: setup  ## What it costs: over an hour for all sizes
	$(BIN)/python -m tests.benchmarks

soak: setup  ## Kills, a bad network and a simulated week: hours
	$(BIN)/pytest tests/soak -s

dashboards: setup  ## The BI pages, on loopback
	$(BIN)/groundswell dashboards

sandbox: setup  ## The simulated company's helpdesk, CRM, billing, Linear board and Slack channels, on loopback
	$(BIN)/groundswell sandbox serve

# The lock names no registry; re-made only when pyproject.toml's dependencies change.
lock: $(STAMP)
	$(BIN)/uv pip compile pyproject.toml --group dev --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --universal --python-version 3.11 --no-header -o requirements.lock

clean:
	rm -rf $(VENV) .groundswell dbt_project/target dbt_project/logs
