# Partner: `make help` lists what there is. Needs make, git and Python 3.10, 3.11 or 3.12.

PORT ?= 7860
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
# Two makes started side by side take turns at installing (this file itself is the lock; flock is not on every system).
LOCK := $(if $(shell command -v flock 2>/dev/null),flock Makefile,)

# Nothing leaves the machine while the page, the tests or the tools run: no model hub, no usage statistics.
export HF_HUB_OFFLINE := 1
export TRANSFORMERS_OFFLINE := 1
export HF_HUB_DISABLE_TELEMETRY := 1
export GRADIO_ANALYTICS_ENABLED := False
export DO_NOT_TRACK := 1

.PHONY: help run test lint format bench release
.DEFAULT_GOAL := help

help:
	@echo "make run          start the page on http://127.0.0.1:$(PORT) (another port: make run PORT=8000)"
	@echo "make test         run the tests (some of them: make test ARGS='tests/evaluation -x')"
	@echo "make lint         check style with ruff"
	@echo "make format       rewrite the code in ruff's style"
	@echo "make bench        measure speed and memory of the engine (options: make bench ARGS='--threads 1')"
	@echo "make release      train the student from data to weights, for hours (options: make release ARGS='--minutes 600')"
	@echo ""
	@echo "The first of them creates $(VENV) and installs what is needed; a chosen interpreter: make run PYTHON=/path/to/python3.11"

run: $(RUNTIME)
	@echo "Starting Partner on http://127.0.0.1:$(PORT) ..."
	@exec $(BIN)/python -m ui --port $(PORT)

test: $(DEV)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

lint: $(DEV)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: $(DEV)
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: $(RUNTIME)
	@$(BIN)/python -m evaluation benchmark $(ARGS)

release: $(DEV)
	@$(BIN)/python -m training release $(ARGS)

# The stamps are written after a complete install only, so an interrupted one is taken up again by the next make. Every
# install passes the whole list in one pip call: a later call on its own could replace the pinned torch by another build.
$(RUNTIME): requirements.txt $(BIN)/python
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(LOCK) $(BIN)/python -m ensurepip
	@$(LOCK) $(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@$(LOCK) $(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The check runs each candidate instead of trusting its name: a version manager's python3.12 may be an empty shim.
$(BIN)/python:
	@$(LOCK) sh -c '\
	test -x $(BIN)/python && exit 0; \
	for python in $(if $(PYTHON),"$(PYTHON)",python3 python3.12 python3.11 python3.10 python); do \
	  "$$python" -c "import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))" 2>/dev/null || continue; \
	  if "$$python" -c "import ensurepip, venv" 2>/dev/null; then \
	    echo "Creating $(VENV) with $$("$$python" --version)"; \
	    exec "$$python" -m venv --clear $(VENV); \
	  fi; \
	  lacking="$$lacking $$python"; \
	done; \
	if [ -n "$$lacking" ]; then \
	  echo "Python is here ($${lacking# }) but cannot create virtual environments: install its venv module" >&2; \
	  echo "(Debian and Ubuntu: sudo apt install python3-venv), then run make again." >&2; \
	else \
	  echo "No Python 3.10, 3.11 or 3.12 found: install one, or name it: make run PYTHON=/path/to/python3.11" >&2; \
	fi; \
	exit 1'
