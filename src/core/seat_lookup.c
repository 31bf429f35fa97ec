/*
 * Answers to what was posted before we were started: the archive of the room
 * knows under which id that was.
 *
 * XEP-0313 1.1		4.1.4 by id, where it has that; else its last page
 */
#include <stdlib.h>

#include "core/seat_base.h"
#include "core/services.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/ns.h"
#include "xmpp/xmlw.h"

enum { LOOKUPS_MAX = 5 }; /* of a seat */

/* Somebody's answer, until it is known to what. */
struct seat_lookup {
	struct list node;
	struct seat *s;
	uint64_t ask;
	char *stanza_id; /* what it answers, as the room calls it */
	char *from, *account, *body, *network_id;
	enum gw_standing standing;
};

#define LOOKUP(n) LIST_ENTRY(n, struct seat_lookup, node)

static void
lookup_free(struct seat_lookup *l)
{
	if (l->ask)
		iq_cancel(services_iqs(l->s->all->gw), l->ask);
	list_del(&l->node);
	free(l->stanza_id);
	free(l->from);
	free(l->account);
	free(l->body);
	free(l->network_id);
	free(l);
}

/* What the archive has to tell came before it: seat_in.c. */
static void
on_answer(const struct stanza *answer, void *arg)
{
	struct seat_lookup *l = arg;
	struct seat *s = l->s;
	struct gw_message m = { .room = str_c(s->room),
		.from = str_c(l->from),
		.account = str_c(l->account),
		.body = str_c(l->body),
		.network_id = str_c(l->network_id) };

	(void)answer;
	l->ask = 0;
	list_del(&l->node);
	m.reply_to = seat_names_get(s, str_c(l->stanza_id));
	if (m.reply_to.len)
		s->all->gw->ops->seat_heard(s->all->gw, str_c(s->room),
		    str_c(s->name), &m, l->standing);
	lookup_free(l);
}

static void
write_question(const struct seat *s, struct str stanza_id, struct xmlw *w)
{
	xmlw_open(w, "query", NS_MAM);
	if (s->has_ids) {
		form_begin(w, "submit", NULL, NULL);
		form_add_type(w, NS_MAM);
		form_add_text(w, "ids", NULL, stanza_id);
		xmlw_close(w);
	} else {
		xmlw_open(w, "set", NS_RSM);
		xmlw_textel(w, "max", NULL, STR("100"));
		xmlw_leaf(w, "before", NULL);
		xmlw_close(w);
	}
	xmlw_close(w);
}

static size_t
count(const struct seat *s)
{
	size_t n = 0;

	LIST_EACH(&s->lookups, node)
	n++;
	return n;
}

void
seat_lookup(struct seat *s, struct str stanza_id, const struct gw_message *m,
    enum gw_standing standing)
{
	struct gateway *gw = s->all->gw;
	struct seat_lookup *l;
	struct xmlw *w;

	if (!s->has_archive || count(s) >= LOOKUPS_MAX)
		return;
	l = xcalloc(1, sizeof(*l));
	l->s = s;
	list_add(&s->lookups, &l->node);
	l->stanza_id = str_dup(stanza_id);
	l->from = str_dup(m->from);
	l->account = str_dup(m->account);
	l->body = str_dup(m->body);
	l->network_id = str_dup(m->network_id);
	l->standing = standing;
	l->ask = iq_send(services_iqs(gw), gw->component, "set", str_c(s->own),
	    str_c(s->room), SEAT_ANSWER_MS, on_answer, l, &w);
	if (!l->ask) {
		lookup_free(l);
		return;
	}
	write_question(s, stanza_id, w);
	iq_send_done(gw->component);
}

void
seat_lookups_drop(struct seat *s)
{
	LIST_EACH(&s->lookups, n)
	{
		lookup_free(LOOKUP(n));
	}
}
