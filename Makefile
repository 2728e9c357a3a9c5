# The two commands are `make run` and `make test`; `make help` lists the rest.
# ARGS is handed on: make run ARGS="--game.port 8000", make test ARGS="tests/world -x".

PYTHON ?= python3
BOTS ?= 50
# How many processes share the tests out (tests/workers.py); 0 is none but pytest itself.
WORKERS ?= 2
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PAGE := client/city/dist/index.html
# Nothing but the page in the browser takes Node.
NODE := node -e 'process.exit(+(process.versions.node.split(".")[0] < 20))' 2>/dev/null
NO_NODE := "Node 20 or newer is needed for the page in the browser: https://nodejs.org/en/download, or your system's packages"
PEERS := build/peers
PEERS_READY := $(PEERS)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup run test client wire screenshots bench regression bench-peers chaos soak lock clean

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)$$/make \1\t\2/p' $(MAKEFILE_LIST)

setup: $(READY) ## build .venv from requirements.lock, every download checked by its hash

# Built again when what it is built from changes; an interrupted build leaves no stamp and is repeated.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not; name one with: make $(or $(MAKECMDGOALS),setup) PYTHON=python3.12" >&2; \
		exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# The loops of world/compiled.py are compiled by whoever first imports them: here, not while somebody waits for a city.
	$(BIN)/python -c 'import server.city'
	@touch $@

# A city without its page is still a city: what is missing is said in a line, and it opens.
# exec: the city takes the shell's place, so that signals reach it and its exit status is the recipe's.
run: setup ## start the city with demo bots (BOTS=50)
	@if $(NODE); then $(MAKE) --no-print-directory $(PAGE) || echo "the page in the browser could not be built" >&2; \
		else echo $(NO_NODE) >&2; fi
	@exec $(BIN)/futurecity serve --bots $(BOTS) $(ARGS)

# A page that was built before is tried with the rest, so it has to be of these sources.
test: setup ## format, lint, types, the law of the rooms and all tests (WORKERS=0: in one process)
	@if [ -e $(PAGE) ] && $(NODE); then $(MAKE) --no-print-directory $(PAGE); fi
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest --numprocesses $(WORKERS) $(ARGS)

client: ## build the TypeScript client and the page in the browser; needs Node 20 or newer and nothing else
	@$(NODE) || { echo $(NO_NODE) >&2; exit 1; }
	cd client && npm ci && npm run build

# Built again when what it is built from changes.
$(PAGE): $(shell find client -name node_modules -prune -o -name dist -prune -o -name test -prune -o -name screenshots -prune -o -type f -print)
	@$(MAKE) --no-print-directory client
	@touch $@

wire: setup ## write the TypeScript types from the Python schemas
	$(BIN)/python -m tests.client

screenshots: setup $(PAGE) ## take the pictures of the README in real cities with real crowds (ARGS=plaza for some of them)
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

bench: setup ## time a tick without sockets, and the city's sends as a multiple of the floor: twenty minutes
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.floor_ratio

regression: setup ## fail if a bench without sockets is slower than its baseline by over 15 % (ARGS=--record for a new one)
	$(BIN)/python -m tests.bench.check $(ARGS)

bench-peers: setup $(PEERS_READY) ## bring the same crowd to other servers, to the knee of each (needs npm; ARGS=--quick)
	$(BIN)/python -m loadtest.peers $(ARGS)

# In directories of their own, so that no peer is ever a dependency of the project.
$(PEERS_READY): loadtest/peers/colyseus/package-lock.json loadtest/peers/python/requirements.lock
	@command -v npm > /dev/null || { echo "npm is needed to install Colyseus, and there is none; install Node 20 or newer" >&2; exit 1; }
	mkdir -p $(PEERS)/colyseus
	cp $(addprefix loadtest/peers/colyseus/,package.json package-lock.json .npmrc) $(PEERS)/colyseus
	npm ci --prefix $(PEERS)/colyseus --ignore-scripts --no-audit --no-fund
	$(PYTHON) -m venv $(PEERS)/python
	$(PEERS)/python/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement loadtest/peers/python/requirements.lock
	@touch $@

chaos: setup ## kill a running city 25 times and audit its books each time, then tell another a million lies
	$(BIN)/python -m tests.chaos $(ARGS)

soak: setup ## let 500 bots stroll for half an hour, and see that nothing is left behind
	$(BIN)/python -m tests.soak $(ARGS)

# In a virtual environment of its own: the tool that resolves is not part of what it resolves.
lock: ## resolve pyproject.toml into requirements.lock, for every platform (ARGS=--upgrade for newer versions)
	$(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	build/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" --extra dev --output-file requirements.lock $(ARGS) pyproject.toml
	build/lock/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
		--custom-compile-command "make lock" --output-file loadtest/peers/python/requirements.lock $(ARGS) \
		loadtest/peers/python/requirements.in

clean: ## remove everything that is built, and the books of cities that were run here
	rm -rf $(VENV) build data client/node_modules client/*/dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
