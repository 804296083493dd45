# `make` lists the targets. Each installs what it needs into .venv and is quick the second time.
.DEFAULT_GOAL := help
.PHONY: help fast-hashes demo demo-reset test test-quick check fix screenshots clean

# The targets start many programs: each would compile again all that it imports.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements.lock
	@echo "Installing into .venv (once)…"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps --editable .
	@touch $(READY)

demo: $(READY) ## The whole town on this machine, ready to be clicked
	@exec $(BIN)/python -m demo

demo-reset: ## Forget the demo's data
	@rm -rf "$${DEMO_DIR:-var/demo}"

test: $(READY) ## Every test (T=path for some)
	@$(BIN)/python tests/browser/install.py
	@$(BIN)/python tests/delivery/install_kannel.py
	@$(BIN)/python tests/real_clients/install.py
	@$(BIN)/python -m pytest -n auto --dist worksteal $(or $(T),tests)

test-quick: $(READY) ## The quick tests
	@$(BIN)/python -m pytest -n auto -m "not slow" $(or $(T),tests)

check: $(READY) ## Format, lint, types, floors, templates, dependencies, catalogue, generated files
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet templates clients demo
	@$(BIN)/deptry .
	@$(BIN)/python tests/catalogue.py
	@$(BIN)/python tests/errors_page.py
	@$(BIN)/python -m idp settings | diff config.example.toml - || { echo "config.example.toml is not up to date: make fix"; exit 1; }
	@cmp static/idp.css clients/static/shared.css || { echo "clients/static/shared.css is not the provider's stylesheet: make fix"; exit 1; }
	@test $$(wc -c < static/idp.css) -lt 25000 || { echo "static/idp.css has 25 kB or more"; exit 1; }
	@! grep -nE '(^| )https?://' requirements.lock || { echo "requirements.lock holds an address"; exit 1; }

fix: $(READY) ## Format, mend what can be mended, write generated files
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/python -m idp settings > config.example.toml
	@cp static/idp.css clients/static/shared.css

lock: $(READY) ## Choose versions anew and write requirements.lock
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --upgrade -q pyproject.toml --group demo --group dev -o requirements.lock

screenshots: $(READY) ## Draw every page into var/screenshots, the login page into docs/ too
	@$(BIN)/python tests/browser/install.py
	@mkdir -p var/screenshots
	@SCREENSHOTS=var/screenshots $(BIN)/python -m pytest -n auto tests/pages
	@cp var/screenshots/connexion-franceconnect-1280-light.png docs/login.png

fast-hashes: $(READY) ## Build argon2 for this processor: a login costs half (needs a C compiler)
	@awk '/^argon2-cffi-bindings==/ {on=1} on {print} on && !/\\$$/ {exit}' requirements.lock > .venv/argon2.lock
	@CFLAGS="-O3 -march=native -mtune=generic" ARGON2_CFFI_USE_SSE2=1 VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-cache --require-hashes --no-deps --reinstall --no-binary argon2-cffi-bindings -r .venv/argon2.lock

bench: fast-hashes ## CPU cost of the hot path against node-oidc-provider (needs node and npm), then school files and letters
	@test -d benchmarks/peer/node_modules || benchmarks/peer/setup.sh
	@mkdir -p var && BENCH_LOG_DIR=var $(BIN)/python benchmarks/compare.py benchmarks/ours.toml benchmarks/peer/target.toml --goals benchmarks/goals.toml
	@$(BIN)/python benchmarks/imports.py
	@$(BIN)/python benchmarks/letters.py

clean: ## Remove what was installed and made
	@rm -rf .venv var .pytest_cache .mypy_cache .ruff_cache .hypothesis
