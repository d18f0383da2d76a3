# Every target first brings the virtual environment up to date; a step whose inputs did not change is skipped.
# A Python of your choice: make run PYTHON=python3.12 · More arguments: make run ARGS="--port 8080"
.DEFAULT_GOAL := help
.PHONY: help install run test lint bench soak screenshots

ARGS ?=
FOUND_PYTHON := $(shell for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11 python3.14; do \
	$$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$candidate && break; \
	done)
ifeq ($(FOUND_PYTHON),)
BOOTSTRAP = @echo 'Trellis needs Python 3.11 or newer and none was found: install one (Debian/Ubuntu: apt install python3.11 python3.11-venv; macOS: brew install python@3.12), or name it with PYTHON=/path/to/python.' >&2; exit 1; :
else
BOOTSTRAP = @exec $(FOUND_PYTHON) -m modules.ops.bootstrap
endif

help:
	@echo 'make install  virtual environment, packages, front-end assets and translations'
	@echo 'make run      install, then start Trellis with its demonstration records'
	@echo 'make test     install with the test tools, then the whole test suite'
	@echo 'make lint     ruff and mypy'
	@echo 'make bench    every measurement in bench/'
	@echo 'make soak     the long runs'
	@echo 'make screenshots  the pictures of the README and of every page, taken of a throw-away demonstration'

install run test lint bench soak screenshots:
	$(BOOTSTRAP) $@ $(ARGS)
