/*
 * Questions to the archive.
 *
 * XEP-0313 1.1		3 querying, 4 archives of rooms and users
 * XEP-0059 1.0		pages
 * XEP-0297 1.0		forwarded messages
 */
#include <stdlib.h>

#include "core/announce.h"
#include "core/archive.h"
#include "core/identity.h"
#include "core/instance.h"
#include "core/mam.h"
#include "core/outbox_archive.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/component.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/muc.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"
#include "xmpp/xmlw.h"

/* What the store was asked, until it has answered. */
struct question {
	struct list node; /* in mam->open */
	struct gateway *gw;
	uint64_t token; /* iq_kept() */
	store_load_id load;
	char *archive; /* bare JID that was asked */
	char *user;    /* bare JID that asks */
	char *queryid;
	bool is_room, flip, metadata;
};

struct mam {
	struct gateway *gw;
	struct list open;
};

#define QUESTION(n) LIST_ENTRY(n, struct question, node)

struct mam *
mam_new(struct gateway *gw)
{
	struct mam *m = xcalloc(1, sizeof(*m));

	m->gw = gw;
	list_init(&m->open);
	return m;
}

static void
question_free(struct question *q)
{
	store_cancel(core_store(q->gw->core), q->load);
	list_del(&q->node);
	free(q->archive);
	free(q->user);
	free(q->queryid);
	free(q);
}

void
mam_free(struct mam **mp)
{
	struct mam *m = *mp;

	*mp = NULL;
	if (!m)
		return;
	LIST_EACH(&m->open, n)
	{
		question_free(QUESTION(n));
	}
	free(m);
}

static void
fail(struct iq_ask *ask, enum err_kind kind, const char *text)
{
	struct err err;

	err_set(&err, kind, "%s", text);
	iq_fail(ask, &err);
}

/* ---- what can be asked ------------------------------------------------ */

/* Only rooms and people have an archive. */
static bool
has_archive(const struct inlet *in)
{
	return archive_is_on(in->gw) && in->resource.len == 0 &&
	    (in->at.kind == GW_ADDR_ROOM || in->at.kind == GW_ADDR_PERSON);
}

static const struct form_field fields[] = {
	{ .type = FORM_JID, .var = "with", .label = "Said by" },
	{ .type = FORM_TEXT, .var = "start", .label = "Not before" },
	{ .type = FORM_TEXT, .var = "end", .label = "Not after" },
	{ .type = FORM_TEXT, .var = "before-id", .label = "Before that one" },
	{ .type = FORM_TEXT, .var = "after-id", .label = "After that one" },
	{ .type = FORM_LISTS, .var = "ids", .label = "Only these" },
};

enum { NFIELD = sizeof(fields) / sizeof(fields[0]) };

void
mam_on_form(struct iq_ask *ask, const struct stanza *query)
{
	struct xmlw *w;
	size_t i;

	(void)query;
	if (!has_archive(services_inlet(ask))) {
		iq_fail_unknown(ask);
		return;
	}
	w = iq_result(ask);
	xmlw_open(w, "query", NS_MAM);
	form_begin(w, "form", NULL, NULL);
	form_add_type(w, NS_MAM);
	for (i = 0; i < NFIELD; i++)
		form_add(w, &fields[i]);
	xmlw_close(w);
	xmlw_close(w);
	iq_done(ask);
}

/* ---- what is asked ---------------------------------------------------- */

/* Who asks for what we cannot tell apart must not be given something else. */
static int
check_fields(const struct stanza *x, struct err *err)
{
	const struct stanza *f = stanza_child(x, "field", NULL);

	for (; f; f = stanza_next(f, "field", NULL)) {
		struct str var = stanza_attr(f, "var");
		bool known = str_is(var, "FORM_TYPE");
		size_t i;

		for (i = 0; i < NFIELD; i++)
			known = known || str_is(var, fields[i].var);
		if (!known)
			return err_set(err, ERR_UNSUPPORTED,
			    "the archive cannot be asked for \"" STR_FMT "\"",
			    STR_ARG(var));
	}
	return 0;
}

static int
read_time(
    const struct stanza *x, const char *var, int64_t *out, struct err *err)
{
	struct str v = form_value(x, var);

	if (v.len && !muc_datetime_parse(v, out))
		return err_set(err, ERR_BAD_INPUT,
		    "%s: \"" STR_FMT "\" is not a time (XEP-0082)", var,
		    STR_ARG(v));
	return 0;
}

/*
 * Of a room: all of it, or what one nick said.  Of a person: the one
 * conversation there is.  Others are not in here.
 */
static int
read_with(struct inlet *in, const struct stanza *x,
    struct store_lines_wish *wish, struct buf *nick, bool *nobody,
    struct err *err)
{
	struct str with = form_value(x, "with");
	struct jid jid;

	if (with.len == 0)
		return 0;
	if (jid_parse(&jid, with, err) < 0)
		return err_prefix(err, "with");
	*nobody = !str_eq(jid_bare(&jid), jid_bare(&in->to));
	if (*nobody || in->at.kind != GW_ADDR_ROOM)
		return 0;
	*nobody = jid_unescape_resource(jid_resource(&jid), nick) < 0;
	wish->nick = buf_str(nick);
	return 0;
}

/* A question as it is being read. */
struct reading {
	struct store_lines_wish wish;
	struct str ids[MAM_PAGE_MAX];
	struct buf nick; /* what wish borrows from */
	bool nobody;     /* who is not in this archive at all */
};

/* Instead of everything else that can be asked for. */
static int
read_ids(const struct stanza *x, struct reading *r, struct err *err)
{
	r->wish.ids = r->ids;
	r->wish.nids = form_values(x, "ids", r->ids, MAM_PAGE_MAX);
	if (r->wish.nids > MAM_PAGE_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "%zu messages at once, ask for up to %d", r->wish.nids,
		    MAM_PAGE_MAX);
	return 0;
}

static int
read_form(struct inlet *in, const struct stanza *query, struct reading *r,
    struct err *err)
{
	struct store_lines_wish *wish = &r->wish;
	const struct stanza *x = form_find(query);

	if (!x)
		return 0;
	if (!form_is_submit(x, NS_MAM))
		return err_set(
		    err, ERR_BAD_INPUT, "that form is none of the archive's");
	wish->after = form_value(x, "after-id");
	wish->before = form_value(x, "before-id");
	if (check_fields(x, err) < 0 ||
	    read_time(x, "start", &wish->start_utc, err) < 0 ||
	    read_time(x, "end", &wish->end_utc, err) < 0 ||
	    read_ids(x, r, err) < 0)
		return -1;
	return read_with(in, x, wish, &r->nick, &r->nobody, err);
}

/* XEP-0059; an empty <before/> asks for the last page. */
static int
read_page(struct inlet *in, const struct stanza *query,
    struct store_lines_wish *wish, struct err *err)
{
	const struct stanza *set = stanza_child(query, "set", NS_RSM);
	uint64_t max = MAM_PAGE;
	struct str text;

	if (set && stanza_child(set, "index", NULL))
		return err_set(err, ERR_UNSUPPORTED,
		    "pages are asked for by id, not by number");
	if (set) {
		text = stanza_child_text(set, "max", NULL, &in->scratch);
		if (text.len && !str_to_uint(text, INT32_MAX, &max))
			return err_set(
			    err, ERR_BAD_INPUT, "max is not a number");
		wish->page_after =
		    stanza_child_text(set, "after", NULL, &in->scratch);
		wish->page_before =
		    stanza_child_text(set, "before", NULL, &in->scratch);
		wish->last = stanza_child(set, "before", NULL) != NULL;
	}
	wish->max = max < MAM_PAGE_MAX ? (size_t)max : MAM_PAGE_MAX;
	return 0;
}

/* ---- the answer ------------------------------------------------------- */

/* "room@domain/Nick". */
static void
add_nick(const struct question *q, struct str nick, struct buf *jid)
{
	buf_add_str(jid, str_c(q->archive));
	if (nick.len) {
		buf_addc(jid, '/');
		jid_escape_resource(nick, jid);
	}
}

static void
write_from(struct xmlw *w, const struct question *q, const struct store_line *l)
{
	struct buf jid;

	if (!q->is_room) {
		xmlw_attr_c(w, "from", l->own ? q->user : q->archive);
		xmlw_attr_c(w, "to", l->own ? q->archive : q->user);
		return;
	}
	buf_init(&jid, JID_MAX);
	add_nick(q, l->nick, &jid);
	xmlw_attr(w, "from", buf_str(&jid));
	buf_release(&jid);
}

/* What it answers, or stands for: as announce.c and inbound.c wrote it. */
static void
write_links(
    struct xmlw *w, const struct question *q, const struct store_line *l)
{
	struct buf jid;

	buf_init(&jid, JID_MAX);
	if (l->reply_to.len) {
		xmlw_open(w, "reply", NS_REPLY);
		if (q->is_room && l->reply_nick.len) {
			add_nick(q, l->reply_nick, &jid);
			xmlw_attr(w, "to", buf_str(&jid));
		}
		xmlw_attr(w, "id", l->reply_to);
		xmlw_close(w);
	}
	if (l->corrects.len) {
		xmlw_open(w, "replace", NS_CORRECT);
		xmlw_attr(w, "id", l->corrects);
		xmlw_close(w);
	}
	buf_release(&jid);
}

/* What the user was told of a message of his. */
static void
write_fate(struct xmlw *w, const struct question *q, const struct store_line *l)
{
	bool is_error = l->kind >= OUTBOX_KIND_ERROR;
	struct err err = ERR_INIT;

	xmlw_open(w, "message", NS_CLIENT);
	write_from(w, q, l);
	xmlw_attr_c(w, "type", is_error ? "error" : "chat");
	xmlw_attr(w, "id", is_error ? l->own_id : l->id);
	if (is_error) {
		err_set(&err, (enum err_kind)(l->kind - OUTBOX_KIND_ERROR),
		    STR_FMT, STR_ARG(l->body));
		stanza_error_write(w, &err);
	} else {
		xmlw_open(w, "received", NS_RECEIPTS);
		xmlw_attr(w, "id", l->own_id);
		xmlw_close(w);
	}
	xmlw_close(w);
}

static void
write_message(
    struct xmlw *w, const struct question *q, const struct store_line *l)
{
	if (l->kind >= OUTBOX_KIND_RECEIPT &&
	    l->kind < OUTBOX_KIND_ERROR + ERR_NKIND) {
		write_fate(w, q, l);
		return;
	}
	xmlw_open(w, "message", NS_CLIENT);
	write_from(w, q, l);
	xmlw_attr_c(w, "type", q->is_room ? "groupchat" : "chat");
	xmlw_attr(w, "id", l->own && l->own_id.len ? l->own_id : l->id);
	announce_body(w,
	    q->is_room || l->kind == GW_MSG_ACTION ? (enum gw_msg_kind)l->kind
	                                           : GW_MSG_NORMAL,
	    l->body);
	write_links(w, q, l);
	identity_write(w, l->identity);
	xmlw_close(w);
}

static void
write_result(
    struct iq_ask *ask, const struct question *q, const struct store_line *l)
{
	struct xmlw *w = component_begin(q->gw->component, "message",
	    str_c(q->archive), iq_from(ask), NULL, STR_EMPTY);

	xmlw_open(w, "result", NS_MAM);
	if (q->queryid[0])
		xmlw_attr_c(w, "queryid", q->queryid);
	xmlw_attr(w, "id", l->id);
	xmlw_open(w, "forwarded", NS_FORWARD);
	muc_write_delay(w, str_c(q->archive), l->at_us / 1000);
	write_message(w, q, l);
	xmlw_close(w);
	xmlw_close(w);
	(void)component_end(q->gw->component, NULL);
}

static void
write_fin(struct iq_ask *ask, const struct store_lines *l)
{
	struct xmlw *w = iq_result(ask);

	xmlw_open(w, "fin", NS_MAM);
	if (!l->more)
		xmlw_attr_c(w, "complete", "true");
	xmlw_open(w, "set", NS_RSM);
	if (l->n) {
		xmlw_textel(w, "first", NULL, l->v[0].id);
		xmlw_textel(w, "last", NULL, l->v[l->n - 1].id);
	}
	if (l->count <= STORE_COUNT_MAX) {
		char count[24];

		snprintf(
		    count, sizeof(count), "%llu", (unsigned long long)l->count);
		xmlw_textel(w, "count", NULL, str_c(count));
	}
	xmlw_close(w);
	xmlw_close(w);
	iq_done(ask);
}

static void
write_end(struct xmlw *w, const char *name, const struct store_line *l)
{
	char stamp[25];

	muc_datetime(l->at_us / 1000, stamp);
	xmlw_open(w, name, NULL);
	xmlw_attr(w, "id", l->id);
	xmlw_attr_c(w, "timestamp", stamp);
	xmlw_close(w);
}

static void
write_metadata(struct iq_ask *ask, const struct store_lines *l)
{
	struct xmlw *w = iq_result(ask);

	xmlw_open(w, "metadata", NS_MAM);
	if (l->n) {
		write_end(w, "start", &l->v[0]);
		write_end(w, "end", &l->v[l->n - 1]);
	}
	xmlw_close(w);
	iq_done(ask);
}

static void
write_page(
    struct iq_ask *ask, const struct question *q, const struct store_lines *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		write_result(ask, q, &l->v[q->flip ? l->n - 1 - i : i]);
	write_fin(ask, l);
}

static void
on_lines(bool ok, const struct store_lines *l, void *arg)
{
	struct question *q = arg;
	struct iq_ask *ask = iq_kept(services_iqs(q->gw), q->token);

	q->load = 0;
	if (ask && !ok) {
		fail(ask, ERR_BUSY,
		    "the archive cannot be read at the moment; try again "
		    "later");
	} else if (ask && !l->known) {
		fail(ask, ERR_NOT_FOUND,
		    "there is no message of that id in this archive");
	} else if (ask && q->metadata) {
		write_metadata(ask, l);
	} else if (ask) {
		write_page(ask, q, l);
	}
	question_free(q);
}

/* ---- asking ----------------------------------------------------------- */

static struct question *
question_new(struct inlet *in, const struct stanza *query)
{
	struct question *q = xcalloc(1, sizeof(*q));

	q->gw = in->gw;
	q->archive = str_dup(jid_bare(&in->to));
	q->user = str_dup(jid_bare(&in->from));
	q->queryid = str_dup(stanza_attr(query, "queryid"));
	q->is_room = in->at.kind == GW_ADDR_ROOM;
	q->metadata = stanza_is(query, "metadata", NS_MAM);
	q->flip = stanza_child(query, "flip-page", NULL) != NULL;
	list_add(&in->gw->mam->open, &q->node);
	return q;
}

/* A session knows how its network compares names, also one that sleeps. */
static void
ask_store(struct iq_ask *ask, struct inlet *in, const struct stanza *query,
    const struct store_lines_wish *wish)
{
	struct err err = ERR_INIT;
	struct session *s =
	    session_get(in->gw, jid_bare(&in->from), &in->at, &err);
	struct store_talk t;
	struct question *q;
	uint64_t token;

	if (!s) {
		iq_fail(ask, &err);
		return;
	}
	session_check(s);
	token = iq_keep(ask, MAM_MS);
	if (!token)
		return;
	q = question_new(in, query);
	q->token = token;
	t = archive_talk(s, q->is_room, in->at.name);
	q->load =
	    store_lines_load(core_store(in->gw->core), &t, wish, on_lines, q);
}

void
mam_on_query(struct iq_ask *ask, const struct stanza *query)
{
	static const struct store_lines none = { .known = true };
	struct inlet *in = services_inlet(ask);
	struct err err = ERR_INIT;
	struct reading r = { .nobody = false };

	if (!has_archive(in)) {
		iq_fail_unknown(ask);
		return;
	}
	if (component_is_slow(in->gw->component)) {
		fail(ask, ERR_BUSY, "too much is being sent; try again later");
		return;
	}
	buf_init(&r.nick, JID_MAX);
	if (read_form(in, query, &r, &err) < 0 ||
	    read_page(in, query, &r.wish, &err) < 0)
		iq_fail(ask, &err);
	else if (r.nobody)
		write_fin(ask, &none);
	else
		ask_store(ask, in, query, &r.wish);
	buf_release(&r.nick);
}

void
mam_on_metadata(struct iq_ask *ask, const struct stanza *metadata)
{
	struct store_lines_wish wish = { .ends = true };
	struct inlet *in = services_inlet(ask);

	if (has_archive(in))
		ask_store(ask, in, metadata, &wish);
	else
		iq_fail_unknown(ask);
}
