# make                the program, in build/
# make check          every test that needs no server, under ASan and UBSan
# make check-interop  the same program between real XMPP and IRC servers
# make fuzz           FUZZ_TIME seconds on each fuzz target (clang)
# make bench          the measuring programs of tests/bench
# make lint           stricter compilers, cppcheck, house plan, manual pages
# make install        honours DESTDIR and PREFIX
# make clean          removes build/
# make help           this list

MAKEFLAGS += --no-print-directory

PROG      := passerelle
VERSION   := 0.1
PREFIX    ?= /usr/local
CFLAGS    ?= -O2 -g
BUILD     ?= build
FUZZ_TIME ?= 30
# V=1 shows the commands.
Q         := $(if $(V),,@)
PYTHON    ?= /usr/bin/python3

PKGS      := libuv libstrophe openssl sqlite3 libidn expat libconfuse libsystemd \
             jansson libmicrohttpd libcurl
WARN      := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
             -Wmissing-prototypes -Wformat=2 -Wvla -Wcast-qual -Wwrite-strings
CPPFLAGS  += -D_GNU_SOURCE -DPASSERELLE_VERSION='"$(VERSION)"' \
             -Isrc -Igateways -include src/lib/banned.h
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS))
ALL_CFLAGS  = -std=c11 $(WARN) -MMD -MP $(PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS)
# The expat guard (src/xmpp/expat_guard.c) is found by libstrophe through the
# dynamic symbol table of the executable.
LINK        = $(Q)$(CC) $(CFLAGS) $(LDFLAGS) -rdynamic -o $@ $^ $(PKG_LIBS) -ldl

# A new .c file in these folders is built; nothing else needs editing.
SRC   := $(sort $(wildcard src/*.c src/*/*.c gateways/*.c gateways/*/*.c))
OBJ   := $(SRC:%.c=$(BUILD)/%.o)
PARTS := $(filter-out $(BUILD)/src/main.o,$(OBJ))
FAKE  := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fake/*.c))
TEST  := $(patsubst tests/unit/%.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
FUZZ  := $(patsubst tests/fuzz/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
FLOW  := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/flow_run.c tests/profile_run.c tests/crash_run.c tests/crash_in.c))

# Programs of their own, which the program starts: one for each such folder,
# with libraries that it does not see itself.  What is not main.c can be
# tested, by test_WORKER_* and fuzz_WORKER_*.
WORKERS       := $(patsubst gateways/smtp/%/main.c,%,$(wildcard gateways/smtp/*/main.c))
WORKER_BIN    := $(WORKERS:%=$(BUILD)/$(PROG)-%)
PKGS_mailout  := gmime-3.0 libesmtp-1.0
PKGS_mailread := gmime-3.0 libxml-2.0
# What a worker is made of, and how a program with its parts is linked.
worker_src     = $(filter-out %/main.c,$(wildcard gateways/smtp/$(1)/*.c))
worker_link    = $(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -Wl,--as-needed \
                 $(shell pkg-config --libs $(PKGS_$(1))) $(PKG_LIBS) -ldl
worker_headers = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS_$(1))))

# Without a fuzzer a fuzz target is an ordinary program that reads its corpus.
FUZZ_MAIN := $(BUILD)/tests/fuzz/replay.o

SAN := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
       -fno-sanitize-recover=undefined

all: $(BUILD)/$(PROG) $(WORKER_BIN)

$(BUILD)/$(PROG): $(OBJ)
	$(LINK)

# Empty first: a member whose source has gone must go too.
$(BUILD)/parts.a: $(PARTS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(BUILD)/test_flow_match: $(BUILD)/tests/unit/test_flow_match.o $(BUILD)/tests/flow_match.o $(BUILD)/parts.a
	$(LINK) -lcmocka

$(BUILD)/test_%: $(BUILD)/tests/unit/test_%.o $(BUILD)/parts.a
	$(LINK) -lcmocka

# Fakes come before the archive: what they define is not taken from it.
$(BUILD)/flow_run: $(BUILD)/tests/flow_run.o $(BUILD)/tests/flow_match.o $(BUILD)/tests/flow_http.o $(BUILD)/tests/flow_mail.o $(BUILD)/tests/flow_mailout.o $(BUILD)/tests/flow_reader.o $(FAKE) $(BUILD)/mailread.a $(BUILD)/parts.a
	$(LINK) $(shell pkg-config --libs $(PKGS_mailread))

$(BUILD)/profile_run: $(BUILD)/tests/profile_run.o $(BUILD)/tests/profile_diff.o $(BUILD)/tests/profile_json.o $(BUILD)/tests/profile_request.o $(BUILD)/parts.a
	$(LINK)

# The program stopped at every boundary: see the head of crash_run.c.
CRASH_PARTS := $(addprefix $(BUILD)/tests/,crash_stage.o crash_disk.o crash_wire.o flow_match.o)
CRASH_WRAP := store_writer_add store_writer_add_all component_end store_out_try store_out_put
$(BUILD)/crash_run: LDFLAGS += $(CRASH_WRAP:%=-Wl,--wrap=%)
$(BUILD)/crash_run: $(addprefix $(BUILD)/tests/,crash_run.o crash_wire_out.o crash_mail_out.o flow_mailout.o) $(CRASH_PARTS) $(FAKE) $(BUILD)/parts.a
	$(LINK)

CRASH_IN_WRAP := store_writer_add store_writer_add_all component_end \
                 store_arrivals_put confirm_add
$(BUILD)/crash_in: LDFLAGS += $(CRASH_IN_WRAP:%=-Wl,--wrap=%)
$(BUILD)/crash_in: $(addprefix $(BUILD)/tests/,crash_in.o crash_wire_in.o crash_mail_in.o flow_mail.o flow_reader.o) $(CRASH_PARTS) $(FAKE) $(BUILD)/mailread.a $(BUILD)/parts.a
	$(LINK) $(shell pkg-config --libs $(PKGS_mailread))

$(BUILD)/fuzz_core $(BUILD)/fuzz_outbox $(BUILD)/fuzz_seat: $(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/memory_store.o $(BUILD)/tests/fuzz/memory_queue.o $(FUZZ_MAIN) $(FAKE) $(BUILD)/parts.a
	$(LINK)

$(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FUZZ_MAIN) $(BUILD)/parts.a
	$(LINK)

define worker
$(BUILD)/gateways/smtp/$(1)/%.o $(BUILD)/tests/unit/test_$(1)_%.o \
$(BUILD)/tests/fuzz/fuzz_$(1)_%.o: CPPFLAGS += $(call worker_headers,$(1))
$(BUILD)/$(1).a: $(patsubst %.c,$(BUILD)/%.o,$(call worker_src,$(1)))
	$(Q)rm -f $$@
	$(Q)$(AR) rcs $$@ $$^
$(BUILD)/$(PROG)-$(1): $(BUILD)/gateways/smtp/$(1)/main.o $(BUILD)/$(1).a $(BUILD)/parts.a
	$$(call worker_link,$(1))
$(BUILD)/test_$(1)_%: $(BUILD)/tests/unit/test_$(1)_%.o $(BUILD)/$(1).a $(BUILD)/parts.a
	$$(call worker_link,$(1)) -lcmocka
$(BUILD)/fuzz_$(1)_%: $(BUILD)/tests/fuzz/fuzz_$(1)_%.o $(FUZZ_MAIN) $(BUILD)/$(1).a $(BUILD)/parts.a
	$$(call worker_link,$(1))
endef
$(foreach w,$(WORKERS),$(eval $(call worker,$(w))))

$(BUILD)/null_gateway: $(BUILD)/tests/bench/null_gateway.o
	$(LINK)

$(BUILD)/bench_%: $(BUILD)/tests/bench/bench_%.o $(BUILD)/parts.a
	$(LINK)

# Programs that stand in for servers.
$(BUILD)/fake_%: $(BUILD)/tests/fake_%.o $(BUILD)/parts.a
	$(LINK)

# Where `install` puts them.
$(BUILD)/gateways/sms/sms_profiles.o: CPPFLAGS += \
    -DSMS_PROFILES_DIR='"$(PREFIX)/share/passerelle/profiles"'

$(BUILD)/src/net/worker.o: CPPFLAGS += \
    -DWORKER_LIBEXEC='"$(PREFIX)/libexec/passerelle"'

$(BUILD)/tests/%.o: CPPFLAGS += -Itests -Itests/fake

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

check:
	$(MAKE) BUILD=build/asan CFLAGS='$(SAN)' check-here
# A program that does not link is one failure, not the end of the others.
check-here: $(TEST) $(FLOW) $(FUZZ)
	-@$(MAKE) $(BUILD)/$(PROG) $(WORKER_BIN)
	tests/run $(BUILD)

fuzz:
	$(MAKE) BUILD=build/fuzz CC=clang FUZZ_MAIN= \
	    CFLAGS='-O1 -g -fsanitize=address,undefined,fuzzer-no-link' \
	    LDFLAGS='-fsanitize=fuzzer' fuzz-targets
	FUZZ_TIME=$(FUZZ_TIME) tests/fuzz/run build/fuzz
fuzz-targets: $(FUZZ)

check-interop:
	$(MAKE) BUILD=build/asan CFLAGS='$(SAN)' build/asan/$(PROG) \
	    $(WORKERS:%=build/asan/$(PROG)-%) build/asan/fake_ircd
	PASSERELLE=$(CURDIR)/build/asan/$(PROG) \
	    $(PYTHON) -m pytest -q $(PYTEST_ARGS) tests/interop

bench:
	$(MAKE) bench-targets
	tests/bench/run $(BUILD)
bench-targets: $(BUILD)/null_gateway $(BENCH) $(BUILD)/fake_ircd \
    $(BUILD)/fake_provider $(BUILD)/$(PROG) $(WORKER_BIN)

lint:
	tests/lint
# Whatever can be compiled, nothing linked.
objects: $(OBJ) $(patsubst %.c,$(BUILD)/%.o,$(wildcard gateways/smtp/*/*.c)) $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/*.c tests/*/*.c))

# The daemon looks for its workers where it is itself, then there.
LIBEXEC := $(PREFIX)/libexec/passerelle
install: all
	install -D -m 755 $(BUILD)/$(PROG) $(DESTDIR)$(PREFIX)/sbin/$(PROG)
	install -d $(DESTDIR)$(LIBEXEC)
	$(if $(WORKERS),install -m 755 $(WORKER_BIN) $(DESTDIR)$(LIBEXEC))
	install -D -m 644 src/passerelle.8 \
	    $(DESTDIR)$(PREFIX)/share/man/man8/passerelle.8
	install -D -m 644 config/passerelle.conf.5 \
	    $(DESTDIR)$(PREFIX)/share/man/man5/passerelle.conf.5
	install -D -m 644 config/passerelle.conf \
	    $(DESTDIR)$(PREFIX)/share/doc/passerelle/passerelle.conf
	install -d $(DESTDIR)$(PREFIX)/share/passerelle/profiles
	install -m 644 gateways/sms/profiles/*.json \
	    $(DESTDIR)$(PREFIX)/share/passerelle/profiles

clean:
	rm -rf build

help:
	@sed -n '/^$$/q; s/^# //p' Makefile

.PHONY: all check check-here check-interop fuzz fuzz-targets bench \
        bench-targets lint objects install clean help
.SECONDARY:
.DELETE_ON_ERROR:
-include $(OBJ:.o=.d) $(wildcard $(BUILD)/gateways/smtp/*/*.d) $(wildcard $(BUILD)/tests/*.d $(BUILD)/tests/*/*.d)
