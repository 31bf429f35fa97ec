#include "core/outbox_hold.h"

#include <stdlib.h>
#include <string.h>

#include "core/backlog.h"
#include "core/bundle.h"
#include "core/draft.h"
#include "core/instance.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/outbox_archive.h"
#include "core/owed.h"
#include "core/router.h"
#include "core/sender.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/jid.h"
#include "xmpp/payload.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

#define OWED(n) LIST_ENTRY(n, struct owed, node)

/* ---- which ------------------------------------------------------------ */

static struct lane *
lane_of(struct session *s, struct str contact)
{
	struct sender *from =
	    sender_find(s->gw->outbox, session_user(s), session_network(s));

	return from ? lane_find(from, false, session_key(s, contact)) : NULL;
}

static struct owed *
find_in(struct list *all, struct session *s, struct str contact, struct str id)
{
	struct str key = session_key(s, contact);

	LIST_EACH(all, n)
	{
		struct owed *o = OWED(n);

		if (str_eq(o->head.id, id) && str_eq(o->head.key, key) &&
		    !o->head.is_room && str_eq(o->user, session_user(s)) &&
		    bundle_is_held(o) && !o->is_forgotten)
			return o;
	}
	return NULL;
}

/* Also one that is not on disk yet: what is written next comes behind it. */
static struct owed *
held(struct session *s, struct str contact, struct str id)
{
	struct lane *l = lane_of(s, contact);
	struct owed *o = l ? find_in(&l->messages, s, contact, id) : NULL;

	return o || id.len == 0
	    ? o
	    : find_in(&s->gw->outbox->newborn, s, contact, id);
}

/* ---- other words ------------------------------------------------------ */

/* On its way to the disk. */
struct change {
	struct outbox *box;
	uint64_t id; /* of the message */
	char *body;
	size_t body_len;
	char *from, *to, *stanza; /* of the correction */
};

static void
refuse(struct outbox *b, const struct change *c)
{
	struct xmlw *w = component_begin(b->gw->component, "message",
	    str_c(c->to), str_c(c->from), "error", str_c(c->stanza));
	struct err err;

	err_set(&err, ERR_BUSY,
	    "not corrected: the gateway cannot keep it at the moment; the "
	    "message goes as it was");
	stanza_error_write(w, &err);
	(void)component_end(b->gw->component, NULL);
}

static void
on_changed(bool ok, void *arg)
{
	struct change *c = arg;
	struct owed *o = owed_find_any(c->box, c->id);

	if (o) {
		o->nbusy--;
		o->nchange--;
		if (ok && !o->is_forgotten)
			owed_set_body(o, str_of(c->body, c->body_len));
		if (!owed_is_gone(o) && o->lane)
			lane_check(o->lane);
	}
	if (!ok)
		refuse(c->box, c);
	free(c->body);
	free(c->from);
	free(c->to);
	free(c->stanza);
	free(c);
}

/* What it said but for its words: what it answers, what came with it. */
static int
rewrite(const struct owed *o, const struct draft *d, struct buf *out,
    struct err *err)
{
	struct letter l;
	int rc = letter_read(&l, str_of(o->body, o->body_len), err);

	if (rc == 0) {
		l.m.kind = d->p.kind;
		l.m.body = d->p.body;
		l.m.span = d->p.span;
		l.m.nspan = d->p.nspan;
		letter_pack(&l.m, out);
		if (!letter_fits(&l.m) || buf_is_full(out))
			rc = err_set(err, ERR_TOO_BIG,
			    "not corrected: a message has %d bytes at most",
			    LETTER_MAX);
	}
	letter_release(&l);
	return rc;
}

static void
change(struct inlet *in, struct owed *o, struct str body)
{
	struct change *c = xcalloc(1, sizeof(*c));

	c->box = o->box;
	c->id = o->id;
	c->body = str_dup(body);
	c->body_len = body.len;
	c->from = str_dup(jid_full(&in->from));
	c->to = str_dup(jid_full(&in->to));
	c->stanza = str_dup(in->id);
	o->nbusy++;
	o->nchange++;
	core_touch(o->box->gw->core);
	log_info(&o->box->gw->log, "message corrected", "ticket=%llu",
	    (unsigned long long)o->id);
	store_out_body(core_store(o->box->gw->core), o->id,
	    str_of(c->body, c->body_len), on_changed, c);
}

/* His other clients, and the archive, show the correction as such. */
static void
show(struct session *s, struct owed *o, const struct draft *d, struct str id)
{
	struct backlog_word word = { .kind = d->p.kind,
		.own = true,
		.own_id = d->p.id,
		.from = d->p.nick,
		.body = d->p.body,
		.corrects = id };

	if (d->p.id.len && !backlog_find(&s->words, d->p.id))
		(void)backlog_add(&s->words, &word);
	outbox_archive_correction(o, &word);
}

static void
correct(struct inlet *in, struct session *s, struct owed *o, struct draft *d)
{
	struct str id = d->payload.corrects;
	struct err err = ERR_INIT;
	struct buf body;

	/* Its words as of any message. */
	d->payload.corrects = STR_EMPTY;
	if (!draft_link(d, s, NULL))
		return;
	buf_init(&body, LETTER_MAX);
	if (rewrite(o, d, &body, &err) < 0) {
		inlet_error(in, &err);
	} else {
		change(in, o, buf_str(&body));
		d->p.nick = o->head.contact;
		show(s, o, d, id);
	}
	buf_release(&body);
}

bool
outbox_corrects(
    struct inlet *in, struct session *s, struct str contact, struct draft *d)
{
	struct owed *o = held(s, contact, d->payload.corrects);
	struct err err;

	if (o)
		correct(in, s, o, d);
	else if (s->gw->ops->corrects_held) {
		err_set(&err, ERR_UNSUPPORTED,
		    "not corrected: the message has gone; write another one");
		inlet_error(in, &err);
	} else {
		return false;
	}
	return true;
}

/* ---- not at all ------------------------------------------------------- */

bool
outbox_retracts(
    struct inlet *in, struct session *s, struct str contact, struct str id)
{
	struct owed *o = s && !in->gw->ops->live ? held(s, contact, id) : NULL;

	/* Not before it is on disk: what is not, cannot end there. */
	if (!o || !o->lane)
		return false;
	log_info(&o->box->gw->log, "message taken back", "ticket=%llu",
	    (unsigned long long)o->id);
	o->flags |= OWED_OWN_WISH;
	if (owed_input(o, FATE_IN_CANCEL))
		owed_changed(o, NULL);
	return true;
}

void
outbox_typing(struct session *s, struct str contact, const char *state)
{
	struct lane *l = lane_of(s, contact);

	if (!l)
		return;
	l->is_composing = strcmp(state, "composing") == 0;
	lane_check(l);
}
