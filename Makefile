# `make demo` and `make test` work on a fresh machine: each sets up what is missing first.
MINUTES ?= 60
DEMO := fixtures/media/real.mp4 fixtures/media/manipulated.mp4 fixtures/media/portrait.jpg fixtures/media/no-face.mp4

.PHONY: setup plugin credentials build everything runner demo test test-credentials test-integration test-browser test-runner lint fuzz bench bench-gpu package train test-train

setup: ## What is missing: Rust with its wasm target, ffmpeg, the face detector
	@.setup/setup.sh

# One crate type: with the library beside it, cargo would not optimise across crates.
plugin: setup ## The sandboxed module
	cargo rustc --profile plugin -p veritag-plugin --target wasm32-unknown-unknown --crate-type cdylib -- -C strip=symbols

credentials: setup ## The module that reads Content Credentials (C2PA), a workspace of its own; scans use it once it is there
	cd plugin/credentials && cargo build --locked --profile plugin --target wasm32-unknown-unknown --target-dir ../../target/credentials

# --workspace: its dependencies with the features that the tests use, so that `make test` builds none of them again.
build: plugin ## The product: veritag and the module that it runs
	cargo build --workspace --bin veritag

everything: plugin ## With veritag-lab and the tests
	cargo build --workspace --bins --tests

runner: build ## veritag-runner and ONNX Runtime; CUDA=1, WEBGPU=1 with its providers for GPUs
	@.setup/runner.sh
	cargo build --workspace --bin veritag-runner

demo: build ## Tags real media, with a report in target/demo.html
	target/debug/veritag scan --report target/demo.html $(DEMO)
	@echo "the report: target/demo.html"

test: everything
	@.setup/python.sh
	@.setup/exiftool.sh
	@.setup/runner.sh
	@.setup/postgres.sh
	cargo test --workspace --lib --bins --tests

test-credentials: everything credentials ## Content Credentials, by the real module
	cargo test --workspace --test credentials -- --include-ignored

test-integration: everything ## Uploads to real systems that tag themselves: SeaweedFS, Wagtail, Directus, @tus/server
	@.setup/integration.sh
	cargo test --workspace --test integration -- --ignored

test-browser: everything ## The review pages in a browser, and the API under Schemathesis
	@.setup/browser.sh
	cargo test --workspace --test browser -- --ignored

test-runner: everything ## Every fixture on a real Triton, and Triton's own client against our runner
	@.setup/runner.sh
	@.setup/triton.sh
	cargo test --workspace --test runner -- --ignored

lint: setup
	cargo fmt --all --check
	cargo fmt --all --check --manifest-path plugin/credentials/Cargo.toml
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p veritag-plugin --target wasm32-unknown-unknown --profile plugin -- -D warnings

fuzz: setup ## make fuzz MINUTES=60: hostile input for each parser of outside data, so long in all
	MINUTES=$(MINUTES) tests/fuzz.sh

bench: plugin ## Ratios against ONNX Runtime, native tract and a Python script, in one run
	tests/bench/run.sh

bench-gpu: plugin ## The runner's batch curve against ONNX Runtime and PyTorch on a GPU; PROVIDER=cpu tries it without one
	tests/bench/gpu.sh

package: plugin credentials ## dist/: runs anywhere with nothing beside it but ffmpeg
	cargo build --release -p veritag -p veritag-lab -p veritag-runner
	.setup/package.sh target/release/veritag dist

train: everything ## make train DATA=manifest.csv OUT=runs/first: crops, re-encoded copies, training, bundles; run again, it goes on
	.setup/train.sh "$(DATA)" "$(OUT)" $(OPTIONS)

test-train: ## What training rests on, on made-up crops
	@.setup/train-python.sh
	cd plugin/training && ../../target/train-python/bin/python -m pytest tests
