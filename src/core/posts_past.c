/*
 * The archive of a room, asked for what of ours is in there.
 *
 * XEP-0313 1.1		4.2 archives of rooms
 * XEP-0059 1.0		pages
 */
#include <stdlib.h>

#include "core/inbox_base.h"
#include "core/posts.h"
#include "core/posts_past.h"
#include "core/seat.h"
#include "core/services.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

enum { ID_MAX = 256 };

struct posts_past {
	struct addressee *u;
	uint64_t ask;       /* that is open, or 0 */
	struct timer again; /* set: it did not answer */
	unsigned npages, nasks;
	char *after; /* the last one that was told */
};

static void ask(struct posts_past *p);

bool
posts_past_is_open(const struct posts_past *p)
{
	return p->ask || timer_is_set(&p->again);
}

void
posts_past_stop(struct posts_past *p)
{
	if (p->ask)
		iq_cancel(services_iqs(p->u->in->gw), p->ask);
	p->ask = 0;
	timer_cancel(&p->again);
}

/* ---- answers ---------------------------------------------------------- */

/* No answer says nothing. */
static void
later(struct posts_past *p)
{
	struct clock *clock = inbox_clock(p->u->in);

	if (++p->nasks < POSTS_PAST_ASKS)
		timer_set(&p->again, clock, clock->at + POSTS_PAST_AGAIN_MS);
	else
		posts_are_sure(p->u);
}

static void
on_fin(const struct stanza *answer, void *arg)
{
	struct posts_past *p = arg;
	const struct stanza *fin =
	    answer ? stanza_child(answer, "fin", NS_MAM) : NULL;
	const struct stanza *set = stanza_child(fin, "set", NS_RSM);
	struct buf scratch;
	struct str last;

	p->ask = 0;
	if (!answer) {
		later(p);
		return;
	}
	buf_init(&scratch, ID_MAX);
	last = stanza_child_text(set, "last", NULL, &scratch);
	if (!fin || str_is(stanza_attr(fin, "complete"), "true") ||
	    last.len == 0 || ++p->npages >= POSTS_PAST_PAGES) {
		buf_release(&scratch);
		posts_are_sure(p->u);
		return;
	}
	str_store(&p->after, last);
	buf_release(&scratch);
	ask(p);
}

/* ---- questions -------------------------------------------------------- */

static void
write_question(const struct posts_past *p, int64_t since_utc, struct xmlw *w)
{
	char number[16], since[25];

	muc_datetime(since_utc, since);
	snprintf(number, sizeof(number), "%d", POSTS_PAST_PAGE);
	xmlw_open(w, "query", NS_MAM);
	form_begin(w, "submit", NULL, NULL);
	form_add_type(w, NS_MAM);
	form_add_text(w, "start", NULL, str_c(since));
	xmlw_close(w);
	xmlw_open(w, "set", NS_RSM);
	xmlw_textel(w, "max", NULL, str_c(number));
	if (p->after)
		xmlw_textel(w, "after", NULL, str_c(p->after));
	xmlw_close(w);
	xmlw_close(w);
}

static void
ask(struct posts_past *p)
{
	struct gateway *gw = p->u->in->gw;
	struct str key = str_c(p->u->user);
	const struct seat *s = seats_get(gw->seats, key);
	int64_t since = posts_unsure_since(gw, key);
	struct xmlw *w;

	if (!s || !since) {
		posts_are_sure(p->u); /* all were seen meanwhile */
		return;
	}
	p->ask = iq_send(services_iqs(gw), gw->component, "set",
	    seat_address(s), seat_room(s), POSTS_PAST_MS, on_fin, p, &w);
	if (!p->ask) {
		later(p);
		return;
	}
	write_question(p, since, w);
	iq_send_done(gw->component);
}

static void
on_again(struct timer *t)
{
	ask(TIMER_OWNER(t, struct posts_past, again));
}

void
posts_past_ask(struct posts_past *p)
{
	posts_past_stop(p);
	p->npages = p->nasks = 0;
	free(p->after);
	p->after = NULL;
	ask(p);
}

/* ---- life ------------------------------------------------------------- */

struct posts_past *
posts_past_new(struct addressee *u)
{
	struct posts_past *p = xcalloc(1, sizeof(*p));

	p->u = u;
	timer_init(&p->again, on_again);
	return p;
}

void
posts_past_free(struct posts_past **pp)
{
	struct posts_past *p = *pp;

	*pp = NULL;
	if (!p)
		return;
	posts_past_stop(p);
	free(p->after);
	free(p);
}
