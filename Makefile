# make demo | test | lint | bench: each works on a fresh machine and creates .venv first.
# PIP_FLAGS, such as `--index-url URL` or `--find-links DIR`, is passed to pip: on Linux an unpinned torch can pull
# in gigabytes of CUDA. constraints.txt pins the versions that the tests use.
PYTHON ?= python3
VENV ?= .venv
PIP_FLAGS ?=
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -c constraints.txt
DEPS = $(VENV)/.installed
DEV_DEPS = $(VENV)/.installed-dev

.PHONY: demo test lint bench clean

$(DEPS): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[all]'
	touch $@

# Avalanche pulls in 79 packages, so it is not in `all`; only its strategies and their tests need it.
$(DEV_DEPS): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) -e '.[all,avalanche,dev]'
	touch $@ $(DEPS)

demo: $(DEPS)
	$(BIN)/rnngen fit corpus:python-docs --cell gru --time 2m --run runs/docs
	$(BIN)/rnngen generate runs/docs "The import statement" --length 400 --decoder sample -o temperature=0.8 -o top_p=0.95
	$(BIN)/rnngen generate runs/docs "The import statement" --length 400 --decoder constrained -o temperature=0.8 -o top_p=0.95
	$(BIN)/rnngen fit --cell gru --plugin ewc --time 2m --run runs/both
	$(BIN)/rnngen fit --domain music --time 1m --run runs/tunes
	$(BIN)/rnngen generate runs/tunes -n 2 --out runs/tunes/written
	$(BIN)/rnngen fit --domain handwriting --time 4m --run runs/hand
	$(BIN)/rnngen generate runs/hand "hello" -o bias=1.0 --out runs/hand/hello.svg
	$(BIN)/rnngen fit --domain series -o series.horizon=36 --time 30s --run runs/months
	$(BIN)/rnngen generate runs/months --out runs/months/forecast.csv

test: $(DEV_DEPS)
	$(BIN)/python -m pytest -n 2 --dist=worksteal

lint: $(DEV_DEPS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEV_DEPS)
	$(BIN)/python -m benchmarks all

clean:
	rm -rf $(VENV) build dist *.egg-info
