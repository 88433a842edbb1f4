# The verbs of the house: `make` lists them. Needs nothing but make and Python 3.11 or newer.

PORT ?= 8000
# Test files or folders, and workers: make test TESTS=tests/domain WORKERS=0
TESTS ?=
SEED ?=
ONLY ?=
WORKERS ?= logical

BIN := .venv/bin
export PYTHON

# Homebrew's libraries are not where Python looks on a Mac. The shell drops DYLD_ variables that it
# inherits there, so each command that prints PDFs is given its own.
ifeq ($(shell uname -s),Darwin)
WITH_LIBRARIES := DYLD_FALLBACK_LIBRARY_PATH="$(shell brew --prefix 2>/dev/null || echo /opt/homebrew)/lib:/usr/local/lib:/usr/lib"
endif

# Tests rewritten by pytest are kept from one run to the next: a quarter of a minute a worker.
unexport PYTHONDONTWRITEBYTECODE

PYTEST = $(WITH_LIBRARIES) $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(TESTS)

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test soak check audit licences format schema guide privacy migration bench bench-quick lock clean environment ready

help:
	@echo "Jalon. The two commands to know: make demo, make test."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: ready ## the product with a sample firm, on http://localhost:8000 (PORT=8001 for another)
	@$(WITH_LIBRARIES) $(BIN)/jalon demo --port $(PORT)

demo-reset: ready ## the same, from a new sample firm: forgets what was done in the last demo
	@rm -rf var
	@$(WITH_LIBRARIES) $(BIN)/jalon demo --port $(PORT)

test: ready ## every test, on SQLite and on a PostgreSQL that the tests start (TESTS=tests/domain for some)
	@$(PYTEST)

soak: ready ## the long campaigns: 100,000 spoilt cells and more (SEED=17: begin with that firm)
	@$(WITH_LIBRARIES) SOAK_SEED=$(SEED) $(BIN)/python -m pytest -m soak -s --show-capture=no $(or $(TESTS),tests)

audit: ready ## whether a vulnerability is known of the locked libraries (says so when nobody can be asked)
	@$(BIN)/python setup/audit.py

licences: environment ## writes docs/licences.md, the licences of the locked libraries
	@$(BIN)/python -m server.licences

check: ready ## what must hold before a commit: form, types, layers, generated files, every test
	@echo "Form";   $(BIN)/ruff format --check --quiet --output-format concise . || { echo "Some files are not in form: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet --output-format concise .
	@echo "Types";  $(BIN)/mypy --no-error-summary
	@echo "Layers"; told=$$($(BIN)/lint-imports --no-logo) || { echo "$$told" >&2; exit 1; }
	@echo "Generated files"; $(BIN)/python -m server.schema_file --check
	@$(BIN)/python -m server.sheet_guide --check
	@$(BIN)/python -m server.licences --check
	@echo "Vulnerabilities"; $(BIN)/python setup/audit.py
	@$(BIN)/python -m server.roles_guide --check
	@$(BIN)/python -m server.privacy_guide --check
	@echo "Tests";  $(PYTEST)

format: environment ## puts every file in form
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .

bench: ready ## every promise of speed beside its floor or peer: table and plot in benchmarks (ONLY=import)
	@$(WITH_LIBRARIES) $(BIN)/python benchmarks/run.py $(if $(ONLY),--only $(ONLY))

bench-quick: ready ## the same with small sizes, in two minutes; writes nothing
	@$(WITH_LIBRARIES) $(BIN)/python benchmarks/run.py --quick $(if $(ONLY),--only $(ONLY))

schema: environment ## writes schema.graphql from the code
	@$(BIN)/python -m server.schema_file

guide: environment ## writes docs/sheets and docs/roles.md, the guides, from the code
	@$(BIN)/python -m server.sheet_guide
	@$(BIN)/python -m server.roles_guide

privacy: environment ## writes docs/privacy.md, the register of personal data, from the code
	@$(BIN)/python -m server.privacy_guide

migration: environment ## writes the next migration: make migration name="the client has a nickname"
	@test -n "$(name)" || { echo 'Say what changes: make migration name="the client has a nickname"' >&2; exit 1; }
	@$(BIN)/python setup/new_migration.py "$(name)"
	@$(BIN)/ruff check --quiet --fix-only persistence/migrations/versions
	@$(BIN)/ruff format --quiet persistence/migrations/versions

# Only uv locks for every system at once; only pip installs, so uv is needed by this verb alone.
lock: ## pins every library anew, with its hashes (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv:  pipx install uv  (or: brew install uv)" >&2; exit 1; }
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -c requirements-dev.lock pyproject.toml -o requirements.lock

clean: ## removes what can be made again: the environment and all caches (not var)
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@sh setup/environment.sh

ready: environment
	@$(WITH_LIBRARIES) $(BIN)/python setup/libraries.py
