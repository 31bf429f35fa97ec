/*
 * The whole core, with the real networks, between clients and servers that
 * do as the input says: a byte for what is done, a few for how.  The servers
 * mostly answer as servers do, but the input decides when, and puts words of
 * its own between.
 *
 * Whatever happens: every question is answered exactly once, every join ends,
 * every message to a room comes back once or is refused once, and not the
 * other way round; nobody is shown a room
 * that he is not in, and no line that leaves is longer than 512 bytes.
 *
 * With FUZZ_TRACE in the environment it tells what happens.
 */
#include <stdlib.h>

#include "core/arrears.h"
#include "core/config.h"
#include "core/core.h"
#include "core/gateway.h"
#include "core/store.h"
#include "fake/fake.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/map.h"
#include "memory_store.h"
#include "net/loop.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	OPS_MAX = 1000,
	ASKS = 512,
	CLIENTS = 5,
	ROOMS = 8,
	USERS = 2,
	CONTACTS = 5,
	LINE_BYTES = 512,
	CROWD = 64,
	PATIENCE_S = 240, /* until every join has ended */
};

static const char config_text[] =
    "server { host = \"127.0.0.1\" port = 5347 domain = \"e.org\" }\n"
    "store { path = \"/nowhere/db\" key_file = \"/nowhere/key\" }\n"
    "gateway \"irc\" { type = \"irc\" secret = \"s\" reconnect_min = 1\n"
    "  reconnect_max = 4 limits { rooms = 3 resources = 2 }\n"
    "  network \"net\" { host = \"irc.net\" aliases = { \"al\" }\n"
    "    interval_ms = 0 } }\n"
    "gateway \"echo\" { type = \"echo\" secret = \"s\" reconnect_min = 1\n"
    "  reconnect_max = 4 }\n";

static const char *const clients[CLIENTS] = { "romeo@e.org/a", "romeo@e.org/b",
	"romeo@e.org/c", "juliet@e.org/a", "juliet@e.org/b" };
static const char *const rooms[ROOMS] = { "#a%net@irc", "#b%net@irc",
	"#d%net@irc", "#a%al@irc", "#c{%net@irc", "#hall@echo", "#x@echo",
	"#refuse-full@echo" };
static const char *const users[USERS] = { "romeo@e.org", "juliet@e.org" };
static const char *const contacts[CONTACTS] = { "juliet%net@irc",
	"nurse%net@irc", "juliet%al@irc", "net@irc", "irc" };
static const char *const nicks[] = { "romeo", "juliet", "Romeo", "ben|",
	"BEN\\", "nurse", "ro meo", "Guest1" };
static const char *const channels[] = { "#a", "#b", "#A", "#c{", "#C[",
	"#elsewhere" };

enum place { OUT, COMING, IN, UNSURE };
enum said { NOTHING, OPEN, SHOWN, FAILED };

/* Whom a client believes to be in a room: hashes of names. */
struct crowd {
	bool is_blind; /* it may believe anything */
	size_t n;
	uint64_t who[CROWD];
};

static struct {
	struct loop *loop;
	struct config *config;
	struct store *store;
	struct core *core;
	bool up, stopping;
	enum place place[CLIENTS][ROOMS];
	struct crowd crowd[CLIENTS][ROOMS];
	bool ask[ASKS];              /* open questions, by id */
	bool wants[USERS][CONTACTS]; /* has asked for it and not ended it */
	struct {
		enum said is;
		int c, r;
	} said[ASKS]; /* messages, by id */
	unsigned nask, nsaid;
	struct str in;
} w;

static void
check(bool is_so, const char *what, const char *about)
{
	if (is_so)
		return;
	fprintf(stderr, "fuzz_core: %s: %s\n", what, about);
	abort();
}

/* What happens, for people who look for the reason of a finding. */
static void
trace(const char *what, const char *text)
{
	static int on = -1;

	if (on < 0)
		on = getenv("FUZZ_TRACE") != NULL;
	if (on)
		fprintf(stderr, "%s %s\n", what, text);
}

static unsigned
byte(void)
{
	unsigned c = w.in.len ? (unsigned char)w.in.p[0] : 0;

	w.in = str_skip(w.in, w.in.len ? 1 : 0);
	return c;
}

static unsigned
pick(unsigned n)
{
	return byte() % n;
}

#define PICK(table) (table)[pick(sizeof(table) / sizeof((table)[0]))]

/* ---- what comes out --------------------------------------------------- */

static int
client_of(struct str jid)
{
	for (int i = 0; i < CLIENTS; i++)
		if (str_is(jid, clients[i]))
			return i;
	return -1;
}

static int
room_of(struct str jid)
{
	struct str bare;

	str_cut(&jid, '/', &bare);
	for (int i = 0; i < ROOMS; i++)
		if (str_is(bare, rooms[i]))
			return i;
	return -1;
}

static bool
has_status(const struct stanza *s, const char *code)
{
	const struct stanza *x = stanza_child(s, "x", NS_MUC_USER);
	const struct stanza *st = stanza_child(x, "status", NULL);

	for (; st; st = stanza_next(st, "status", NULL))
		if (str_is(stanza_attr(st, "code"), code))
			return true;
	return false;
}

static bool
believes(const struct crowd *k, uint64_t who)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->who[i] == who)
			return true;
	return false;
}

static void
learn(struct crowd *k, struct str jid, bool is_here)
{
	struct str bare;
	uint64_t who;
	size_t i;

	str_cut(&jid, '/', &bare);
	who = map_hash(jid);
	for (i = 0; i < k->n; i++)
		if (k->who[i] == who)
			k->who[i--] = k->who[--k->n];
	if (!is_here)
		return;
	if (k->n == CROWD)
		k->is_blind = true;
	else
		k->who[k->n++] = who;
}

static void
goes_out(int c, int r)
{
	w.place[c][r] = OUT;
	w.crowd[c][r] = (struct crowd){ .n = 0 };
	for (unsigned i = 0; i < ASKS; i++)
		if (w.said[i].c == c && w.said[i].r == r)
			w.said[i].is = NOTHING;
}

static void
saw_presence(const struct stanza *s, int c, int r, const char *xml)
{
	struct str type = stanza_attr(s, "type");

	if (str_is(type, "error")) {
		if (w.place[c][r] == COMING)
			goes_out(c, r);
		return;
	}
	check(w.place[c][r] != OUT, "presence of a room one is not in", xml);
	learn(&w.crowd[c][r], stanza_attr(s, "from"), type.len == 0);
	if (!has_status(s, "110") || has_status(s, "303"))
		return;
	if (str_is(type, "unavailable")) {
		goes_out(c, r);
		/* At a shutdown (332) they are remembered, and asked later. */
		if (has_status(s, "332"))
			w.place[c][r] = UNSURE;
	} else
		w.place[c][r] = IN;
}

/* "m12" -> 12, if that is open. */
static unsigned
number(struct str id, char letter)
{
	uint64_t n = 0;

	if (id.len < 2 || id.p[0] != letter ||
	    !str_to_uint(str_skip(id, 1), ASKS - 1, &n))
		return 0;
	return (unsigned)n;
}

/* Shown and then refused, or one of the two; never twice. */
static void
saw_said(unsigned n, bool error, const char *xml)
{
	check(w.said[n].is != FAILED, "it was refused before", xml);
	check(error || w.said[n].is == OPEN, "it was shown before", xml);
	w.said[n].is = error ? FAILED : SHOWN;
}

static void
saw_message(const struct stanza *s, int c, int r, const char *xml)
{
	unsigned n = number(stanza_attr(s, "id"), 'm');

	if (str_is(stanza_attr(s, "type"), "groupchat"))
		check(w.place[c][r] == IN, "talk in a room one is not in", xml);
	if (n && w.said[n].is && w.said[n].c == c && w.said[n].r == r)
		saw_said(n, str_is(stanza_attr(s, "type"), "error"), xml);
}

static void
saw_iq(const struct stanza *s, const char *xml)
{
	struct str type = stanza_attr(s, "type");
	unsigned n = number(stanza_attr(s, "id"), 'q');

	if (str_is(type, "get") || str_is(type, "set") || !n)
		return;
	check(w.ask[n], "an answer to no question", xml);
	w.ask[n] = false;
}

/* A ping of the program's: some answer. */
static void
answer(const struct stanza *s, int c)
{
	char xml[600];
	struct str from = stanza_attr(s, "from"), id = stanza_attr(s, "id");
	struct str domain = from;
	bool here = pick(4) != 0;

	while (str_has(domain, '@'))
		domain = str_skip(domain, (size_t)str_find(domain, '@') + 1);
	snprintf(xml, sizeof(xml),
	    "<iq from='%s' to='" STR_FMT "' id='" STR_FMT "' type='%s'>%s</iq>",
	    clients[c], STR_ARG(from), STR_ARG(id), here ? "result" : "error",
	    here ? ""
	         : "<error type='cancel'><service-unavailable "
	           "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
	trace("->", xml);
	fake_component_feed(fake_component(domain), str_c(xml));
}

static int
index_of(struct str what, const char *const *table, int n)
{
	for (int i = 0; i < n; i++)
		if (str_is(what, table[i]))
			return i;
	return -1;
}

/* Nobody is shown people whom he has not asked for. */
static void
saw_contact(const struct stanza *s, const char *xml)
{
	struct str type = stanza_attr(s, "type");
	int u = index_of(stanza_attr(s, "to"), users, USERS);
	int c = index_of(stanza_attr(s, "from"), contacts, CONTACTS);

	if (u < 0 || c < 0)
		return;
	if (str_is(type, "unsubscribed"))
		w.wants[u][c] = false;
	else if (type.len == 0 && str_has(stanza_attr(s, "from"), '%'))
		check(w.wants[u][c], "not in his roster", xml);
}

static void
see(const char *xml)
{
	struct stanza *s = stanza_parse(str_c(xml));
	int c, r;

	trace("<-", xml);
	check(s != NULL, "ill-formed", xml);
	c = client_of(stanza_attr(s, "to"));
	r = room_of(stanza_attr(s, "from"));
	if (str_is(stanza_name(s), "iq"))
		saw_iq(s, xml);
	if (c >= 0 && w.core && str_is(stanza_name(s), "iq") &&
	    str_is(stanza_attr(s, "type"), "get"))
		answer(s, c);
	if (str_is(stanza_name(s), "presence"))
		saw_contact(s, xml);
	if (c >= 0 && r >= 0 && str_is(stanza_name(s), "presence"))
		saw_presence(s, c, r, xml);
	if (c >= 0 && r >= 0 && str_is(stanza_name(s), "message"))
		saw_message(s, c, r, xml);
	stanza_free(&s);
}

static void
see_all(void)
{
	struct list *n;

	for (n = list_first(fake_stanzas()); n;
	     n = list_first(fake_stanzas())) {
		struct fake_stanza *f = LIST_ENTRY(n, struct fake_stanza, node);
		char *xml = str_dup(str_c(f->xml));

		fake_stanza_free(f);
		see(xml);
		free(xml);
	}
}

static void
settle(void)
{
	for (int i = 0; i < 4; i++) {
		store_settle(w.store);
		fake_loop_turn(w.loop);
		see_all();
	}
}

static void
wait_ms(int64_t ms)
{
	struct clock *c = loop_clock(w.loop);
	int64_t until = c->at + ms, next;

	trace("wait", ms < 1000 ? "" : "long");
	for (;;) {
		next = clock_next(c);
		if (next < 0 || next > until)
			break;
		if (next < c->at)
			next = c->at;
		clock_advance(c, next, c->utc + (next - c->at));
		settle();
	}
	clock_advance(c, until, c->utc + (until - c->at));
	settle();
}

/* ---- what clients do -------------------------------------------------- */

static void send_to(const char *address, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* fmt begins behind the name and has %s where the addresses go. */
static void
send_to(const char *address, const char *fmt, ...)
{
	const char *at = strrchr(address, '@');
	struct str domain = str_c(at ? at + 1 : address), host;
	char xml[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(xml, sizeof(xml), fmt, ap);
	va_end(ap);
	str_cut(&domain, '/', &host);
	trace(w.up ? "->" : "(not sent)", xml);
	if (w.up)
		check(fake_component_feed(fake_component(host), str_c(xml)),
		    "ill-formed of ours", xml);
	settle();
}

static void
do_join(void)
{
	unsigned c = pick(CLIENTS), r = pick(ROOMS);

	if (w.up && w.place[c][r] == OUT)
		w.place[c][r] = COMING;
	else
		w.crowd[c][r].is_blind = true;
	send_to(rooms[r],
	    "<presence from='%s' to='%s/%s'><x "
	    "xmlns='http://jabber.org/protocol/muc'/></presence>",
	    clients[c], rooms[r], PICK(nicks));
}

static void
do_leave(void)
{
	unsigned c = pick(CLIENTS), r = pick(ROOMS);

	send_to(rooms[r], "<presence from='%s' to='%s/x' type='unavailable'/>",
	    clients[c], rooms[r]);
	if (w.up)
		goes_out((int)c, (int)r);
}

static void
do_nick(void)
{
	unsigned c = pick(CLIENTS), r = pick(ROOMS);

	send_to(rooms[r], "<presence from='%s' to='%s/%s'/>", clients[c],
	    rooms[r], PICK(nicks));
}

static void
do_say(void)
{
	static const char *const words[] = { "hello", "/me waves",
		"one&#10;two", "kick me", "nick nurse", "nick echo2",
		"quit away", "drop it", "ban it", "invite #y", "refuse me",
		"topic t", "away now", "enter it" };
	unsigned c = pick(CLIENTS), r = pick(ROOMS);

	bool counts = w.nsaid + 1 < ASKS && w.up && w.place[c][r] == IN;

	if (counts) {
		w.said[++w.nsaid].is = OPEN;
		w.said[w.nsaid].c = (int)c;
		w.said[w.nsaid].r = (int)r;
	}
	send_to(rooms[r],
	    "<message from='%s' to='%s' type='groupchat' id='%c%u'>"
	    "<body>%s</body></message>",
	    clients[c], rooms[r], counts ? 'm' : 'x', w.nsaid, PICK(words));
}

static void
do_subject(void)
{
	unsigned c = pick(CLIENTS), r = pick(ROOMS);

	send_to(rooms[r],
	    "<message from='%s' to='%s' type='groupchat'>"
	    "<subject>s%u</subject></message>",
	    clients[c], rooms[r], byte());
}

static void
do_whisper(void)
{
	unsigned c = pick(CLIENTS), r = pick(ROOMS);

	send_to(rooms[r],
	    "<message from='%s' to='%s/%s' type='chat'><body>psst</body>"
	    "</message>",
	    clients[c], rooms[r], PICK(nicks));
}

static void
do_talk(void)
{
	static const char *const people[] = { "ben%net@irc", "juliet%net@irc",
		"nurse%al@irc", "bob@echo", "nobody@echo" };
	const char *to = PICK(people);

	send_to(to,
	    "<message from='%s' to='%s' type='chat'><body>hi</body></message>",
	    PICK(clients), to);
}

/* Messages about messages, and what only goes along. */
static void
do_kind(void)
{
	static const char *const kinds[] = {
		"<body>&gt; a b</body><reply xmlns='urn:xmpp:reply:0' "
		"id='m%u'/><fallback xmlns='urn:xmpp:fallback:0' "
		"for='urn:xmpp:reply:0'><body start='0' end='4'/></fallback>",
		"<body>other words</body><replace "
		"xmlns='urn:xmpp:message-correct:0' id='m%u'/>",
		"<retract xmlns='urn:xmpp:message-retract:1' id='m%u'/>",
		"<reactions xmlns='urn:xmpp:reactions:0' id='m%u'><reaction>:)"
		"</reaction><reaction>x</reaction></reactions>",
		"<reactions xmlns='urn:xmpp:reactions:0' id='m%u'/>",
		"<composing xmlns='http://jabber.org/protocol/chatstates'/>",
		"<paused xmlns='http://jabber.org/protocol/chatstates'/>",
		"<gone xmlns='http://jabber.org/protocol/chatstates'/>",
		"<x xmlns='jabber:x:conference' jid='#b%%net@irc'/>",
		"<body>y</body><x xmlns='jabber:x:conference' jid='y@e.org'/>",
	};
	static const char *const whom[] = { "#a%net@irc", "#b%net@irc",
		"#a%net@irc/juliet", "juliet%net@irc", "#hall@echo",
		"bob@echo" };
	const char *to = PICK(whom), *kind = PICK(kinds);
	char inside[300];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(inside, sizeof(inside), kind, pick(8));
#pragma GCC diagnostic pop
	send_to(to, "<message from='%s' to='%s' type='%s' id='k'>%s</message>",
	    PICK(clients), to, pick(2) ? "groupchat" : "chat", inside);
}

static void
do_roster(void)
{
	static const char *const types[] = { "subscribe", "subscribe", "probe",
		"unsubscribe", "unsubscribed", "subscribed", "unavailable",
		"" };
	unsigned u = pick(USERS), c = pick(CONTACTS);
	const char *type = PICK(types);

	if (w.up && (!strcmp(type, "subscribe") || !strcmp(type, "probe")))
		w.wants[u][c] = true;
	send_to(contacts[c], "<presence from='%s' to='%s' type='%s'/>",
	    users[u], contacts[c], type);
}

static void
do_bounce(void)
{
	unsigned c = pick(CLIENTS), r = pick(ROOMS);
	bool presence = pick(2);

	send_to(rooms[r],
	    "<%s from='%s' to='%s/x' type='error'><error type='cancel'><gone "
	    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></%s>",
	    presence ? "presence" : "message", clients[c], rooms[r],
	    presence ? "presence" : "message");
	/* From before a restart nothing of ours can bounce. */
	if (w.up && w.place[c][r] != UNSURE)
		goes_out((int)c, (int)r);
}

static void
do_ask(void)
{
	static const char *const words[] = {
		"get'><ping xmlns='urn:xmpp:ping'/>",
		"get'><query xmlns='jabber:iq:version'/>",
		"get'><query xmlns='http://jabber.org/protocol/disco#info'/>",
		"get'><query xmlns='http://jabber.org/protocol/disco#items'/>",
		"set'><query xmlns='http://jabber.org/protocol/muc#admin'>"
		"<item nick='juliet' role='none'/></query>",
		"set'><query xmlns='http://jabber.org/protocol/muc#admin'>"
		"<item nick='nurse' role='moderator'/></query>",
		"get'><query xmlns='http://jabber.org/protocol/muc#admin'>"
		"<item role='moderator'/></query>",
		"set'><command xmlns='http://jabber.org/protocol/commands' "
		"node='status'/>",
		"set'><command xmlns='http://jabber.org/protocol/commands' "
		"node='connect'/>",
		"set'><command xmlns='http://jabber.org/protocol/commands' "
		"node='disconnect'/>",
		"set'><command xmlns='http://jabber.org/protocol/commands' "
		"node='forget'/>",
		"set'><command xmlns='http://jabber.org/protocol/commands' "
		"node='whois'/>",
		"get'><time xmlns='urn:xmpp:time'/>",
		"get'><query xmlns='http://jabber.org/protocol/disco#items'>"
		"<set xmlns='http://jabber.org/protocol/rsm'><max>2</max>"
		"<after>#l1%net@irc.example.org</after></set></query>",
		"get'><query xmlns='http://jabber.org/protocol/disco#items'>"
		"<set xmlns='http://jabber.org/protocol/rsm'><max>1</max>"
		"<before/></set></query>",
		"set'><moderate xmlns='urn:xmpp:message-moderate:1' id='m1'>"
		"<retract xmlns='urn:xmpp:message-retract:1'/></moderate>",
	};
	static const char *const whom[] = { "irc", "echo", "net@irc", "al@irc",
		"#a%net@irc", "#a%net@irc/romeo", "#a%net@irc/juliet",
		"#hall@echo", "#hall@echo/guest", "juliet%net@irc", "bob@echo",
		"#nowhere%net@irc" };
	const char *to = PICK(whom);

	if (w.nask + 1 == ASKS || !w.up)
		return;
	w.ask[++w.nask] = true;
	send_to(to, "<iq from='%s' to='%s' id='q%u' type='%s</iq>",
	    PICK(clients), to, w.nask, PICK(words));
}

/* ---- what servers do -------------------------------------------------- */

static struct fake_link *
some_link(void)
{
	struct fake_link *last = NULL;
	unsigned skip = pick(3);

	LIST_EACH(fake_links(), n)
	{
		struct fake_link *f = LIST_ENTRY(n, struct fake_link, node);

		if (f->link && (!last || skip-- > 0))
			last = f;
	}
	return last;
}

static void server_says(struct fake_link *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
server_says(struct fake_link *f, const char *fmt, ...)
{
	char line[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	trace(f ? f->host : "(no link)", line);
	if (f && f->link)
		fake_link_feed(f, str_c(line));
	if (f && f->link)
		fake_link_feed(f, STR("\r\n"));
}

/* What f calls itself is what it asked for last: in its host, for want of a
 * better place. */
static void
set_nick(struct fake_link *f, struct str nick)
{
	char *was = f->host;

	f->host = str_dup(nick);
	free(was);
}

static void
let_in(struct fake_link *f, struct str channel)
{
	unsigned how = pick(8);

	if (how == 7) {
		server_says(f, ":s.x 474 %s " STR_FMT " :banned", f->host,
		    STR_ARG(channel));
		return;
	}
	server_says(f, ":%s!u@h JOIN " STR_FMT, f->host, STR_ARG(channel));
	if (how == 6)
		return;
	server_says(
	    f, ":s.x 332 %s " STR_FMT " :topic", f->host, STR_ARG(channel));
	server_says(f, ":s.x 353 %s = " STR_FMT " :@juliet ben| +nurse %s",
	    f->host, STR_ARG(channel), f->host);
	if (how == 5)
		return;
	server_says(
	    f, ":s.x 366 %s " STR_FMT " :end", f->host, STR_ARG(channel));
}

/* A list, its end, or neither. */
static void
list_channels(struct fake_link *f)
{
	unsigned how = pick(8), i;

	if (how == 7) {
		server_says(f, ":s.x 263 %s LIST :later", f->host);
		return;
	}
	for (i = 0; i < how; i++)
		server_says(f, ":s.x 322 %s %s %u :[+nt] it", f->host,
		    pick(3) ? PICK(channels) : "#l1", pick(5));
	if (how != 6)
		server_says(f, ":s.x 323 %s :end", f->host);
}

static void
say_who(struct fake_link *f, struct str nick)
{
	if (pick(4) == 0)
		server_says(
		    f, ":s.x 401 %s " STR_FMT " :none", f->host, STR_ARG(nick));
	else
		server_says(f, ":s.x 311 %s " STR_FMT " u h * :Real", f->host,
		    STR_ARG(nick));
	if (pick(4))
		server_says(
		    f, ":s.x 318 %s " STR_FMT " :end", f->host, STR_ARG(nick));
}

/* One line as a server would answer it. */
static void
react(struct fake_link *f, struct str line)
{
	static const char *const lists[] = { "", " MONITOR=2", " WATCH=2",
		" SAFELIST ELIST=U WHOX" };
	struct str rest = line, cmd, arg;

	str_cut(&rest, ' ', &cmd);
	str_cut(&rest, ' ', &arg);
	if (str_is(cmd, "NICK")) {
		if (f->seen)
			server_says(
			    f, ":%s!u@h NICK :" STR_FMT, f->host, STR_ARG(arg));
		set_nick(f, arg);
	} else if (str_is(cmd, "CAP") && str_is(arg, "LS") && pick(2)) {
		server_says(
		    f, "CAP * LS :message-tags draft/message-redaction");
	} else if (str_is(cmd, "CAP") && str_is(arg, "REQ")) {
		server_says(f, "CAP * ACK " STR_FMT, STR_ARG(rest));
	} else if (str_is(cmd, "USER")) {
		f->seen = true;
		server_says(f, ":s.x 001 %s :hi", f->host);
		if (pick(2))
			server_says(f,
			    ":s.x 005 %s CASEMAPPING=%s PREFIX=(ov)@+%s :are",
			    f->host, pick(2) ? "ascii" : "rfc1459",
			    PICK(lists));
		server_says(f, ":s.x 422 %s :no", f->host);
	} else if (str_is(cmd, "JOIN")) {
		let_in(f, arg);
	} else if (str_is(cmd, "PART")) {
		server_says(f, ":%s!u@h PART " STR_FMT, f->host, STR_ARG(arg));
	} else if (str_is(cmd, "TOPIC") || str_is(cmd, "KICK")) {
		server_says(f, ":%s!u@h " STR_FMT, f->host, STR_ARG(line));
	} else if (str_is(cmd, "LIST")) {
		list_channels(f);
	} else if (str_is(cmd, "WHOIS")) {
		say_who(f, arg);
	} else if (str_is(cmd, "PING")) {
		server_says(f, ":s.x PONG s.x " STR_FMT, STR_ARG(arg));
	} else if (str_is(cmd, "QUIT")) {
		server_says(f, "ERROR :bye");
	}
}

static bool
next_line(struct fake_link *f, struct buf *line)
{
	if (!f || !f->link || !fake_link_line(f, line))
		return false;
	check(line->len + 2 <= LINE_BYTES, "too long a line", line->p);
	check(!str_has(buf_str(line), '\r') && !str_has(buf_str(line), '\0'),
	    "a line in a line", line->p);
	return true;
}

/* n lines at most. */
static void
answer_lines(struct fake_link *f, unsigned n)
{
	struct buf line;

	buf_init(&line, 64 * 1024);
	while (n-- > 0 && next_line(f, &line)) {
		react(f, buf_str(&line));
		settle();
	}
	buf_release(&line);
}

static void
bring_up(struct fake_link *f)
{
	if (f && f->link && str_is(STR("irc.net"), f->host)) {
		set_nick(f, STR("*"));
		fake_link_up(f);
		settle();
	}
}

static void
do_answer(void)
{
	answer_lines(some_link(), 1 + pick(3));
}

static void
do_answer_all(void)
{
	answer_lines(some_link(), 100);
}

/* All that a good server does: most inputs should get somewhere. */
static void
do_serve(void)
{
	LIST_EACH(fake_links(), n)
	{
		struct fake_link *f = LIST_ENTRY(n, struct fake_link, node);

		bring_up(f);
		answer_lines(f, 100);
	}
	settle();
}

static void
do_swallow(void)
{
	struct fake_link *f = some_link();
	struct buf line;

	buf_init(&line, 64 * 1024);
	(void)next_line(f, &line);
	buf_release(&line);
}

static void
do_link_up(void)
{
	bring_up(some_link());
}

static void
do_link_down(void)
{
	struct fake_link *f = some_link();

	trace("link down", f ? f->host : "");
	if (f)
		fake_link_down(f, pick(2) ? "reset" : "", pick(6) == 0);
}

static void
do_news(void)
{
	struct fake_link *f = some_link();
	const char *who, *whom, *chan;

	if (!f)
		return;
	who = pick(4) ? PICK(nicks) : f->host;
	whom = pick(4) ? PICK(nicks) : f->host;
	chan = PICK(channels);
	switch (pick(18)) {
	case 0:
		server_says(f, ":%s!u@h JOIN %s", who, chan);
		break;
	case 1:
		server_says(f, ":%s!u@h PART %s :bye", who, chan);
		break;
	case 2:
		server_says(f, ":%s!u@h QUIT :gone", who);
		break;
	case 3:
		server_says(f, ":%s!u@h NICK :%s", who, whom);
		if (strcmp(who, f->host) == 0)
			set_nick(f, str_c(whom));
		break;
	case 4:
		server_says(f, ":%s!u@h KICK %s %s :out", who, chan, whom);
		break;
	case 5:
		server_says(f, ":s.x MODE %s +o-v %s %s", chan, who, whom);
		break;
	case 6:
		server_says(f, ":%s!u@h TOPIC %s :new", who, chan);
		break;
	case 7:
		server_says(f, ":%s!u@h PRIVMSG %s :said", who, chan);
		break;
	case 8:
		server_says(f, ":%s!u@h PRIVMSG %s :psst", who, whom);
		break;
	case 9:
		server_says(f, ":s.x 005 %s CASEMAPPING=%s :are", f->host,
		    pick(2) ? "ascii" : "rfc1459");
		break;
	case 10:
		server_says(f, ":s.x 366 %s %s :end", f->host, chan);
		break;
	case 11:
		server_says(f, ":s.x %u %s %s %s :no", 400 + pick(100), f->host,
		    chan, whom);
		break;
	case 12:
		server_says(
		    f, ":s.x 470 %s %s %s :on", f->host, chan, PICK(channels));
		break;
	case 13:
		server_says(f, ":s.x 730 %s :%s!u@h,%s", f->host, who, whom);
		break;
	case 14:
		server_says(f, ":s.x 731 %s :%s,%s", f->host, who, whom);
		break;
	case 15:
		server_says(f, ":s.x 303 %s :%s", f->host, who);
		break;
	case 16:
		server_says(f, ":%s!u@h AWAY :%s", who, pick(2) ? "out" : "");
		break;
	default:
		server_says(f, "ERROR :closing");
		break;
	}
}

/* What clients of others say by tags. */
static void
do_tags(void)
{
	static const char *const lines[] = {
		"@+draft/react=x;+reply=m%u :%s!u@h TAGMSG %s",
		"@+draft/unreact=x;+draft/reply=m%u :%s!u@h TAGMSG %s",
		"@msgid=m%u :%s!u@h PRIVMSG %s :said",
		"@msgid=n;+reply=m%u :%s!u@h PRIVMSG %s :answered",
		"@+typing=active;n=%u :%s!u@h TAGMSG %s",
		"@+typing=done;n=%u :%s!u@h TAGMSG %s",
	};
	struct fake_link *f = some_link();
	const char *line = PICK(lines), *who, *to;
	unsigned n = pick(8);
	char text[200];

	if (!f)
		return;
	who = pick(4) ? PICK(nicks) : f->host;
	to = pick(2) ? PICK(channels) : f->host;
	if (pick(6) == 0) {
		server_says(f, ":%s!u@h REDACT %s m%u :oops", who, to, n);
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), line, n, who, to);
#pragma GCC diagnostic pop
	server_says(f, "%s", text);
}

/* Channels that move, and people who come and go together. */
static void
do_move(void)
{
	struct fake_link *f = some_link();
	const char *who = pick(4) ? PICK(nicks) : "s.x", *chan = PICK(channels);
	unsigned n = pick(3);

	if (!f)
		return;
	switch (pick(4)) {
	case 0:
		server_says(
		    f, ":%s!u@h RENAME %s %s :why", who, chan, PICK(channels));
		break;
	case 1:
		server_says(f, ":s.x BATCH +%u netsplit a.x b.x", n);
		break;
	case 2:
		server_says(f, ":s.x BATCH +%u netjoin a.x b.x", n);
		break;
	default:
		server_says(f, ":s.x BATCH -%u", n);
		break;
	}
}

/* Bytes of the input as they are. */
static void
do_noise(void)
{
	struct fake_link *f = some_link();
	size_t n = pick(40);
	struct str bytes = str_head(w.in, n < w.in.len ? n : w.in.len);

	w.in = str_skip(w.in, bytes.len);
	if (f && f->link) {
		fake_link_feed(f, bytes);
		server_says(f, "%s", "");
	}
}

/* ---- what happens to the program -------------------------------------- */

static void
each_place(enum place from, enum place to)
{
	for (int c = 0; c < CLIENTS; c++)
		for (int r = 0; r < ROOMS; r++)
			if (w.place[c][r] == from)
				w.place[c][r] = to;
}

/* Nobody knows any more what was heard. */
static void
forget_open(void)
{
	for (int c = 0; c < CLIENTS; c++)
		for (int r = 0; r < ROOMS; r++)
			w.crowd[c][r].is_blind = true;
	each_place(IN, UNSURE);
	each_place(COMING, UNSURE);
	memset(w.ask, 0, sizeof(w.ask));
	memset(w.said, 0, sizeof(w.said));
}

static void
streams(bool up)
{
	if (w.up == up)
		return;
	trace("xmpp", up ? "up" : "down");
	w.up = up;
	if (!up)
		forget_open();
	if (up) {
		fake_component_up(fake_component(STR("irc")));
		fake_component_up(fake_component(STR("echo")));
	} else {
		fake_component_down(fake_component(STR("irc")));
		fake_component_down(fake_component(STR("echo")));
	}
	settle();
}

static void
start(void)
{
	struct core_params cp = {
		.loop = w.loop, .config = w.config, .store = w.store
	};
	struct err err = ERR_INIT;

	w.core = core_new(&cp, &err);
	check(w.core != NULL, "no core", err.text);
	w.stopping = false;
	core_start(w.core, NULL, NULL);
	settle();
}

static void
do_restart(void)
{
	trace("restart", "");
	core_free(&w.core);
	see_all(); /* the last words */
	w.up = false;
	forget_open();
	memset(w.wants, 0, sizeof(w.wants)); /* not kept by this store */
	start();
	streams(true);
}

static void
do_stream(void)
{
	streams(!w.up);
}

static void
on_stopped(void *arg)
{
	(void)arg;
}

static void
do_stop(void)
{
	if (pick(4) || w.stopping)
		return;
	w.stopping = true;
	core_stop(w.core, on_stopped, NULL);
	settle();
}

static void
do_wait(void)
{
	wait_ms(pick(2) ? (int64_t)byte() * 10 : (int64_t)byte() * 1000);
}

static void
do_slow(void)
{
	bool slow = pick(2);

	if (w.up) {
		fake_component_slow(fake_component(STR("irc")), slow);
		settle();
	}
}

/* The common ones stand more than once. */
static void (*const ops[])(void) = { do_join, do_join, do_join, do_serve,
	do_serve, do_serve, do_serve, do_answer_all, do_answer_all,
	do_answer_all, do_answer, do_link_up, do_link_up, do_news, do_news,
	do_news, do_say, do_say, do_leave, do_leave, do_nick, do_subject,
	do_whisper, do_talk, do_bounce, do_ask, do_ask, do_wait, do_swallow,
	do_roster, do_roster, do_link_down, do_noise, do_stream, do_restart,
	do_stop, do_slow, do_kind, do_kind, do_tags, do_tags, do_slow, do_move,
	do_move };

/* ---- one run ---------------------------------------------------------- */

/* What cannot happen is logged as an error. */
static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level == LOG_ERROR)
		check(!strstr(line, "error iq"), "logged", line);
}

static void
load_config(void)
{
	struct config_report rep = { .n = 0 };

	w.config = config_parse(
	    "fuzz.conf", str_c(config_text), false, gateway_kinds, &rep);
	check(w.config != NULL, "no configuration", "");
	config_report_release(&rep);
	log_set_sink(on_log, NULL);
	log_set_level(LOG_ERROR);
}

/* Given the room again it sees whom it has believed to be there. */
static void
check_crowd(int c, int r)
{
	struct crowd was = w.crowd[c][r], *is = &w.crowd[c][r];

	if (w.place[c][r] != IN || was.is_blind)
		return;
	is->n = 0;
	send_to(rooms[r],
	    "<presence from='%s' to='%s/x'><x "
	    "xmlns='http://jabber.org/protocol/muc'/></presence>",
	    clients[c], rooms[r]);
	if (w.place[c][r] != IN || is->n == 0)
		return;
	check(
	    was.n == is->n, "people who are not there, or not known", rooms[r]);
	for (size_t i = 0; i < was.n; i++)
		check(believes(is, was.who[i]), "somebody is not there",
		    rooms[r]);
}

static void
check_crowds(void)
{
	if (!w.up || w.stopping)
		return;
	fake_component_slow(fake_component(STR("irc")), false);
	wait_ms(ARREARS_MS + 1000);
	for (int c = 0; c < CLIENTS; c++)
		for (int r = 0; r < ROOMS; r++)
			check_crowd(c, r);
}

/* With a server that answers nobody any more everything comes to an end. */
static void
finish(void)
{
	check_crowds();
	streams(true);
	wait_ms(PATIENCE_S * 1000);
	for (int c = 0; c < CLIENTS; c++)
		for (int r = 0; r < ROOMS; r++)
			check(w.place[c][r] != COMING, clients[c], rooms[r]);
	for (unsigned i = 0; i < ASKS; i++) {
		check(!w.ask[i], "a question without an answer", "");
		check(w.said[i].is != OPEN, "a message without an answer", "");
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config;
	int n;

	if (!w.config)
		load_config();
	config = w.config;
	memset(&w, 0, sizeof(w));
	w.config = config;
	w.in = str_of((const char *)data, size);
	w.loop = loop_new();
	w.store = memory_store_new();
	start();
	streams(true);
	for (n = 0; n < OPS_MAX && w.in.len; n++) {
		PICK(ops)();
		settle();
	}
	finish();
	core_free(&w.core);
	fake_reset();
	memory_store_free(&w.store);
	loop_free(&w.loop);
	return 0;
}
