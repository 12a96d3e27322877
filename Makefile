# SPDX-License-Identifier: Apache-2.0
# make demo | demo-down | test | simulate | bench | bench-NAME | build | deb | format | lint | deps | clean

SHELL := /bin/bash
SWIFT_NEEDED := 6.2
PACKAGES := user-mode-linux nftables iproute2 e2fsprogs libsqlite3-dev libseccomp-dev libsystemd-dev gcc \
  libc6-dev curl systemd dbus dpkg-dev patchelf squashfs-tools erofs-utils

# One configuration per goal, so that nothing is compiled twice: tests run what they build (debug),
# everything else is release.
RELEASE := .build/release
DEBUG := .build/debug
# No index of the sources is needed to build or to run; editors make their own.
SWIFT_BUILD := swift build --disable-index-store
SOURCES := Sources Tests examples Benchmarks Package.swift
.PHONY: help deps swift build deb demo demo-down test simulate bench format lint clean

help:
	@sed -n 's/^# make /make /p' Makefile

# Installs what is missing, and says nothing when nothing is.
deps: swift
	@missing=(); for name in $(PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$name 2>/dev/null | grep -q 'ok installed' || missing+=($$name); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  if [ "$$(id -u)" != 0 ]; then \
	    echo "missing Debian packages: $${missing[*]}; as root: apt-get install $${missing[*]}" >&2; exit 1; \
	  fi; \
	  echo "installing $${missing[*]}"; \
	  log=$$(mktemp); \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -qq --no-install-recommends $${missing[*]}; } >$$log 2>&1 \
	    || { cat $$log >&2; rm -f $$log; exit 1; }; \
	  rm -f $$log; \
	fi

swift:
	@command -v swift >/dev/null || { \
	  echo "no Swift toolchain found: Tendon needs Swift $(SWIFT_NEEDED) or newer, from https://www.swift.org/install/linux/" >&2; \
	  exit 1; }
	@version=$$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1); \
	[ "$$(printf '%s\n' $(SWIFT_NEEDED) "$$version" | sort -V | head -n 1)" = $(SWIFT_NEEDED) ] || { \
	  echo "Swift $$version found: Tendon needs $(SWIFT_NEEDED) or newer, from https://www.swift.org/install/linux/" >&2; \
	  exit 1; }

build: deps
	$(SWIFT_BUILD) -c release
	@$(MAKE) --no-print-directory -C Sources/tendon-init BIN=$(CURDIR)/$(RELEASE)

# Debian packages in .build/deb. CONFIG=debug packs what the tests run; VERSION defaults to the programs' own.
CONFIG := release
VERSION := $(shell sed -n 's/.*tendonVersion = "\(.*\)"/\1/p' Sources/TendonModel/Version.swift)

deb: deps
	$(SWIFT_BUILD) -c $(CONFIG)
	@$(MAKE) --no-print-directory -C Sources/tendon-init BIN=$(CURDIR)/.build/$(CONFIG)
	units/debian/build-debs .build/$(CONFIG) $(VERSION) .build/deb

demo: build
	$(RELEASE)/tendon-demo

demo-down:
	$(RELEASE)/tendon-lab down --name demo

# Worlds of the simulation take all cores for as long as they last, so they have a run of their own,
# in which the same seed is the same world.
# Lab tests boot hosts with kernels of their own. In CI one that is skipped is a failure.
test: deps lint
	$(SWIFT_BUILD) --build-tests
	@$(MAKE) --no-print-directory -C Sources/tendon-init BIN=$(CURDIR)/$(DEBUG)
	TENDON_BIN=$(CURDIR)/$(DEBUG) $(DEBUG)/tendonPackageTests.xctest --testing-library swift-testing \
	  --skip LabTests --skip TendonSimulationTests
	SWIFT_DETERMINISTIC_HASHING=1 $(DEBUG)/tendonPackageTests.xctest --testing-library swift-testing \
	  --filter TendonSimulationTests
	@set -o pipefail; log=$$(mktemp); trap 'rm -f '$$log EXIT; \
	TENDON_BIN=$(CURDIR)/$(DEBUG) $(DEBUG)/tendonPackageTests.xctest --testing-library swift-testing \
	  --filter LabTests 2>&1 | tee $$log || exit 1; \
	if [ -n "$$CI" ] && grep -aq ' skipped' $$log; then \
	  echo "lab tests were skipped, which CI does not accept:" >&2; grep -a ' skipped' $$log >&2; exit 1; \
	fi

# Clusters that fail at random: make simulate SEEDS=1000 FIRST=1
SEEDS := 1000
FIRST := 1
simulate: deps
	$(SWIFT_BUILD) -c release --product tendon-simulate
	$(RELEASE)/tendon-simulate --seeds $(SEEDS) --first $(FIRST)

bench: build
	@rm -f .build/bench.jsonl
	$(RELEASE)/tendon-bench --out .build/bench.jsonl

bench-%: build
	$(RELEASE)/tendon-bench $* --out .build/bench.jsonl

format: swift
	swift format --in-place --recursive $(SOURCES)

lint: swift
	swift format lint --strict --recursive $(SOURCES)

clean:
	rm -rf .build
