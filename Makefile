# Everything from nothing: `make demo` makes music, `make bench` times it, `make test` runs what CI runs,
# `make docs` builds the site. All set up .venv.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
BIN := .venv/bin
DEMO := demo
SONG := $(DEMO)/held_out_song/vocals.wav
export VOCAL ?= $(SONG)

.PHONY: demo music learning vocal bench docs test lint browser

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

# `make demo` accompanies a song that was never trained on, `make demo VOCAL=my_take.wav` your own recording: first with the
# bundled checkpoint, then with that of a short training run.
demo: music
	@$(MAKE) --no-print-directory learning

music: vocal .venv/installed $(SONG)
	@$(call accompany,,bundled_checkpoint)
	@echo "Now a short training run: some 6 minutes on two cores. If you stop it, make demo resumes it."

learning: .venv/installed $(DEMO)/training/model.safetensors
	@$(call accompany,--checkpoint $(DEMO)/training/model.safetensors,short_run)
	@echo "Learning: $(DEMO)/training/  loss_curve.png  mse_curve.png  curves.csv"

# $(call accompany,OPTIONS,FOLDER)
define accompany
name=$$(basename "$$VOCAL"); name=$${name%.*}; \
[ "$$VOCAL" != $(SONG) ] || name=held_out; \
out="$(DEMO)/music_$$name/$(2)"; \
$(BIN)/samuel-generate "$$VOCAL" $(1) --output "$$out" --plots --overwrite; \
cp "$$VOCAL" "$$out/vocal.$${VOCAL##*.}"; \
echo "Listen:   $$out/  vocal.$${VOCAL##*.}  accompaniment.wav  mix.wav"; \
echo "Look:     $$out/  spectrograms.png  sampling.png"
endef

vocal:
	@[ "$$VOCAL" = $(SONG) ] || [ -f "$$VOCAL" ] || \
	    { echo "VOCAL=$$VOCAL: no such file; check the path of the recording" >&2; exit 2; }

bench: .venv/installed
	$(BIN)/samuel-bench

docs: .venv/installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "The site is in site/index.html"

lint: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The tests of the page need Chromium, which root gets from Debian; without it they are skipped.
browser:
	@has_browser() { command -v chromium chromium-browser google-chrome > /dev/null; }; \
	quick="-o Acquire::Retries=0 -o Acquire::http::Timeout=10"; \
	install() { DEBIAN_FRONTEND=noninteractive timeout 600 apt-get $$quick install -y -qq chromium; }; \
	if ! has_browser && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    { install || { timeout 120 apt-get $$quick update -qq && install; }; } > /dev/null 2>&1 || true; fi; \
	has_browser || \
	    echo "No Chromium is installed, so the browser tests are skipped: apt-get install chromium"

test: lint browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2
