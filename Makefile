# Two commands for a new clone: `make demo` and `make test`. Both build their own .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests keras_ranksim

.PHONY: demo test lint wheel clean

demo: $(VENV)/ready
	$(BIN)/python examples/portraits.py

test: lint $(VENV)/ready
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(TESTS)

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

wheel: $(VENV)/ready
	$(BIN)/python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist .

$(VENV)/ready: requirements.txt setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
