# make demo   set up and compute the 2011 Tohoku tsunami, with figures and a page for browsers
# make test   set up and pass lint, types and the quick tests: every backend, both engines, in minutes
# make test-all   the same, then all other tests but the variants of some
# make test-thorough   those variants: other precisions, orders and models
# make test-faults   kill, stop and disturb runs in 110 ways, resume them, and write validation/results/faults.md; 15 min
# make test-slurm   install Slurm and run jobs on it, as root on Debian or Ubuntu; elsewhere it says why it does not
# make docs   set up and build the manual, docs/_build/html/index.html
# make gpu-compile   set up and compile every CUDA kernel; needs no GPU
# make gpu-check     set up and check everything on this GPU: results, repeatability, speed; writes a report
# make gpu-wheels    fetch into wheels/ what gpu-check needs, for a machine without a package registry: there, in a
#                    checkout that has this folder, with the same Python: make gpu-check WHEELS=wheels
PYTHON ?= python3
BIN := .venv/bin
RANKS ?= 2
WORKERS ?= 2
# Tests with these marks are left out of the quick ones, unless they are marked quick.
SLOW := compile or long or simulator or mpi or cases or packaging or slurm or thorough
# Options of the faults, such as "--seed 7 --count 300 --workers 4"; see --help.
FAULTS ?=
# Options of esim gpu check, such as "--minutes 9 --only kernels,speed".
CHECK ?=
# Folder of wheels to install from, in place of a package registry.
WHEELS ?=
PYTEST = $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal
OFFLINE = --no-index --find-links $(WHEELS)

.PHONY: demo test test-all test-thorough test-faults test-slurm docs bench gpu-compile gpu-check gpu-wheels clean

demo: .venv/demo
	$(BIN)/mpirun -n $(RANKS) $(BIN)/esim-run configs/tohoku2011.yaml --set output.overwrite=true
	$(BIN)/esim plot out/tohoku2011
	$(BIN)/esim report out/tohoku2011

test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p esim
	$(BIN)/lint-imports
	PYTHONPATH=tests $(BIN)/python -m support.precompile $(WORKERS)
	$(PYTEST) -m "quick or not ($(SLOW))"

test-all: test
	$(PYTEST) -m "not quick and not slurm and not thorough and ($(SLOW))"

test-thorough: .venv/test
	$(PYTEST) -m thorough

test-slurm: .venv/test
	tests/support/install_slurm.sh
	$(BIN)/pytest -m slurm tests/jobs

test-faults: .venv/test
	$(BIN)/python -m esim.validation.faults $(FAULTS)

docs: .venv/docs
	$(BIN)/sphinx-build --builder html --fail-on-warning --keep-going --jobs auto --quiet docs docs/_build/html

bench: .venv/demo
	$(BIN)/esim bench

gpu-compile: .venv/cuda-compile
	$(BIN)/esim gpu compile

gpu-check: .venv/cuda
	$(BIN)/esim gpu check $(CHECK)

gpu-wheels: .venv/bin/pip
	$(BIN)/pip wheel --quiet --wheel-dir wheels '.[cuda,mpi]' 'setuptools>=77'

.venv/bin/pip:
	$(PYTHON) -m venv .venv

# The stamps tell which sets of packages are installed.
.venv/demo: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[mpi,report,seismology]'
	touch $@

.venv/test: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[mpi,dev]'
	touch $@ .venv/demo

.venv/docs: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[docs]'
	touch $@

.venv/cuda-compile: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[cuda-compile]'
	touch $@

.venv/cuda: .venv/bin/pip pyproject.toml
	$(if $(WHEELS),$(BIN)/pip install --quiet $(OFFLINE) 'setuptools>=77')
	$(BIN)/pip install --quiet $(if $(WHEELS),$(OFFLINE) --no-build-isolation) --editable '.[cuda,mpi]'
	touch $@

clean:
	rm -rf .venv out docs/_build docs/reference/made
