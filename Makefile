# bunker: one executable from TypeScript and a little C. `make help` lists the targets.
#
# Nothing has to be done before `make demo` or `make test`: what is missing is
# installed (test/packages.sh: root on a Debian-like system) or named.

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:

PREFIX ?= /usr/local
BUN := node_modules/.bin/bun
BIN := dist/bunker

# The modules of npm are there once this file is; it lives with them so that both go together.
MODULES := node_modules/.ready
SOURCES := $(shell find src ffi -name '*.ts' 2>/dev/null) package.json tsconfig.json
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

# build/helper, build/shim.so, EMBEDDED, check-c, fuzz, C_SOURCES
-include ffi/build.mk

.PHONY: help build demo test check bench install clean \
	check-style check-types check-c-style check-unit test-kernel test-e2e test-v2

help: ## this list
	@sed -n 's/^\([a-z][a-z0-9-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

build: $(BIN) ## dist/bunker, the one executable

# --no-compile-autoload-*: without them the executable reads ./.env and runs the
# preload that a ./bunfig.toml names, of whatever directory it is started in.
# --compile-jit-policy: code that runs for ten milliseconds is not worth compiling,
# nor is it worth the threads that would; a hundred times the usual thresholds take
# a tenth off `run`. Verbs that work longer say so (src/cli/verb.ts, busy).
# --min-chunk-size: small chunks are folded into others that are loaded with them.
# Never strip the result: it would become plain Bun. Bun leaves the maps of all
# chunks beside it, hence the directory; the rename lets a running one be.
# dd: what a file is written in is what the page cache holds it in. Bun writes small
# pieces; from large ones a start takes fewer page and TLB misses, some 7 % of `version`.
$(BIN): $(SOURCES) $(EMBEDDED) build/commit | $(MODULES)
	@rm -rf build/bundle && mkdir -p dist
	$(BUN) build --compile --no-compile-autoload-dotenv --no-compile-autoload-bunfig \
		--splitting --min-chunk-size=4096 --sourcemap=inline --minify --bytecode --format=esm --compile-jit-policy=100 \
		--define 'BUNKER_COMMIT="$(COMMIT)"' src/main.ts --outfile build/bundle/bunker
	@dd if=build/bundle/bunker of=build/bundle/whole bs=4M status=none && chmod 755 build/bundle/whole
	@mv build/bundle/whole $@ && rm -rf build/bundle

# Changes only when the commit does, so that the executable is built anew then.
build/commit: FORCE
	@mkdir -p build; echo $(COMMIT) | cmp -s - $@ || echo $(COMMIT) > $@
FORCE:

build/helper build/shim.so: | build/.packages
build/.packages: test/packages.sh
	@mkdir -p build
	@test/packages.sh build
	@touch $@

# npm does not run the install script of the package bun when told to ignore
# scripts (or by its own default), and what it leaves then is a stub that exits 1.
$(MODULES): package-lock.json | build/.packages
	@npm ci --ignore-scripts --no-progress \
		|| { echo "make: npm ci failed: the modules of package-lock.json could not be fetched (is the npm registry reachable?)" >&2; exit 1; }
	@$(BUN) --version >/dev/null 2>&1 || node node_modules/bun/install.js
	@$(BUN) --version >/dev/null || { echo "make: $(BUN) does not run; remove node_modules and try again" >&2; exit 1; }
	@touch $@

demo: $(BIN) ## build, make a small image, run a first container
	@test/demo.sh $(BIN)

test: check test-kernel test-e2e test-v2 ## everything: check, and the suites kernel, end to end and v2 (root)

check: check-style check-types check-c-style check-c check-unit ## formats, lint, types, C warnings, layers, unit tests; no root

# What is no test suite says `ok` or `not ok`, so that .ci/run can count it.
define verdict
@if $(2); then echo "ok $(1)"; else echo "not ok $(1)"; exit 1; fi
endef

check-style: $(MODULES)
	$(call verdict,TypeScript is formatted and free of lint,node_modules/.bin/biome check --error-on-warnings)

check-types: $(MODULES) $(EMBEDDED)
	$(call verdict,types,node_modules/.bin/tsc --noEmit)

check-c-style: build/.packages-check
	$(call verdict,C is formatted,clang-format --dry-run -Werror $(C_SOURCES))

check-unit: $(MODULES) $(EMBEDDED)
	$(BUN) test test/unit

test-kernel: $(BIN) build/.packages-test
	sh test/own-network.sh $(BUN) test test/kernel

test-e2e: $(BIN) build/.packages-test
	sh test/own-network.sh $(BUN) test test/e2e

test-v2: $(BIN) ## what limits are about, in a virtual machine with cgroup v2 only; TESTS=test/e2e/run.test.ts for others
	@test/vm/suite.sh $(TESTS)

build/.packages-%: test/packages.sh
	@mkdir -p build
	@test/packages.sh $*
	@touch $@

bench: $(BIN) build/.packages-test ## times beside podman, runc, crun and bwrap; ROWS=run,exec for some
	$(BUN) test/bench/bench.ts $(ROWS)

# SYSTEMD=1 places the unit although there is no systemd (below DESTDIR), SYSTEMD=0 leaves it out.
SYSTEMD ?= $(if $(wildcard $(DESTDIR)/usr/lib/systemd/system $(DESTDIR)/lib/systemd/system),1,0)

install: $(BIN) ## into PREFIX (/usr/local), below DESTDIR; with the unit of systemd, where that is (SYSTEMD=0|1)
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/bunker
	$(if $(filter 1,$(SYSTEMD)),sed 's|@PREFIX@|$(PREFIX)|' bunker.service | \
		install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/bunker.service)

clean: ## removes dist, build and node_modules
	rm -rf dist build node_modules
