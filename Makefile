# Everything from nothing: `make demo` makes music, `make bench` times it, `make test` runs what CI runs. All set up .venv.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
BIN := .venv/bin
DEMO := demo
SONG := $(DEMO)/held_out_song/vocals.wav
export TAKE ?= $(SONG)

.PHONY: demo music learning take bench test lint

.venv/installed: pyproject.toml constraints.txt
	python3 -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraint constraints.txt --editable '.[test]'
	touch $@

$(DEMO)/training/model.safetensors: | .venv/installed
	last=$(DEMO)/training/checkpoints/last.ckpt; \
	if [ -f $$last ]; then $(BIN)/samuel-train ckpt=$$last; \
	else $(BIN)/samuel-train experiment=demo data.root=$(DEMO)/data hydra.run.dir=$(DEMO)/training; fi

$(SONG): | .venv/installed
	$(BIN)/python -m samuel_gen.corpus 1000003 --output $(DEMO)/held_out_song

# `make demo` accompanies a song that was never trained on, `make demo TAKE=my_take.wav` your own recording: first with the
# weights in the package, then with those of a short training run.
demo: music
	@$(MAKE) --no-print-directory learning

music: take .venv/installed $(SONG)
	@$(call accompany,,by_the_package)
	@echo "Now a short training run: some 6 minutes on two cores. Stopped at any moment, make demo goes on with it."

learning: .venv/installed $(DEMO)/training/model.safetensors
	@$(call accompany,--checkpoint $(DEMO)/training/model.safetensors,by_the_short_run)
	@echo "Learning: $(DEMO)/training/  loss_curve.png  mse_curve.png  curves.csv"

# $(call accompany,OPTIONS,FOLDER)
define accompany
name=$$(basename "$$TAKE"); name=$${name%.*}; \
[ "$$TAKE" != $(SONG) ] || name=held_out; \
out="$(DEMO)/music_$$name/$(2)"; \
$(BIN)/samuel-generate "$$TAKE" $(1) --output "$$out" --plots --overwrite; \
cp "$$TAKE" "$$out/vocal.$${TAKE##*.}"; \
echo "Listen:   $$out/  vocal.$${TAKE##*.}  accompaniment.wav  mix.wav"; \
echo "Look:     $$out/  spectrograms.png  sampling.png"
endef

take:
	@[ "$$TAKE" = $(SONG) ] || [ -f "$$TAKE" ] || \
	    { echo "TAKE=$$TAKE: no such file; expected a sung recording; check the path" >&2; exit 2; }

bench: .venv/installed
	$(BIN)/samuel-bench

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2
