# make docs: pages and API as a site in build/docs.
# make test-fast: the tests that take no time, for the inner loop; make test-oldest: these, with the oldest packages that
# pyproject.toml allows.
# make fuzz: hostile input for SECONDS, drawn by SEED.
# make demo: install what it needs, then track a rendered sequence; make test: install, then lint, types and tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO := $(VENV)/.demo
TYPES := build/types/cfvgg_plugin

OLDEST := build/oldest

.PHONY: install demo docs test test-fast test-oldest lint types pytest fuzz clean

install: $(STAMP)

$(STAMP): pyproject.toml setup.py constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $@

demo: $(DEMO)
	$(BIN)/cfvgg demo --out demo-output

# What the demo needs and no more, where nothing is installed yet.
$(DEMO): pyproject.toml constraints.txt
	test -f $(STAMP) || $(PYTHON) -m venv $(VENV)
	test -f $(STAMP) || $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[demo]"
	touch $@

# The pages and the API as a site in build/docs; a broken link or an unknown name is an error.
docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

test: lint types pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# mypy knows nothing of setuptools' package-dir mapping: show it the package as it is when installed.
types: install
	rm -rf build/types && mkdir -p $(TYPES)
	ln -s $(CURDIR)/cfvgg_plugin/* $(CURDIR)/trackers $(CURDIR)/parameters $(CURDIR)/integration $(TYPES)/
	cd build/types && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml -p cfvgg_plugin

# The inner loop: all but what tests/slow.txt names.
test-fast: install
	$(BIN)/python -m pytest -n auto -m "not slow"

# TORCH: 2.2.0 is the oldest, and brings gigabytes of CUDA where the index has no CPU build of it.
TORCH ?= $(shell sed -n 's/^torch==//p' constraints.txt)

test-oldest: $(OLDEST)/.installed-$(TORCH)
	$(OLDEST)/bin/python -m pytest -n auto -m "not slow"

$(OLDEST)/.installed-$(TORCH): pyproject.toml setup.py oldest.txt
	$(PYTHON) -m venv --clear $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check -c oldest.txt -e ".[test]" torch==$(TORCH)
	touch $@

pytest: install
	$(BIN)/python -m pytest -n auto --dist worksteal

SECONDS ?= 600
SEED ?= 0

fuzz: install
	$(BIN)/python -W ignore -m tests.fuzz --seconds $(SECONDS) --seed $(SEED) --out fuzz-failures

clean:
	rm -rf $(VENV) build dist demo-output fuzz-failures *.egg-info
