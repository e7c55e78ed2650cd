# make demo   the whole job on the sample knee: results in demo-output/, and the viewer where there is a screen
# make test   lint, types, manifest, documentation and tests, as continuous integration runs them
# make clean  forget environments and results
#
# Both prepare .venv by themselves and are quick the second time. Choose the interpreter with PYTHON=..., and where torch
# comes from with TORCH_FROM=..., for example (the build without CUDA, a tenth of the download):
#   make demo TORCH_FROM="--index-url https://download.pytorch.org/whl/cpu"

PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3))
TORCH_FROM ?=
PIP := .venv/bin/python -m pip install --disable-pip-version-check --quiet --prefer-binary -c constraints.txt

.PHONY: demo test clean libraries
.DELETE_ON_ERROR:

demo: .venv/.house libraries
	@.venv/bin/napari-mrsr demo --out demo-output

test: .venv/.tox
	@tools/system-libraries tests
	@.venv/bin/tox run -e all

libraries:
	@tools/system-libraries

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv .venv

# torch by itself and first: left to choose, pip takes the newest build with gigabytes of CUDA.
.venv/.house: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing into .venv (a few minutes the first time)"
	$(PIP) $(TORCH_FROM) torch==2.13.0
	$(PIP) -e ".[all]"
	@touch $@

.venv/.tox: constraints.txt | .venv/bin/python
	$(PIP) tox
	@touch $@

clean:
	rm -rf .venv .tox demo-output docs/_build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
