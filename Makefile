# make study    everything from a fresh machine to a report:  CORPUS=five|free|synthetic  RUN=runs/NAME (runs/study-CORPUS)
#               the best mixture for TARGET=reviews; TARGET= for the mean over the training domains
# make test     set-up, lint, the whole test suite, two minutes of attacks
# make help     the other targets

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

CORPUS ?= five
RUN ?= runs/study-$(CORPUS)
# Held-out domains that the mixture is to serve, separated by spaces.
TARGET ?= $(if $(filter free,$(CORPUS)),,reviews)
# Of a campaign.
HOURS ?= .25
SEED ?= 1
MIXPIPE := .build/release/mixpipe
SWIFT_BUILD := swift build -c release --explicit-target-dependency-import-check error
# Optimized, since training is; in a folder of its own, since '@testable' needs other flags.
TESTING := -c release --scratch-path .build/testing -Xswiftc -enable-testing
# The kernels for processors beyond the oldest x86-64.
LEVELS := $(if $(filter x86_64,$(shell uname -m)),$(filter-out %Portable,$(notdir $(wildcard Sources/Kernels?*))),)
# One BLAS thread each: the tests run side by side.
export OPENBLAS_NUM_THREADS := 1

# Where 'make install' puts things, and which program; DESTDIR for those who make packages.
PREFIX ?= /usr/local
PROGRAM ?= $(MIXPIPE)
SHARE = $(DESTDIR)$(PREFIX)/share

.PHONY: help build study test test-cluster test-formats test-pages test-dist campaign campaign-short lint format bench bench-corpus coverage sanitize docs install install-files dist clean setup setup-fetch

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 12

# Installs Debian packages that are missing; quiet where there is nothing to do.
# $(call require,what is needed,test that succeeds when it is there,packages)
define require
if ! { $(2); } >/dev/null 2>&1; then \
  command -v apt-get >/dev/null || { echo "make: $(1) is missing and there is no apt-get here; install it with your system's package manager and run make again" >&2; exit 1; }; \
  if [ "$$(id -u)" = 0 ]; then sudo=; elif command -v sudo >/dev/null; then sudo=sudo; else \
    echo "make: $(1) is missing; as root run 'apt-get install $(3)', then run make again" >&2; exit 1; fi; \
  echo "make: installing $(3)"; \
  $$sudo apt-get update -qq >/dev/null 2>&1 || echo "make: apt-get update failed, going on with the lists at hand" >&2; \
  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $(3) >/dev/null || \
    { echo "make: apt-get could not install $(3); is there a network? Install it by hand and run make again" >&2; exit 1; }; \
fi
endef

# Swift itself only where apt has it (Debian 13 and later): elsewhere its makers' installer is the way.
setup:
	@$(call require,Swift,command -v swift || ! { apt-cache show swiftlang || { apt-get update && apt-cache show swiftlang; }; },swiftlang libc6-dev g++)
	@command -v swift >/dev/null || { echo "make: no 'swift' on the PATH, and apt has no 'swiftlang' here; install Swift 6.0 or later as swift.org/install/linux says and run make again" >&2; exit 1; }
	@version=$$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p' | head -n 1); set -- $${version:-0 0}; \
	[ "$$1" -ge 6 ] || { echo "make: found Swift $$1.$$2, expected 6.0 or later; install it (swift.org/install/linux) and run make again" >&2; exit 1; }
	@$(call require,OpenBLAS,compgen -G '/usr/lib/*/pkgconfig/openblas.pc' || compgen -G '/usr/l*/*/pkgconfig/openblas.pc',libopenblas-dev)

# What fetching a corpus needs besides: pip downloads some of the text, nothing is installed with it.
setup-fetch:
	@[ "$(CORPUS)" != five ] || { $(call require,pip for python3,python3 -m pip --version,python3-pip); }

build: setup ## the program, in .build/release/mixpipe
	@$(SWIFT_BUILD) --product mixpipe

study: build $(if $(filter synthetic,$(CORPUS)),,setup-fetch) ## corpus, study, transfer check, report
	@$(MIXPIPE) corpus build corpora/$(CORPUS).json
	@$(MIXPIPE) study $(RUN) --corpus corpora/$(CORPUS) $(addprefix --target ,$(TARGET))
	@$(MIXPIPE) transfer $(RUN)
	@$(MIXPIPE) report $(RUN)

test: setup lint ## set-up, lint, every test, and two minutes of attacks at most
	@swift build $(TESTING) --explicit-target-dependency-import-check error --build-tests
	@swift test $(TESTING) --skip-build --skip PageTests
	@$(call attack_shortly,.build/testing/release)

# $(call attack_shortly,folder of the program)
define attack_shortly
rm -rf .build/campaign; \
$(1)/Campaign --program $(1)/mixpipe --short --minutes 2 --attacks 120 --output .build/campaign >.build/campaign.txt 2>&1 \
  || { cat .build/campaign.txt; exit 1; }; \
grep -m 1 ' attacks in ' .build/campaign.txt
endef

campaign-short: build ## the campaign's first attacks, always the same, for two minutes at most
	@swift build -c release --product Campaign
	@$(call attack_shortly,.build/release)

# Slurm is installed where it can be; where it cannot run, one line says why.
test-cluster: build ## studies on a private Slurm of four virtual nodes, with all that can fail there
	@( $(call require,Slurm,PATH=$$PATH:/usr/sbin command -v slurmctld && command -v sbatch && PATH=$$PATH:/usr/sbin command -v munged,slurm-wlm munge) ) || true
	@command -v python3 >/dev/null || { echo "make: test-cluster is skipped, as there is no python3"; exit 0; }; \
	python3 Tests/Engines/cluster.py $(MIXPIPE) $(CLUSTER)

# One goes on where it was stopped; a fault is done again with '.build/release/Campaign --only NUMBER'.
campaign: build ## attacks on the program for HOURS=.25: kills, errors of the disk, fuzzed inputs …; goes on when run again
	@( $(call require,strace,strace --version,strace) ) || echo "make: without strace there are no exact kills and no injected errors" >&2
	@swift build -c release --product Campaign
	@.build/release/Campaign --minutes $$(awk 'BEGIN { print 60 * $(HOURS) }') --seed $(SEED)

test-pages: setup ## the pages in a headless Chromium: layout, contrast, scripts, predictions
	@$(call require,Chromium,command -v chromium || command -v chromium-browser || command -v google-chrome,chromium)
	@swift build $(TESTING) --build-tests
	@swift test $(TESTING) --skip-build --filter PageTests

# The linker keeps one copy of a weak symbol, from whichever object it meets first; a kernel for a newer
# processor must therefore define none, or an older processor could run into it. Names with the kernels' own in them
# are in no other object.
# What the checks are made against, as far as it installs; what does not is said to be missing.
FORMATS_PYTHON ?= .build/formats/bin/python
FORMATS_PACKAGES := numpy pyyaml tokenizers datasets transformers accelerate torch lm_eval
FORMATS_ALONE := megatron-core datatrove ai2-olmo-core mosaicml-streaming torchvision

test-formats: build ## what is read and written, against the programs that it is meant for (downloads them)
	@[ -x "$(FORMATS_PYTHON)" ] || { $(call require,venv for python3,python3 -m venv --help,python3-venv); python3 -m venv .build/formats; \
	  for package in $(FORMATS_PACKAGES); do .build/formats/bin/pip install -q $$package || echo "make: $$package does not install here" >&2; done; \
	  for package in $(FORMATS_ALONE); do .build/formats/bin/pip install -q --no-deps $$package || echo "make: $$package does not install here" >&2; done; \
	  .build/formats/bin/pip install -q loguru humanize cached_path omegaconf bettermap rich brotli zstd pillow catalogue dataclass-extensions importlib_resources || true; }
	@$(FORMATS_PYTHON) Tests/Formats/check.py $(MIXPIPE)

bench-corpus: build ## 'corpus build' beside Hugging Face's tokenizers: MB/s and memory (after test-formats)
	@$(FORMATS_PYTHON) Tests/Formats/speed.py $(MIXPIPE)

lint: setup ## layout and style, and that no AVX-512 code can reach an older processor
	@if swift format --version >/dev/null 2>&1; then swift format lint --strict --parallel --recursive Package.swift Sources Tests; \
	else echo "make: this Swift has no 'swift format'; the layout is not checked" >&2; fi
	@for level in $(LEVELS); do $(SWIFT_BUILD) --target $$level >/dev/null; \
	  weak=$$(nm --defined-only $$(find -L .build/release/$$level.build -name "*.o") | awk '$$2 == "W" || $$2 == "w" || $$2 == "u"' | grep -v "$$level" || true); \
	  [ -z "$$weak" ] || { echo "make: $$level defines weak code, which an older processor could be given:" >&2; echo "$$weak" >&2; exit 1; }; \
	done

format: ## lays out the sources
	@swift format --in-place --parallel --recursive Package.swift Sources Tests

bench: build ## the trainer's speed beside a probe of the processor; PYTHON=venv/bin/python: beside its PyTorch (JAX=: and JAX)
	@$(if $(PYTHON),python3 runs/bench/compare.py --mixpipe $(MIXPIPE) --python $(PYTHON) $(addprefix --jax ,$(JAX)) --output $(or $(BENCH),runs/bench/torch),$(MIXPIPE) bench)

coverage: setup ## which lines the tests reach
	@swift test --enable-code-coverage
	@llvm-cov report .build/debug/mixpipePackageTests.xctest -instr-profile .build/debug/codecov/default.profdata --ignore-filename-regex='\.build|Tests'

sanitize: setup ## the tests under the thread and the address sanitizer; hours
	@for kind in thread address; do OPENBLAS_NUM_THREADS=1 swift test -c release -Xswiftc -enable-testing --sanitize $$kind --scratch-path .build/$$kind --skip PageTests || exit 1; done

# Pages link to each other as files, so that they read well in any viewer; DocC wants its own links.
docs: setup ## the documentation as a web site, in .build/docs
	@command -v docc >/dev/null || { echo "make: no 'docc' on the PATH (it comes with Swift from swift.org); the pages in Sources/mixpipe/Documentation.docc read well as they are" >&2; exit 1; }
	@rm -rf .build/docs .build/Documentation.docc && mkdir -p .build && cp -r Sources/mixpipe/Documentation.docc .build/Documentation.docc
	@sed -i -E 's/\]\(([A-Za-z]+)\.md(#[^)]*)?\)/](doc:\1)/g' .build/Documentation.docc/*.md
	@docc convert .build/Documentation.docc --fallback-display-name mixpipe --fallback-bundle-identifier mixpipe --warnings-as-errors --transform-for-static-hosting --output-path .build/docs
	@echo "The documentation is in .build/docs; 'docc preview .build/Documentation.docc' shows it."

install: build install-files ## the program, its manual and completions, under PREFIX=/usr/local; it needs Swift's libraries

install-files:
	@install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/mixpipe
	@for page in $$($(PROGRAM) --generate-manual); do mkdir -p $(SHARE)/man/man1; $(PROGRAM) --generate-manual $$page >$(SHARE)/man/man1/$$page.1; done
	@mkdir -p $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	@$(PROGRAM) --generate-completion-script bash >$(SHARE)/bash-completion/completions/mixpipe
	@$(PROGRAM) --generate-completion-script zsh >$(SHARE)/zsh/site-functions/_mixpipe
	@$(PROGRAM) --generate-completion-script fish >$(SHARE)/fish/vendor_completions.d/mixpipe.fish
	@mkdir -p $(SHARE)/doc/mixpipe $(SHARE)/mixpipe/corpora
	@cp -r README.md Sources/mixpipe/Documentation.docc/. $(SHARE)/doc/mixpipe/
	@install -m 644 corpora/*.json $(SHARE)/mixpipe/corpora/

# One tarball in .build: what 'make install' installs, with everything that the program needs in the program.
dist: setup ## a tarball for Linux without Swift or OpenBLAS, with glibc of Debian 11 (2.31) or later
	@$(call require,g++ and binutils,command -v g++ && command -v objdump && command -v pkg-config,g++ binutils pkg-config)
	@Packaging/dist.sh .build/dist-parts
	@name=mixpipe-$$(.build/dist-parts/mixpipe --version)-$$(uname -m)-linux; rm -rf .build/$$name .build/mixpipe-*.tar.gz; \
	$(MAKE) -s install-files PROGRAM=.build/dist-parts/mixpipe PREFIX=$(CURDIR)/.build/$$name DESTDIR=; \
	tar -C .build --sort=name --owner=0 --group=0 --numeric-owner --mtime=@$$(git log -1 --format=%ct 2>/dev/null || echo 0) -c $$name | gzip -n9 >.build/$$name.tar.gz; \
	rm -rf .build/$$name; ls -l .build/$$name.tar.gz

test-dist: dist ## that the tarball runs where there is nothing but Debian 11's C library
	@Packaging/test-dist.sh .build/mixpipe-*.tar.gz

clean: ## removes what was built; corpora and runs stay
	@rm -rf .build
