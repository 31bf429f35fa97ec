/*
 * A whole connection.  The bytes are what the server says; a line that
 * begins with '!' is a command of ours instead, one that begins with '~'
 * lets time pass.  Whatever comes, every line that leaves is one line of at
 * most 512 bytes, text in events is clean, and every ref is answered by the
 * time of CLOSED.
 */
#include <stdlib.h>

#include "irc/irc_proto.h"
#include "irc/irc_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { REFS = 256 };

static struct irc_proto p;
static int64_t now;
static bool open_refs[REFS];
static uint64_t nref;

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
check_event(const struct irc_event *ev)
{
	struct str text = ev->text, line;

	while (text.len && str_cut(&text, '\n', &line))
		check(irc_text_is_clean(line));
	check(ev->type == IRC_EV_SERVER_TEXT || !str_has(ev->text, '\n'));
	check(ev->ref <= nref);
	if (ev->ref)
		open_refs[ev->ref] = false;
	if (ev->type == IRC_EV_CLOSED)
		for (size_t i = 1; i <= nref; i++)
			check(!open_refs[i]);
}

static void
drain(void)
{
	static const uint8_t key[CRYPTO_SHA256_BYTES];
	struct irc_event ev;
	bool derives = false;

	while (irc_proto_next(&p, &ev)) {
		check_event(&ev);
		derives |= ev.type == IRC_EV_DERIVE;
	}
	if (derives)
		irc_proto_derived(&p, key);
}

static void
settle(void)
{
	struct str out, line;

	drain();
	while ((out = irc_proto_out(&p, now)).len) {
		struct str rest = out;

		while (rest.len && str_cut(&rest, '\n', &line)) {
			check(line.len > 1 && line.len < IRC_OUT_MAX);
			check(str_find(line, '\r') == (ptrdiff_t)line.len - 1);
			check(!str_has(line, '\0'));
		}
		irc_proto_wrote(&p, out.len);
	}
	drain();
}

static int
command(char which, struct str a, struct str b, uint64_t ref)
{
	switch (which) {
	case 'j':
		return irc_proto_join(&p, a, b, ref, NULL);
	case 'p':
		return irc_proto_part(&p, a, b, ref, NULL);
	case 'm':
		return irc_proto_message(&p, IRC_MSG_NORMAL, a, b, ref, NULL);
	case 'a':
		return irc_proto_message(&p, IRC_MSG_ACTION, a, b, ref, NULL);
	case 't':
		return irc_proto_topic(&p, a, b, ref, NULL);
	case 'n':
		return irc_proto_nick_change(&p, a, ref, NULL);
	case 'k':
		return irc_proto_kick(&p, a, b, b, ref, NULL);
	case 'o':
		return irc_proto_mode(&p, a, STR("+o"), b, ref, NULL);
	case 'w':
		return irc_proto_away(&p, a, ref, NULL);
	case 'i':
		return irc_proto_invite(&p, a, b, ref, NULL);
	case 'c':
		return irc_proto_ctcp(&p, a, b, b, ref, NULL);
	case 'r':
		return irc_proto_raw(&p, b, ref, NULL);
	case 'q':
		irc_proto_quit(&p, b);
		return -1;
	}
	return -1;
}

/* "!m#c text" */
static void
run_command(struct str line)
{
	struct str rest = str_skip(line, 2), a;

	if (line.len < 2 || nref + 1 >= REFS)
		return;
	str_cut(&rest, ' ', &a);
	open_refs[++nref] = true;
	if (command(line.p[1], a, rest.p ? rest : STR_EMPTY, nref) < 0)
		open_refs[nref] = false;
	(void)irc_proto_delay(&p, now);
}

/* From memory that is gone afterwards, so that nothing is kept of it. */
static void
feed(struct str bytes)
{
	char *copy = malloc(bytes.len ? bytes.len : 1);

	if (!copy)
		return;
	if (bytes.len)
		memcpy(copy, bytes.p, bytes.len);
	irc_proto_feed(&p, copy, bytes.len, now);
	drain();
	free(copy);
	settle();
}

static void
begin(void)
{
	static const struct irc_params params = {
		.nick = { "bob", 3 },
		.nick_fallback = { "romeo", 5 },
		.user = { "u", 1 },
		.realname = { "r", 1 },
		.sasl = { .account = { "acc", 3 },
		    .password = { "pw", 2 },
		    .nonce = { "n", 1 } },
		.regain = true,
		.secrets_allowed = true,
		.burst = 5,
		.interval_ms = 2000,
		.version = { "v", 1 },
	};

	now = 1000;
	nref = 0;
	memset(open_refs, 0, sizeof(open_refs));
	irc_proto_init(&p, &params);
	check(irc_proto_start(&p, now, NULL) == 0);
	settle();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = str_of((const char *)data, size), line;

	begin();
	while (rest.len) {
		const char *start = rest.p;

		str_cut(&rest, '\n', &line);
		now++;
		if (line.len && *line.p == '!') {
			run_command(line);
			settle();
		} else if (line.len && *line.p == '~') {
			now += 20000;
			irc_proto_tick(&p, now);
			settle();
		} else {
			feed(str_of(start, line.len + (rest.p ? 1 : 0)));
		}
	}
	irc_proto_eof(&p, STR("end"));
	settle();
	for (size_t i = 1; i <= nref; i++)
		check(!open_refs[i]);
	irc_proto_release(&p);
	return 0;
}
