# SPDX-License-Identifier: Apache-2.0
#
# Builds and checks qadam. `make help` lists the targets.
#
# Every folder's rules.mk adds to these lists:
#   QADAM_SRCS  C sources of the program
#   CHECKS      names of what `make test` runs; LINTS of what `make lint` runs. For each
#               NAME.cmd is its command, NAME.tools the tools without which it is
#               skipped, NAME.deps what it needs built (see ci/check.sh)
#   FIGURES     SVG files made by `make figures`
#   GENERATED   headers that must be made before any C file is compiled or linted
# All products are in build/. Variables: CC, CLANG, CFLAGS, LDFLAGS, V=1 (show commands);
# PREFIX, DESTDIR (install).

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 1)
endif

ifeq ($(origin CC),default)
CC := gcc
endif
CLANG ?= clang
CFLAGS ?= -O2 -g
Q := $(if $(V),,@)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
  -Wmissing-prototypes -Wvla -Wformat=2
# No fused multiply-add: products are rounded before they are added.
STANDARD := -std=c11 -ffp-contract=off -D_POSIX_C_SOURCE=200809L -I.
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
  -fno-omit-frame-pointer
TSAN := -O1 -g -fsanitize=thread

# Asked for once, and only when something is compiled: on a bare machine pkg-config
# is there only after `setup`.
packages = $(eval packages := $$(shell pkg-config --cflags --libs jansson libprotobuf-c \
  yaml-0.1))$(packages)
# The library libqadam, which is made of some of the objects, needs not all of these.
LIBS = $(LDFLAGS) -Wl,--as-needed $(packages) -llapacke -ldl -lm -pthread

QADAM_SRCS :=
CHECKS :=
LINTS :=
FIGURES :=
GENERATED :=
include $(sort $(wildcard */rules.mk))

LIB_SRCS := $(filter-out gen/main.c,$(sort $(QADAM_SRCS)))
TEST_SRCS := $(sort $(wildcard tests/test_*.c))
TESTS := $(TEST_SRCS:tests/%.c=%)

.PHONY: all
all: build/qadam ## build the program, build/qadam (the default)

.PHONY: demo
demo: build/qadam | setup ## one design from file to area, fmax, power, energy on real layers
	$(Q)ci/demo.sh

.PHONY: test
test: $(CHECKS:%=build/checks/%.result) ## run all tests; the last line counts them
	$(Q)ci/summary.sh $^

.PHONY: lint
lint: $(LINTS:%=build/checks/%.result) ## run all linters; the last line counts them
	$(Q)ci/summary.sh $^

.PHONY: ci
ci: $(CHECKS:%=build/checks/%.result) $(LINTS:%=build/checks/%.result) ## both; a skip fails
	$(Q)ci/summary.sh --no-skips $^

.PHONY: setup
setup: ## install the Debian packages that are missing (ci/packages.txt)
	$(Q)ci/setup.sh $(if $(filter demo test lint,$(MAKECMDGOALS)),--try)

.PHONY: format
format: ## lay out all C sources by .clang-format
	$(Q)clang-format -i $(C_FILES)

.PHONY: check-format
check-format: ## say which C sources `make format` would change
	$(Q)clang-format --dry-run -Werror $(C_FILES)

.PHONY: figures
figures: $(FIGURES) ## draw the figures of docs/ from their text sources

.PHONY: clean
clean: ## remove build/
	$(Q)rm -rf build

.PHONY: help
help: ## list the targets
	$(Q)sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(sort $(filter Makefile %.mk,$(MAKEFILE_LIST))) | \
	  while IFS="$$(printf '\t')" read -r target text; do \
	    printf '  make %-13s %s\n' "$$target" "$$text"; done

# Goals that may install packages do so before anything is compiled.
SETUP := $(if $(filter setup demo test lint ci,$(MAKECMDGOALS)),setup)

# ---- the program, plain and with sanitizers ----

C_FILES = $(sort $(wildcard */*.c */*.h */*.cpp pe_lib/*/*.c pe_lib/*/*.h))

build/qadam: $(LIB_SRCS:%.c=build/obj/%.o) build/obj/gen/main.o
	$(Q)$(CC) $(CFLAGS) $^ -o $@ $(LIBS)

build/asan/qadam: $(LIB_SRCS:%.c=build/asan/obj/%.o) build/asan/obj/gen/main.o
	$(Q)$(CC) $(SANITIZE) $^ -o $@ $(LIBS)

# The decoder of ONNX files, from the messages that are read.
build/proto/onnx.pb-c.c build/proto/onnx.pb-c.h &: gen/onnx.proto | $(SETUP)
	@mkdir -p build/proto
	$(Q)protoc-c --proto_path=gen --c_out=build/proto gen/onnx.proto

build/obj/%.o: %.c | $(SETUP) $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) -MMD -MP -c $< -o $@

build/asan/obj/%.o: %.c | $(SETUP) $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(SANITIZE) -MMD -MP -c $< -o $@

build/tsan/obj/%.o: %.c | $(SETUP) $(GENERATED)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(TSAN) -MMD -MP -c $< -o $@

build/tests/%: build/obj/tests/%.o $(LIB_SRCS:%.c=build/obj/%.o)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $^ -o $@ -lcriterion $(LIBS)

build/asan/tests/%: build/asan/obj/tests/%.o $(LIB_SRCS:%.c=build/asan/obj/%.o)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) $^ -o $@ -lcriterion $(LIBS)

# Through an archive, so that libraries which the test does not use stay out: the thread
# sanitizer crashes with LAPACK's Fortran runtime loaded.
build/tsan/libqadam.a: $(LIB_SRCS:%.c=build/tsan/obj/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^

build/tsan/tests/%: build/tsan/obj/tests/%.o build/tsan/libqadam.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(TSAN) $(filter %.o,$^) $(filter %.a,$^) -o $@ -Wl,--as-needed $(LIBS)

# ---- the library ----

# libqadam holds what models/qadam.c needs; only the functions of models/qadam.h are to be
# seen. PREFIX is compiled in: there an installed library finds its data.
PREFIX ?= /usr/local
VERSION := $(shell sed -n 's/^.define QADAM_VERSION "\(.*\)"/\1/p' gen/version.h)
SONAME := libqadam.so.0
PIC := -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections
LIBQADAM := build/lib/libqadam.a build/lib/$(SONAME) build/lib/qadam.pc

build/pic/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' >$@

build/pic/obj/gen/home.o: build/pic/prefix
build/pic/obj/gen/home.o: PIC += -DQADAM_SHARE='"$(PREFIX)/share/qadam"'

build/pic/obj/%.o: %.c | $(SETUP)
	@mkdir -p $(@D)
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) $(PIC) -MMD -MP -c $< -o $@

build/pic/parts.a: $(LIB_SRCS:%.c=build/pic/obj/%.o)
	$(Q)rm -f $@ && ar rcs $@ $^

build/lib/$(SONAME): build/pic/parts.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,--gc-sections -Wl,-z,defs \
	  build/pic/obj/models/qadam.o $< -o $@ $(LIBS)

build/lib/libqadam.a: build/pic/parts.a
	@mkdir -p $(@D)
	$(Q)$(CC) -r -nostdlib build/pic/obj/models/qadam.o $< -o build/pic/qadam.o
	$(Q)objcopy --localize-hidden build/pic/qadam.o
	$(Q)rm -f $@ && ar rcs $@ build/pic/qadam.o

build/lib/qadam.pc: models/qadam.pc.in gen/version.h build/pic/prefix
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' $< >$@

.PHONY: install uninstall
install: build/qadam $(LIBQADAM) ## install program and library: PREFIX=/usr/local, DESTDIR
	$(Q)ci/install.sh install '$(PREFIX)' '$(DESTDIR)'

uninstall: ## remove what `make install` put there
	$(Q)ci/install.sh uninstall '$(PREFIX)' '$(DESTDIR)'

.SECONDARY:
-include $(shell find build/obj build/asan/obj build/tsan/obj build/pic/obj -name '*.d' 2>/dev/null)

# ---- checks ----

.PHONY: FORCE
FORCE:

.SECONDEXPANSION:
$(sort $(CHECKS:%=build/checks/%.result) $(LINTS:%=build/checks/%.result)): \
  build/checks/%.result: FORCE $$($$*.deps) | $(SETUP)
	@ci/check.sh '$*' '$($*.tools)' $($*.cmd)
