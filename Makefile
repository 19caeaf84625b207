# Everything from nothing: `make demo` makes music, `make test` runs what CI runs. Both set up .venv.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
BIN := .venv/bin
DEMO := demo
TAKE ?= $(DEMO)/song/vocals.wav

.PHONY: demo test lint clean

.venv/installed: pyproject.toml constraints.txt
	python3 -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[test]'
	touch $@

$(DEMO)/training/model.safetensors: | .venv/installed
	last=$(DEMO)/training/checkpoints/last.ckpt; \
	$(BIN)/samuel-train experiment=demo hydra.run.dir=$(DEMO)/training $$([ ! -f $$last ] || echo ckpt=$$last)

$(DEMO)/song/vocals.wav: | .venv/installed
	$(BIN)/python -m samuel_gen.corpus 1000003 --output $(DEMO)/song

# A song's or a take's own folder below demo/; it is made anew when the model or the take changed.
demo: .venv/installed $(DEMO)/training/model.safetensors $(DEMO)/song/vocals.wav
	$(BIN)/samuel-generate "$(TAKE)" --checkpoint $(DEMO)/training/model.safetensors \
	    --output "$(DEMO)/$(basename $(notdir $(TAKE)))" --plots --overwrite
	cp "$(TAKE)" "$(DEMO)/$(basename $(notdir $(TAKE)))/vocal$(suffix $(TAKE))"
	@echo "Listen:  $(DEMO)/$(basename $(notdir $(TAKE)))/  vocal$(suffix $(TAKE)), accompaniment.wav, mix.wav"
	@echo "Look at: $(DEMO)/$(basename $(notdir $(TAKE)))/  spectrograms.png, sampling.png"
	@echo "Curves:  $(DEMO)/training/  loss_curve.png, mse_curve.png, curves.csv"

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2

clean:
	rm -rf .venv $(DEMO)
