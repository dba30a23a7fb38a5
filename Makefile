# Everything a person or CI does here. `make help` lists it.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Machines that keep wheels of their own (such as torch's CPU build) name them to pip; uv is told the same.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.PHONY: demo
demo: .venv/ready ## Set up, start the suite, load the demonstration catalogue, show sample searches
	@$(BIN)/triptych demo

.PHONY: up
up: .venv/ready ## Start the local suite: Milvus, Triton, four services, gateway
	@$(BIN)/triptych up

.PHONY: down
down: .venv/ready ## Stop the local suite
	@$(BIN)/triptych down

.PHONY: test
test: .venv/ready check checkov ## Set up, then check and test everything
	@$(BIN)/pytest

.PHONY: test-unit
test-unit: .venv/ready ## The quick tests: no server is started, nothing is trained for long
	@$(BIN)/pytest tests/unit -m "not slow"

.PHONY: test-integration
test-integration: .venv/ready ## Each room against the real Milvus and the real Triton
	@$(BIN)/pytest tests/integration

.PHONY: test-e2e
test-e2e: .venv/ready ## The whole suite, from a client's point of view
	@$(BIN)/pytest tests/e2e

.PHONY: soak
soak: .venv/ready ## Write and search while parts are killed, thirty times; TRIPTYCH_SOAK_KILLS and _SEED for more
	@TRIPTYCH_SOAK_KILLS=$${TRIPTYCH_SOAK_KILLS:-30} $(BIN)/pytest -s tests/e2e/test_soak.py

.PHONY: checkov
checkov: .venv/ready ## Get checkov, which judges the manifests, a place of its own; without a network it is done without
	@test -x var/checkov-venv/bin/checkov || { \
		$(BIN)/uv venv --quiet --clear --python $(BIN)/python var/checkov-venv \
		&& $(BIN)/uv pip install --quiet --python var/checkov-venv/bin/python checkov==3.3.30; } \
		|| { rm -rf var/checkov-venv; echo "checkov cannot be had here: the manifests are tested without it"; }

.PHONY: images
images: .venv/ready ## Build every image with buildah, start each, and search through all of them (root; buildah, debootstrap)
	@TRIPTYCH_IMAGES=all $(BIN)/pytest tests/integration/images
.PHONY: fuzz
fuzz: .venv/ready ## 20,000 random and mutated requests over every RPC; TRIPTYCH_FUZZ_REQUESTS and _SEED for others
	@TRIPTYCH_FUZZ_REQUESTS=$${TRIPTYCH_FUZZ_REQUESTS:-20000} $(BIN)/pytest -s tests/integration/fuzz

.PHONY: check
check: .venv/ready ## Style, types, import contracts, stubs, schema
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/codespell
	@$(BIN)/python scripts/protos.py --check
	@scripts/buf.sh

.PHONY: audit
audit: .venv/ready ## Compare the lock with published advisories; needs a network, so that it is no part of check
	@$(BIN)/uv tool run --quiet "pip-audit==2.10.1" --requirement requirements.lock --no-deps --disable-pip --strict --progress-spinner off

.PHONY: format
format: .venv/ready ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: protos
protos: .venv/ready ## Generate the stubs from protos/
	@$(BIN)/python scripts/protos.py

.PHONY: train-demo
train-demo: .venv/ready ## Train the demonstration pack again (about an hour on two cores)
	@$(BIN)/python -m training.train_demo
	@$(BIN)/python -m training.export
	@$(BIN)/python -m training.describe.demo
	@$(BIN)/python -m training.speech.demo write triton/model_repository
	@$(BIN)/python -m training.ranking.train_demo
	@$(BIN)/python -m training.packs.seal triton/model_repository

.PHONY: quality
quality: .venv/ready ## Measure the demonstration pack through the running suite
	@$(BIN)/triptych demo --limit 1 > /dev/null
	@$(BIN)/python -m bench.quality

.PHONY: bench
bench: .venv/ready ## Measure latency and throughput beside their floor
	@TRIPTYCH_ENCODER_REMEMBERED_BYTES_MAX=0 TRIPTYCH_GATEWAY_SEARCHES_AT_ONCE_MIN=64 $(BIN)/triptych demo --limit 1 > /dev/null
	@$(BIN)/python -m bench.latency

.PHONY: lock
lock: .venv/ready ## Resolve requirements.lock again
	@$(BIN)/uv pip compile pyproject.toml --python $(BIN)/python --all-extras --group dev --no-header \
		--no-emit-index-url --no-emit-find-links --no-annotate --quiet --upgrade-package torch --output-file requirements.lock
	@sed -i -E 's/^(torch==[0-9.]+)\+cpu$$/\1/' requirements.lock

.PHONY: clean
clean: ## Remove the environment and the suite's state
	@rm -rf .venv var bench/out node_modules

.venv/ready: requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; assert sys.version_info[:2] == (3, 11), "Python 3.11 is needed: make PYTHON=/path/to/python3.11 …"'
	@test -x $(BIN)/python || "$(PYTHON)" -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check "uv==$$(sed -nE 's/^uv==//p' requirements.lock)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
