# `make demo` and `make test` need Python 3.11 or newer and build everything else themselves.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint env env-test clean docs accuracy speed scale-bench moments-bench synchrony-bench voice-bench review-bench torture bad-media sbom dist

demo: env
	$(BIN)/cuetrack demo --out sample_media

test: env-test lint
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup

lint: env-test
	$(BIN)/ruff check --quiet src tests benchmarks tools notebooks
	$(BIN)/ruff format --check --quiet src tests benchmarks tools notebooks
	$(BIN)/mypy
	$(BIN)/lint-imports

env:
	$(PYTHON) tools/setup.py --extra simulate

env-test:
	$(PYTHON) tools/setup.py --extra test

docs: env-test
	mkdir -p .cache/notebooks
	cp notebooks/*.ipynb .cache/notebooks
	cd .cache/notebooks && PLOTLY_RENDERER=notebook ../../$(BIN)/jupyter nbconvert --execute --to html --log-level WARN \
		--HTMLExporter.mathjax_url= --HTMLExporter.require_js_url= *.ipynb
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

accuracy: env-test
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/fairness.py

speed: env-test
	$(BIN)/python benchmarks/speed.py

scale-bench: env-test
	$(BIN)/python benchmarks/scale.py

moments-bench: env-test
	$(BIN)/python benchmarks/moments.py
	$(BIN)/python benchmarks/moments_rendered.py .cache/moments-rendered

synchrony-bench: env-test
	$(BIN)/python benchmarks/synchrony_speed.py

voice-bench: env-test
	$(BIN)/python benchmarks/voice_accuracy.py

review-bench: env-test
	$(BIN)/python benchmarks/review_timeline.py

torture: env-test
	$(BIN)/python benchmarks/torture.py

bad-media: env-test
	$(BIN)/python benchmarks/bad_media.py

sbom: env
	$(BIN)/python tools/sbom.py dist/cuetrack.cdx.json

dist: sbom
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .
	$(BIN)/python tools/wheel_holds.py dist

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
