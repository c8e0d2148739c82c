# The tasks of this project. `make run` and `make test` are all that a newcomer needs.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
KEY := .recount/master-key
SAMPLE := tests/data/cdnow/cdnow.toml tests/data/cdnow/CDNOW_sample.txt

run up: export RECOUNT_MASTER_KEY_FILE ?= $(KEY)

.PHONY: setup run up test check bench bench-quick chaos lock

setup: $(READY)  ## the environment, from the lock file

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "Python 3.11 or newer is needed"'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

$(KEY):
	@mkdir -p $(@D) && umask 077 && $(PYTHON) -c 'import secrets; print(secrets.token_hex(32))' > $@

run: setup $(KEY)  ## the embedded deployment, with a sample of real purchases
	@$(BIN)/recount serve --load $(SAMPLE)

up: setup $(KEY)  ## the distributed deployment on this machine: PostgreSQL, Kafka, 2 API workers, 2 relays, 2 projectors
	@$(BIN)/recount up --load $(SAMPLE)

check: setup  ## style, types and the rules for imports between folders
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup  ## all tests, with a real PostgreSQL and a real Apache Kafka
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

bench: setup  ## benchmark figures, next to those of the peers in tests/benchmarks
	$(BIN)/python -m tests.benchmarks

bench-quick: setup  ## check in three minutes that no figure is worse than in docs/benchmarks.json
	$(BIN)/python -m tests.benchmarks.quick

ROUNDS ?= 1000
chaos: setup  ## rounds of killed and frozen processes and servers: make chaos ROUNDS=5000
	$(BIN)/python -m tests.faults.chaos --rounds $(ROUNDS)

lock:  ## resolve the lock file again (needs uv)
	uv pip compile --universal --generate-hashes --all-extras --python-version 3.11 \
	    --no-emit-index-url --no-header --output-file requirements.lock pyproject.toml
