# make demo   builds a release and scans an invented shop
# make test   runs all tests, with whatever they need
# The rest: deps build bench samples install soak lint clean

PREFIX ?= /usr/local
DEMO ?= demo
ROUNDS ?= 7
FUZZ_RUNS ?= 2000000
KILLS ?= 200

RELEASE := .build/release/unpan
# With the validator for JSON Schema that `deps-test` may have put there; looked up when used.
PYTHON = $$(test -x .build/python/bin/python3 && echo .build/python/bin/python3 || echo python3)

.PHONY: help deps deps-test deps-bench build test demo bench samples install soak lint clean

help:
	@sed -n 's/^# //p' Makefile | head -3

deps:
	@.ci/deps build

deps-test:
	@.ci/deps test

deps-bench:
	@.ci/deps bench

# The Swift runtime is linked in, so that the binary runs where no toolchain is.
build: deps
	swift build -c release --static-swift-stdlib --product unpan

demo: build
	@rm -rf "$(DEMO)"
	@$(RELEASE) demo "$(DEMO)"
	@echo
	@echo "The shop lies in $(DEMO)/ (all numbers are invented). Look further:"
	@echo "  $(RELEASE) scan $(DEMO) --format jsonl | head"
	@echo "  $(RELEASE) scan $(DEMO)/logs --mask first6last4"
	@echo "  $(RELEASE) scan sqlite:$(DEMO)/shop.db"

test: deps-test lint
	swift build --build-tests
	swift build -c release --static-swift-stdlib --product unpan
	UNPAN_BINARY="$(CURDIR)/$(RELEASE)" UNPAN_PYTHON="$(PYTHON)" swift test

lint:
	swift format lint --strict -r Sources Tests Package.swift

# Prints what was asked and what was measured; never fails over a number.
bench: deps-bench build
	swift build -c release --static-swift-stdlib --product Benchmarks
	.build/release/Benchmarks formats 1000000
	.build/release/Benchmarks stripe 20000
	.build/release/Benchmarks stripe 10000 --rate 20
	.build/release/Benchmarks run --unpan "$(RELEASE)" --rounds $(ROUNDS)

# Reports of the demo shop, kept in the repository; a test fails when they are stale.
samples: build
	.ci/samples "$(CURDIR)/$(RELEASE)" reports/samples

install: build
	install -D -m 0755 $(RELEASE) "$(DESTDIR)$(PREFIX)/bin/unpan"
	install -d "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
	  "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" \
	  "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	$(RELEASE) completions bash > "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/unpan"
	$(RELEASE) completions zsh > "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_unpan"
	$(RELEASE) completions fish > "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/unpan.fish"

# The random tests for long, 10,000 writes with failures, and servers with 10,000 tables; `make test` runs a fixed short number.
soak: deps-test
	UNPAN_FUZZ_RUNS=$(FUZZ_RUNS) swift test --filter Fuzz
	UNPAN_KILLS=$(KILLS) swift test --filter MigrateKillTests
	UNPAN_KILLS=50 swift test --filter EndToEndTests.ScanStateTests
	UNPAN_STRIPE_WRITES=10000 swift test --filter ActRunTests
	UNPAN_SOAK=1 swift test --filter 'PostgreSQLTests|MariaDBTests'

clean:
	rm -rf .build "$(DEMO)"
