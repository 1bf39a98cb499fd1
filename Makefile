# tcpdrill: one non-recursive Makefile. "make help" lists the targets.
#
# New .c files in tester/*/, grammar/, stack-under-test/ and tests/unit/ are found by themselves. "run"
# and "test" call make again after they have installed what was missing, since what is found is decided
# on reading.

comma := ,
FLEX ?= flex
BISON ?= bison
PREFIX ?= /usr/local
Q := $(if $(V),,@)
# How "run" and "test" build, unless -j was given.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

# Each variant (SAN=1, COV=1, another compiler) is built in a folder of its own; the shipped program
# lies at build/tcpdrill.
VARIANT := $(if $(FUZZ),fuzz,$(if $(SAN),san,$(if $(COV),cov,release)))$(if $(filter-out cc gcc,$(CC)),-$(notdir $(CC)))
OUT := build/$(VARIANT)
PROGRAM := $(if $(filter release,$(VARIANT)),build/tcpdrill,$(OUT)/tcpdrill)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Werror
CPPFLAGS_ALL := -Itester -I. -I$(OUT) -D_GNU_SOURCE $(CPPFLAGS)
OPTIMIZE := $(if $(COV),-O0 --coverage,$(if $(SAN)$(FUZZ),-O1,-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
SANITIZE := $(if $(FUZZ),-fsanitize=fuzzer-no-link) $(if $(SAN)$(FUZZ),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -Wno-unknown-warning-option -Wno-format-truncation)
CFLAGS_ALL := -std=c11 -g $(OPTIMIZE) $(SANITIZE) -fstack-protector-strong $(WARN) $(CFLAGS)
LDFLAGS_ALL := -Wl,--as-needed -Wl,-z,relro $(LDFLAGS)
pkg_libs = $(shell pkg-config --libs $(1) 2>/dev/null || echo $(2))
LIBS := $(call pkg_libs,libmnl,-lmnl) $(call pkg_libs,jansson,-ljansson) -lpthread -lm
# Reads capture files that we wrote.
PCAP_LIBS := $(call pkg_libs,libpcap,-lpcap)
TEST_LIBS := $(call pkg_libs,check,-lcheck -lsubunit -lrt) $(PCAP_LIBS)

SRCS := $(filter-out tester/main.c,$(wildcard tester/*/*.c)) $(wildcard grammar/*.c)
OBJS := $(SRCS:%.c=$(OUT)/%.o) $(OUT)/grammar/parser.tab.o $(OUT)/grammar/lexer.yy.o
LIB := $(OUT)/libtcpdrill.a
# The bundled stack: an archive of its own, that knows nothing of the tester.
SUT_SRCS := $(filter-out %/fault.c,$(wildcard stack-under-test/src/*.c stack-under-test/profiles/*.c))
SUT_OBJS := $(SUT_SRCS:%.c=$(OUT)/%.o)
SUT_LIB := $(OUT)/libsut.a
SUT_CPPFLAGS := -Istack-under-test/include -Istack-under-test/src $(CPPFLAGS)
# The same program with a stack that has faults on demand (faults.def), for tests alone: what knows of
# them is compiled again, the rest comes from the archive.
FAULTY := $(OUT)/faults/tcpdrill
FAULTY_SRCS := $(SUT_SRCS) stack-under-test/src/fault.c $(wildcard tester/target/bundled*.c) \
	tester/cli/args.c tester/cli/tables.c
FAULTY_OBJS := $(FAULTY_SRCS:%.c=$(OUT)/faults/%.o)
# What tests share; each links what it uses.
SUPPORT := $(OUT)/libsupport.a
SUPPORT_OBJS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/support/*.c))
BENCH_OBJS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/bench/*.c))
# Fuzz targets; with clang's engine (FUZZ=1) or with our own small one.
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_ENGINE := $(if $(FUZZ),-fsanitize=fuzzer,tests/fuzz/driver.c)
FUZZ_SECONDS ?= 60
TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_*.c))
# Under valgrind: what handles text and bytes. The rest makes namespaces and processes, or expects
# an assertion to end a child, while valgrind runs all in one process.
VALGRIND_TESTS := $(filter-out %_sandbox %_netns %_tun %_capture %_kernel %_kernel_call %_target \
	%_shell %_caller %_sockdiag %_doctor %_pool %_calibrate %_engine %_pycode %_sut_tcp_state,$(TESTS))
TEST_ENV = TCPDRILL=$(CURDIR)/$(PROGRAM) FAULTY=$(CURDIR)/$(FAULTY) CC="$(CC)" OUT=$(OUT)

all: $(PROGRAM) ## build the program: build/tcpdrill

ifeq ($(VARIANT),release)
build/tcpdrill: $(OUT)/tcpdrill
	$(Q)cp $< $@
endif

# Other flags mean other objects.
FLAGS := $(CC) $(CPPFLAGS_ALL) $(SUT_CPPFLAGS) $(CFLAGS_ALL) $(LDFLAGS_ALL)
ifneq ($(FLAGS),$(shell cat $(OUT)/flags 2>/dev/null))
$(shell mkdir -p $(OUT))
$(file >$(OUT)/flags,$(FLAGS))
endif

$(OUT)/tcpdrill: $(OUT)/tester/main.o $(LIB) $(SUT_LIB)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(LIB): $(OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(SUT_LIB): $(SUT_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

# The bridge to the stack under test, and nothing else of the tester, sees its header.
$(OUT)/tester/target/bundled.o: CPPFLAGS_ALL += -Istack-under-test/include
$(OUT)/tester/target/bundled_%.o: CPPFLAGS_ALL += -Istack-under-test/include
$(OUT)/tests/bench/transfer.o: CPPFLAGS_ALL += -Istack-under-test/include

$(OUT)/stack-under-test/%.o: stack-under-test/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(SUT_CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(OUT)/faults/stack-under-test/%.o: stack-under-test/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(SUT_CPPFLAGS) -DSUT_FAULTS $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(OUT)/faults/tester/%.o: tester/%.c $(OUT)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Istack-under-test/include -DSUT_FAULTS $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(FAULTY): $(OUT)/tester/main.o $(FAULTY_OBJS) $(LIB)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(OUT)/grammar/parser.tab.c $(OUT)/grammar/parser.tab.h &: grammar/parser.y
	@mkdir -p $(@D)
	$(Q)$(BISON) -Werror -o $(OUT)/grammar/parser.tab.c --header=$(OUT)/grammar/parser.tab.h $<

$(OUT)/grammar/lexer.yy.c $(OUT)/grammar/lexer.yy.h &: grammar/lexer.l
	@mkdir -p $(@D)
	$(Q)$(FLEX) --header-file=$(OUT)/grammar/lexer.yy.h -o $(OUT)/grammar/lexer.yy.c $<

# What flex and bison write is not held to our warnings.
$(OUT)/grammar/%.o: $(OUT)/grammar/%.c $(OUT)/flags
	$(Q)$(CC) $(CPPFLAGS_ALL) -Igrammar $(CFLAGS_ALL) -Wno-conversion -Wno-sign-conversion \
		-Wno-unused-function -Wno-unused-but-set-variable -MMD -MP -c -o $@ $<

$(OBJS) $(SUPPORT_OBJS): | $(OUT)/grammar/parser.tab.h $(OUT)/grammar/lexer.yy.h

$(SUPPORT): $(SUPPORT_OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/tests/test_sut_%: tests/unit/test_sut_%.c $(SUT_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(SUT_CPPFLAGS) -I. -Itests/support $(CFLAGS_ALL) $(LDFLAGS_ALL) -MMD -MP -o $@ $< \
		$(SUT_LIB) $(TEST_LIBS)

$(OUT)/tests/%: tests/unit/%.c $(SUPPORT) $(LIB) $(SUT_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests/support $(CFLAGS_ALL) $(LDFLAGS_ALL) -MMD -MP -o $@ $< \
		$(SUPPORT) $(LIB) $(SUT_LIB) $(LIBS) $(TEST_LIBS)

run: ## run the shipped scripts against what this machine allows (installs what is missing)
	$(Q)CC="$(CC)" tests/support/deps run
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory all
	$(Q)TCPDRILL=$(PROGRAM) tests/support/run-scripts scripts

test: ## run all tests (installs what is missing)
	$(Q)CC="$(CC)" tests/support/deps test
	$(Q)$(MAKE) $(PARALLEL) --no-print-directory all test-programs
	$(Q)$(TEST_ENV) FUZZERS="$(FUZZERS)" tests/support/test-all $(TESTS)

deps: ## install what is needed to build, run and test
	$(Q)CC="$(CC)" tests/support/deps test

test-programs: $(TESTS) $(FUZZERS) $(OUT)/bench $(FAULTY)

$(OUT)/fuzz/%: tests/fuzz/fuzz_%.c tests/fuzz/fuzz.h tests/fuzz/driver.c $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $< $(FUZZ_ENGINE) $(LIB) $(LIBS)

fuzzers: $(FUZZERS)

fuzz: all fuzzers ## fuzz for FUZZ_SECONDS (60) per target, with clang's libFuzzer where it is
	$(Q)$(TEST_ENV) tests/support/fuzz long $(FUZZ_SECONDS) $(FUZZERS)

unit: $(TESTS) ## run the unit tests
	$(Q)$(TEST_ENV) tests/support/unit $(TESTS)

golden: all ## compare what the program prints with tests/golden (BLESS=1 accepts it)
	$(Q)$(TEST_ENV) tests/support/golden

e2e: all $(FAULTY) ## run the tests of the whole program
	$(Q)$(TEST_ENV) tests/support/e2e

SOAK_KILLS ?= 200
SOAK_SEEDS ?= 20000

soak: all $(OUT)/tests/test_sut_tcp_pair ## kill runs SOAK_KILLS (200) times at random moments; SOAK_SEEDS (20000) bad links
	$(Q)mkdir -p build/soak && cd build/soak && $(TEST_ENV) $(CURDIR)/tests/support/soak $(SOAK_KILLS)
	$(Q)SOAK_SEEDS=$(SOAK_SEEDS) $(OUT)/tests/test_sut_tcp_pair

faults: all $(FAULTY) ## play the scripts once for each fault of the test build: each must be caught
	$(Q)$(TEST_ENV) tests/support/faults

kernel: all ## play tests/kernel, a script per rule of the language, where this machine permits
	$(Q)$(TEST_ENV) tests/support/kernel

lint: all ## check the rules of the house
	$(Q)$(TEST_ENV) tests/lint/lint

valgrind: $(TESTS) ## run the tests of parser, judge and wire formats under valgrind
	$(Q)$(TEST_ENV) tests/support/unit --valgrind $(VALGRIND_TESTS)

$(OUT)/bench: $(BENCH_OBJS) $(LIB) $(SUT_LIB)
	$(Q)$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) $(PCAP_LIBS)

bench: all $(OUT)/bench ## measure speed, lateness and memory (ONLY=GROUP: some); figures go to build/bench.json
	$(Q)$(TEST_ENV) $(OUT)/bench build scripts $(ONLY)

bench-docs: ## put the tables of the last "make bench" into docs/performance.md
	$(Q)sed -i -e '/^<!-- figures/r build/bench.md' -e '/^<!-- figures/,/^<!-- end/{/^<!--/!d}' \
		docs/performance.md

# Man pages and syntax file are templates that the program fills from its own tables.
MAN := $(patsubst docs/man/%.in,build/man/%,$(wildcard docs/man/*.in))
VIM := build/shell/tcpdrill.vim

build/man/%: docs/man/%.in $(PROGRAM) build/man/report.mdoc
	$(Q)$(PROGRAM) fill $< >$@

build/man/report.mdoc: docs/report.md docs/man/markdown.awk
	@mkdir -p $(@D)
	$(Q)awk -f docs/man/markdown.awk $< >$@

build/shell/%: docs/shell/%.in $(PROGRAM)
	@mkdir -p $(@D)
	$(Q)$(PROGRAM) fill $< >$@

man: $(MAN) $(VIM) ## make the man pages (build/man) and the syntax file for vim

# What "install" puts below SHARE: folder, file, name there.
SHARE := $(DESTDIR)$(PREFIX)/share
DATA := man/man1:build/man/tcpdrill.1 man/man5:build/man/tcpdrill-script.5 \
	man/man5:build/man/tcpdrill-report.5 \
	bash-completion/completions:docs/shell/tcpdrill.bash:tcpdrill \
	zsh/site-functions:docs/shell/_tcpdrill fish/vendor_completions.d:docs/shell/tcpdrill.fish \
	vim/vimfiles/syntax:$(VIM) vim/vimfiles/ftdetect:docs/shell/ftdetect.vim:tcpdrill.vim
data_folder = $(word 1,$(subst :, ,$(1)))
data_file = $(word 2,$(subst :, ,$(1)))
data_name = $(or $(word 3,$(subst :, ,$(1))),$(notdir $(call data_file,$(1))))
data_path = $(SHARE)/$(call data_folder,$(1))/$(call data_name,$(1))

install: all man ## install to PREFIX (/usr/local), below DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/tcpdrill $(SHARE)/doc/tcpdrill
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/tcpdrill
	cp -R scripts $(SHARE)/tcpdrill/
	install -m 644 README.md LICENSE docs/*.md $(SHARE)/doc/tcpdrill/
	$(foreach d,$(DATA),install -D -m 644 $(call data_file,$d) $(call data_path,$d) &&) true

uninstall: ## remove what "make install" put there
	rm -f $(DESTDIR)$(PREFIX)/bin/tcpdrill $(foreach d,$(DATA),$(call data_path,$d))
	rm -rf $(SHARE)/tcpdrill $(SHARE)/doc/tcpdrill

clean: ## remove all that was built
	rm -rf build

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12
	@echo 'Variants: SAN=1 (sanitizers), COV=1 (coverage), CC=clang; V=1 shows the commands.'

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
.PHONY: all run test deps test-programs fuzzers fuzz unit golden e2e soak faults kernel lint valgrind bench bench-docs man install uninstall \
	clean help
.DELETE_ON_ERROR:
