# Each target sets up what it needs. `make` alone lists them. Another Python: make clean, make PYTHON=python3.13 test
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Set up once for each state of the lock file.
READY := $(VENV)/.ready
# Tests mostly wait, so there may be more of them than cores: with four at once, two cores are idle half of the time.
WORKERS ?= 6
# Of `make chaos`: how many episodes, the first one's seed, and how many at once.
SEEDS ?= 20
FIRST ?= 1
JOBS ?= 2

# A .venv whose Python is gone, as after an upgrade of the system, is made anew.
$(shell test -x $(BIN)/python || rm -f $(READY))

.DEFAULT_GOAL := help
.PHONY: help setup demo test run sandbox screenshots bench chaos check fix lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with every dependency, pinned by hash

$(READY): requirements-dev.lock .ci/install_locked.py
	@command -v "$(PYTHON)" >/dev/null 2>&1 || \
		{ echo "There is no $(PYTHON) here: install Python 3.11 or newer, or name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is too old: Python 3.11 or newer is needed, name one: make PYTHON=python3.13 ..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian, Ubuntu: python3-venv)" >&2; exit 1; }
	@"$(PYTHON)" .ci/install_locked.py $(VENV) requirements-dev.lock
	@touch $(READY)

demo: $(READY) ## see the bot work: a local Discord, a local Model API, one /edit from start to end
	@$(BIN)/python -m sandbox demo

# Each worker collects everything: with their bytecode kept, that takes half as long from the second run on.
test: $(READY) ## run every test
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

run: $(READY) ## run the bot with config.toml
	@$(BIN)/python -m bot run --config config.toml

sandbox: $(READY) ## try the bot in a browser: prints one address, until Ctrl-C (ARGS="--help" lists what it takes)
	@$(BIN)/python -m sandbox $(ARGS)

screenshots: $(READY) ## take the pictures of docs/screenshots anew from the sandbox's page (needs Chromium)
	@$(BIN)/python -m sandbox.screenshots

bench: $(READY) ## measure how fast commands are acknowledged, beside a bare discord.py bot
	@$(BIN)/python -m bench

chaos: $(READY) ## kill and disturb the bot at random (SEEDS=20 FIRST=1 JOBS=2), and count what was kept
	@$(BIN)/python -m tests.chaos --seeds $(SEEDS) --first $(FIRST) --jobs $(JOBS)

check: $(READY) ## lint, types, layers, Dockerfile
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint Dockerfile
	@echo "Every check passed."

fix: $(READY) ## fix what the linter can fix by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header

lock: $(READY) ## write the lock files anew from pyproject.toml (UPGRADE=--upgrade for newer versions)
	@$(UV_COMPILE) $(UPGRADE) --extra speed pyproject.toml --output-file requirements.lock
	@$(UV_COMPILE) $(UPGRADE) --extra speed pyproject.toml --group dev --output-file requirements-dev.lock
	@$(UV_COMPILE) $(UPGRADE) --group build --output-file requirements-build.lock

clean: ## remove what the targets made, but no data
	@rm -rf $(VENV) demo-output build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage*
