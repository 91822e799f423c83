# libactionclip: the shared library, the command, and what is done with them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# One place for the numbers: the header.
HEADER := include/actionclip.h
number = $(shell awk '/^.define/ && $$2 == "ACTIONCLIP_$(1)" { print $$3 }' $(HEADER))
VERSION := $(call number,VERSION_MAJOR).$(call number,VERSION_MINOR).$(call number,VERSION_PATCH)
ABI := $(call number,ABI_VERSION)

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
PCLIBDIR ?= $(LIBDIR)/pkgconfig
DESTDIR ?=
INSTALL ?= install

SWIFT ?= swift
# Package.swift leaves the command out of a plain `swift build`.
export ACTIONCLIP_WITH_COMMAND := 1
# A target may import only what Package.swift says it may: the rooms stay apart.
SWIFT_BUILD := $(SWIFT) build --quiet --explicit-target-dependency-import-check error
RELEASE := .build/release
# Foundation holds a function with a bad name that nothing here calls; the linker says so each time.
WITHOUT_NOISE := 2>&1 | { grep -v "the use of .mktemp' is dangerous" || true; }
RUNTIME := build/swift/libswiftCore.a
LIBRARY := build/lib/libactionclip.so.$(VERSION)
COMMAND := build/bin/actionclip
# Loaded without a path.
DEFAULT_MODEL := models/actionclip-shapes.safetensors

# FFmpeg's headers: the tests hold the layouts that are stated against them; building needs none. g++: the Swift runtime
# links libstdc++, and the C tests need a compiler. Swift's own list of packages has no g++.
DEBIAN_PACKAGES := libavformat-dev libavcodec-dev libavutil-dev libswscale-dev \
  g++ pkg-config binutils python3 python3-pip python3-venv

define need_swift
@command -v $(SWIFT) > /dev/null || { \
  echo '$@: Swift 6.3 is needed, on the path: https://www.swift.org/install/linux' >&2; exit 1; }
endef

# $(call step,what it is,target and variables): one step of `make test`.
step = @scripts/test_step.sh '$(1)' $(2)

.PHONY: help deps build library command install uninstall wheel deb test check test-swift test-kernels test-c test-faults \
  test-ffmpeg torture test-stream-rule test-archives test-colours test-x-clip test-families test-aarch64 test-abi test-bindings test-media test-python test-thread-sanitizer races test-batch test-fuzz fuzz bench bench-kernels bench-large bench-archive bench-streams bench-tune bench-index bench-dense soak demo clean

help: ## this table
	@printf 'libactionclip %s\n\n' '$(VERSION)'
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@printf '\nmake install takes PREFIX, LIBDIR, INCLUDEDIR, PCLIBDIR, BINDIR and DESTDIR.\n'

deps: ## install the Debian packages that are missing (nothing to do when none is)
	$(need_swift)
	@if ! command -v dpkg-query > /dev/null; then \
	  echo 'deps: not a Debian system; make sure it has the like of: $(DEBIAN_PACKAGES)'; exit 0; fi; \
	missing=; for package in $(DEBIAN_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2> /dev/null | grep -q 'ok installed' || missing+=" $$package"; \
	done; \
	if [[ -z $$missing ]]; then exit 0; fi; \
	sudo=; if [[ $$EUID != 0 ]]; then \
	  command -v sudo > /dev/null || { \
	    echo "deps: packages are missing and there is no sudo; as root: apt-get install$$missing" >&2; \
	    exit 1; }; \
	  sudo=sudo; fi; \
	echo "deps: installing$$missing"; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$sudo apt-get update -qq; $$sudo apt-get install -qq -y --no-install-recommends $$missing > /dev/null

build: ## the library in build/lib and the command in build/bin
	@$(MAKE) --no-print-directory library
	@$(MAKE) --no-print-directory command

library:
	$(need_swift)
	@echo 'build: $(LIBRARY) (some minutes the first time)'
	@SWIFT='$(SWIFT)' scripts/swift_runtime.py $(RUNTIME)
	@ACTIONCLIP_SWIFT_RUNTIME='$(CURDIR)/$(RUNTIME)' $(SWIFT_BUILD) -c release --product actionclip --disable-local-rpath
	@$(INSTALL) -d build/lib
	@$(INSTALL) -m755 $(RELEASE)/libactionclip.so $(LIBRARY)
	@strip --strip-unneeded $(LIBRARY)
	@exports() { nm -D --defined-only "$$1" | awk '{ print $$3 }' | sort; }; \
	if ! exports $(LIBRARY) | grep '^actionclip_' > /dev/null || \
	   ! diff <(exports $(RELEASE)/libactionclip.so) <(exports $(LIBRARY)); then \
	  echo 'build: strip took exported symbols away' >&2; exit 1; fi
	@ln -sfn libactionclip.so.$(VERSION) build/lib/libactionclip.so.$(ABI)
	@ln -sfn libactionclip.so.$(ABI) build/lib/libactionclip.so
	@$(INSTALL) -d build/share/actionclip
	@$(INSTALL) -m644 $(DEFAULT_MODEL) build/share/actionclip/
	@scripts/abi.py > build/share/actionclip/abi.json.new
	@mv build/share/actionclip/abi.json{.new,}

command:
	$(need_swift)
	@echo 'build: $(COMMAND) (a minute the first time)'
	@$(SWIFT_BUILD) -c release --product actionclip-command $(WITHOUT_NOISE)
	@$(INSTALL) -d build/bin
	@$(INSTALL) -m755 $(RELEASE)/actionclip-command $(COMMAND)
	@strip $(COMMAND)
	@packaging/shell_pages.sh $(COMMAND) $(VERSION) build/share

# $(call installer,install): copies, or takes away, by one list.
installer = @VERSION='$(VERSION)' ABI='$(ABI)' PREFIX='$(PREFIX)' BINDIR='$(BINDIR)' LIBDIR='$(LIBDIR)' \
  INCLUDEDIR='$(INCLUDEDIR)' PCLIBDIR='$(PCLIBDIR)' DESTDIR='$(DESTDIR)' packaging/install.sh $(1)

install: ## copy what `make build` made to PREFIX (default /usr/local)
	$(call installer,install)

uninstall: ## remove what `make install` copied
	$(call installer,uninstall)

wheel: build ## the Python package with the library inside, in build/wheel
	@Tests/abi/system_versions.sh $(LIBRARY)
	@rm -rf build/wheel && mkdir -p build/wheel/tree
	@$(MAKE) --no-print-directory install PREFIX=/wheel DESTDIR=build/wheel/tree
	@packaging/wheel.py build/wheel/tree/wheel build/wheel

deb: build ## Debian packages, in build/deb
	@packaging/debian.sh $(VERSION)

demo: deps build ## tell what happens when in a short video, with the default model
	@echo 'demo: reading examples/shapes.mp4 with the default model'
	@printf '\nWhat examples/shapes.mp4 shows, as it was made:\n\n'
	@cat examples/shapes.txt
	@printf '\nWhat libactionclip sees in it (actionclip timeline examples/shapes.mp4):\n\n'
	@$(COMMAND) timeline examples/shapes.mp4

# Two at once, in this order, the longest first: most keep one processor busy, or wait for something.
STEPS := build swift python c kernels fuzz faults check bindings ffmpeg abi media

test: deps ## all of the checks below, two at once
	@$(MAKE) --no-print-directory -j2 $(STEPS:%=step-%)
	@printf '\n'
	@scripts/skipped_tests.sh
	@echo 'all tests passed'

.PHONY: $(STEPS:%=step-%)
# Some could begin without the library, but make would then begin them before the longest, which need it.
$(patsubst %,step-%,$(filter-out build swift,$(STEPS))): step-build
step-build:
	$(call step,build,build)
step-check:
	$(call step,format,check)
step-swift:
	$(call step,Swift tests,test-swift)
step-kernels:
	$(call step,kernels,test-kernels)
step-c:
	$(call step,C programs,test-c)
step-faults:
	$(call step,faults,test-faults)
step-bindings:
	$(call step,bindings,test-bindings)
step-ffmpeg:
	$(call step,versions of FFmpeg,test-ffmpeg FETCH=)
step-abi:
	$(call step,binary interface,test-abi)
step-media:
	$(call step,GStreamer and ROS 2,test-media)
step-python:
	$(call step,Python and command tests,test-python)
step-fuzz:
	$(call step,fuzz corpus,test-fuzz)

check: ## the formatter's opinion of every Swift file, and the columns of the examples and bindings
	@$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests bindings/swift
	@! LC_ALL=C.UTF-8 grep -rnE '^.{121,}' examples bindings include/actionclip.hpp --exclude-dir={target,build} \
	  --include=*.{c,h,cpp,hpp,py,rs,go,swift,msg,srv} || { echo 'check: lines have at most 120 columns' >&2; exit 1; }

# In a folder of its own: in one folder SwiftPM does one thing at a time, and the library may be built meanwhile. Without
# debug information, which takes a fifth of the time: what fails names its line anyway, and a trap names its function.
test-swift: ## the rooms' own tests
	@echo 'building the tests'
	@env -u ACTIONCLIP_WITH_COMMAND $(SWIFT_BUILD) --scratch-path .build/tests -Xswiftc -gnone \
	  --product libactionclipPackageTests
	@echo 'running them'
	@env -u ACTIONCLIP_WITH_COMMAND $(SWIFT) test --scratch-path .build/tests --skip-build --disable-xctest --quiet

test-kernels: ## the kernels in every instruction set against plain loops, with sanitizers
	@Tests/kernels/run.sh

test-c: ## C programs against build/lib
	@Tests/c/run.sh

test-faults: ## allocations, reads and writes that fail, damaged files, bombs
	@Tests/faults/run.sh

torture: library ## the same at length: 2,400,000 cut and damaged files (up to half an hour; TORTURE_STRIDE=3 takes every third)
	@Tests/faults/run.sh --torture

# Empty: without fetching what is not there.
FETCH ?= --fetch

test-ffmpeg: ## the same frames with FFmpeg 4, 5, 6, 7 and 8, which it fetches from Python wheels (150 MB)
	@Tests/ffmpeg/run.sh $(FETCH)

test-aarch64: ## the library for 64-bit Arm, under an emulator (first: Tests/aarch64/root.sh, a download of 600 MB)
	@Tests/aarch64/run.sh

test-abi: ## the header against the last release's, the exported symbols, and what the library needs
	@Tests/abi/run.sh

test-bindings: ## the bindings for other languages against an installed tree
	@Tests/bindings/run.sh

test-media: ## the GStreamer element in pipelines, and the ROS 2 package over stubs
	@Tests/gstreamer/run.sh
	@Tests/ros2/run.sh

# Sets `python`: the system's Python when it has what the tests need, else an environment of our own.
define find_python
python=python3; \
if ! $$python -c 'import numpy, pytest' 2> /dev/null; then \
  python=build/venv/bin/python; \
  if ! $$python -c 'import numpy, pytest' 2> /dev/null; then \
    echo 'making an environment for Python in build/venv (numpy, pytest, Pillow)'; \
    python3 -m venv build/venv; \
    $$python -m pip install --quiet --disable-pip-version-check -r bindings/python/requirements-test.txt; \
  fi; \
fi
endef

# Folders beside each other, since most tests keep one processor busy. A job that is begun with -m can be interrupted, as
# tests of Ctrl-C do.
test-python: ## pytest: the Python package, the command, the shapes model and the trainer
	@$(find_python); mkdir -p build/tests; set -m; \
	$$python -m pytest -q -rs Tests/command < /dev/null > build/tests/command.log 2>&1 & command=$$!; set +m; \
	trap 'kill -- -$$command 2> /dev/null || true' EXIT; good=1; \
	for folder in Tests/python Tests/shapes Tests/trainer; do echo "$$folder:"; $$python -m pytest -q -rs "$$folder" || good=0; done; \
	wait $$command || good=0; echo 'Tests/command:'; cat build/tests/command.log; (( good ))

test-thread-sanitizer: ## streams and tuners on several threads under the thread sanitizer, for RUN_SECONDS (60) after a build of minutes
	@Tests/c/thread_sanitizer.sh $(or $(RUN_SECONDS),60)

races: library ## a million scores while other threads change the labels, in C, C++ and Python (half an hour)
	@LABEL_RUNS=1000000 LIMIT=3600 Tests/c/run.sh test_label_lists cpp
	@$(find_python); LABEL_RUNS=1000000 $$python -m pytest -q Tests/python/test_classifier.py -k labels_change

test-stream-rule: library ## streams against their rule in Python: 100,000 sequences of times, 1,000 windows of each model (3 minutes)
	@$(find_python); \
	$$python Tests/python/stream_model.py rule 100000; $$python Tests/python/stream_model.py windows 1000

test-archives: build ## archives at length: 3 x 50 runs that are killed, a video of three hours (3 minutes)
	@$(find_python); cd Tests/command; ARCHIVE_KILLS=50 ARCHIVE_HOURS=3 $$python -m pytest -q -rP test_embed.py test_embed_long.py \
	  -k 'killed or memory'

test-colours: library ## all 2^24 colours in YUV against exact arithmetic, in every format and instruction set (minutes)
	@$(find_python); $$python Tests/python/colours.py
	@Tests/kernels/run.sh colours

test-x-clip: library ## X-CLIPs of the published sizes against transformers and PyTorch (5 minutes, 8 GB of memory)
	@$(find_python); X_CLIP_WHOLE=1 $$python -m pytest -q Tests/python/test_x_clip_programs.py

test-families: library ## encoders of real widths against open_clip, timm and transformers, with the cosines (8 minutes, 8 GB of memory)
	@$(find_python); ACTIONCLIP_TEST_TRUNKS=1 ACTIONCLIP_TEST_SIGLIP=1 ACTIONCLIP_TEST_CLIPA=1 $$python -m pytest -q -rP \
	  Tests/python/test_trunks.py Tests/python/test_siglip.py Tests/python/test_clipa.py -k real_geometry

test-batch: library ## the examples for Ray, Daft, sqlite-vec, usearch and FAISS, which it fetches (260 MB, then 5 minutes)
	@python=build/batch-venv/bin/python; \
	if ! $$python -c 'import daft, faiss, numpy, pandas, pyarrow, pytest, ray, sqlite_vec, usearch' 2> /dev/null; then \
	  echo 'fetching Ray, Daft, pyarrow, FAISS, usearch and sqlite-vec (260 MB) into build/batch-venv'; \
	  python3 -m venv build/batch-venv; \
	  $$python -m pip install --quiet --disable-pip-version-check -r Tests/batch/requirements.txt; \
	fi; \
	$$python -m pytest -q -rs Tests/python/test_batch.py Tests/python/test_handoff.py; \
	$$python -m pytest -q -rs Tests/batch

test-fuzz: ## every fuzz target over its corpus and past findings, with the address sanitizer
	@echo 'building the targets'
	@Tests/fuzz/build.sh replay
	@SWIFT_BACKTRACE=enable=no build/fuzz/untraced/replay Tests/fuzz/corpus Tests/fuzz/regressions

# Which of Tests/fuzz/targets: all; how many runs of each; what else libFuzzer is told.
TARGETS ?=
FUZZ_RUNS ?=
FUZZ_ARGS ?=

fuzz: ## run the fuzzer (days; TARGETS='zip text' FUZZ_RUNS=100000 FUZZ_ARGS=-max_total_time=60)
	@FUZZ_RUNS='$(FUZZ_RUNS)' FUZZ_ARGS='$(FUZZ_ARGS)' Tests/fuzz/run.sh $(TARGETS)

# Arguments for the benchmarks, "--rounds 3 --tasks b16-8" for example.
BENCH_ARGS ?=
HOURS ?=

# Sets `python`: the system's Python when it has the peers, else an environment of our own.
define find_peers
python=python3; \
has_peers='import importlib.util as i, sys; sys.exit(any(i.find_spec(name) is None for name in sys.argv[1:]))'; \
peers='av matplotlib nncf numpy onnx onnxruntime openvino PIL safetensors torch'; \
if ! $$python -c "$$has_peers" $$peers; then \
  python=build/bench-venv/bin/python; \
  if ! $$python -c "$$has_peers" $$peers 2> /dev/null; then \
    python3 -m venv build/bench-venv; \
    $$python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt; \
  fi; \
fi
endef

bench: library ## this library against PyTorch, ONNX Runtime and OpenVINO (about an hour; BENCH_ARGS=--quick: minutes)
	@$(find_peers); $$python benchmarks/against_peers.py $(BENCH_ARGS)

bench-kernels: ## the kernels against what the processor can do at most
	@python3 benchmarks/kernels/run.py $(BENCH_ARGS)

bench-tune: library ## steps of training against PyTorch (about 25 minutes; BENCH_ARGS="--rows head block")
	@python3 benchmarks/tuning/run.py $(BENCH_ARGS)

bench-large: build ## large models and many frames against ViT-B/16 (BENCH_ARGS="--models L/14 H/14 --frames 8 32", "--files H/14")
	@python3 benchmarks/large.py $(BENCH_ARGS)

bench-archive: build ## embedding 500 clips against PyAV with OpenVINO, and with Ray if `make test-batch` has fetched it (an hour)
	@$(find_peers); $$python benchmarks/archive/run.py $(BENCH_ARGS)

bench-streams: library ## what streams cost beside the work that they cannot avoid
	@benchmarks/streams/run.sh $(BENCH_ARGS)

soak: library ## eight streams at work for HOURS hours (4), with memory and files watched
	@benchmarks/streams/run.sh soak $(HOURS)

bench-index: library ## exact search in an archive against FAISS, usearch and numpy (pip install faiss-cpu usearch)
	@python3 benchmarks/index/run.py $(BENCH_ARGS)

bench-dense: ## linear algebra in doubles against numpy and scipy
	@python3 benchmarks/dense/run.py $(BENCH_ARGS)

clean: ## remove everything that was built
	@rm -rf build .build bindings/python/build bindings/python/*.egg-info .pytest_cache
