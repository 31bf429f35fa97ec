#include <inttypes.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/http_server.h"
#include "sms/sms_addressee.h"
#include "sms/sms_gateway.h"
#include "sms/sms_group.h"
#include "sms/sms_in.h"
#include "sms/sms_known.h"
#include "sms/sms_line.h"
#include "sms/sms_parcel.h"
#include "sms/sms_parts.h"
#include "sms/sms_profile.h"
#include "sms/sms_reported.h"
#include "sms/sms_verify.h"

enum {
	KEY_MAX = 1024,
	NOTE_MAX = 64 * 1024,
	RETRY_S = 10, /* when it could not be kept */
	PATH_LEN_MAX = 256,
	NAMES_MAX = 400, /* bytes: fields of a webhook */
	FIELD_NAME_MAX = 40,
};

/* A request that waits for the disk; in sms->hooks. */
struct hook {
	struct list node;
	struct sms_line *line; /* NULL: it is gone meanwhile */
	struct http_ask *ask;
	struct sms_reply reply;
	struct sms_once once;
	unsigned waiting;
	bool failed;
};

#define HOOK(n) LIST_ENTRY(n, struct hook, node)

static const struct log_ctx *
log_of(const struct sms_line *l)
{
	return gateway_log(l->sms->gw);
}

/* ---- answering -------------------------------------------------------- */

static void
answer(struct http_ask *ask, int status, int64_t retry_after_s)
{
	struct http_reply r = { .status = status,
		.retry_after_s = retry_after_s };

	http_ask_reply(&ask, &r);
}

static void
finish(struct hook *h)
{
	struct http_reply r = { .status = h->reply.status,
		.type = h->reply.type,
		.body = str_c(h->reply.body) };

	list_del(&h->node);
	if (h->failed) {
		answer(h->ask, 503, RETRY_S);
	} else {
		if (h->line)
			sms_replay_put(h->line->replay, &h->once,
			    gateway_clock(h->line->sms->gw)->utc);
		http_ask_reply(&h->ask, &r);
	}
	free(h);
}

static void
settle(struct hook *h, bool ok)
{
	h->failed |= !ok;
	if (--h->waiting == 0)
		finish(h);
}

void
sms_in_end(struct sms_gateway *sms)
{
	LIST_EACH(&sms->hooks, n)
	{
		HOOK(n)->failed = true;
		finish(HOOK(n));
	}
}

static void
on_kept(void *arg, bool ok)
{
	settle(arg, ok);
}

/* ---- messages --------------------------------------------------------- */

/* Whom it is for: who wrote last, else all who are named for the line. */
struct readers {
	struct str user[GW_ARRIVALS_MAX];
	size_t n;
};

static void
add_reader(const struct sms_line *l, struct str user, struct readers *out)
{
	if (out->n < GW_ARRIVALS_MAX && !gateway_is_suspended(l->sms->gw, user))
		out->user[out->n++] = user;
}

static void
find_readers(const struct sms_line *l, struct str from, struct readers *out)
{
	struct str last =
	    sms_last_user(&l->sms->last, str_c(l->name), from, NULL);

	out->n = 0;
	if (last.len && sms_line_is_of(l, last)) {
		add_reader(l, last, out);
		return;
	}
	for (size_t i = 0; i < l->nuser; i++)
		if (!last.len && strchr(l->user[i], '@'))
			add_reader(l, str_c(l->user[i]), out);
}

/* What nobody is to have, they have. */
static void
find_admins(const struct sms_line *l, struct readers *out)
{
	struct str jid;

	for (out->n = 0; out->n < GW_ARRIVALS_MAX &&
	     (jid = gateway_admin(l->sms->gw, out->n)).len;
	     out->n++)
		out->user[out->n] = jid;
}

/* The provider's id; without one, what it says together with its time. */
static struct str
key_of(const struct sms_event *ev, char out[KEY_MAX])
{
	uint8_t sum[CRYPTO_SHA256_BYTES];

	if (ev->nid && ev->id[0].len) {
		(void)snprintf(out, KEY_MAX, "id " STR_FMT, STR_ARG(ev->id[0]));
		return str_c(out);
	}
	if (ev->time_utc == 0)
		return STR_EMPTY;
	crypto_sha256(ev->text, sum);
	(void)snprintf(out, KEY_MAX,
	    "%" PRId64 " " STR_FMT " %02x%02x%02x%02x%"
	    "02x%02x%02x%02x",
	    ev->time_utc, STR_ARG(ev->from), sum[0], sum[1], sum[2], sum[3],
	    sum[4], sum[5], sum[6], sum[7]);
	return str_c(out);
}

/* To all of them; the key says for each whether it came before. */
static int
hand_over(struct sms_line *l, const struct sms_event *ev,
    const struct readers *to, const struct gw_message *m, sms_kept_fn *fn,
    void *arg)
{
	struct gw_arrival v[GW_ARRIVALS_MAX];
	char key[KEY_MAX];

	for (size_t i = 0; i < to->n; i++)
		v[i] = (struct gw_arrival){ .user = to->user[i],
			.line = str_c(l->name),
			.key = key_of(ev, key),
			.message = m };
	return gateway_arrive(l->sms->gw, v, to->n, fn, arg);
}

static void
say_whose(struct sms_line *l, const struct sms_event *ev, struct buf *out)
{
	if (sms_addressee(l, ev))
		(void)buf_addf(
		    out, "A text for line %s %s", l->name, l->number.text);
	else
		(void)buf_addf(out,
		    "A text for " STR_FMT
		    ", which no line here has, in a webhook of line %s,",
		    STR_ARG(ev->to), l->name);
}

/* From the gateway itself: they have no line to answer by. */
static int
tell_operator(struct sms_line *l, const struct sms_event *ev,
    const struct gw_message *m, sms_kept_fn *fn, void *arg)
{
	struct gw_message note = { .kind = GW_MSG_SYSTEM,
		.attachment = m->attachment,
		.nattachment = m->nattachment,
		.sent_utc = m->sent_utc };
	struct readers to;
	struct buf text;
	int rc;

	find_admins(l, &to);
	if (to.n == 0) {
		log_warn(log_of(l), "message for nobody",
		    "line=%s action=\"dropped: there is no administrator\"",
		    l->name);
		fn(arg, true);
		return 0;
	}
	buf_init(&text, NOTE_MAX);
	say_whose(l, ev, &text);
	(void)buf_addf(&text,
	    " came from " STR_FMT "; nobody is to have it: " STR_FMT,
	    STR_ARG(m->from), STR_ARG(m->body));
	note.body = buf_str(&text);
	rc = hand_over(l, ev, &to, &note, fn, arg);
	buf_release(&text);
	return rc;
}

static int
arrive(struct sms_line *l, const struct sms_event *ev,
    const struct gw_message *m, sms_kept_fn *fn, void *arg)
{
	struct readers to = { .n = 0 };

	if (sms_addressee(l, ev))
		find_readers(l, m->room.len ? m->room : m->from, &to);
	return to.n ? hand_over(l, ev, &to, m, fn, arg)
	            : tell_operator(l, ev, m, fn, arg);
}

/* With its media where people can fetch them. */
static int
deliver(
    struct sms_line *l, const struct sms_event *ev, sms_kept_fn *fn, void *arg)
{
	static const struct sms_form form = { .kind = SMS_FORM_E164 };
	struct gw_attachment media[SMS_EVENT_MEDIA_MAX];
	struct sms_number from, group;
	struct gw_message m = { .body = ev->text,
		.subject = ev->subject,
		.network_id = ev->nid ? ev->id[0] : STR_EMPTY,
		.sent_utc = ev->time_utc,
		.attachment = media };

	sms_number_received(ev->from, &form, sms_line_home(l), &from);
	m.from = sms_number_str(&from);
	m.title = from.kind == SMS_KIND_NAME ? str_c(from.shown) : ev->name;
	if (sms_group_of(l, ev, &from, &group))
		m.room = sms_number_str(&group);
	for (size_t i = 0; i < ev->nmedia && i < SMS_EVENT_MEDIA_MAX; i++)
		media[m.nattachment++] =
		    (struct gw_attachment){ .url = ev->media[i].url,
			    .mime = ev->media[i].type,
			    .size_bytes = ev->media[i].size };
	if ((l->nstop || sms_profile_obeys_stop(l->profile)) &&
	    sms_addressee(l, ev))
		sms_stops_note(&l->sms->stops, str_c(l->name), m.from,
		    sms_word_read(m.body, l->stop, l->nstop));
	return arrive(l, ev, &m, fn, arg);
}

static int
take_message(
    struct sms_line *l, const struct sms_event *ev, sms_kept_fn *fn, void *arg)
{
	if (ev->is_binary) {
		log_debug(log_of(l), "data for a program dropped",
		    "line=%s from=" STR_FMT, l->name, STR_ARG(ev->from));
		fn(arg, true);
		return 0;
	}
	return ev->nmedia > 0 ? sms_parcel_wait(l, ev, deliver, fn, arg)
	                      : deliver(l, ev, fn, arg);
}

/* ---- reports ---------------------------------------------------------- */

static bool
fate_of(enum sms_state state, enum gw_fate *out)
{
	static const struct {
		enum sms_state state;
		enum gw_fate fate;
	} fates[] = {
		{ SMS_STATE_SENT, GW_SENT },
		{ SMS_STATE_DELIVERED, GW_DELIVERED },
		{ SMS_STATE_READ, GW_DELIVERED },
		{ SMS_STATE_FAILED, GW_REFUSED },
		{ SMS_STATE_EXPIRED, GW_REFUSED },
		{ SMS_STATE_REJECTED, GW_REFUSED },
	};

	for (size_t i = 0; i < sizeof(fates) / sizeof(fates[0]); i++)
		if (fates[i].state == state) {
			*out = fates[i].fate;
			return true;
		}
	return false;
}

/* The line that it is of; NULL: it names nothing of ours. */
static struct sms_line *
name_it(struct sms_line *l, const struct sms_event *ev, struct gw_report *r)
{
	struct sms_line *of = ev->our_id.len
	    ? sms_addressee_of_ref(l, ev->our_id, &r->ticket)
	    : l;

	if (!of) {
		log_warn(log_of(l), "report with a wrong reference",
		    "line=%s; it is not taken", l->name);
		return NULL;
	}
	r->line = str_c(of->name);
	if (ev->our_id.len == 0 && ev->nid)
		r->network_id = ev->id[0];
	return r->ticket || r->network_id.len ? of : NULL;
}

/* A text is delivered when all parts are; one that fails comes in time then. */
static void
count_part(struct sms_line *l, const struct sms_event *ev, struct gw_report *r)
{
	char key[KEY_MAX];

	if (ev->nparts < 2 || ev->part == 0)
		return; /* it is about the whole */
	(void)snprintf(key, sizeof(key), "%" PRIu64 " " STR_FMT, r->ticket,
	    STR_ARG(r->network_id));
	if (r->fate == GW_REFUSED)
		sms_reported_forget(l->reported, str_c(key));
	else if (r->fate == GW_DELIVERED &&
	    !sms_reported_part(l->reported, str_c(key), ev->part, ev->nparts))
		r->fate = GW_SENT;
}

static int
take_report(
    struct sms_line *l, const struct sms_event *ev, sms_kept_fn *fn, void *arg)
{
	struct gw_report r = { 0 };
	struct sms_line *of =
	    fate_of(ev->state, &r.fate) ? name_it(l, ev, &r) : NULL;

	if (!of) {
		fn(arg, true);
		return 0;
	}
	count_part(of, ev, &r);
	if (r.fate == GW_REFUSED)
		err_set(&r.err, sms_class_info(ev->cls)->kind, "%s: " STR_FMT,
		    sms_profile_title(l->profile),
		    STR_ARG(ev->text.len
		            ? ev->text
		            : str_c(sms_class_info(ev->cls)->text)));
	return gateway_report(l->sms->gw, &r, fn, arg);
}

int
sms_in_event(
    struct sms_line *l, const struct sms_event *ev, sms_kept_fn *fn, void *arg)
{
	struct sms_line *to =
	    ev->kind == SMS_INBOUND ? sms_addressee(l, ev) : NULL;

	if (to)
		l = to;
	if (ev->kind == SMS_INBOUND && ev->nparts > 1 && !ev->is_binary)
		return sms_parts_take(&l->sms->parts, l, ev, fn, arg);
	return ev->kind == SMS_INBOUND ? take_message(l, ev, fn, arg)
	                               : take_report(l, ev, fn, arg);
}

/* ---- webhooks --------------------------------------------------------- */

static void
on_event(const struct sms_event *ev, void *arg)
{
	struct hook *h = arg;

	h->waiting++;
	if (sms_in_event(h->line, ev, on_kept, h) < 0)
		settle(h, false);
}

/* What the request is, for the signature. */
struct seen {
	struct sms_hook_ask ask;
	struct sms_pair header[HTTP_FIELDS_MAX];
};

static void
see(struct seen *out, const struct http_ask *ask, const struct sms_doc *doc)
{
	struct sms_hook_ask *s = &out->ask;

	*s = (struct sms_hook_ask){ .method = ask->method,
		.url = ask->url,
		.body = ask->body,
		.peer = ask->peer,
		.header = out->header,
		.is_form = str_starts(ask->content_type,
		    STR("application/x-www-form-urlencoded")) };
	while (s->nheader < HTTP_FIELDS_MAX &&
	    http_ask_header_at(ask, s->nheader, &out->header[s->nheader].name,
	        &out->header[s->nheader].value))
		s->nheader++;
	s->query = sms_doc_query(doc, &s->nquery);
	/* Without a body the fields of the query would stand there twice. */
	if (ask->body.len)
		s->field = sms_doc_fields(doc, &s->nfield);
}

/* True: it is from the provider, and new. */
static bool
check(struct sms_line *l, struct http_ask *ask, const struct sms_doc *doc,
    const struct sms_hook *hook, struct sms_once *once)
{
	int64_t now_utc = gateway_clock(l->sms->gw)->utc;
	struct err err = ERR_INIT;
	struct sms_reply r = sms_hook_reply(hook);
	struct seen seen;

	see(&seen, ask, doc);
	switch (sms_verify_check(sms_profile_verify(l->profile), &l->vars.vars,
	    &seen.ask, l->replay, now_utc, once, &err)) {
	case SMS_AUTHENTIC:
		return true;
	case SMS_REPLAYED:
		http_ask_reply(&ask,
		    &(struct http_reply){ .status = r.status,
		        .type = r.type,
		        .body = str_c(r.body) });
		return false;
	case SMS_FORGED:
		break;
	}
	log_warn(log_of(l), "webhook refused",
	    "line=%s peer=" STR_FMT " err=\"%s\"", l->name, STR_ARG(ask->peer),
	    err.text);
	answer(ask, 403, 0);
	return false;
}

/* Up to what no name has: a body without fields may be taken for one. */
static void
add_names(const struct sms_pair *field, size_t n, struct buf *out)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
	                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

	for (size_t i = 0; i < n; i++) {
		struct str name = str_head(field[i].name, FIELD_NAME_MAX);
		size_t len = 0;

		while (len < name.len && name.p[len] &&
		    strchr(allowed, name.p[len]))
			len++;
		if (out->len + len + 2 < NAMES_MAX)
			(void)buf_addf(out, "%s" STR_FMT, out->len ? " " : "",
			    STR_ARG(str_head(name, len)));
	}
}

/* Once, however often the same comes: it is how that provider is. */
static void
tell_strange(struct sms_line *l, const struct http_ask *ask,
    const struct sms_doc *doc, size_t nlost)
{
	const struct sms_pair *field;
	struct buf names;
	uint64_t hash;
	size_t n;

	buf_init(&names, NAMES_MAX);
	field = sms_doc_query(doc, &n);
	add_names(field, n, &names);
	if (ask->body.len) {
		field = sms_doc_fields(doc, &n);
		add_names(field, n, &names);
	}
	hash = sms_known_hash(buf_str(&names)) + nlost;
	if (hash != l->strange)
		log_warn(log_of(l), "webhook without an event",
		    "line=%s peer=" STR_FMT " unreadable=%zu fields=\"" STR_FMT
		    "\"",
		    l->name, STR_ARG(ask->peer), nlost,
		    STR_ARG(buf_str(&names)));
	l->strange = hash;
	buf_release(&names);
}

/* What is an event, and cannot be read, is to be told again. */
static void
take(struct sms_line *l, struct http_ask *ask, enum sms_event_kind kind,
    const struct sms_doc *doc, const struct sms_once *once)
{
	struct hook *h = xcalloc(1, sizeof(*h));
	size_t nlost = 0;

	h->line = l;
	h->ask = ask;
	h->reply = sms_hook_reply(sms_profile_hook(l->profile, kind));
	h->once = *once;
	h->waiting = 1;
	list_add(&l->sms->hooks, &h->node);
	if (sms_event_parse_doc(l->profile, kind, doc, on_event, h, &nlost) ==
	        0 ||
	    nlost > 0)
		tell_strange(l, ask, doc, nlost);
	settle(h, nlost == 0);
}

static struct str
ask_header(const void *arg, const char *name)
{
	return http_ask_header(arg, name);
}

static void
read_hook(struct sms_line *l, struct http_ask *ask, enum sms_event_kind kind)
{
	const struct sms_hook *hook = sms_profile_hook(l->profile, kind);
	struct sms_doc_source source = { .body = ask->body,
		.query = ask->query,
		.content_type = ask->content_type,
		.header = ask_header,
		.arg = ask };
	struct sms_once once = { 0 };
	struct err err = ERR_INIT;
	struct sms_doc *doc;

	if (!sms_hook_takes(hook, ask->method)) {
		answer(ask, 405, 0);
		return;
	}
	doc = sms_hook_doc(hook, &source, &err);
	if (!doc) {
		log_warn(log_of(l), "webhook not understood",
		    "line=%s peer=" STR_FMT " err=\"%s\"", l->name,
		    STR_ARG(ask->peer), err.text);
		answer(ask, 400, 0);
		return;
	}
	if (check(l, ask, doc, hook, &once))
		take(l, ask, kind, doc, &once);
	sms_doc_free(&doc);
}

static const char *const hook_paths[SMS_NEVENT] = {
	[SMS_INBOUND] = "/inbound",
	[SMS_STATUS] = "/status",
};

static void
on_ask(struct http_ask *ask, void *arg)
{
	struct sms_line *l = arg;

	/* Who wrote to whom is not known yet: it would go to somebody else. */
	if (!l->sms->is_ready) {
		answer(ask, 503, RETRY_S);
		return;
	}
	for (int kind = 0; kind < SMS_NEVENT; kind++)
		if (str_is(ask->rest, hook_paths[kind]) &&
		    sms_profile_hook(l->profile, (enum sms_event_kind)kind)) {
			read_hook(l, ask, (enum sms_event_kind)kind);
			return;
		}
	answer(ask, 404, 0);
}

static bool
has_hooks(const struct sms_line *l)
{
	return sms_profile_hook(l->profile, SMS_INBOUND) ||
	    sms_profile_hook(l->profile, SMS_STATUS);
}

int
sms_in_open(struct sms_line *l, struct err *err)
{
	struct http_server *http = gateway_http(l->sms->gw);
	char path[PATH_LEN_MAX];

	l->replay = sms_replay_new(0);
	l->reported = sms_reported_new(0);
	if (!has_hooks(l) || !http)
		return 0;
	if (sms_profile_verify(l->profile) &&
	    sms_verify_try(sms_profile_verify(l->profile), &l->vars.vars, err) <
	        0)
		return err_prefix(err, "line \"%s\"", l->name);
	(void)snprintf(path, sizeof(path), "/sms/%s/%s", l->name, l->token);
	if (http_server_route(http, str_c(path), on_ask, l, err) < 0)
		return -1;
	l->hook = str_dup(str_c(path));
	return 0;
}

void
sms_in_close(struct sms_line *l)
{
	sms_parcel_drop(l);
	sms_parts_drop(&l->sms->parts, l);
	LIST_EACH(&l->sms->hooks, n)
	{
		if (HOOK(n)->line == l)
			HOOK(n)->line = NULL;
	}
	if (l->hook)
		http_server_unroute(gateway_http(l->sms->gw), str_c(l->hook));
	free(l->hook);
	l->hook = NULL;
	sms_replay_free(&l->replay);
	sms_reported_free(&l->reported);
}

void
sms_in_shown(const struct sms_line *l, struct buf *out)
{
	struct str base = gateway_public_url(l->sms->gw);

	if (has_hooks(l) && (!l->hook || base.len == 0)) {
		buf_add_str(out,
		    STR("  no webhooks: http { port public_url } is not "
		        "set\n"));
		return;
	}
	for (int kind = 0; kind < SMS_NEVENT; kind++)
		if (sms_profile_hook(l->profile, (enum sms_event_kind)kind))
			buf_addf(out, "  %s: " STR_FMT "%s%s\n",
			    kind == SMS_INBOUND ? "messages to" : "reports to",
			    STR_ARG(base), l->hook, hook_paths[kind]);
}
