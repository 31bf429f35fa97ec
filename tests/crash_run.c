/*
 * Stops the program at every boundary in turn and starts it again: what is
 * sent out must neither get lost nor be repeated.
 *
 *	crash_run                  each boundary, a summary as a table
 *	crash_run -n STEP          every STEP-th write to the disk only
 *	crash_run -p               the machine loses its power: what was written
 *	                           and not synced is gone
 *	crash_run -q               ends with the first loss or repeat
 *	crash_run -b trying        a program that does not commit that it tries:
 *	                           exit 0 if the table shows repeats
 *	crash_run -b accepted      ... or that it has accepted: losses
 *	crash_run -b sync          ... with -p, that never syncs: either
 *
 * Boundaries are: each write and sync of the database, each request that
 * leaves for the network, its answer, each report and its acknowledgement,
 * each stanza that is written.  A child plays a script against the whole
 * core, with a real store, and exits at its n-th boundary; another one starts
 * on the same files, two minutes later.  The world outside lives in memory
 * that they share: a client that sends again, with the same id, what it got
 * neither receipt nor error for, and a network that repeats reports until
 * they are acknowledged.  One operation of the store is done before the next
 * begins, so that each run of a number is the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/config.h"
#include "core/core.h"
#include "core/fate.h"
#include "core/gateway.h"
#include "core/store_op.h"
#include "core/store_outbox.h"
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
	B_REQUEST = CRASH_OTHERS, /* about to leave */
	B_REQUESTED,              /* the network has it */
	B_ANSWERED,
	B_REPORTED,
	B_ACKNOWLEDGED,
	B_STANZA,  /* about to be written */
	B_WRITTEN, /* the client has it */
	B_N
};

static const char *const boundary_names[B_N] = { "write", "sync", "synced",
	"request", "requested", "answered", "reported", "acknowledged",
	"stanza", "written" };

enum {
	NMESSAGES = 7,
	PIECES = 2,
	RUN_END = 0,
	RUN_STOPPED = CRASH_STOPPED,
	SECONDS = 200
};

static const struct {
	const char *to, *words;
} script[NMESSAGES] = {
	{ "bob", "0 first" },
	{ "bob", "1 second" },
	{ "eve", "2 two parts" },
	{ "joe", "3 not at once" },
	{ "joe", "4 refused" },
	{ "ann", "5 receipt at once" },
	{ "bob", "6 third" },
};

struct message {
	unsigned nsent[PIECES]; /* how often the network has taken it */
	gw_ticket ticket[PIECES];
	bool acknowledged[PIECES]; /* its report */
	bool failed_once;
	unsigned nreceipt, nerror, nunsure;
	unsigned order; /* of the first piece, among all */
};

struct world {
	struct crash crash;
	unsigned norder;
	struct message message[NMESSAGES];
};

static struct world *world; /* shared */

static struct {
	bool no_trying, no_accepted, quick;
} mode;

/* ---- what is wrapped (ld --wrap) -------------------------------------- */

bool __real_store_writer_add(struct store_writer *w, struct op *op);
bool __wrap_store_writer_add(struct store_writer *w, struct op *op);
int __real_component_end(struct component *c, struct err *err);
int __wrap_component_end(struct component *c, struct err *err);
void __real_store_out_try(struct store *st, const struct store_out *o,
    const struct store_piece *p, store_number_fn *fn, void *arg);
void __wrap_store_out_try(struct store *st, const struct store_out *o,
    const struct store_piece *p, store_number_fn *fn, void *arg);
store_load_id __real_store_out_put(struct store *st, const struct store_out *o,
    int64_t since_utc, store_number_fn *fn, void *arg);
store_load_id __wrap_store_out_put(struct store *st, const struct store_out *o,
    int64_t since_utc, store_number_fn *fn, void *arg);

/* One after another. */
bool
__wrap_store_writer_add(struct store_writer *w, struct op *op)
{
	bool taken = __real_store_writer_add(w, op);

	store_writer_wait(w);
	return taken;
}

struct lie {
	uint64_t id;
	store_number_fn *fn;
	void *arg;
};

static void
on_lie(bool ok, uint64_t n, void *arg)
{
	struct lie *l = arg;

	(void)n;
	l->fn(ok, l->id, l->arg);
	free(l);
}

/* A program that does not say on disk what it tries. */
void
__wrap_store_out_try(struct store *st, const struct store_out *o,
    const struct store_piece *p, store_number_fn *fn, void *arg)
{
	struct lie *l;

	if (!mode.no_trying) {
		__real_store_out_try(st, o, p, fn, arg);
		return;
	}
	l = xcalloc(1, sizeof(*l));
	*l = (struct lie){ 1, fn, arg };
	(void)store_out_last(st, on_lie, l);
}

/* A program that does not keep what it accepts. */
store_load_id
__wrap_store_out_put(struct store *st, const struct store_out *o,
    int64_t since_utc, store_number_fn *fn, void *arg)
{
	struct lie *l;

	if (!mode.no_accepted)
		return __real_store_out_put(st, o, since_utc, fn, arg);
	l = xcalloc(1, sizeof(*l));
	*l = (struct lie){ o->id, fn, arg };
	return store_out_last(st, on_lie, l);
}

/* ---- the client ------------------------------------------------------- */

static void
read_error(struct message *m, const char *xml)
{
	if (strstr(xml, "nobody knows"))
		m->nunsure++;
	else
		m->nerror++;
}

/* What is said of which message: by its id, or by its words. */
static void
client_reads(const char *xml)
{
	for (size_t i = 0; i < NMESSAGES; i++) {
		struct message *m = &world->message[i];
		char id[16];

		snprintf(id, sizeof(id), "id='m%zu'", i);
		if (strstr(xml, "<received") && strstr(xml, id))
			m->nreceipt++;
		else if (strstr(xml, "type='error'") && strstr(xml, id))
			read_error(m, xml);
		else if (strstr(xml, "<body>") && strstr(xml, script[i].words))
			read_error(m, xml);
	}
}

static bool
is_told(const struct message *m)
{
	return m->nreceipt || m->nerror || m->nunsure;
}

int
__wrap_component_end(struct component *c, struct err *err)
{
	int rc;

	crash_boundary(B_STANZA);
	rc = __real_component_end(c, err);
	LIST_EACH(fake_stanzas(), n)
	{
		struct fake_stanza *s = LIST_ENTRY(n, struct fake_stanza, node);

		if (!strstr(s->xml, "to='romeo@example.org"))
			continue;
		client_reads(s->xml);
		fake_stanza_free(s);
		crash_boundary(B_WRITTEN);
	}
	return rc;
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
	struct gw_line main_line = {
		.name = STR("main"), .parallel = 2, .reports = true
	};
	struct gw_line quick = { .name = STR("quick"),
		.stage = GW_STAGE_ACCEPTED };

	(void)conf;
	(void)err;
	wire = gw;
	gateway_line_put(gw, &main_line);
	gateway_line_put(gw, &quick);
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
	struct gw_event ev = { .type = GW_EV_ONLINE, .text = STR("you") };

	(void)nick;
	(void)err;
	return session_emit(s, &ev);
}

static void
wire_logout(struct session *s, enum gw_bye why, struct str text)
{
	struct gw_event ev = { .type = GW_EV_OFFLINE };

	(void)why;
	(void)text;
	(void)session_emit(s, &ev);
}

static void
wire_drop(struct session *s)
{
	(void)s;
}

static int
wire_route(struct session *s, const struct gw_message *m, struct gw_route *out,
    struct err *err)
{
	(void)s;
	(void)err;
	out->npieces = m->body.p[0] == '2' ? 2 : 1;
	snprintf(out->line, sizeof(out->line), "%s",
	    m->body.p[0] == '5' ? "quick" : "main");
	return 0;
}

static struct str
wire_id(size_t i, unsigned part, char out[32])
{
	snprintf(out, 32, "wire-%zu-%u", i, part);
	return str_c(out);
}

static void
wire_send(struct session *s, gw_ticket t, const struct gw_message *m)
{
	size_t i = (size_t)(m->body.p[0] - '0');
	struct message *is = &world->message[i];
	struct gw_outcome o = { .ticket = t, .fate = GW_SENT };
	char id[32];

	(void)s;
	crash_boundary(B_REQUEST);
	if (i == 3 && !is->failed_once) {
		is->failed_once = true;
		o.fate = GW_RETRY;
		err_set(&o.err, ERR_UNREACHABLE, "not now");
	} else if (i == 4) {
		o.fate = GW_REFUSED;
		err_set(&o.err, ERR_DENIED, "never");
	} else {
		if (is->nsent[m->part - 1]++ == 0 && m->part == 1)
			is->order = ++world->norder;
		is->ticket[m->part - 1] = t;
		o.network_id = wire_id(i, m->part, id);
	}
	crash_boundary(B_REQUESTED);
	gateway_outcome(wire, &o);
	crash_boundary(B_ANSWERED);
}

static void
on_acknowledged(void *arg, bool ok)
{
	bool *acknowledged = arg;

	if (!ok)
		return;
	*acknowledged = true;
	crash_boundary(B_ACKNOWLEDGED);
}

/* Some know our ticket, others only their own name of it. */
static void
report_again(void)
{
	for (size_t i = 0; i < NMESSAGES; i++)
		for (unsigned k = 0; k < PIECES; k++) {
			struct message *m = &world->message[i];
			struct gw_report r = { .line = STR("main"),
				.fate = GW_DELIVERED };
			char id[32];

			if (!m->nsent[k] || m->acknowledged[k] || i == 5)
				continue;
			if (i % 2)
				r.network_id = wire_id(i, k + 1, id);
			else
				r.ticket = m->ticket[k];
			(void)gateway_report(
			    wire, &r, on_acknowledged, &m->acknowledged[k]);
			crash_boundary(B_REPORTED);
		}
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
	.send = wire_send,
	.route = wire_route,
	.request = requests,
};

const struct gateway_ops *const gateway_kinds[] = { &wire_ops, NULL };

/* ---- one run ---------------------------------------------------------- */

static const char config_text[] =
    "server { host = \"127.0.0.1\" port = 5347 domain = \"example.org\" }\n"
    "store { path = \"%s/db\" key_file = \"%s/key\" }\n"
    "access { allow = { \"example.org\" } }\n"
    "gateway \"wire.example.org\" { type = \"wire\" secret = \"s\"\n"
    "  connect_interval_ms = 0 archive = no }\n";

struct run {
	struct loop *loop;
	struct config *config;
	struct store *store;
	struct core *core;
	struct component *component;
};

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (getenv("CRASH_TRACE") || level <= LOG_WARN)
		fprintf(stderr, "  %s\n", line);
}

/* What we send to ourselves comes back. */
static void
loop_back(struct run *r)
{
	struct list *n;

	for (n = list_first(fake_stanzas()); n;
	     n = list_first(fake_stanzas())) {
		struct fake_stanza *s = LIST_ENTRY(n, struct fake_stanza, node);
		char *xml = xstrdup(s->xml);

		fake_stanza_free(s);
		(void)fake_component_feed(r->component, str_c(xml));
		free(xml);
	}
}

static void
settle(struct run *r)
{
	for (int i = 0; i < 6; i++) {
		store_settle(r->store);
		loop_back(r);
		fake_loop_turn(r->loop);
	}
}

static void
wait_second(struct run *r)
{
	struct clock *c = loop_clock(r->loop);

	clock_advance(c, c->at + 1000, c->utc + 1000);
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
		clock_advance(c, c->at + 120000, c->utc + 120000);
	snprintf(
	    text, sizeof(text), config_text, crash_mode.dir, crash_mode.dir);
	r->config =
	    config_parse("crash.conf", str_c(text), false, gateway_kinds, &rep);
	for (size_t i = 0; i < rep.n && !r->config; i++)
		fprintf(stderr, "%s\n", rep.v[i].text);
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

static void
client_sends(struct run *r, size_t i)
{
	char xml[512];

	snprintf(xml, sizeof(xml),
	    "<message from='romeo@example.org/orchard'"
	    " to='%s@wire.example.org' type='chat' id='m%zu'><body>%s</body>"
	    "<request xmlns='urn:xmpp:receipts'/></message>",
	    script[i].to, i, script[i].words);
	(void)fake_component_feed(r->component, str_c(xml));
	settle(r);
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
	for (size_t i = 0; i < NMESSAGES; i++)
		if (!is_told(&world->message[i]))
			client_sends(&r, i);
	for (int s = 0; s < SECONDS; s++) {
		wait_second(&r);
		if (s % 5 == 1)
			report_again();
		settle(&r);
	}
	/* What nobody answered is sent again, as clients do. */
	for (size_t i = 0; again && i < NMESSAGES; i++)
		if (!is_told(&world->message[i]))
			client_sends(&r, i);
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
	unsigned nstops, nlost, nrepeated, nunsure;
};

static unsigned
count_lost(size_t i, const struct message *m)
{
	bool has_all = m->nsent[0] && (i != 2 || m->nsent[1]);

	if (!is_told(m))
		return 1;
	return m->nreceipt && !m->nerror && !m->nunsure && !has_all;
}

static unsigned
count_repeated(const struct message *m)
{
	return (m->nsent[0] > 1 || m->nsent[1] > 1) && !m->nunsure;
}

static void
judge(struct row *row)
{
	row->nstops++;
	for (size_t i = 0; i < NMESSAGES; i++) {
		const struct message *m = &world->message[i];
		unsigned lost = count_lost(i, m);
		unsigned repeated = count_repeated(m);

		row->nlost += lost;
		row->nrepeated += repeated;
		row->nunsure += m->nunsure > 0;
		if ((lost || repeated) && getenv("CRASH_SHOW"))
			printf("%s of %zu at %u (%s): sent %u %u receipt %u "
			       "error %u unsure %u\n",
			    lost ? "loss" : "repeat", i, world->crash.target,
			    boundary_names[world->crash.died_at], m->nsent[0],
			    m->nsent[1], m->nreceipt, m->nerror, m->nunsure);
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
	if (rc == RUN_END)
		return false;
	world->crash.target = 0;
	if (rc != RUN_STOPPED || child(true) != RUN_END) {
		printf("stopped at %u: exit %d, and then did not run\n", target,
		    rc);
		exit(1);
	}
	world->crash.target = target;
	judge(&rows[world->crash.died_at]);
	return true;
}

static struct row
print_table(const struct row *rows)
{
	struct row sum = { 0, 0, 0, 0 };

	printf("%-14s %6s %6s %9s %7s\n", "stopped at", "times", "lost",
	    "repeated", "unsure");
	for (int b = 0; b < B_N; b++) {
		const struct row *r = &rows[b];

		printf("%-14s %6u %6u %9u %7u\n", boundary_names[b], r->nstops,
		    r->nlost, r->nrepeated, r->nunsure);
		sum.nstops += r->nstops;
		sum.nlost += r->nlost;
		sum.nrepeated += r->nrepeated;
		sum.nunsure += r->nunsure;
	}
	printf("%-14s %6u %6u %9u %7u\n", "in all", sum.nstops, sum.nlost,
	    sum.nrepeated, sum.nunsure);
	return sum;
}

/* Something went wrong already. */
static bool
is_seen(const struct row *rows)
{
	for (int b = 0; b < B_N; b++)
		if (rows[b].nlost || rows[b].nrepeated)
			return true;
	return false;
}

static bool
read_args(int argc, char **argv, bool *broken)
{
	int c;

	while (c = getopt(argc, argv, "n:pqb:"), c >= 0) {
		if (c == 'n')
			crash_mode.step = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'p')
			crash_mode.power = true;
		else if (c == 'q')
			mode.quick = true;
		else if (c == 'b' && strcmp(optarg, "trying") == 0)
			mode.no_trying = true;
		else if (c == 'b' && strcmp(optarg, "accepted") == 0)
			mode.no_accepted = true;
		else if (c == 'b' && strcmp(optarg, "sync") == 0)
			crash_mode.no_sync = true;
		else
			return false;
	}
	*broken = mode.no_trying || mode.no_accepted || crash_mode.no_sync;
	return crash_mode.step > 0;
}

int
main(int argc, char **argv)
{
	struct row rows[B_N] = { { 0, 0, 0, 0 } }, sum;
	bool broken, ok;
	unsigned n = 1;

	if (!read_args(argc, argv, &broken)) {
		fprintf(stderr,
		    "usage: crash_run [-n step] [-p] [-q] "
		    "[-b trying|accepted|sync]\n");
		return 2;
	}
	/* cppcheck-suppress invalidFunctionArg ; there is no file */
	world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
	    /* cppcheck-suppress invalidFunctionArg ; -1 is what it wants */
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (world == MAP_FAILED || !crash_dir_make())
		return 2;
	crash = &world->crash;
	while (stop_at(n, rows) && !(mode.quick && is_seen(rows)))
		n++;
	sum = print_table(rows);
	crash_dir_remove();
	ok = sum.nlost + sum.nrepeated == 0;
	return ok == !broken ? 0 : 1;
}
