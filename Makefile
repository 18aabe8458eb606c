# make demo   set up and compute the 2011 Tohoku tsunami, with figures
# make test   set up and pass lint, types and tests
PYTHON ?= python3
BIN := .venv/bin
RANKS ?= 2
WORKERS ?= 2

.PHONY: demo test bench clean

demo: .venv/demo
	$(BIN)/mpirun -n $(RANKS) $(BIN)/esim-run configs/tohoku2011.yaml --set output.overwrite=true
	$(BIN)/esim plot out/tohoku2011

test: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p esim
	$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

bench: .venv/demo
	$(BIN)/esim bench

.venv/bin/pip:
	$(PYTHON) -m venv .venv

# The stamps tell which sets of packages are installed.
.venv/demo: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[mpi,analysis,seismology]'
	touch $@

.venv/test: .venv/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --editable '.[mpi,dev]'
	touch $@ .venv/demo

clean:
	rm -rf .venv out
