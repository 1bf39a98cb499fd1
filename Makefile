# tcpdrill: one non-recursive Makefile. "make help" lists the targets.
V ?=
CC ?= gcc
FLEX ?= flex
BISON ?= bison
VARIANT := $(if $(SAN),san,$(if $(COV),cov,release))
# The shipped program lies at build/tcpdrill; variants keep to their own folder.
OUT := build/$(VARIANT)
comma := ,
# gcc takes the sanitizer's own check of a format for a null one, hence the exception below.

WARN := -Wall -Wextra -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Werror
CPPFLAGS_ALL := -Itester -I. -I$(OUT) -D_GNU_SOURCE $(CPPFLAGS)
CFLAGS_ALL := -std=c11 -g -O2 $(WARN) $(if $(SAN),-fsanitize=address$(comma)undefined -fno-omit-frame-pointer \
	-Wno-unknown-warning-option -Wno-format-truncation) \
	$(if $(COV),--coverage -O0) $(CFLAGS)
LIBS := -lpcap -lmnl -ljansson -lpthread -lm
TEST_LIBS := $(shell pkg-config --libs check 2>/dev/null || echo -lcheck -lsubunit -lrt)
Q := $(if $(V),,@)

SRCS := $(filter-out tester/main.c,$(wildcard tester/*/*.c)) $(wildcard grammar/*.c)
OBJS := $(SRCS:%.c=$(OUT)/%.o) $(OUT)/grammar/parser.tab.o $(OUT)/grammar/lexer.yy.o
LIB := $(OUT)/libtcpdrill.a
TESTS := $(patsubst tests/unit/%.c,$(OUT)/tests/%,$(wildcard tests/unit/test_*.c))

all: build/tcpdrill ## build the program

build/tcpdrill: $(OUT)/tcpdrill
	$(Q)cp $< $@

$(OUT)/tcpdrill: $(OUT)/tester/main.o $(LIB)
	$(Q)$(CC) $(CFLAGS_ALL) -o $@ $^ $(LIBS)

$(LIB): $(OBJS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(OUT)/grammar/parser.tab.c $(OUT)/grammar/parser.tab.h &: grammar/parser.y
	@mkdir -p $(@D)
	$(Q)$(BISON) -Werror -o $(OUT)/grammar/parser.tab.c --header=$(OUT)/grammar/parser.tab.h $<

$(OUT)/grammar/lexer.yy.c $(OUT)/grammar/lexer.yy.h &: grammar/lexer.l
	@mkdir -p $(@D)
	$(Q)$(FLEX) --header-file=$(OUT)/grammar/lexer.yy.h -o $(OUT)/grammar/lexer.yy.c $<

$(OUT)/grammar/%.o: $(OUT)/grammar/%.c
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -Wno-conversion -Wno-sign-conversion -Wno-unused-function -MMD -MP -c -o $@ $<

$(OBJS): | $(OUT)/grammar/parser.tab.h $(OUT)/grammar/lexer.yy.h

$(OUT)/tests/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests/support $(CFLAGS_ALL) -MMD -MP -o $@ $< $(LIB) $(LIBS) $(TEST_LIBS)

unit: $(TESTS) ## run the unit tests
	@for t in $(TESTS); do $$t || exit 1; done

clean: ## remove all that was built
	rm -rf build

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
.PHONY: all unit clean help
.DELETE_ON_ERROR:
