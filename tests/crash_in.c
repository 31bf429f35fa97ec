/*
 * Stops the program at every boundary in turn and starts it again: what comes
 * in must not get lost, and may be repeated only as long as the XMPP server
 * has not confirmed it, under the same id and with the time it came.
 *
 *	crash_in                   each boundary, a summary as a table
 *	crash_in -m                the network is mail
 *	crash_in -m -w             instead the worker that reads the mails dies
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
 * told to the program, each step of a mail that is handed over, each
 * acknowledgement, each stanza that is written, each
 * that the server takes, each answer to a ping.  The world outside lives in
 * memory that a child and its successor share: a network that repeats what was
 * not acknowledged, and a server whose users have what it has taken;
 * one is away at first, and another one does not exist.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/confirm.h"
#include "core/gateway.h"
#include "core/store_inbox.h"
#include "crash_in.h"
#include "fake/fake.h"
#include "lib/clock.h"
#include "lib/xalloc.h"
#include "net/loop.h"
#include "xmpp/component.h"

/* ---- the world -------------------------------------------------------- */

static const char *const boundary_names[B_N] = { "write", "sync", "synced",
	"connected", "recipient", "body", "told", "read", "acknowledged",
	"stanza", "taken", "confirmed" };

enum { SECONDS = 170, SURE_S = 3, AWAY_S = 20, LATER_MS = 400000 };

const struct script script[NMESSAGES] = {
	{ "romeo", "+1", "0 first", 0, false, false },
	{ "romeo", "+2", "1 second", 1, false, false },
	{ "juliet", "+2", "2 with the second", 0, false, false },
	{ "romeo", "+1", "3 third", 0, false, false },
	{ "tybalt", "+1", "4 to nobody", 0, false, true },
	{ "mercutio", "+1", "5 away", 0, true, false },
	{ "mercutio", "+1", "6 behind it", 0, true, false },
	{ "romeo", "+1", "7 last", 0, false, false },
};

struct world *world;
struct mode mode = { .every = 1 };

static const struct crash_net *net = &crash_wire_in;

const struct gateway_ops *const gateway_kinds[] = { &crash_wire_in_ops,
	&mail_gateway, NULL };

static bool is_cut; /* mode.stream: what is written from now on is lost */

static void
cut_stream(int kind)
{
	(void)kind;
	is_cut = true;
}

/* ---- what is wrapped (ld --wrap) -------------------------------------- */

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

/* ---- the XMPP server -------------------------------------------------- */

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
bounce(struct crash_stage *s, const char *xml, const char *id, const char *why)
{
	char to[64], from[64];

	attribute(xml, " to='", to);
	attribute(xml, " from='", from);
	crash_stage_feed(s,
	    "<message from='%s' to='%s' type='error' id='%s'>"
	    "<error type='cancel'><%s"
	    " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>",
	    to, from, id, why);
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

/* What is written to whom. */
static bool
is_of(const char *xml, size_t i)
{
	char to[64];

	snprintf(to, sizeof(to), " to='%s@example.org", script[i].user);
	return strstr(xml, "<body>") && strstr(xml, script[i].words) &&
	    strstr(xml, to);
}

static void
server_takes(struct crash_stage *s, const char *xml)
{
	char id[64];

	attribute(xml, " id='", id);
	for (size_t i = 0; i < NMESSAGES; i++) {
		struct message *m = &world->message[i];

		if (!is_of(xml, i))
			continue;
		if (script[i].nobody) {
			m->dead = true;
			bounce(s, xml, id, "item-not-found");
		} else if (script[i].away && world->second < AWAY_S) {
			bounce(s, xml, id, "recipient-unavailable");
		} else {
			user_sees(m, xml, id);
		}
		crash_boundary(B_TAKEN);
		return;
	}
}

/* In the order they were written. */
static void
server_works(struct crash_stage *s)
{
	size_t len = strlen(net->domain);
	struct list *n;

	for (n = list_first(fake_stanzas()); n;
	     n = list_first(fake_stanzas())) {
		struct fake_stanza *f = LIST_ENTRY(n, struct fake_stanza, node);
		bool is_ours = strncmp(f->to, net->domain, len) == 0;
		bool is_answer = strstr(f->xml, "type='result'") != NULL;
		char *xml = xstrdup(f->xml);

		fake_stanza_free(f);
		if (!is_cut && is_ours) {
			(void)fake_component_feed(s->component, str_c(xml));
			if (is_answer)
				crash_boundary(B_CONFIRMED);
		} else if (!is_cut) {
			server_takes(s, xml);
		}
		free(xml);
	}
}

/* ---- one run ---------------------------------------------------------- */

static void
settle(struct crash_stage *s)
{
	for (int i = 0; i < 6; i++) {
		store_settle(s->store);
		if (mode.no_confirm)
			believe();
		server_works(s);
		while (net->turn && net->turn())
			fake_loop_turn(s->loop);
		fake_loop_turn(s->loop);
	}
}

static void
wait_second(struct crash_stage *s)
{
	struct clock *c = loop_clock(s->loop);

	int steps = ++world->second < 10 ? 4 : 1; /* it happens early */

	for (int i = 0; i < steps; i++) {
		clock_advance(c, c->at + 1000 / steps, c->utc + 1000 / steps);
		settle(s);
	}
}

/* The stream has died, and the next one is there. */
static void
stream_again(struct crash_stage *s)
{
	fake_component_down(s->component);
	wait_second(s);
	is_cut = false;
	fake_component_up(s->component);
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

static bool
is_done(size_t i)
{
	for (size_t k = i; k <= i + script[i].with; k++)
		if (!world->message[k].acknowledged)
			return false;
	return true;
}

/* What was not acknowledged comes again. */
static void
tell_again(void)
{
	for (size_t i = 0; i < NMESSAGES; i += script[i].with + 1)
		if (!is_done(i))
			net->tell(i);
}

static void
play(bool again)
{
	struct crash_stage s = { .loop = NULL };

	open_stage(&s, again);
	for (size_t i = 0; i < NMESSAGES; i += script[i].with + 1) {
		if (!is_done(i))
			net->tell(i);
		settle(&s);
	}
	for (int i = 0; i < SECONDS; i++) {
		wait_second(&s);
		if (is_cut)
			stream_again(&s);
		if (i % 5 == 1)
			tell_again();
	}
}

/* ---- the table -------------------------------------------------------- */

struct row {
	unsigned nstops, nlost, nwrong, nrepeated;
};

/* An earlier one of the same user came later, and not by its network. */
static bool
is_out_of_order(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(script[k].user, script[i].user) == 0 &&
		    !world->message[k].deferred &&
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

static void
print_row(const char *name, const struct row *r)
{
	if (r->nstops)
		printf("%-14s %6u %6u %6u %9u\n", name, r->nstops, r->nlost,
		    r->nwrong, r->nrepeated);
}

static struct row
print_table(const struct row *rows)
{
	struct row sum = { 0, 0, 0, 0 };

	printf("%-14s %6s %6s %6s %9s\n",
	    mode.stream       ? "stream died at"
	        : mode.worker ? "worker died at"
	                      : "stopped at",
	    "times", "lost", "wrong", "repeated");
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
read_broken(const char *what)
{
	if (strcmp(what, "kept") == 0)
		mode.no_kept = true;
	else if (strcmp(what, "confirm") == 0)
		mode.no_confirm = true;
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

	while (c = getopt(argc, argv, "n:e:mwpqxb:"), c >= 0) {
		if (c == 'n')
			crash_mode.step = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'e')
			mode.every = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'm')
			net = &crash_mail_in;
		else if (c == 'w')
			mode.worker = true;
		else if (c == 'p')
			crash_mode.power = true;
		else if (c == 'q')
			mode.quick = true;
		else if (c == 'x')
			mode.stream = true;
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
	struct row rows[B_N] = { { 0, 0, 0, 0 } }, sum;
	bool broken = false;
	unsigned n = 1;

	if (!read_args(argc, argv, &broken)) {
		fprintf(stderr,
		    "usage: crash_in [-n step] [-e every] [-m [-w]] [-p] "
		    "[-q] [-x] [-b kept|confirm|sync]\n");
		return 2;
	}
	if (mode.stream)
		crash_hook = cut_stream;
	else if (mode.worker)
		crash_hook = crash_mail_in_die;
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
	return (sum.nlost + sum.nwrong > 0) == broken ? 0 : 1;
}
