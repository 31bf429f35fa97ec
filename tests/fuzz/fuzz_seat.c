/*
 * A seat in a room that does as the input says: lets in or not, puts out, with
 * and without a word, shows what was posted, or forgets to, sends it back, or
 * loses it, while streams come and go.
 *
 * Whatever happens: as long as its archive answers, nothing stands in the room
 * twice; nothing is posted by somebody who has been told that he is outside;
 * and once the room behaves all that was kept stands in it, or is with the
 * administrators, in the order in which it was kept if none was sent back.
 *
 * With FUZZ_TRACE in the environment it tells what happens.
 */
#include <stdlib.h>

#include "core/config.h"
#include "core/core.h"
#include "core/gateway.h"
#include "core/inbox_admin.h"
#include "core/store.h"
#include "fake/fake.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "memory_store.h"
#include "net/loop.h"
#include "xmpp/stanza.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPS_MAX = 300, LOG_MAX = 2000, ID = 40, END_S = 10 * 3600 };

#define ROOM "ops@rooms"
#define SEAT "disk@post/seat"

static const char config_text[] =
    "server { host = \"127.0.0.1\" port = 5347 domain = \"e.org\" }\n"
    "store { path = \"/nowhere/db\" key_file = \"/nowhere/key\" }\n"
    "access { admins = { \"admin@e.org\" } }\n"
    "gateway \"post\" { type = \"post\" secret = \"s\" }\n";

static struct {
	struct config *config;
	struct loop *loop;
	struct store *store;
	struct core *core;
	struct component *component;
	struct str in;
	bool up;
	bool is_inside;        /* as the room sees it */
	bool was_told;         /* that it is outside, since it asked last, */
	unsigned nflying;      /* ... and what was under way then */
	bool is_flying;        /* so is that which comes now */
	char nick[64];         /* that it has, or asks for */
	char log[LOG_MAX][ID]; /* the room's: ids, oldest first */
	size_t nlog, nshown;   /* shown up to there */
	unsigned nposts;       /* kept */
	bool is_mixed;         /* something was sent back or lost */
	bool is_mute;          /* the archive did not answer once */
	bool is_tame;          /* the end: the room behaves */
} w;

#define N(v) (sizeof(v) / sizeof((v)[0]))

static void
trace(const char *what, const char *text)
{
	if (getenv("FUZZ_TRACE"))
		fprintf(stderr, "%s %s\n", what, text);
}

static void
wrong(const char *why, const char *about)
{
	fprintf(stderr, "fuzz_seat: %s: %s\n", why, about);
	abort();
}

/* What was written before it could know is none of its faults. */
static void
tell_outside(void)
{
	w.is_inside = false;
	w.was_told = true;
	w.nflying = 0;
	LIST_EACH(fake_stanzas(), n)
	w.nflying++;
}

/* 0 when the input is used up, and in the end: what a good room does. */
static unsigned
byte(void)
{
	unsigned b = w.in.len && !w.is_tame ? (uint8_t)w.in.p[0] : 0;

	w.in = str_skip(w.in, 1);
	return b;
}

/* ---- what the room says ----------------------------------------------- */

static void feed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void
feed(const char *fmt, ...)
{
	char xml[2000];
	va_list ap;

	if (!w.up)
		return;
	va_start(ap, fmt);
	vsnprintf(xml, sizeof(xml), fmt, ap);
	va_end(ap);
	trace("<-", xml);
	if (!fake_component_feed(w.component, str_c(xml)))
		wrong("ill-formed", xml);
}

#define MUC_USER "<x xmlns='http://jabber.org/protocol/muc#user'>"

static void
show(const char *id, bool is_past)
{
	feed("<message from='" ROOM "/%s' to='" SEAT
	     "' type='groupchat' id='%s'><body>x</body>%s</message>",
	    w.nick, id,
	    is_past ? "<delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:"
	              "00Z'/>"
	            : "");
}

static void
show_rest(void)
{
	while (w.nshown < w.nlog)
		show(w.log[w.nshown++], false);
}

static void
let_in(void)
{
	unsigned how = byte();

	w.is_inside = true;
	w.was_told = false;
	feed("<presence from='" ROOM "/eve' to='" SEAT "'>" MUC_USER
	     "<item affiliation='owner' jid='eve@e.org/a'/></x></presence>");
	feed("<presence from='" ROOM "/%s' to='" SEAT "'>" MUC_USER
	     "<item/><status code='110'/></x></presence>",
	    w.nick);
	if (how & 1) /* its history: the last ones */
		for (size_t i = w.nlog > 3 ? w.nlog - 3 : 0; i < w.nlog; i++)
			show(w.log[i], true);
	w.nshown = w.nlog;
	if (!(how & 2))
		feed("<message from='" ROOM "' to='" SEAT
		     "' type='groupchat'><subject/></message>");
}

static const char *const conditions[] = { "conflict", "not-authorized",
	"forbidden", "registration-required", "item-not-found", "not-allowed",
	"service-unavailable", "gone", "nonsense" };

static void
refuse(void)
{
	tell_outside();
	feed("<presence from='" ROOM "/%s' to='" SEAT
	     "' type='error'><error type='cancel'><%s xmlns='urn:ietf:params:"
	     "xml:ns:xmpp-stanzas'/></error></presence>",
	    w.nick, conditions[byte() % N(conditions)]);
}

static void
put_out(void)
{
	static const unsigned codes[] = { 307, 301, 332, 333, 321, 322, 0 };

	tell_outside();
	feed("<presence from='" ROOM "/%s' to='" SEAT
	     "' type='unavailable'>" MUC_USER
	     "<item role='none'/><status code='110'/><status code='%u'/>%s"
	     "</x></presence>",
	    w.nick, codes[byte() % N(codes)],
	    byte() % 4 == 1 ? "<destroy/>" : "");
}

/* ---- what comes to the room ------------------------------------------- */

static void
answer(const char *id, const char *from, const char *what)
{
	feed("<iq from='%s' to='" SEAT "' type='%s' id='%s'>%s</iq>", from,
	    strstr(what, "<error") ? "error" : "result", id, what);
}

static const char not_acceptable[] =
    "<error type='cancel'><not-acceptable xmlns='urn:ietf:params:xml:ns:"
    "xmpp-stanzas'/></error>";

static void
asked_what_it_is(const char *id)
{
	static const char *const how[] = {
		"<query xmlns='http://jabber.org/protocol/disco#info'>"
		"<feature var='urn:xmpp:mam:2'/></query>",
		"<error type='cancel'><item-not-found xmlns='urn:ietf:params:"
		"xml:ns:xmpp-stanzas'/></error>",
		"<error type='cancel'><remote-server-not-found xmlns='urn:ietf:"
		"params:xml:ns:xmpp-stanzas'/></error>"
	};
	unsigned b = byte() % 5;

	if (b < N(how))
		answer(id, ROOM, how[b]);
	else if (b == 3)
		answer(id, ROOM, how[0]);
}

static void
asked_for_past(const char *id, const char *xml)
{
	unsigned b = byte() % 8;
	const char *after = strstr(xml, "<after>");
	size_t from = after ? strtoul(after + 7, NULL, 10) : 0, i;

	if (b == 7) {
		w.is_mute = true;
		return;
	}
	for (i = from; i < w.nlog && i < from + 2; i++)
		feed(
		    "<message from='" ROOM "' to='" SEAT
		    "'><result xmlns='urn:xmpp:mam:2' id='%zu'><forwarded "
		    "xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
		    "type='groupchat' from='" ROOM "/x' id='%s'><body>x</body>"
		    "</message></forwarded></result></message>",
		    i + 1, w.log[i]);
	feed("<iq from='" ROOM "' to='" SEAT
	     "' type='result' id='%s'><fin xmlns='urn:xmpp:mam:2'%s><set "
	     "xmlns='http://jabber.org/protocol/rsm'><last>%zu</last></set>"
	     "</fin></iq>",
	    id, i == w.nlog ? " complete='true'" : "", i);
}

static void
asked(const char *id, const char *xml)
{
	char inside[100];

	snprintf(inside, sizeof(inside), ROOM "/%s", w.nick);
	if (strstr(xml, "disco#info"))
		asked_what_it_is(id);
	else if (strstr(xml, "urn:xmpp:mam:2"))
		asked_for_past(id, xml);
	else if (byte() % 4 != 3)
		answer(id, inside, w.is_inside ? "" : not_acceptable);
}

static void
send_back(const char *id, const char *condition)
{
	w.is_mixed = true;
	feed("<message from='" ROOM "' to='" SEAT
	     "' type='error' id='%s'><error type='cancel'><%s xmlns='urn:ietf:"
	     "params:xml:ns:xmpp-stanzas'/></error></message>",
	    id, condition);
}

static void
stands_once(const char *id)
{
	for (size_t i = 0; i < w.nlog; i++)
		if (strcmp(w.log[i], id) == 0 && !w.is_mute)
			wrong("posted twice", id);
	if (w.nlog == LOG_MAX)
		return;
	snprintf(w.log[w.nlog++], ID, "%s", id);
}

static void
told(const char *id)
{
	static const char *const back[] = { "forbidden", "policy-violation",
		"resource-constraint", "service-unavailable" };
	unsigned how = byte() % 16;

	if (w.was_told && !w.is_flying)
		wrong("posted from outside", id);
	if (!w.is_inside) {
		if (!w.was_told)
			tell_outside();
		send_back(id, "not-acceptable");
	} else if (how == 15) {
		w.is_mixed = true; /* lost */
	} else if (how == 14) {
		send_back(id, back[byte() % N(back)]);
	} else {
		stands_once(id);
		if (how < 10)
			show_rest();
	}
}

static void
shown_to(const char *to, const char *xml)
{
	if (strstr(xml, "type='unavailable'")) {
		w.is_inside = false;
		return;
	}
	snprintf(w.nick, sizeof(w.nick), "%s", to + sizeof(ROOM));
	switch (byte() % 5) {
	case 3:
		refuse();
		break;
	case 4:
		break;
	default:
		let_in();
	}
}

/* The id of it, cut out. */
static const char *
id_of(const char *xml, char out[ID])
{
	const char *at = strstr(xml, " id='");

	snprintf(out, ID, "%s", at ? at + 5 : "");
	out[strcspn(out, "'")] = '\0';
	return out;
}

static void
came(const char *to, const char *xml)
{
	char id[ID];

	trace("->", xml);
	if (!w.up)
		return;
	if (strncmp(to, "post", 4) == 0)
		(void)fake_component_feed(w.component, str_c(xml));
	else if (strncmp(to, ROOM, sizeof(ROOM) - 1) != 0)
		return;
	else if (strncmp(xml, "<iq", 3) == 0)
		asked(id_of(xml, id), xml);
	else if (strncmp(xml, "<presence", 9) == 0)
		shown_to(to, xml);
	else
		told(id_of(xml, id));
}

static void
settle(void)
{
	for (int i = 0; i < 4; i++) {
		struct list *n;

		store_settle(w.store);
		for (n = list_first(fake_stanzas()); n;
		     n = list_first(fake_stanzas())) {
			struct fake_stanza *s =
			    LIST_ENTRY(n, struct fake_stanza, node);
			char *xml = xstrdup(s->xml), *to = xstrdup(s->to);

			fake_stanza_free(s);
			w.is_flying = w.nflying > 0;
			w.nflying -= w.is_flying;
			came(to, xml);
			free(xml);
			free(to);
		}
		fake_loop_turn(w.loop);
	}
}

static void
wait_s(int64_t s)
{
	struct clock *c = loop_clock(w.loop);
	int64_t until = c->at + s * 1000, next;

	while (next = clock_next(c), next >= 0 && next <= until) {
		if (next < c->at)
			next = c->at;
		clock_advance(c, next, c->utc + (next - c->at));
		settle();
	}
	clock_advance(c, until, c->utc + (until - c->at));
	settle();
}

/* ---- what is done ----------------------------------------------------- */

static struct gateway *
gateway(void)
{
	return core_next_gateway(w.core, NULL);
}

static void
stream(bool up)
{
	if (up == w.up)
		return;
	w.up = up;
	w.is_inside = false; /* the room has noticed, too */
	if (up)
		fake_component_up(w.component);
	else
		fake_component_down(w.component);
}

static void
turn_stream(void)
{
	stream(!w.up);
}

static void
sit(void)
{
	struct gw_seat s = { .room = STR(ROOM),
		.name = STR("disk"),
		.nick = byte() % 4 == 1 ? STR("Drum") : STR("Disk"),
		.password = STR_EMPTY };

	if (gateway_seat_put(gateway(), &s, NULL) < 0)
		wrong("no seat", "disk");
}

static void
on_kept(void *arg, bool ok)
{
	(void)arg;
	w.nposts += ok;
}

static void
post(void)
{
	struct gw_message m = { .from = STR("disk"), .body = STR("x") };
	struct gw_arrival v = {
		.user = STR(ROOM), .is_post = true, .message = &m
	};

	(void)gateway_arrive(gateway(), &v, 1, on_kept, NULL);
}

static void
post_many(void)
{
	for (unsigned n = byte() % 16; n > 0; n--)
		post();
}

static void
wait_little(void)
{
	wait_s(byte() % 8);
}

static void
wait_long(void)
{
	wait_s(byte() * 4);
}

/* Without a word. */
static void
forget(void)
{
	w.is_inside = false;
}

static void
put_out_if_in(void)
{
	if (w.is_inside)
		put_out();
}

static void
say(void)
{
	static const char *const what[] = {
		"<message from='" ROOM "/eve' to='" SEAT
		"' type='groupchat'><body>hi</body></message>",
		"<message from='" ROOM "/eve' to='" SEAT
		"' type='chat'><body>hi</body></message>",
		"<message from='" ROOM "/eve' to='" SEAT
		"' type='groupchat'><body>so</body><reply "
		"xmlns='urn:xmpp:reply:"
		"0' id='in-1.m1'/></message>",
		"<message from='" ROOM "/eve' to='" SEAT
		"' type='groupchat'><body>so</body><reply "
		"xmlns='urn:xmpp:reply:0' to='" ROOM "/Disk' id='r1'/>"
		"</message>",
		"<presence from='" ROOM "/eve' to='" SEAT "'/>",
		"<presence from='" ROOM "/eve' to='" SEAT
		"' type='unavailable'/>",
		"<presence from='" ROOM "/Disk_2' to='" SEAT
		"' type='unavailable'/>",
		"<message from='" ROOM "' to='" SEAT
		"' type='groupchat'><subject>x</subject></message>",
		"<message from='" ROOM "' to='" SEAT "'><body>log in</body>"
		"</message>",
		"<message from='" ROOM "/eve' to='" SEAT
		"' type='error' id='in-12345678'/>",
		"<iq from='" ROOM "/eve' to='" SEAT
		"' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>",
		"<message from='" ROOM "/eve' to='" SEAT
		"' type='groupchat' id='in-12345678'/>",
	};

	feed("%s", what[byte() % N(what)]);
}

static void
rename_it(void)
{
	if (!w.is_inside)
		return;
	feed("<presence from='" ROOM "/%s' to='" SEAT
	     "' type='unavailable'>" MUC_USER
	     "<item nick='Drums'/><status code='303'/><status code='110'/></x>"
	     "</presence>",
	    w.nick);
	snprintf(w.nick, sizeof(w.nick), "Drums");
}

static void (*const ops[])(void) = { post, post_many, wait_little, wait_long,
	turn_stream, put_out_if_in, forget, say, show_rest, sit, rename_it,
	post_many };

/* ---- the end ---------------------------------------------------------- */

static void
finish(void)
{
	struct buf said;

	w.is_tame = true;
	stream(true);
	sit();
	show_rest();
	/* Whatever waits for another time, waits no longer than that. */
	for (int64_t s = 0; s < END_S; s += 600) {
		wait_s(600);
		show_rest();
	}
	buf_init(&said, 100000);
	inbox_write_list(w.core, NULL, &said);
	if (!strstr(said.p, " 0 waiting, 0 not confirmed"))
		wrong("not posted", said.p);
	buf_clear(&said);
	inbox_write_dead(w.core, NULL, &said);
	if (!w.is_mixed && !w.is_mute &&
	    (w.nlog != w.nposts || !strstr(said.p, " 0 undel")))
		wrong("lost", said.p);
	buf_release(&said);
	for (size_t i = 1; i < w.nlog && !w.is_mixed && !w.is_mute; i++)
		if (strcmp(w.log[i - 1], w.log[i]) > 0)
			wrong("out of order", w.log[i]);
}

static void
start(void)
{
	struct core_params p = {
		.loop = w.loop, .config = w.config, .store = w.store
	};
	struct err err = ERR_INIT;

	w.core = core_new(&p, &err);
	if (!w.core)
		wrong("no core", err.text);
	core_start(w.core, NULL, NULL);
	w.component = fake_component(STR("post"));
	settle();
	sit();
	stream(true);
	settle();
}

static void
load_config(void)
{
	struct config_report rep = { .n = 0 };

	log_set_level(getenv("FUZZ_TRACE") ? LOG_DEBUG : LOG_ERROR);
	w.config = config_parse(
	    "fuzz.conf", str_c(config_text), true, gateway_kinds, &rep);
	if (!w.config)
		abort();
	config_report_release(&rep);
}

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	trace("log", line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *config;

	if (!w.config)
		load_config();
	log_set_sink(on_log, NULL);
	config = w.config;
	memset(&w, 0, sizeof(w));
	w.config = config;
	w.in = str_of((const char *)data, size);
	w.loop = loop_new();
	w.store = memory_store_new();
	start();
	for (int n = 0; n < OPS_MAX && w.in.len; n++) {
		ops[byte() % N(ops)]();
		settle();
	}
	finish();
	core_free(&w.core);
	fake_reset();
	memory_store_free(&w.store);
	loop_free(&w.loop);
	return 0;
}
