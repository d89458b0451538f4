# Everything sets itself up: `make run` and `make test` work from a fresh clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test quick lint audit format bench faithful fuzz soak platforms pythons messages clean

run: $(VENV)/installed $(VENV)/fetch-tried $(VENV)/prepared
	@echo "Limelight opens in your browser, at http://localhost:8501 unless that is taken."
	$(BIN)/streamlit run dashboard.py

test: $(VENV)/tests-installed lint audit
	$(BIN)/python tests/browser/ensure_browser.py
	$(BIN)/python -m pytest -n 2 --dist loadfile

quick: $(VENV)/tests-installed
	$(BIN)/python -m pytest -m "not slow and not browser" -n 2 --dist loadfile

lint: $(VENV)/tests-installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive explainer dashboard.py

# What is known to be vulnerable among what is installed.
audit: $(VENV)/tests-installed
	$(BIN)/python tests/audit.py

format: $(VENV)/tests-installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/tests-installed
	$(BIN)/python -m tests.benchmarks

# Heat maps of this project and others, put to the same tests; takes an hour, and goes on where it stopped.
faithful: $(VENV)/tests-installed
	$(BIN)/python -m tests.benchmarks --parts faithful

# Thousands of damaged and hostile files.
fuzz: $(VENV)/tests-installed
	$(BIN)/python -m tests.fuzz

# Eight people on the page at once, for three minutes.
soak: $(VENV)/tests-installed
	$(BIN)/python tests/browser/ensure_browser.py
	$(BIN)/python -m tests.load

# Whether requirements.txt can be installed elsewhere; asks the package index.
platforms: $(VENV)/tests-installed
	$(BIN)/python tests/platforms.py

# The main job and the everyday tests on each supported Python of this machine, or on some: PYTHONS="3.10 3.13".
pythons:
	$(PYTHON) -m tests.pythons $(PYTHONS)

# Brings the words to translate up to date; what is new has an empty msgstr then.
messages: $(VENV)/tests-installed
	mkdir -p build
	$(BIN)/python -m babel.messages.frontend --quiet extract --mapping-file pyproject.toml \
		--keyword "ExplainerError ArgumentError ClassifierError ClassifierFailedError ClassifierNote PhotoError PhotoNote ServerError WeightsError" \
		--add-location file --width 110 --project Limelight --output build/limelight.pot \
		explainer dashboard.py
	$(BIN)/python -m babel.messages.frontend --quiet update --domain limelight --input-file build/limelight.pot \
		--output-dir explainer/words/locale --locale ja --init-missing --no-fuzzy-matching --ignore-obsolete \
		--ignore-pot-creation-date --width 110

clean:
	rm -rf $(VENV) build

$(VENV)/bin/python:
	@$(PYTHON) -c "import sys; v = sys.version_info[:2]; (3, 10) <= v <= (3, 13) or sys.exit('Limelight needs \
	Python 3.10 to 3.13, which TensorFlow has releases for, and this is %d.%d: add PYTHON=python3.13, or the \
	like, to the command.' % v)"
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

# Once, for without a network each try may take seconds.
$(VENV)/fetch-tried: | $(VENV)/installed
	$(BIN)/python -m explainer fetch inception-v3 || true
	touch $@

# So that the first photo need not wait for it; should it fail, the page does it.
$(VENV)/prepared: $(VENV)/installed | $(VENV)/fetch-tried
	$(BIN)/python -m explainer prepare || true
	touch $@

$(VENV)/tests-installed: tests/requirements.txt $(VENV)/installed
	$(BIN)/python -m pip install --quiet -r tests/requirements.txt
	touch $@
