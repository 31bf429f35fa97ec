/*
 * Figures of what is owed outward.
 *
 * A line that a user has brought may be named after him: those are one line
 * here, "users".
 */
#include "core/outbox_metrics.h"
#include "core/core.h"
#include "core/fate.h"
#include "core/instance.h"
#include "core/metrics.h"
#include "core/outbox.h"
#include "core/outbox_line.h"
#include "core/owed.h"

/* What is known of one gateway's messages. */
struct depth {
	int64_t n[FATE_N], nheld;
	int64_t oldest_ms; /* of those that move */
};

static struct depth
measure(const struct outbox *b)
{
	int64_t now = core_clock(b->gw->core)->utc;
	struct depth d = { .nheld = 0 };
	struct map_iter it = { 0 };

	while (map_next(&b->messages, &it)) {
		const struct owed *o = it.value;
		int64_t age = now - o->accepted_utc;

		d.n[o->fate]++;
		d.nheld += (o->flags & OWED_HELD) != 0;
		if (fate_is_moving(o->fate) && age > d.oldest_ms)
			d.oldest_ms = age;
	}
	return d;
}

/* The gateways that have an outbox. */
static struct gateway *
next(struct core *c, struct gateway *gw)
{
	while (gw = core_next_gateway(c, gw), gw)
		if (gw->outbox)
			return gw;
	return NULL;
}

/* ---- messages --------------------------------------------------------- */

static void
write_depth(struct core *c, struct buf *out)
{
	static const enum fate shown[] = { FATE_QUEUED, FATE_TRYING,
		FATE_UNSURE };
	const char *name = "passerelle_outbox_messages";
	struct gateway *gw = NULL;

	metrics_family(out, name, "gauge",
	    "Messages without an end, by what is known of them.");
	while (gw = next(c, gw), gw) {
		struct depth d = measure(gw->outbox);
		struct metrics_label l[2] = { { "gateway", gateway_domain(gw) },
			{ "state", STR("held") } };

		metrics_add(out, name, l, 2, d.nheld);
		for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
			l[1].value = str_c(fate_name(shown[i]));
			metrics_add(out, name, l, 2, d.n[shown[i]]);
		}
	}
}

static int64_t
oldest(const struct outbox *b)
{
	return measure(b).oldest_ms;
}

static int64_t
is_held(const struct outbox *b)
{
	return b->is_held;
}

static int64_t
accepted(const struct outbox *b)
{
	return (int64_t)b->naccepted;
}

static const struct figure {
	const char *name, *type, *help;
	int64_t (*of)(const struct outbox *b);
	bool is_ms;
} figures[] = {
	{ "passerelle_outbox_oldest_seconds", "gauge",
	    "Age of the oldest message that is queued or tried.", oldest,
	    true },
	{ "passerelle_outbox_held", "gauge",
	    "1 while nothing is sent until an operator says so.", is_held,
	    false },
	{ "passerelle_outbox_accepted_total", "counter",
	    "Messages taken from users.", accepted, false },
};

static void
write_figures(struct core *c, struct buf *out)
{
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		const struct figure *f = &figures[i];
		struct gateway *gw = NULL;

		metrics_family(out, f->name, f->type, f->help);
		while (gw = next(c, gw), gw) {
			struct metrics_label l = { "gateway",
				gateway_domain(gw) };

			(f->is_ms ? metrics_add_ms : metrics_add)(
			    out, f->name, &l, 1, f->of(gw->outbox));
		}
	}
}

static void
write_ends(struct core *c, struct buf *out)
{
	const char *name = "passerelle_outbox_ended_total";
	struct gateway *gw = NULL;

	metrics_family(out, name, "counter",
	    "Messages by what became of them; failed, expired and unsure ones "
	    "are the dead letters.");
	while (gw = next(c, gw), gw)
		for (enum fate f = FATE_DELIVERED; f < FATE_N; f++) {
			struct metrics_label l[2] = {
				{ "gateway", gateway_domain(gw) },
				{ "fate", str_c(fate_name(f)) },
			};

			if (!fate_is_moving(f))
				metrics_add(out, name, l, 2,
				    (int64_t)gw->outbox->nended[f]);
		}
}

/* ---- lines ------------------------------------------------------------ */

/* Lines that share a label are summed. */
struct sum {
	struct str line;
	int64_t nfate[FATE_N], nflying, npaused;
};

enum { SUMS_MAX = 100 };

static struct sum *
sum_of(struct sum *v, size_t *n, const struct line *l)
{
	struct str name =
	    str_has(str_c(l->name), '@') ? STR("users") : str_c(l->name);

	for (size_t i = 0; i < *n; i++)
		if (str_eq(v[i].line, name))
			return &v[i];
	if (*n == SUMS_MAX)
		return &v[SUMS_MAX - 1];
	v[*n] =
	    (struct sum){ .line = *n == SUMS_MAX - 1 ? STR("others") : name };
	return &v[(*n)++];
}

static size_t
sum_up(const struct outbox *b, struct sum v[SUMS_MAX])
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&b->lines, &it)) {
		const struct line *l = it.value;
		struct sum *s = sum_of(v, &n, l);

		for (int f = 0; f < FATE_N; f++)
			s->nfate[f] += (int64_t)l->nfate[f];
		s->nflying += l->nflying;
		s->npaused += l->is_paused;
	}
	return n;
}

static void
write_attempts(struct buf *out, const struct sum *s, struct gateway *gw)
{
	struct metrics_label l[3] = {
		{ "gateway", gateway_domain(gw) },
		{ "line", s->line },
		{ "fate", STR_EMPTY },
	};

	for (enum fate f = FATE_DELIVERED; f < FATE_N; f++) {
		if (s->nfate[f] == 0)
			continue;
		l[2].value = str_c(fate_name(f));
		metrics_add(
		    out, "passerelle_line_attempts_total", l, 3, s->nfate[f]);
	}
}

static int64_t
flying(const struct sum *s)
{
	return s->nflying;
}

static int64_t
paused(const struct sum *s)
{
	return s->npaused;
}

static void
write_by_line(struct core *c, struct buf *out, const char *name,
    const char *help, int64_t (*of)(const struct sum *s))
{
	struct gateway *gw = NULL;

	metrics_family(out, name, "gauge", help);
	while (gw = next(c, gw), gw) {
		struct sum v[SUMS_MAX];
		size_t n = sum_up(gw->outbox, v);

		for (size_t i = 0; i < n; i++)
			metrics_add(out, name,
			    (struct metrics_label[]){
			        { "gateway", gateway_domain(gw) },
			        { "line", v[i].line } },
			    2, of(&v[i]));
	}
}

static void
write_lines(struct core *c, struct buf *out)
{
	struct gateway *gw = NULL;

	metrics_family(out, "passerelle_line_attempts_total", "counter",
	    "Attempts by line, and what came of them; queued: certainly not "
	    "sent.");
	while (gw = next(c, gw), gw) {
		struct sum v[SUMS_MAX];
		size_t n = sum_up(gw->outbox, v);

		for (size_t i = 0; i < n; i++)
			write_attempts(out, &v[i], gw);
	}
	write_by_line(c, out, "passerelle_line_flying",
	    "Attempts that are under way.", flying);
	write_by_line(c, out, "passerelle_line_paused",
	    "Lines that pause, because an operator or the provider wants it.",
	    paused);
}

void
outbox_write_metrics(struct core *c, struct buf *out)
{
	if (!next(c, NULL))
		return;
	write_depth(c, out);
	write_figures(c, out);
	write_ends(c, out);
	write_lines(c, out);
}
