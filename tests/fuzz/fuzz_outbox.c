/*
 * Messages to a network that stores and forwards, whose words say what becomes
 * of them, between clients, operators and streams that do as the input says:
 * a byte for what is done, a few for how.
 *
 * Whatever happens: in the end nothing is on its way any more, what was sent
 * by a line that reports nothing has been told to who asked, nobody is told
 * twice that the same message has failed, and no receipt comes for what was
 * refused before it was accepted.
 *
 * With FUZZ_TRACE in the environment it tells what happens.
 */
#include <stdlib.h>

#include "core/config.h"
#include "core/core.h"
#include "core/gateway.h"
#include "core/outbox_admin.h"
#include "core/store.h"
#include "fake/fake.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "memory_store.h"
#include "net/loop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPS_MAX = 300, IDS = 256, END_S = 20 * 3600, STEP_S = 120 };

static const char config_text[] =
    "server { host = \"127.0.0.1\" port = 5347 domain = \"e.org\" }\n"
    "store { path = \"/nowhere/db\" key_file = \"/nowhere/key\" }\n"
    "gateway \"post\" { type = \"post\" secret = \"s\"\n"
    "  connect_interval_ms = 0 }\n";

static const char *const users[] = { "romeo@e.org/a", "romeo@e.org/b",
	"juliet@e.org/a", "nobody@e.org/a" };
static const char *const contacts[] = { "bob", "eve", "joe" };
static const char *const lines[] = { "main", "plain", "quick", "slow", "short",
	"again", "first", "spare", "wide" };
static const char *const words[] = { "hello", "refuse me", "retry 1", "retry 3",
	"after 40000", "throttle 9000", "broken", "mended", "unsure", "silent",
	"parts 3", "wait 3000", "wait 90000", "report delivered",
	"report refused", "report delivered in 2000", "report sent in 100000",
	"report refused in 70000", "early delivered", "early refused",
	"unroutable", "ask" };
static const char *const verbs[] = { "queue cancel", "queue retry",
	"queue hold", "queue release", "queue show" };

#define N(v) (sizeof(v) / sizeof((v)[0]))

/* What is known of the message with an id. */
struct sent {
	bool asks, plain; /* a receipt; by a line without reports */
	unsigned nreceipt, nerror, nwords;
};

static struct {
	struct config *config;
	struct loop *loop;
	struct store *store;
	struct core *core;
	struct component *component;
	struct str in;
	struct sent sent[IDS];
	unsigned nsent;
	bool up;
	char said[256]; /* the first line of the last answer */
} w;

static void
trace(const char *what, const char *text)
{
	if (getenv("FUZZ_TRACE"))
		fprintf(stderr, "%s %s\n", what, text);
}

static void
wrong(const char *why, unsigned id)
{
	fprintf(stderr, "m%u: %s\n", id, why);
	abort();
}

static uint8_t
byte(void)
{
	uint8_t b = w.in.len ? (uint8_t)w.in.p[0] : 0;

	w.in = str_skip(w.in, 1);
	return b;
}

/* ---- the world -------------------------------------------------------- */

static void
note(const char *xml)
{
	const char *id = strstr(xml, "id='m");
	unsigned n = id ? (unsigned)strtoul(id + 5, NULL, 10) : IDS;

	trace("->", xml);
	if (n >= w.nsent)
		return;
	if (strstr(xml, "<received"))
		w.sent[n].nreceipt++;
	else if (strstr(xml, "type='error'"))
		w.sent[n].nerror++;
}

/* Words name no id: they end with what they are about. */
static void
note_words(const char *xml)
{
	const char *at = strstr(xml, "#m");
	unsigned n = at ? (unsigned)strtoul(at + 2, NULL, 10) : IDS;

	if (n < w.nsent && !strstr(xml, "from='post'"))
		w.sent[n].nwords++;
}

static void
take_stanzas(void)
{
	struct list *n;

	for (n = list_first(fake_stanzas()); n;
	     n = list_first(fake_stanzas())) {
		struct fake_stanza *s = LIST_ENTRY(n, struct fake_stanza, node);
		char *xml = xstrdup(s->xml);
		/* Pings to ourselves, from resources of ours. */
		bool is_ours = strncmp(s->to, "post", 4) == 0 &&
		    (!s->to[4] || s->to[4] == '/');

		fake_stanza_free(s);
		if (is_ours && w.up)
			(void)fake_component_feed(w.component, str_c(xml));
		else if (strstr(xml, "<body>"))
			note_words(xml);
		else
			note(xml);
		free(xml);
	}
}

static void
settle(void)
{
	for (int i = 0; i < 4; i++) {
		store_settle(w.store);
		take_stanzas();
		fake_loop_turn(w.loop);
	}
}

static void
stream(bool up)
{
	if (up == w.up)
		return;
	w.up = up;
	if (up)
		fake_component_up(w.component);
	else
		fake_component_down(w.component);
	settle();
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

static void
send_message(void)
{
	const char *from = users[byte() % N(users)];
	const char *to = contacts[byte() % N(contacts)];
	const char *line = lines[byte() % N(lines)];
	const char *what = words[byte() % N(words)];
	const char *more = words[byte() % N(words)];
	struct sent *s = &w.sent[w.nsent];
	char xml[600];

	if (w.nsent == IDS || !w.up)
		return;
	*s = (struct sent){ .asks = true, .plain = strcmp(line, "main") != 0 };
	snprintf(xml, sizeof(xml),
	    "<message from='%s' to='%s@post' type='chat' id='m%u'>"
	    "<body>by %s, %s, %s, #m%u</body>"
	    "<request xmlns='urn:xmpp:receipts'/></message>",
	    from, to, w.nsent, line, what, more, w.nsent);
	w.nsent++;
	trace("<-", xml);
	(void)fake_component_feed(w.component, str_c(xml));
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

static void
turn_stream(void)
{
	stream(!w.up);
}

static void
on_said(const struct err *err, struct str text, void *arg)
{
	struct str line = STR_EMPTY;

	(void)arg;
	if (text.len)
		str_cut(&text, '\n', &line);
	snprintf(w.said, sizeof(w.said), STR_FMT "%s", STR_ARG(line),
	    err->kind ? err->text : "");
}

static void
command(const char *text)
{
	struct str rest = str_c(text), argv[8], word;
	size_t n = 0;

	while (n < N(argv) && str_cut(&rest, ' ', &word))
		argv[n++] = word;
	outbox_command(w.core, STR("fuzz"), argv, n, on_said, NULL);
	settle();
	trace(text, w.said);
}

static void
use_queue(void)
{
	const char *verb = verbs[byte() % N(verbs)];
	char text[100];

	snprintf(text, sizeof(text), "%s %u", verb, byte() % 64u);
	command(text);
}

static void
use_line(void)
{
	uint8_t b = byte();
	char text[100];

	snprintf(text, sizeof(text), "line %s %s",
	    b & 0x80 ? "pause" : "resume", lines[(b & 0x7f) % N(lines)]);
	command(text);
}

static void
hold_all(void)
{
	command(byte() & 1 ? "queue hold" : "queue release");
}

static void (*const ops[])(void) = { send_message, send_message, send_message,
	send_message, wait_little, wait_little, wait_long, turn_stream,
	use_queue, use_line, hold_all };

/* ---- the end ---------------------------------------------------------- */

static void
release_all(void)
{
	char text[100];

	command("queue release");
	for (size_t i = 0; i < N(lines); i++) {
		snprintf(text, sizeof(text), "line resume %s", lines[i]);
		command(text);
	}
	for (unsigned i = 1; i <= w.nsent; i++) {
		snprintf(text, sizeof(text), "queue release %u", i);
		command(text);
	}
}

/* What is broken stays so until it is mended, and is given up in the end. */
static void
finish(void)
{
	stream(true);
	release_all();
	for (int64_t s = 0; s < END_S; s += STEP_S) {
		stream(true);
		wait_s(STEP_S);
	}
	command("queue list");
	if (!strstr(w.said, " 0 on their way"))
		wrong(w.said, 0);
	for (unsigned i = 0; i < w.nsent; i++) {
		const struct sent *s = &w.sent[i];

		if (s->plain && !s->nreceipt && !s->nerror && !s->nwords)
			wrong("nobody was told", i);
	}
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
		abort();
	core_start(w.core, NULL, NULL);
	w.component = fake_component(STR("post"));
	stream(true);
	wait_s(1);
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
