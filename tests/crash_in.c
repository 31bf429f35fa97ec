/*
 * Stops the program at every boundary in turn and starts it again: what comes
 * in must not get lost, and may be repeated only as long as the XMPP server
 * has not confirmed it, under the same id and with the time it came.
 *
 *	crash_in                   each boundary, a summary as a table
 *	crash_in -x                instead the stream to the XMPP server dies
 *	crash_in -n STEP           every STEP-th write to the disk only
 *	crash_in -e EVERY          every EVERY-th boundary only
 *	crash_in -p                the machine loses its power: what was written
 *	                           and not synced is gone
 *	crash_in -q                ends with the first loss or wrong repeat
 *	crash_in -b kept           a program that acknowledges what it has not
 *	                           kept: exit 0 if the table shows losses
 *	crash_in -b confirm        ... or, with -x, that takes what is written
 *	                           for taken: the same
 *	crash_in -b sync           ... with -p, that never syncs: the same
 *
 * Boundaries are: each write and sync of the database, each message that is
 * told to the program, each acknowledgement, each stanza that is written, each
 * that the server takes, each answer to a ping.  The world outside lives in
 * memory that a child and its successor share: a network that repeats what was
 * not acknowledged, and a server whose users have what it has taken;
 * one is away at first, and another one does not exist.  As in crash_run.c,
 * one operation of the store is done before the next begins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/config.h"
#include "core/confirm.h"
#include "core/core.h"
#include "core/gateway.h"
#include "core/store_inbox.h"
#include "core/store_writer.h"
#include "crash_disk.h"
#include "fake/fake.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/loop.h"
#include "xmpp/component.h"

/* ---- the world -------------------------------------------------------- */

enum boundary {
	B_WRITE = CRASH_WRITE,
	B_SYNC = CRASH_SYNC,
	B_SYNCED = CRASH_SYNCED,
	B_TOLD = CRASH_OTHERS, /* the program has been told of it */
	B_ACKNOWLEDGED,
	B_STANZA,    /* about to be written */
	B_TAKEN,     /* the server has it */
	B_CONFIRMED, /* ... and has said so */
	B_N
};

static const char *const boundary_names[B_N] = { "write", "sync", "synced",
	"told", "acknowledged", "stanza", "taken", "confirmed" };

enum { NMESSAGES = 8, RUN_END = 0, SECONDS = 170, SURE_S = 3, AWAY_S = 20 };

static const struct {
	const char *user, *from, *words;
	unsigned with; /* so many of the next come together with it */
	bool away;     /* he is, for AWAY_S */
	bool nobody;   /* there is no such user */
} script[NMESSAGES] = {
	{ "romeo", "+1", "0 first", 0, false, false },
	{ "romeo", "+2", "1 second", 1, false, false },
	{ "juliet", "+2", "2 with the second", 0, false, false },
	{ "romeo", "+1", "3 third", 0, false, false },
	{ "nobody", "+1", "4 to nobody", 0, false, true },
	{ "mercutio", "+1", "5 away", 0, true, false },
	{ "mercutio", "+1", "6 behind it", 0, true, false },
	{ "romeo", "+1", "7 last", 0, false, false },
};

struct message {
	bool acknowledged;
	bool dead; /* the one who is nobody */
	char id[64];
	unsigned nseen, nrepeat, nwrong;
	unsigned seen_at; /* second of the world */
	unsigned order;
};

struct world {
	struct crash crash;
	unsigned second, norder;
	struct message message[NMESSAGES];
};

static struct world *world; /* shared */

static struct {
	bool stream, no_kept, no_confirm, quick;
	unsigned every;
} mode = { .every = 1 };

static bool is_cut; /* mode.stream: what is written from now on is lost */

static void
cut_stream(int kind)
{
	(void)kind;
	is_cut = true;
}

/* ---- what is wrapped (ld --wrap) -------------------------------------- */

bool __real_store_writer_add(struct store_writer *w, struct op *op);
bool __wrap_store_writer_add(struct store_writer *w, struct op *op);
bool __real_store_writer_add_all(struct store_writer *w, struct list *ops);
bool __wrap_store_writer_add_all(struct store_writer *w, struct list *ops);
int __real_component_end(struct component *c, struct err *err);
int __wrap_component_end(struct component *c, struct err *err);
void __real_store_arrivals_put(struct store *st, const struct store_arrival *v,
    size_t n, uint64_t batch, store_arrived_fn *fn, void *const *arg,
    store_load_id *id_out);
void __wrap_store_arrivals_put(struct store *st, const struct store_arrival *v,
    size_t n, uint64_t batch, store_arrived_fn *fn, void *const *arg,
    store_load_id *id_out);
void __real_confirm_add(struct confirm *c, struct confirm_mark *m);
void __wrap_confirm_add(struct confirm *c, struct confirm_mark *m);

/* One after another. */
bool
__wrap_store_writer_add(struct store_writer *w, struct op *op)
{
	bool taken = __real_store_writer_add(w, op);

	store_writer_wait(w);
	return taken;
}

bool
__wrap_store_writer_add_all(struct store_writer *w, struct list *ops)
{
	bool taken = __real_store_writer_add_all(w, ops);

	store_writer_wait(w);
	return taken;
}

int
__wrap_component_end(struct component *c, struct err *err)
{
	crash_boundary(B_STANZA);
	return __real_component_end(c, err);
}

struct lie {
	store_arrived_fn *fn;
	void *arg;
};

static void
on_lie(bool ok, void *arg)
{
	struct lie *l = arg;

	l->fn(ok, true, l->arg);
	free(l);
}

/* A program that says that it has kept what it has not. */
void
__wrap_store_arrivals_put(struct store *st, const struct store_arrival *v,
    size_t n, uint64_t batch, store_arrived_fn *fn, void *const *arg,
    store_load_id *id_out)
{
	if (!mode.no_kept) {
		__real_store_arrivals_put(st, v, n, batch, fn, arg, id_out);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct lie *l = xcalloc(1, sizeof(*l));

		*l = (struct lie){ fn, arg[i] };
		id_out[i] = 0;
		store_arrival_del(st, v[i].gateway, 0, on_lie, l);
	}
}

static struct list believed = { &believed, &believed };

/* A program for which what is written is taken. */
void
__wrap_confirm_add(struct confirm *c, struct confirm_mark *m)
{
	if (mode.no_confirm)
		list_add(&believed, &m->node);
	else
		__real_confirm_add(c, m);
}

static void
believe(void)
{
	struct list *n;

	for (n = list_first(&believed); n; n = list_first(&believed)) {
		struct confirm_mark *m =
		    LIST_ENTRY(n, struct confirm_mark, node);

		list_del(n);
		m->fn(m, true);
	}
}

/* ---- the network ------------------------------------------------------ */

static struct gateway *wire; /* while it is open */

static int
wire_split(struct gateway *gw, struct str local, struct gw_address *out,
    struct err *err)
{
	(void)gw;
	(void)err;
	*out = (struct gw_address){
		.kind = GW_ADDR_PERSON, .network = STR_EMPTY, .name = local
	};
	return 0;
}

static void
wire_local(struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	(void)gw;
	buf_add_str(out, a->name);
}

static void
wire_fold(struct session *s, struct str name, struct buf *out)
{
	(void)s;
	buf_add_str(out, name);
}

static struct str
wire_network_at(struct gateway *gw, size_t i)
{
	(void)gw;
	(void)i;
	return STR_EMPTY;
}

static int
wire_open(struct gateway *gw, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	wire = gw;
	return 0;
}

static void
wire_close(struct gateway *gw)
{
	(void)gw;
	wire = NULL;
}

static int
wire_login(struct session *s, struct str nick, struct err *err)
{
	(void)s;
	(void)nick;
	return err_set(err, ERR_UNSUPPORTED, "nobody writes here");
}

static void
wire_logout(struct session *s, enum gw_bye why, struct str text)
{
	(void)s;
	(void)why;
	(void)text;
}

static void
wire_drop(struct session *s)
{
	(void)s;
}

static gw_request_fn *const requests[GW_NREQ] = { NULL };

static const struct gateway_ops wire_ops = {
	.kind = "wire",
	.title = "Wire",
	.open = wire_open,
	.close = wire_close,
	.split = wire_split,
	.local = wire_local,
	.fold = wire_fold,
	.network_at = wire_network_at,
	.login = wire_login,
	.logout = wire_logout,
	.drop = wire_drop,
	.request = requests,
};

const struct gateway_ops *const gateway_kinds[] = { &wire_ops, NULL };

static void
on_kept(void *arg, bool ok)
{
	size_t i = (size_t)(uintptr_t)arg - 1;

	if (!ok)
		return;
	for (size_t k = i; k <= i + script[i].with; k++)
		world->message[k].acknowledged = true;
	crash_boundary(B_ACKNOWLEDGED);
}

/* A message, and those that come together with it. */
static void
tell(size_t i)
{
	struct gw_message m[NMESSAGES];
	struct gw_arrival v[NMESSAGES];
	char user[NMESSAGES][64], key[NMESSAGES][16];
	size_t n = script[i].with + 1;

	for (size_t k = 0; k < n; k++) {
		snprintf(user[k], sizeof(user[k]), "%s@example.org",
		    script[i + k].user);
		snprintf(key[k], sizeof(key[k]), "key-%zu", i + k);
		m[k] = (struct gw_message){ .from = str_c(script[i + k].from),
			.body = str_c(script[i + k].words) };
		v[k] = (struct gw_arrival){ .user = str_c(user[k]),
			.line = STR("main"),
			.key = str_c(key[k]),
			.message = &m[k] };
	}
	(void)gateway_arrive(wire, v, n, on_kept, (void *)(uintptr_t)(i + 1));
	crash_boundary(B_TOLD);
}

static void
tell_again(void)
{
	for (size_t i = 0; i < NMESSAGES; i += script[i].with + 1)
		if (!world->message[i].acknowledged)
			tell(i);
}

/* ---- the XMPP server -------------------------------------------------- */

struct run {
	struct loop *loop;
	struct config *config;
	struct store *store;
	struct core *core;
	struct component *component;
};

static void
attribute(const char *xml, const char *name, char out[64])
{
	const char *at = strstr(xml, name);

	out[0] = '\0';
	if (at)
		snprintf(out, 64, "%.*s", (int)strcspn(at + strlen(name), "'"),
		    at + strlen(name));
}

/* It comes back, and says why. */
static void
bounce(struct run *r, size_t i, const char *id, const char *condition)
{
	char xml[512];

	snprintf(xml, sizeof(xml),
	    "<message from='%s@example.org' to='%s@wire.example.org'"
	    " type='error' id='%s'><error type='cancel'><%s"
	    " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
	    script[i].user, script[i].from, id, condition);
	(void)fake_component_feed(r->component, str_c(xml));
}

static void
user_sees(struct message *m, const char *xml, const char *id)
{
	bool is_same = strcmp(m->id, id) == 0;
	bool is_late = strstr(xml, "urn:xmpp:delay") != NULL;
	bool is_sure = !mode.stream && world->second > m->seen_at + SURE_S;

	if (m->nseen++ == 0) {
		snprintf(m->id, sizeof(m->id), "%s", id);
		m->order = ++world->norder;
	} else if (is_same && is_late && !is_sure) {
		m->nrepeat++;
	} else {
		m->nwrong++;
	}
	m->seen_at = world->second;
}

static void
server_takes(struct run *r, const char *xml)
{
	char id[64];

	attribute(xml, " id='", id);
	for (size_t i = 0; i < NMESSAGES; i++) {
		struct message *m = &world->message[i];

		if (!strstr(xml, "<body>") || !strstr(xml, script[i].words))
			continue;
		if (script[i].nobody) {
			m->dead = true;
			bounce(r, i, id, "item-not-found");
		} else if (script[i].away && world->second < AWAY_S) {
			bounce(r, i, id, "recipient-unavailable");
		} else {
			user_sees(m, xml, id);
		}
		crash_boundary(B_TAKEN);
		return;
	}
}

/* In the order they were written. */
static void
server_works(struct run *r)
{
	struct list *n;

	for (n = list_first(fake_stanzas()); n;
	     n = list_first(fake_stanzas())) {
		struct fake_stanza *s = LIST_ENTRY(n, struct fake_stanza, node);
		bool is_ours = strncmp(s->to, "wire.example.org", 16) == 0;
		bool is_answer = strstr(s->xml, "type='result'") != NULL;
		char *xml = xstrdup(s->xml);

		fake_stanza_free(s);
		if (!is_cut && is_ours) {
			(void)fake_component_feed(r->component, str_c(xml));
			if (is_answer)
				crash_boundary(B_CONFIRMED);
		} else if (!is_cut) {
			server_takes(r, xml);
		}
		free(xml);
	}
}

/* ---- one run ---------------------------------------------------------- */

static const char config_text[] =
    "server { host = \"127.0.0.1\" port = 5347 domain = \"example.org\" }\n"
    "store { path = \"%s/db\" key_file = \"%s/key\" }\n"
    "access { allow = { \"example.org\" } }\n"
    "gateway \"wire.example.org\" { type = \"wire\" secret = \"s\"\n"
    "  connect_interval_ms = 0 archive = no }\n";

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	(void)level;
	if (getenv("CRASH_TRACE"))
		fprintf(stderr, "  %s\n", line);
}

static void
settle(struct run *r)
{
	for (int i = 0; i < 6; i++) {
		store_settle(r->store);
		if (mode.no_confirm)
			believe();
		server_works(r);
		fake_loop_turn(r->loop);
	}
}

static void
wait_second(struct run *r)
{
	struct clock *c = loop_clock(r->loop);

	int steps = ++world->second < 10 ? 4 : 1; /* it happens early */

	for (int i = 0; i < steps; i++) {
		clock_advance(c, c->at + 1000 / steps, c->utc + 1000 / steps);
		settle(r);
	}
}

/* The stream has died, and the next one is there. */
static void
stream_again(struct run *r)
{
	fake_component_down(r->component);
	wait_second(r);
	is_cut = false;
	fake_component_up(r->component);
	settle(r);
}

static int
start(struct run *r, bool again)
{
	struct config_report rep = { .n = 0 };
	struct store_params sp = { .loop = NULL };
	struct core_params cp;
	struct err err = ERR_INIT;
	struct clock *c;
	char text[1024];

	r->loop = loop_new();
	c = loop_clock(r->loop);
	if (again)
		clock_advance(c, c->at + 400000, c->utc + 400000);
	snprintf(
	    text, sizeof(text), config_text, crash_mode.dir, crash_mode.dir);
	r->config =
	    config_parse("crash.conf", str_c(text), false, gateway_kinds, &rep);
	if (!r->config)
		return -1;
	sp.path = r->config->store.path.p;
	sp.key_file = r->config->store.key_file.p;
	r->store = store_open(&sp, NULL, &err);
	if (!r->store) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	cp = (struct core_params){
		.loop = r->loop, .config = r->config, .store = r->store
	};
	r->core = core_new(&cp, &err);
	core_start(r->core, NULL, NULL);
	r->component = fake_component(STR("wire.example.org"));
	fake_component_up(r->component);
	settle(r);
	return 0;
}

/* In a child: never returns. */
static void
play(bool again)
{
	struct run r = { .loop = NULL };

	log_set_sink(on_log, NULL);
	crash_disk_register();
	if (start(&r, again) < 0)
		_exit(1);
	for (size_t i = 0; i < NMESSAGES; i += script[i].with + 1) {
		if (!world->message[i].acknowledged)
			tell(i);
		settle(&r);
	}
	for (int s = 0; s < SECONDS; s++) {
		wait_second(&r);
		if (is_cut)
			stream_again(&r);
		if (s % 5 == 1)
			tell_again();
	}
	_exit(RUN_END);
}

static int
child(bool again)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		play(again);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* ---- the table -------------------------------------------------------- */

struct row {
	unsigned nstops, nlost, nwrong, nrepeated;
};

/* An earlier one of the same user came later, and was not away. */
static bool
is_out_of_order(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(script[k].user, script[i].user) == 0 &&
		    world->message[k].order > world->message[i].order)
			return true;
	return false;
}

static void
judge(struct row *row)
{
	row->nstops++;
	for (size_t i = 0; i < NMESSAGES; i++) {
		const struct message *m = &world->message[i];
		bool lost = !m->acknowledged || (!m->nseen && !m->dead);
		unsigned wrong = m->nwrong + is_out_of_order(i);

		row->nlost += lost;
		row->nwrong += wrong;
		row->nrepeated += m->nrepeat;
		if ((lost || wrong) && getenv("CRASH_SHOW"))
			printf("%zu at %u (%s): acknowledged %d seen %u "
			       "repeated %u wrong %u order %u\n",
			    i, world->crash.target,
			    boundary_names[world->crash.died_at],
			    m->acknowledged, m->nseen, m->nrepeat, wrong,
			    m->order);
	}
}

/* False: it ended before. */
static bool
stop_at(unsigned target, struct row *rows)
{
	int rc;

	crash_dir_empty();
	*world = (struct world){ .crash.target = target };
	rc = child(false);
	if (rc == RUN_END && world->crash.count < target)
		return false;
	world->crash.target = 0;
	if (rc == CRASH_STOPPED)
		rc = child(true);
	if (rc != RUN_END) {
		printf("stopped at %u, and then did not run: exit %d\n", target,
		    rc);
		exit(1);
	}
	world->crash.target = target;
	judge(&rows[world->crash.died_at]);
	return true;
}

static void
print_row(const char *name, const struct row *r)
{
	printf("%-14s %6u %6u %6u %9u\n", name, r->nstops, r->nlost, r->nwrong,
	    r->nrepeated);
}

static struct row
print_table(const struct row *rows)
{
	struct row sum = { 0, 0, 0, 0 };

	printf("%-14s %6s %6s %6s %9s\n",
	    mode.stream ? "stream died at" : "stopped at", "times", "lost",
	    "wrong", "repeated");
	for (int b = 0; b < B_N; b++) {
		print_row(boundary_names[b], &rows[b]);
		sum.nstops += rows[b].nstops;
		sum.nlost += rows[b].nlost;
		sum.nwrong += rows[b].nwrong;
		sum.nrepeated += rows[b].nrepeated;
	}
	print_row("in all", &sum);
	return sum;
}

/* Something went wrong already. */
static bool
is_seen(const struct row *rows)
{
	for (int b = 0; b < B_N; b++)
		if (rows[b].nlost || rows[b].nwrong)
			return true;
	return false;
}

static bool
read_args(int argc, char **argv, bool *broken)
{
	int c;

	while (c = getopt(argc, argv, "n:e:pqxb:"), c >= 0) {
		if (c == 'n')
			crash_mode.step = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'e')
			mode.every = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'p')
			crash_mode.power = true;
		else if (c == 'q')
			mode.quick = true;
		else if (c == 'x')
			mode.stream = true;
		else if (c == 'b' && strcmp(optarg, "kept") == 0)
			mode.no_kept = true;
		else if (c == 'b' && strcmp(optarg, "confirm") == 0)
			mode.no_confirm = true;
		else if (c == 'b' && strcmp(optarg, "sync") == 0)
			crash_mode.no_sync = true;
		else
			return false;
	}
	*broken = mode.no_kept || mode.no_confirm || crash_mode.no_sync;
	return crash_mode.step > 0 && mode.every > 0;
}

int
main(int argc, char **argv)
{
	struct row rows[B_N] = { { 0, 0, 0, 0 } }, sum;
	bool broken, ok;
	unsigned n = 1;

	if (!read_args(argc, argv, &broken)) {
		fprintf(stderr,
		    "usage: crash_in [-n step] [-e every] [-p] [-q] [-x] "
		    "[-b kept|confirm|sync]\n");
		return 2;
	}
	if (mode.stream)
		crash_hook = cut_stream;
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
	    /* cppcheck-suppress invalidFunctionArg ; there is no file */
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED || !crash_dir_make())
		return 2;
	crash = &world->crash;
	while (stop_at(n, rows) && !(mode.quick && is_seen(rows)))
		n += mode.every;
	sum = print_table(rows);
	crash_dir_remove();
	ok = sum.nlost + sum.nwrong == 0;
	return ok == !broken ? 0 : 1;
}
