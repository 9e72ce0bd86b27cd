# The C: the helper that enters containers, and the shim that Bun loads.
# Warnings are errors. What is built is renamed into place, so that nobody runs
# half of it. The helper has no libc; its object files are compiled a
# second time, as they are, into the unit tests and the fuzz targets.

CC ?= cc
ARM64_CC ?= aarch64-linux-gnu-gcc
FUZZ_CC ?= clang

HELPER_C := $(wildcard ffi/helper/*.c)
HELPER_H := $(wildcard ffi/helper/*.h)
SHIM_C := $(wildcard ffi/shim/*.c) ffi/helper/packet.c ffi/helper/cgroup.c ffi/helper/walk.c
SHIM_H := $(wildcard ffi/shim/*.h) ffi/helper/tape.h ffi/helper/packet.h ffi/helper/cgroup.h ffi/helper/walk.h
C_SOURCES := $(wildcard ffi/helper/*.[ch] ffi/shim/*.[ch] test/unit/c/*.[ch] test/fuzz/*.[ch] test/e2e/*.c)

C_WARNINGS := -std=gnu11 -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef

# One segment of code and constants, one of zeros: the file is the memory, a
# page for a page, and nothing of it has to be relocated.
HELPER_FLAGS := -Os -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables \
	-fno-pie -fno-tree-loop-distribute-patterns -fomit-frame-pointer -fmerge-all-constants
HELPER_LINK := -nostdlib -static -no-pie -s -Wl,--build-id=none -Wl,-z,noseparate-code -Wl,-z,norelro \
	-Wl,-z,noexecstack -Wl,--gc-sections

# arm64 kernels may have pages of 64 KB: there the linker's default stays.
HELPER_FLAGS_x86_64 := -fcf-protection=none -Wl,-z,max-page-size=4096

build/helper: $(HELPER_C) $(HELPER_H) ffi/build.mk
	@mkdir -p build
	$(CC) $(C_WARNINGS) $(HELPER_FLAGS) $(HELPER_FLAGS_$(shell uname -m)) -flto -fwhole-program $(HELPER_LINK) -o $@.new $(HELPER_C)
	@mv $@.new $@

# Loaded by Bun into its own process: nothing runs at load time, and only bunker_* is seen.
SHIM_FLAGS := -O2 -fPIC -shared -fvisibility=hidden -D_GNU_SOURCE -s -Wl,--build-id=none -Wl,-z,now

build/shim.so: $(SHIM_C) $(SHIM_H) ffi/helper/sys.h ffi/build.mk
	@mkdir -p build
	$(CC) $(C_WARNINGS) $(SHIM_FLAGS) -o $@.new $(SHIM_C)
	@mv $@.new $@

# As text, which the bundler makes a constant of. Bytes could only be read asynchronously,
# and a module that awaits makes all that import it await one another: 0.8 ms of every start.
EMBEDDED := build/helper.base64 build/shim.so.base64

build/%.base64: build/%
	@base64 -w0 $< >$@.new
	@mv $@.new $@

# Built where the cross compiler is; otherwise `make build/helper-arm64` says that it is not.
build/helper-arm64: $(HELPER_C) $(HELPER_H) ffi/build.mk
	@mkdir -p build
	@command -v $(ARM64_CC) >/dev/null || { echo "make: $(ARM64_CC) is not installed (Debian: gcc-aarch64-linux-gnu)" >&2; exit 1; }
	$(ARM64_CC) $(C_WARNINGS) $(HELPER_FLAGS) -flto -fwhole-program $(HELPER_LINK) -o $@ $(HELPER_C)

build/shim-arm64.so: $(SHIM_C) $(SHIM_H) ffi/helper/sys.h ffi/build.mk
	@mkdir -p build
	$(ARM64_CC) $(C_WARNINGS) $(SHIM_FLAGS) -o $@ $(SHIM_C)

# The parts of both programs for tests: all but the helper's entry and what replaces libc there.
C_PARTS := $(filter-out ffi/helper/start.c ffi/helper/memory.c,$(HELPER_C)) $(wildcard ffi/shim/*.c)
C_FRAME := test/unit/c/check.c test/unit/c/scene.c
C_TESTS := $(patsubst test/unit/c/%.c,build/c/%,$(wildcard test/unit/c/*_test.c))
C_TEST_FLAGS := -g -O1 -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all

build/c/parts.a: $(C_PARTS) $(HELPER_H) $(SHIM_H) ffi/build.mk
	@mkdir -p build/c/parts
	@cd build/c/parts && $(CC) $(C_WARNINGS) $(C_TEST_FLAGS) -c $(addprefix $(CURDIR)/,$(C_PARTS))
# Its child leaves a stack without returning from it, which the sanitizer takes for a mistake.
	@cd build/c/parts && $(CC) $(C_WARNINGS) -O2 -g -D_GNU_SOURCE -c $(CURDIR)/ffi/shim/spawn.c
	@rm -f $@ && ar rcs $@ $(patsubst %.c,build/c/parts/%.o,$(notdir $(C_PARTS)))

build/c/%_test: test/unit/c/%_test.c $(C_FRAME) $(wildcard test/unit/c/*.h) build/c/parts.a
	@$(CC) $(C_WARNINGS) $(C_TEST_FLAGS) -o $@ $< $(C_FRAME) build/c/parts.a -lutil

.PHONY: check-c fuzz
check-c: $(C_TESTS) build/helper ## C: the unit tests of the helper and the shim
	@status=0; for test in $(C_TESTS); do $$test || status=1; done; exit $$status

# libFuzzer is clang's. The corpora are kept in build/, so that a next run begins where this one ended.
FUZZ_SECONDS ?= 10
C_FUZZ := $(patsubst test/fuzz/%.c,build/fuzz/%,$(wildcard test/fuzz/*_fuzz.c))

build/fuzz/%_fuzz: test/fuzz/%_fuzz.c test/fuzz/fuzz.h $(C_PARTS) $(HELPER_H) $(SHIM_H) ffi/build.mk
	@mkdir -p build/fuzz/$*
	@$(FUZZ_CC) $(C_WARNINGS) -g -O1 -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
		-o $@ $< $(C_PARTS)

fuzz: $(C_FUZZ) ## C: fuzz what parses, FUZZ_SECONDS (10) for each target
	@for target in $(C_FUZZ); do \
		if $$target -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=0 -artifact_prefix=build/fuzz/ \
			$${target%_fuzz} 2>build/fuzz/said; \
		then echo "ok fuzz $${target##*/}"; else cat build/fuzz/said; echo "not ok fuzz $${target##*/}"; exit 1; fi; \
	done
