/*
 * Source     3GPP TS 23.040 9.2.3.24.1: which parts belong together.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "sms/sms_event.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_parts.h"

enum {
	KEY_MAX = 1024,
	WAITERS_MAX = 4 * SMS_PARTS_MAX, /* providers repeat themselves */
	TEXT_MAX = 64 * 1024,
};

struct part {
	char *text, *id;
	int64_t time_utc;
};

struct waiter {
	sms_kept_fn *fn;
	void *arg;
};

/* One text. */
struct set {
	struct sms_parts *all; /* NULL: no longer open */
	struct sms_line *line;
	char *key, *from, *to, *name;
	struct part part[SMS_PARTS_MAX];
	unsigned nparts, nhere;
	struct waiter waiter[WAITERS_MAX];
	size_t nwaiter;
	struct timer timer;
	unsigned left; /* messages that were made of it, not kept yet */
	bool failed;
};

void
sms_parts_init(struct sms_parts *all)
{
	map_init(&all->open);
}

static void
close_set(struct set *s)
{
	if (s->all)
		map_del(&s->all->open, str_c(s->key));
	s->all = NULL;
	timer_cancel(&s->timer);
}

/* Everybody who waits is answered. */
static void
end(struct set *s, bool ok)
{
	close_set(s);
	for (size_t i = 0; i < s->nwaiter; i++)
		s->waiter[i].fn(s->waiter[i].arg, ok);
	for (unsigned i = 0; i < s->nparts; i++) {
		free(s->part[i].text);
		free(s->part[i].id);
	}
	free(s->key);
	free(s->from);
	free(s->to);
	free(s->name);
	free(s);
}

void
sms_parts_drop(struct sms_parts *all, const struct sms_line *l)
{
	struct map_iter it = { 0 };

	while (map_next(&all->open, &it)) {
		struct set *s = it.value;

		if (!l || s->line == l)
			end(s, false);
	}
}

void
sms_parts_release(struct sms_parts *all)
{
	sms_parts_drop(all, NULL);
	map_release(&all->open);
}

/* ---- what is made of them --------------------------------------------- */

static void
settle(struct set *s, bool ok)
{
	s->failed |= !ok;
	if (--s->left == 0)
		end(s, !s->failed);
}

static void
on_kept(void *arg, bool ok)
{
	settle(arg, ok);
}

static void
tell(struct set *s, const struct part *p, struct str text)
{
	const struct sms_event ev = { .kind = SMS_INBOUND,
		.from = str_c(s->from),
		.to = str_c(s->to),
		.name = str_c(s->name),
		.id = { str_c(p->id) },
		.nid = p->id[0] != '\0',
		.text = text,
		.time_utc = p->time_utc };

	s->left++;
	if (sms_in_event(s->line, &ev, on_kept, s) < 0)
		settle(s, false);
}

/* Known by its first part when it comes again. */
static void
tell_whole(struct set *s)
{
	struct buf text;

	close_set(s);
	buf_init(&text, TEXT_MAX);
	for (unsigned i = 0; i < s->nparts; i++)
		buf_add_str(&text, str_c(s->part[i].text));
	tell(s, &s->part[0], buf_str(&text));
	buf_release(&text);
}

static void
tell_each(struct set *s)
{
	struct buf text;

	close_set(s);
	s->left++; /* it stays until all are told */
	buf_init(&text, TEXT_MAX);
	for (unsigned i = 0; i < s->nparts; i++) {
		if (!s->part[i].text)
			continue;
		buf_clear(&text);
		buf_addf(
		    &text, "(%u/%u) %s", i + 1, s->nparts, s->part[i].text);
		tell(s, &s->part[i], buf_str(&text));
	}
	buf_release(&text);
	settle(s, true);
}

static void
on_late(struct timer *t)
{
	struct set *s = TIMER_OWNER(t, struct set, timer);

	log_info(gateway_log(s->line->sms->gw), "text incomplete",
	    "line=%s from=\"%s\" parts=%u here=%u", s->line->name, s->from,
	    s->nparts, s->nhere);
	tell_each(s);
}

/* ---- taking ----------------------------------------------------------- */

static struct str
key_of(const struct sms_line *l, const struct sms_event *ev, char out[KEY_MAX])
{
	(void)snprintf(out, KEY_MAX,
	    "%s " STR_FMT " " STR_FMT " " STR_FMT " %u", l->name,
	    STR_ARG(ev->from), STR_ARG(ev->to), STR_ARG(ev->part_ref),
	    ev->nparts);
	return str_c(out);
}

static struct set *
set_new(struct sms_parts *all, struct sms_line *l, const struct sms_event *ev,
    struct str key)
{
	struct clock *clock = gateway_clock(l->sms->gw);
	struct set *s = xcalloc(1, sizeof(*s));

	s->all = all;
	s->line = l;
	s->key = str_dup(key);
	s->from = str_dup(ev->from);
	s->to = str_dup(ev->to);
	s->name = str_dup(ev->name);
	s->nparts = ev->nparts;
	timer_init(&s->timer, on_late);
	timer_set(&s->timer, clock, clock->at + SMS_PARTS_MS);
	map_put(&all->open, str_c(s->key), s);
	return s;
}

static void
add(struct set *s, const struct sms_event *ev)
{
	struct part *p = &s->part[ev->part - 1];

	if (p->text)
		return;
	p->text = str_dup(ev->text);
	p->id = str_dup(ev->nid ? ev->id[0] : STR_EMPTY);
	p->time_utc = ev->time_utc;
	s->nhere++;
}

/* As a message of its own. */
static int
take_alone(
    struct sms_line *l, const struct sms_event *ev, sms_kept_fn *fn, void *arg)
{
	struct sms_event alone = *ev;

	alone.part = alone.nparts = 0;
	return sms_in_event(l, &alone, fn, arg);
}

int
sms_parts_take(struct sms_parts *all, struct sms_line *l,
    const struct sms_event *ev, sms_kept_fn *fn, void *arg)
{
	char key_text[KEY_MAX];
	struct str key = key_of(l, ev, key_text);
	struct set *s = map_get(&all->open, key);

	if (ev->part == 0 || ev->part > ev->nparts ||
	    ev->nparts > SMS_PARTS_MAX || (!s && all->open.n >= SMS_PARTS_OPEN))
		return take_alone(l, ev, fn, arg);
	if (!s)
		s = set_new(all, l, ev, key);
	if (s->nwaiter == WAITERS_MAX)
		return -1;
	s->waiter[s->nwaiter++] = (struct waiter){ fn, arg };
	add(s, ev);
	if (s->nhere == s->nparts)
		tell_whole(s);
	return 0;
}
