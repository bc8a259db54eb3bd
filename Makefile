# Commands for a new clone: `make demo`, `make test`, `make test-backends`. All build their own .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests keras_ranksim
# One process more than cores: some tests wait for others. Examples, many and small, come last.
PROCESSES := $(shell $(PYTHON) -c "import os; print(min(4, os.cpu_count() + 1))")
PARALLEL := -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-backends docs lint wheel clean

demo: $(VENV)/ready
	$(BIN)/python examples/portraits.py

test: lint $(VENV)/ready
	$(BIN)/python -m pytest $(PARALLEL) $(TESTS)

# The rooms that need no TensorFlow, on JAX and PyTorch.
test-backends: $(VENV)/backends
	KERAS_BACKEND=jax $(BIN)/python -m pytest $(PARALLEL) tests
	KERAS_BACKEND=torch $(BIN)/python -m pytest $(PARALLEL) tests

# The documentation as a site, in site/. Warnings are errors.
docs: $(VENV)/docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

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

$(VENV)/backends: $(VENV)/ready requirements-backends.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-backends.txt
	touch $@

$(VENV)/docs: $(VENV)/ready requirements-docs.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	touch $@

clean:
	rm -rf $(VENV) build dist site *.egg-info
