# Each target first installs the Debian packages that are missing.
SWIFT ?= swift
STRICT = -c release --explicit-target-dependency-import-check error
MCLC = .build/release/mclc
TEST = $(SWIFT) test $(STRICT) --disable-testable-imports

.PHONY: train build test try soak bench bench-flow bench-loader docs browser emulator format lint dependencies

train: build  ## the main job: synthesize videos, prepare their motion, train models/tiny.mcl on them
	@scripts/train-demo.sh $(MCLC)

dependencies:
	@scripts/install-dependencies.sh

build: dependencies  ## the command, and the library that model files are compiled against
	$(SWIFT) build $(STRICT) --product mclc
	$(SWIFT) build $(STRICT) --product MCLGraph

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Examples

browser:  ## what the tests look at reports with
	@command -v "$${MCL_BROWSER:-chromium}" >/dev/null || scripts/install-dependencies.sh chromium || echo "skipped: no Chromium to look at reports with"

emulator:  ## what the tests run ARM code with
	@scripts/install-dependencies.sh qemu-user-static binutils-aarch64-linux-gnu || echo "skipped: nothing to run ARM code with"

test: browser emulator lint build
	$(TEST)

try:  ## after an edit, in seconds: the test targets TESTS and the tests FILTER alone (docs/ADDING-AN-OP.md)
	MCL_TESTS=$(TESTS) $(SWIFT) test --scratch-path .build/try -Xswiftc -O --filter '$(FILTER)'

soak: browser emulator build  ## the long suites: speed of random convolutions (alone), more fuzzing, whole goldens, mutations
	MCL_SOAK=1 $(TEST) --skip RandomConvolutionSpeedTests
	MCL_SOAK=1 $(TEST) --filter RandomConvolutionSpeedTests
	@scripts/check-mutations.sh

bench: build  ## turns with PyTorch and OpenVINO (in a Python environment of its own, or PYTHON=...), then kernels alone
	@MCLC=$(MCLC) python3 Benchmarks/bench.py $(BENCH)
	$(MCLC) bench kernels

bench-flow: build  ## turns with OpenCV contrib's TV-L1 on the videos (and options) in BENCH, then the sweeps alone
	@MCLC=$(MCLC) python3 Benchmarks/flow.py $(BENCH)
	$(MCLC) bench flow

bench-loader: build  ## turns with PyAV or decord and torchvision on the videos (and options) in BENCH
	@MCLC=$(MCLC) python3 Benchmarks/loader.py $(BENCH)

docs: build  ## the libraries' documentation as archives in .build/docs
	@scripts/make-docs.sh

format: dependencies
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests Examples
