/*
 * Stops the program at every boundary in turn and starts it again: what is
 * sent out must neither get lost nor be repeated.
 *
 *	crash_run                  each boundary, a summary as a table
 *	crash_run -m               the network is mail
 *	crash_run -m -w            instead the worker that sends the mails dies
 *	crash_run -n STEP          every STEP-th write to the disk only
 *	crash_run -e EVERY         every EVERY-th boundary only
 *	crash_run -p               the machine loses its power: what was written
 *	                           and not synced is gone
 *	crash_run -q               ends with the first loss or repeat
 *	crash_run -b trying        a program that does not commit that it tries:
 *	                           exit 0 if the table shows repeats
 *	crash_run -b accepted      ... or that it has accepted: losses
 *	crash_run -b sync          ... with -p, that never syncs: either
 *	crash_run -b committing    ... with -m -w, whose worker does not say that
 *	                           the end of a mail leaves: repeats
 *
 * Boundaries are: each write and sync of the database, each request that
 * leaves for the network, its answer, each report and its acknowledgement,
 * each step of a worker with a mail, each stanza that is written.  A child plays a script against the whole
 * core, with a real store, and exits at its n-th boundary; another one starts
 * on the same files, two minutes later.  The world outside lives in memory
 * that they share: a client that sends again, with the same id, what it got
 * neither receipt nor error for, and a network that repeats reports until
 * they are acknowledged.  "needless" is what was said to be unsure where the
 * worker had not said that the end leaves.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/gateway.h"
#include "core/store_outbox.h"
#include "crash_out.h"
#include "fake/fake.h"
#include "lib/clock.h"
#include "lib/xalloc.h"
#include "net/loop.h"
#include "xmpp/component.h"

/* ---- the world -------------------------------------------------------- */

static const char *const boundary_names[B_N] = { "write", "sync", "synced",
	"letter", "committing", "request", "requested", "answered", "reported",
	"acknowledged", "stanza", "written" };

enum { SECONDS = 200, LATER_MS = 120000 };

const struct script script[NMESSAGES] = {
	{ "bob", "0 first" },
	{ "bob", "1 second" },
	{ "eve", "2 two parts" },
	{ "joe", "3 not at once" },
	{ "joe", "4 refused" },
	{ "ann", "5 receipt at once" },
	{ "bob", "6 third" },
};

struct world *world;
struct mode mode = { .every = 1 };

static const struct crash_net *net = &crash_wire_out;

const struct gateway_ops *const gateway_kinds[] = { &crash_wire_out_ops,
	&mail_gateway, NULL };

void
world_takes(size_t i, unsigned part, uint64_t ticket)
{
	struct message *m = &world->message[i];

	if (m->nsent[part]++ == 0 && part == 0)
		m->order = ++world->norder;
	m->ticket[part] = ticket;
}

/* ---- what is wrapped (ld --wrap) -------------------------------------- */

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
	if (strstr(xml, "Perhaps not sent") || strstr(xml, "nobody knows"))
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

/* ---- one run ---------------------------------------------------------- */

/* What we send to ourselves comes back. */
static void
loop_back(struct crash_stage *s)
{
	struct list *n;

	for (n = list_first(fake_stanzas()); n;
	     n = list_first(fake_stanzas())) {
		struct fake_stanza *f = LIST_ENTRY(n, struct fake_stanza, node);
		char *xml = xstrdup(f->xml);

		fake_stanza_free(f);
		(void)fake_component_feed(s->component, str_c(xml));
		free(xml);
	}
}

static void
settle(struct crash_stage *s)
{
	for (int i = 0; i < 6; i++) {
		store_settle(s->store);
		loop_back(s);
		while (net->turn && net->turn())
			fake_loop_turn(s->loop);
		fake_loop_turn(s->loop);
	}
}

static void
wait_second(struct crash_stage *s)
{
	struct clock *c = loop_clock(s->loop);

	clock_advance(c, c->at + 1000, c->utc + 1000);
	settle(s);
}

static void
client_sends(struct crash_stage *s, size_t i)
{
	crash_stage_feed(s,
	    "<message from='romeo@example.org/orchard'"
	    " to='%s%s%s' type='chat' id='m%zu'><body>%s</body>"
	    "<request xmlns='urn:xmpp:receipts'/></message>",
	    script[i].to, net->at, net->domain, i, script[i].words);
	settle(s);
}

static void
open_stage(struct crash_stage *s, bool again)
{
	if (crash_stage_open(s, net, again ? LATER_MS : 0) < 0)
		_exit(1);
	settle(s);
	if (net->prepare)
		net->prepare(s);
	settle(s);
}

/* What nobody answered is sent again, as clients do. */
static void
client_sends_all(struct crash_stage *s)
{
	for (size_t i = 0; i < NMESSAGES; i++)
		if (!is_told(&world->message[i]))
			client_sends(s, i);
}

static void
play(bool again)
{
	struct crash_stage s = { .loop = NULL };

	open_stage(&s, again);
	client_sends_all(&s);
	for (int i = 0; i < SECONDS; i++) {
		wait_second(&s);
		if (i % 5 == 1 && net->again)
			net->again();
		settle(&s);
	}
	if (again)
		client_sends_all(&s);
}

/* ---- the table -------------------------------------------------------- */

struct row {
	unsigned nstops, nlost, nrepeated, nunsure;
	unsigned nneedless; /* unsure, where it surely was not sent */
};

static unsigned
count_lost(size_t i, const struct message *m)
{
	bool has_all = m->nsent[0] &&
	    (i != M_PARTS || m->nsent[1] || net != &crash_wire_out);

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
	bool is_needless = mode.worker && world->died_early;

	row->nstops++;
	for (size_t i = 0; i < NMESSAGES; i++) {
		const struct message *m = &world->message[i];
		unsigned lost = count_lost(i, m);
		unsigned repeated = count_repeated(m);

		row->nlost += lost;
		row->nrepeated += repeated;
		row->nunsure += m->nunsure > 0;
		row->nneedless += is_needless && m->nunsure > 0;
		if ((lost || repeated) && getenv("CRASH_SHOW"))
			printf("%s of %zu at %u (%s): sent %u %u receipt %u "
			       "error %u unsure %u\n",
			    lost ? "loss" : "repeat", i, world->crash.target,
			    boundary_names[world->crash.died_at], m->nsent[0],
			    m->nsent[1], m->nreceipt, m->nerror, m->nunsure);
	}
}

static void
print_row(const char *name, const struct row *r)
{
	if (r->nstops)
		printf("%-14s %6u %6u %9u %7u %9u\n", name, r->nstops, r->nlost,
		    r->nrepeated, r->nunsure, r->nneedless);
}

static struct row
print_table(const struct row *rows)
{
	struct row sum = { 0, 0, 0, 0, 0 };

	printf("%-14s %6s %6s %9s %7s %9s\n",
	    mode.worker ? "worker died at" : "stopped at", "times", "lost",
	    "repeated", "unsure", "needless");
	for (int b = 0; b < B_N; b++) {
		print_row(boundary_names[b], &rows[b]);
		sum.nstops += rows[b].nstops;
		sum.nlost += rows[b].nlost;
		sum.nrepeated += rows[b].nrepeated;
		sum.nunsure += rows[b].nunsure;
		sum.nneedless += rows[b].nneedless;
	}
	print_row("in all", &sum);
	return sum;
}

static bool
is_bad(const struct row *r)
{
	return r->nlost || r->nrepeated || r->nneedless;
}

/* Something went wrong already. */
static bool
is_seen(const struct row *rows)
{
	for (int b = 0; b < B_N; b++)
		if (is_bad(&rows[b]))
			return true;
	return false;
}

static bool
read_broken(const char *what)
{
	if (strcmp(what, "trying") == 0)
		mode.no_trying = true;
	else if (strcmp(what, "accepted") == 0)
		mode.no_accepted = true;
	else if (strcmp(what, "committing") == 0)
		mode.no_committing = true;
	else if (strcmp(what, "sync") == 0)
		crash_mode.no_sync = true;
	else
		return false;
	return true;
}

static bool
read_args(int argc, char **argv, bool *broken)
{
	bool ok = true;
	int c;

	while (c = getopt(argc, argv, "n:e:mwpqb:"), c >= 0) {
		if (c == 'n')
			crash_mode.step = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'e')
			mode.every = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'm')
			net = &crash_mail_out;
		else if (c == 'w')
			mode.worker = true;
		else if (c == 'p')
			crash_mode.power = true;
		else if (c == 'q')
			mode.quick = true;
		else if (c == 'b')
			ok = ok && (*broken = read_broken(optarg));
		else
			return false;
	}
	return ok && crash_mode.step > 0 && mode.every > 0;
}

int
main(int argc, char **argv)
{
	struct row rows[B_N] = { { 0, 0, 0, 0, 0 } }, sum;
	bool broken = false;
	unsigned n = 1;

	if (!read_args(argc, argv, &broken)) {
		fprintf(stderr,
		    "usage: crash_run [-n step] [-e every] [-m [-w]] [-p] "
		    "[-q] [-b trying|accepted|committing|sync]\n");
		return 2;
	}
	if (mode.worker)
		crash_hook = crash_mail_out_die;
	world = crash_stage_share(sizeof(*world));
	if (!world || !crash_dir_make())
		return 2;
	for (; crash_stage_stop_at(n, play); n += mode.every) {
		judge(&rows[world->crash.died_at]);
		if (mode.quick && is_seen(rows))
			break;
	}
	sum = print_table(rows);
	crash_dir_remove();
	return is_bad(&sum) == broken ? 0 : 1;
}
