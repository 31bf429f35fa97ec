/*
 * What the sender of a message is told of it.
 *
 * XEP-0184 1.4	receipts, for those who ask
 * RFC 6120 8.3	an error with the id of the message, while the client that
 *			sent it can be expected to be there and to believe it
 *
 * Later, or when a receipt has said otherwise, it is an ordinary message from
 * the other side to all that the user has.  It is said again until the XMPP
 * server has it.
 */
#include "core/instance.h"
#include "core/letter.h"
#include "core/outbox.h"
#include "core/outbox_archive.h"
#include "core/outbox_gone.h"
#include "core/outbox_line.h"
#include "core/owed.h"
#include "lib/utf8.h"
#include "xmpp/component.h"
#include "xmpp/ns.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

enum {
	ERROR_MS = 30000, /* a client still waits for an error so long */
	QUOTE_MAX = 80,   /* bytes of a message that is spoken of */
	TEXT_MAX = 1000,
	ID_MAX = 48,
};

static struct clock *
clock_of(const struct owed *o)
{
	return core_clock(o->box->gw->core);
}

unsigned
owed_due(const struct owed *o)
{
	struct fate_view v = { .fate = o->fate,
		.asks = o->head.asks,
		.stage = o->line->stage,
		.reports = o->line->reports,
		.waited = clock_of(o)->utc >= o->changed_utc + OUTBOX_UNSURE_MS,
		.own_wish = o->flags & OWED_OWN_WISH,
		.told = o->told };

	return fate_due(&v);
}

/* ---- stanzas ---------------------------------------------------------- */

/* The same each time it is said, so that what is said twice can be known. */
static struct str
id_of(const struct owed *o, const char *what, char out[ID_MAX])
{
	snprintf(out, ID_MAX, "out-%llu-%s", (unsigned long long)o->id, what);
	return str_c(out);
}

static int
say_receipt(const struct owed *o)
{
	char id[ID_MAX];
	struct xmlw *w = component_begin(o->box->gw->component, "message",
	    o->head.to, o->head.from, "chat", id_of(o, "receipt", id));

	xmlw_open(w, "received", NS_RECEIPTS);
	xmlw_attr(w, "id", o->head.id);
	xmlw_close(w);
	xmlw_leaf(w, "store", NS_HINTS);
	if (component_end(o->box->gw->component, NULL) < 0)
		return -1;
	outbox_archive_receipt(o, str_c(id));
	return 0;
}

static int
say_error(const struct owed *o, const struct err *err)
{
	struct xmlw *w = component_begin(o->box->gw->component, "message",
	    o->head.to, o->head.from, "error", o->head.id);

	stanza_error_write(w, err);
	if (component_end(o->box->gw->component, NULL) < 0)
		return -1;
	outbox_archive_error(o, err);
	return 0;
}

static int
say_words(const struct owed *o, struct str text, const char *what)
{
	char id[ID_MAX];
	struct xmlw *w = component_begin(o->box->gw->component, "message",
	    o->head.to, o->user, "chat", id_of(o, what, id));

	xmlw_textel(w, "body", NULL, text);
	if (component_end(o->box->gw->component, NULL) < 0)
		return -1;
	outbox_archive_words(o, text, str_c(id));
	return 0;
}

/* "the first words ..." */
static void
quote(const struct owed *o, struct buf *out)
{
	struct letter l;
	struct str body;

	if (letter_read(
	        &l, str_of(o->body ? o->body : "", o->body_len), NULL) == 0 &&
	    l.m.body.len) {
		body = str_head(l.m.body, utf8_cut(l.m.body, QUOTE_MAX));
		buf_addf(out, " \"" STR_FMT "%s\"", STR_ARG(body),
		    body.len < l.m.body.len ? "..." : "");
	}
	letter_release(&l);
}

/* ---- which ------------------------------------------------------------ */

static bool
is_late(const struct owed *o)
{
	return o->head.id.len == 0 || (o->told & FATE_SAY_RECEIPT) ||
	    clock_of(o)->utc - o->accepted_utc > ERROR_MS ||
	    outbox_is_gone(o->box, o->head.from, o->accepted_utc);
}

static int
say_bad(const struct owed *o, const char *begin, const struct err *err,
    const char *what)
{
	struct buf text;
	int rc;

	if (!is_late(o))
		return say_error(o, err);
	buf_init(&text, TEXT_MAX);
	buf_addf(&text, "%s", begin);
	quote(o, &text);
	buf_addf(&text, ": %s", err->text);
	rc = say_words(o, buf_str(&text), what);
	buf_release(&text);
	return rc;
}

static int
say_failed(const struct owed *o)
{
	struct err err = o->err;

	if (err.kind == ERR_NONE)
		err_set(&err, ERR_UNREACHABLE, "%s",
		    o->fate == FATE_CANCELLED ? "it was cancelled"
		                              : "it could not be sent");
	return say_bad(o,
	    o->told & FATE_SAY_RECEIPT ? "Not delivered:" : "Not sent:", &err,
	    "failed");
}

static int
say_unsure(const struct owed *o)
{
	struct err err;

	err_set(&err, ERR_TIMEOUT,
	    "nobody knows whether this was sent (%s); it is not sent again "
	    "unless you ask for it",
	    o->err.text[0] ? o->err.text : "the network has not said");
	return say_bad(o, "Perhaps not sent:", &err, "unsure");
}

static int
say_after(const struct owed *o)
{
	struct buf text;
	int rc;

	buf_init(&text, TEXT_MAX);
	buf_addf(&text, "It was %s after all:",
	    o->fate == FATE_DELIVERED ? "delivered" : "sent");
	quote(o, &text);
	rc = say_words(o, buf_str(&text), "after");
	buf_release(&text);
	return rc;
}

static const struct {
	enum fate_word word;
	int (*say)(const struct owed *o);
} rows[] = {
	{ FATE_SAY_RECEIPT, say_receipt },
	{ FATE_SAY_UNSURE, say_unsure },
	{ FATE_SAY_FAILED, say_failed },
	{ FATE_SAY_AFTER, say_after },
};

/* Where an answer would go nowhere there is nothing to be said. */
static bool
can_say(const struct owed *o, enum fate_word word)
{
	return word != FATE_SAY_RECEIPT || o->head.id.len > 0;
}

void
owed_tell(struct owed *o)
{
	unsigned due = owed_due(o);

	list_del(&o->untold);
	if (!due || o->is_forgotten)
		return;
	list_add(&o->box->untold, &o->untold);
	/* What is said is on disk first. */
	if (o->telling || o->nbusy || list_is_linked(&o->unsaved) ||
	    !component_is_up(o->box->gw->component))
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (due & rows[i].word &&
		    (!can_say(o, rows[i].word) || rows[i].say(o) == 0))
			o->telling |= rows[i].word;
	if (o->telling)
		confirm_add(o->box->gw->confirm, &o->mark);
}
