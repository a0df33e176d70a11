# Every target says in one line what it is for; `make help` prints them.
.DEFAULT_GOAL := help
BIN := .venv/bin
URL ?= http://127.0.0.1:8080
DOSSIERS ?= 300
SEED ?= 1
DRILLS ?= 1
REHEARSAL ?=
export PYTHON

.PHONY: help setup run demo cluster drill test journeys check fuzz format bench bench-cluster schemas law lint-registry lock clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: ## Bring .venv to the locked state; does nothing when it is there already
	@deploy/setup.sh

run: setup ## Set up, start everything on an empty store, play some weeks of dossiers, and stay up
	@$(BIN)/lienthong up

demo: setup ## Play dossiers against a running rehearsal server: make demo URL=… DOSSIERS=300 SEED=1
	@$(BIN)/lienthong demo --url $(URL) --dossiers $(DOSSIERS) --seed $(SEED)

cluster: setup ## Start three Kafka brokers, PostgreSQL and each service as a process, and stay up; REHEARSAL=1 to play on it
	@LIENTHONG_REHEARSAL=$(REHEARSAL) deploy/native/cluster.sh run

drill: setup ## Break a cluster of its own under load, prove that nothing was lost or doubled: make drill SEED=1 DRILLS=1
	@$(BIN)/python -m tests.drill --seed $(SEED) --drills $(DRILLS)

test: setup ## Run every test: browser, killed servers, real Kafka and PostgreSQL; the services' own once more over PostgreSQL, some over a cluster
	@deploy/chromium.sh
	@deploy/native/kafka.sh install
	@deploy/native/postgres.sh install
	@$(BIN)/pytest -n 2
	@LIENTHONG_TEST_STORE=postgres $(BIN)/pytest -n 2 $(OVER_POSTGRES)
	@LIENTHONG_TEST_JOURNEYS=cluster $(BIN)/pytest -n 0 $(OVER_A_CLUSTER)

journeys: setup ## Tell every story of the journeys over a cluster of processes, Kafka and PostgreSQL
	@LIENTHONG_TEST_JOURNEYS=cluster $(BIN)/pytest -n 0 tests/journeys --deselect tests/journeys/test_on_postgres.py \
	  --deselect tests/journeys/test_rebuilding_apart.py

check: setup ## Format, lint, types, imports and the fast tests; under a minute
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/pytest -n 2 -m "not slow"

# What is run a second time with PostgreSQL in the place of SQLite; nothing else differs.
OVER_POSTGRES := tests/intake tests/routing tests/payments tests/postal tests/reporting tests/journeys

# Stories that are told a third time, over a whole cluster; `make journeys` tells them all there.
OVER_A_CLUSTER := \
  tests/journeys/test_birth.py::test_what_needs_only_the_registration_runs_side_by_side \
  tests/journeys/test_by_post.py::test_a_first_delivery_fails_and_the_second_succeeds \
  tests/journeys/test_karaoke.py::test_the_three_certificates_are_decided_in_sequence_and_handed_out_online \
  tests/journeys/test_money.py::test_what_was_paid_twice_is_owed_back_and_paid_back

EXAMPLES ?= 300
FUZZ_SEED = $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')

fuzz: setup ## Send strange things to every door, many and from a fresh seed: make fuzz EXAMPLES=300 FUZZ_SEED=…
	@LIENTHONG_FUZZ_EXAMPLES=$(EXAMPLES) LIENTHONG_FUZZ_SEED=$(FUZZ_SEED) $(BIN)/pytest -n 2 tests/fuzz

format: setup ## Write the code as `make check` wants it
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format --quiet

bench: setup ## Measure dossiers per second, events per second, latency, memory and size
	@$(BIN)/python -m bench

bench-cluster: setup ## Measure from a command to its effect in another service, over one broker and over three
	@$(BIN)/python -m bench.cluster

schemas: setup ## Write schemas/ anew from the code
	@$(BIN)/lienthong schemas write

law: setup ## Write which articles and files cite each law of docs/law.md, and say what is missing there
	@$(BIN)/python -m tests.architecture.citations --write

lint-registry: setup ## Name every mistake in registry/ with its file and line
	@$(BIN)/lienthong registry lint

# The locks name packages, versions and hashes, and no place to get them from.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command 'make lock'

lock: ## Write the locks anew from requirements*.in (needs uv)
	@PATH="$(CURDIR)/$(BIN):$$PATH"; $(LOCK) requirements.in -o requirements.txt
	@PATH="$(CURDIR)/$(BIN):$$PATH"; $(LOCK) requirements-dev.in -o requirements-dev.txt

clean: ## Remove what tools left behind; .venv and stored data stay
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info
	@find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
