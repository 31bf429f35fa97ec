#include <inttypes.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/xalloc.h"
#include "sms/sms_auth.h"
#include "sms/sms_body.h"
#include "sms/sms_choice.h"
#include "sms/sms_gateway.h"
#include "sms/sms_group.h"
#include "sms/sms_gsm.h"
#include "sms/sms_http.h"
#include "sms/sms_line.h"
#include "sms/sms_loopback.h"
#include "sms/sms_out.h"
#include "sms/sms_profile.h"
#include "sms/sms_reach.h"
#include "sms/sms_ref.h"
#include "sms/sms_split.h"
#include "sms/sms_token.h"

enum {
	PIECES_MAX = 20, /* messages that one text may become */
	PARTS_MAX = 255, /* TS 23.040 9.2.3.24.1 */
	URL_LEN_MAX = 2048,
	MEDIA_MAX = 20,
};

/* ---- what becomes of a text ------------------------------------------- */

/*
 * How a message goes by a line: to each member one text after the other, or to
 * all of a group at once.
 */
struct plan {
	struct sms_number to;
	size_t nto; /* requests for one text */
	enum sms_send_kind kind;
	bool media; /* go as such; else as links in the text */
	struct buf text;
	struct sms_room room; /* of one piece */
	size_t npieces;       /* for one recipient */
	size_t nunits;        /* likewise */
};

static size_t
least(size_t a, size_t b)
{
	return b && b < a ? b : a;
}

static struct sms_room
room_of(const struct sms_limits *lim)
{
	size_t parts = least(PARTS_MAX, lim->parts);
	struct sms_room room = SMS_ROOM_SINGLE;

	if (!lim->gateway_splits && parts > 1) {
		room.gsm = parts * SMS_GSM7_JOINED;
		room.ucs2 = parts * SMS_UCS2_JOINED;
	}
	if (lim->unit == SMS_UNIT_CHARS)
		room.chars = lim->chars;
	if (lim->unit == SMS_UNIT_GSM)
		room.gsm = least(room.gsm, lim->chars);
	if (lim->unit == SMS_UNIT_UCS2)
		room.ucs2 = least(room.ucs2, lim->chars);
	return room;
}

static void
count_units(struct plan *p)
{
	struct sms_split split;
	struct str piece;

	sms_split_init(&split, buf_str(&p->text), &p->room);
	for (p->nunits = 0; sms_split_next(&split, &piece);)
		p->nunits += sms_gsm_count(piece).nparts;
}

static bool
takes_media(const struct sms_line *l, const struct gw_message *m)
{
	const struct sms_limits *lim = sms_profile_limits(l->profile);

	return m->nattachment > 0 &&
	    sms_profile_can(l->profile, SMS_SEND_MMS) &&
	    m->nattachment <= least(MEDIA_MAX, lim->media);
}

/* Whom it is for: a group, if it was said in one. */
static struct str
target_of(const struct gw_message *m)
{
	return m->room.len ? m->room : m->to;
}

static enum sms_send_kind
kind_of(const struct sms_line *l, const struct gw_message *m,
    const struct sms_number *to)
{
	if (to->kind == SMS_KIND_GROUP &&
	    sms_group_takes(l, sms_number_count(to)))
		return SMS_SEND_GROUP;
	return takes_media(l, m) ? SMS_SEND_MMS : SMS_SEND_SMS;
}

/* *p is to be released, whatever is returned. */
static int
plan_make(struct plan *p, const struct sms_line *l, const struct gw_message *m,
    const struct sms_number *to, struct err *err)
{
	enum sms_send_kind kind = kind_of(l, m, to);
	bool media = kind != SMS_SEND_SMS && takes_media(l, m);

	*p = (struct plan){ .to = *to,
		.nto = kind == SMS_SEND_GROUP ? 1 : sms_number_count(to),
		.kind = kind,
		.media = media,
		.room = room_of(sms_profile_limits(l->profile)),
		.npieces = 1,
		.nunits = 1 };
	buf_init(&p->text, SMS_BODY_MAX);
	if (sms_body_make(m, l->sms->smart_text, !media, &p->text) < 0)
		return err_set(err, ERR_TOO_BIG,
		    "a text of more than %d bytes cannot be sent",
		    SMS_BODY_MAX);
	if (p->text.len == 0 && !media)
		return err_set(err, ERR_BAD_INPUT, "there is nothing to send");
	if (kind != SMS_SEND_SMS)
		return 0;
	p->npieces = sms_split_count(buf_str(&p->text), &p->room, PIECES_MAX);
	if (p->npieces > PIECES_MAX)
		return err_set(err, ERR_UNSUITABLE,
		    "too long: it would become more than %d messages",
		    PIECES_MAX);
	if (p->npieces * p->nto > GW_PIECES_MAX)
		return err_set(err, ERR_UNSUITABLE,
		    "too long for so many: it would become more than %d "
		    "messages",
		    GW_PIECES_MAX);
	count_units(p);
	return 0;
}

/* The text of the part-th request, from 1. */
static struct str
piece_of(const struct plan *p, unsigned part)
{
	struct str piece = buf_str(&p->text);
	struct sms_split split;
	size_t i = part ? (part - 1) % p->npieces + 1 : 1;

	if (p->npieces <= 1)
		return piece;
	sms_split_init(&split, buf_str(&p->text), &p->room);
	while (i-- > 0 && sms_split_next(&split, &piece))
		continue;
	return piece;
}

/* And whom it goes to. */
static void
member_of(const struct plan *p, unsigned part, struct sms_number *out)
{
	size_t i = part ? (part - 1) / p->npieces : 0;

	*out = p->to;
	if (p->kind != SMS_SEND_GROUP && i < sms_number_count(&p->to))
		sms_number_member(&p->to, i, out);
}

/* ---- may it go, and which way ----------------------------------------- */

static int
check_number(const struct sms_gateway *sms, struct str name,
    struct sms_number *out, struct err *err)
{
	if (sms_number_read(name, sms->home, out, err) < 0)
		return -1;
	if (!sms_number_is_answerable(out))
		return err_set(err, ERR_UNSUITABLE,
		    "" STR_FMT " is a name, not a number: nobody can be "
		    "written to there",
		    STR_ARG(name));
	return 0;
}

/* Asked when it is accepted, and again of the line by which it goes then: that
   may be another one, and somebody may have answered STOP meanwhile. */
static int
check_goes(
    const struct sms_line *l, const struct sms_number *to, struct err *err)
{
	const struct sms_region *home = l->sms->home;

	if (!home)
		home = sms_line_home(l);
	if (sms_destinations_check(&l->sms->to, home, to, err) < 0)
		return -1;
	return sms_reach_check(l, to, err);
}

static struct sms_amount
spent(const struct sms_line *l, struct str user)
{
	int64_t day = sms_caps_day(gateway_clock(l->sms->gw)->utc);
	struct gw_spent s = { 0 };

	gateway_spent(
	    l->sms->gw, user, user.len ? STR_EMPTY : str_c(l->name), day, &s);
	return (struct sms_amount){ s.nmessages, s.nunits, s.price };
}

/* Of the day; a provider's own limit counts as one of the line. */
static int
check_caps(const struct sms_line *l, struct str user,
    const struct gw_route *route, struct err *err)
{
	int64_t now_utc = gateway_clock(l->sms->gw)->utc;
	struct sms_amount more = { route->npieces, route->nunits,
		route->price };
	struct sms_amount of_user = spent(l, user);
	struct sms_amount of_line = spent(l, STR_EMPTY);
	struct sms_caps user_caps = l->sms->user, line_caps = l->sms->line;
	unsigned day = sms_profile_limits(l->profile)->day;
	char whose[GW_LINE_MAX + 16];

	(void)snprintf(user_caps.currency, sizeof(user_caps.currency), "%s",
	    sms_profile_price(l->profile)->currency);
	memcpy(
	    line_caps.currency, user_caps.currency, sizeof(line_caps.currency));
	if (day &&
	    (line_caps.day.messages == 0 || day < line_caps.day.messages))
		line_caps.day.messages = day;
	(void)snprintf(whose, sizeof(whose), "by line %s", l->name);
	if (sms_caps_check(
	        &user_caps, &of_user, &more, "from you", now_utc, err) < 0)
		return -1;
	return sms_caps_check(&line_caps, &of_line, &more, whose, now_utc, err);
}

static void
fill_route(const struct plan *p, const struct sms_line *l, struct gw_route *out)
{
	const struct sms_price *price = sms_profile_price(l->profile);
	int64_t nmember = (int64_t)sms_number_count(&p->to);

	(void)snprintf(out->line, sizeof(out->line), "%s", l->name);
	out->npieces = (unsigned)(p->npieces * p->nto);
	out->nunits = (unsigned)(p->nunits * sms_number_count(&p->to));
	out->many = p->nto > 1;
	out->price = nmember *
	    (p->kind == SMS_SEND_SMS ? price->sms * (int64_t)p->nunits
	                             : price->mms);
}

/* A long one he wants to be asked about. */
static int
ask_first(struct session *s, struct gw_route *out, struct err *err)
{
	struct str setting = session_setting(s, STR_EMPTY, SMS_OUT_SETTING);
	uint64_t most = 0;

	if (!str_to_uint(setting, PARTS_MAX, &most) || most == 0 ||
	    out->nunits <= most)
		return 0;
	out->repeats = true;
	return err_set(err, ERR_UNSUITABLE,
	    "not sent: it would be %u parts, each of which is billed; send the "
	    "same again within ten minutes if you want that",
	    out->nunits);
}

int
sms_out_route(struct session *s, const struct gw_message *m,
    struct gw_route *out, struct err *err)
{
	struct sms_gateway *sms = sms_of(session_gateway(s));
	struct sms_number to;
	struct sms_line *l;
	struct plan p;
	int rc;

	if (check_number(sms, target_of(m), &to, err) < 0)
		return -1;
	l = sms_choice(s, target_of(m));
	if (!l)
		return err_set(err, ERR_AUTH, "you have no line any more");
	if (check_goes(l, &to, err) < 0)
		return -1;
	rc = plan_make(&p, l, m, &to, err);
	if (rc == 0) {
		fill_route(&p, l, out);
		rc = check_caps(l, session_user(s), out, err);
		if (rc == 0)
			rc = ask_first(s, out, err);
	}
	/* Written before the message is: an answer finds its way, whatever
	   is killed meanwhile. */
	if (rc == 0)
		sms_last_note(
		    &sms->last, str_c(l->name), target_of(m), session_user(s));
	buf_release(&p.text);
	return rc;
}

/* ---- one request ------------------------------------------------------ */

/* On its way; in sms->sendings. */
struct sending {
	struct list node;
	struct sms_gateway *sms;
	struct sms_line *line;
	gw_ticket ticket;
	enum sms_send_kind kind;
	struct http_call *call;
};

#define SENDING(n) LIST_ENTRY(n, struct sending, node)

static void
outcome(struct sms_gateway *sms, const struct gw_outcome *o)
{
	gateway_outcome(sms->gw, o);
}

static const enum gw_fate fates[] = {
	[SMS_FATE_SENT] = GW_SENT,
	[SMS_FATE_RETRY] = GW_RETRY,
	[SMS_FATE_REFUSED] = GW_REFUSED,
	[SMS_FATE_UNSURE] = GW_UNSURE,
};

static void
tell_verdict(
    const struct sending *g, const struct sms_verdict *v, int64_t retry_after)
{
	const struct sms_class_info *info = sms_class_info(v->cls);
	struct gw_outcome o = { .ticket = g->ticket,
		.fate = fates[info->fate],
		.retry_after_ms = v->after_ms ? v->after_ms : retry_after,
		.network_id = v->nid ? v->id[0] : STR_EMPTY,
		.maybe_sent = v->maybe_sent,
		.is_throttle = info->is_throttle,
		.is_line_broken = info->is_line_broken };

	/* What is wrong with the account is for the operator alone. */
	if (info->is_line_broken)
		o.details = v->text;
	if (info->fate != SMS_FATE_SENT)
		err_set(&o.err, info->kind, "%s: " STR_FMT,
		    sms_profile_title(g->line->profile),
		    STR_ARG(
		        info->is_line_broken ? str_c(info->text) : v->text));
	outcome(g->sms, &o);
}

/* True: it was taken. */
static bool
judge(const struct sending *g, const struct http_response *r)
{
	struct sms_answer answer = sms_http_answer(r);
	struct sms_verdict v;
	bool taken;

	sms_answer_judge(g->line->profile, g->kind, &answer, &v);
	if (v.cls == SMS_CLASS_AUTH &&
	    sms_auth_token_refused(
	        g->line->auth, gateway_clock(g->sms->gw)->utc))
		v.cls = SMS_CLASS_RETRY; /* with a new token */
	taken = sms_class_info(v.cls)->fate == SMS_FATE_SENT;
	tell_verdict(g, &v, r->retry_after_ms);
	sms_verdict_release(&v);
	return taken;
}

static void
sending_free(struct sending *g)
{
	list_del(&g->node);
	free(g);
}

/*
 * What cannot be a request now will not be one later.  A provider that knows
 * our reference again may be sent it again, whatever became of the first.
 */
static enum gw_fate
fate_of(const struct sms_line *l, const struct http_response *r)
{
	if (r->result == HTTP_UNSURE)
		return l->flow.dedups ? GW_RETRY : GW_UNSURE;
	return r->err.kind == ERR_BAD_INPUT || r->err.kind == ERR_TOO_BIG ||
	        r->err.kind == ERR_DENIED
	    ? GW_REFUSED
	    : GW_RETRY;
}

static void
on_answer(const struct http_response *r, void *arg)
{
	struct sending *g = arg;
	struct gw_outcome o = { .ticket = g->ticket, .err = r->err };

	g->call = NULL;
	if (r->result == HTTP_ANSWERED) {
		(void)judge(g, r);
	} else {
		o.fate = fate_of(g->line, r);
		o.maybe_sent = r->result == HTTP_UNSURE;
		outcome(g->sms, &o);
	}
	sending_free(g);
}

/* ---- what templates see ----------------------------------------------- */

/* Where what a template names is kept for the call. */
struct words {
	char ref[SMS_REF_MAX + 1];
	char status_url[URL_LEN_MAX], inbound_url[URL_LEN_MAX];
	char uuid[37];
	struct buf hex;
	struct str media[MEDIA_MAX], media_type[MEDIA_MAX];
	struct sms_number member[SMS_GROUP_MAX];
	struct str to[SMS_GROUP_MAX];
	size_t nto;
	struct sms_message_vars vars;
};

static void
make_uuid(struct words *w, const struct sms_line *l, gw_ticket t)
{
	uint8_t r[CRYPTO_SHA256_BYTES];
	char seed[128];
	int n = snprintf(seed, sizeof(seed), "uuid %s %" PRIu64, l->name, t);

	/* Of the ticket, so that a repetition is known as one. */
	crypto_hmac_sha256(
	    str_of((const char *)l->sms->ref_key, sizeof(l->sms->ref_key)),
	    str_of(seed, (size_t)n), r);
	(void)snprintf(w->uuid, sizeof(w->uuid),
	    "%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-"
	    "%02x%02x%02x%02x%02x%02x",
	    r[0], r[1], r[2], r[3], r[4], r[5], r[6] & 15, r[7],
	    0x80 | (r[8] & 0x3f), r[9], r[10], r[11], r[12], r[13], r[14],
	    r[15]);
}

static void
make_urls(struct words *w, const struct sms_line *l)
{
	struct str base = gateway_public_url(l->sms->gw);

	w->status_url[0] = w->inbound_url[0] = '\0';
	if (base.len == 0 || !l->hook)
		return;
	(void)snprintf(w->status_url, sizeof(w->status_url),
	    STR_FMT "%s/status?id=%s", STR_ARG(base), l->hook, w->ref);
	(void)snprintf(w->inbound_url, sizeof(w->inbound_url),
	    STR_FMT "%s/inbound", STR_ARG(base), l->hook);
}

static void
make_hex(struct words *w, struct str text, enum sms_coding coding)
{
	static const char digit[] = "0123456789ABCDEF";
	struct buf raw;

	buf_init(&w->hex, 8 * SMS_BODY_MAX);
	if (coding == SMS_UCS2) {
		(void)sms_ucs2_hex(text, &w->hex);
		return;
	}
	buf_init(&raw, 2 * SMS_BODY_MAX);
	(void)sms_gsm_encode(text, &raw);
	for (size_t i = 0; i < raw.len; i++) {
		buf_addc(&w->hex, digit[(unsigned char)raw.p[i] >> 4]);
		buf_addc(&w->hex, digit[(unsigned char)raw.p[i] & 15]);
	}
	buf_release(&raw);
}

static void
make_to(struct words *w, const struct sms_number *to)
{
	for (w->nto = 0; w->nto < sms_number_count(to); w->nto++) {
		sms_number_member(to, w->nto, &w->member[w->nto]);
		w->to[w->nto] = sms_number_str(&w->member[w->nto]);
	}
}

static void
words_make(struct words *w, const struct sms_line *l, gw_ticket t,
    const struct gw_message *m, const struct sms_number *to, struct str text)
{
	struct sms_count count = sms_gsm_count(text);

	sms_ref_make(l->sms->ref_key, str_c(l->name), t, w->ref);
	make_urls(w, l);
	make_uuid(w, l, t);
	make_hex(w, text, count.coding);
	make_to(w, to);
	w->vars = (struct sms_message_vars){ .to = sms_number_str(to),
		.from = sms_number_str(&l->number),
		.text = text,
		.text_hex = buf_str(&w->hex),
		.coding = count.coding == SMS_UCS2 ? STR("ucs2") : STR("gsm7"),
		.segments = (unsigned)count.nparts,
		.id = str_c(w->ref),
		.subject = m->subject,
		.status_url = str_c(w->status_url),
		.inbound_url = str_c(w->inbound_url),
		.uuid = str_c(w->uuid),
		.now_utc = gateway_clock(l->sms->gw)->utc,
		.ttl_ms = l->flow.expire_ms,
		.to_list = w->to,
		.nto = w->nto,
		.media = w->media,
		.media_type = w->media_type };
	for (size_t i = 0; i < m->nattachment && i < MEDIA_MAX; i++) {
		w->media[i] = m->attachment[i].url;
		w->media_type[i] = m->attachment[i].mime;
		w->vars.nmedia++;
	}
	sms_message_vars_init(&w->vars, &l->vars.vars);
}

/* ---- sending ---------------------------------------------------------- */

/* *out is to be released if 0 is returned. */
static int
render(struct sms_line *l, const struct words *w, enum sms_send_kind kind,
    struct sms_request *out, struct err *err)
{
	const struct sms_auth *a = sms_profile_auth(l->profile);
	int64_t now_utc = gateway_clock(l->sms->gw)->utc;

	if (sms_request_render(l->profile, kind, &w->vars.vars, out, err) < 0)
		return -1;
	if (a &&
	    sms_auth_add(a, l->auth, &w->vars.vars, now_utc, out, err) < 0) {
		sms_request_release(out);
		return -1;
	}
	return 0;
}

static struct sending *
sending_new(struct sms_line *l, gw_ticket t, enum sms_send_kind kind)
{
	struct sending *g = xcalloc(1, sizeof(*g));

	g->sms = l->sms;
	g->line = l;
	g->ticket = t;
	g->kind = kind;
	list_add(&l->sms->sendings, &g->node);
	return g;
}

/* What would go out is the answer, and comes back. */
static void
echo(struct sending *g, const struct sms_request *r)
{
	struct http_response answer = { .result = HTTP_ANSWERED,
		.status = 200,
		.body = r->body,
		.content_type = STR("application/json") };

	if (judge(g, &answer))
		sms_loopback(g->line, r->body);
	sending_free(g);
}

static void
start(struct sms_line *l, gw_ticket t, const struct words *w,
    enum sms_send_kind kind)
{
	struct gw_outcome o = { .ticket = t, .fate = GW_REFUSED };
	struct sms_request r;
	struct sending *g;

	if (!sms_token_has(l, &o) || render(l, w, kind, &r, &o.err) < 0) {
		outcome(l->sms, &o);
		return;
	}
	g = sending_new(l, t, kind);
	if (sms_profile_is_loopback(l->profile))
		echo(g, &r);
	else
		g->call = sms_http_call(l, &r, true, on_answer, g);
	sms_request_release(&r);
}

/* Answers find him: in the group, and from each whom he has texted alone. */
static void
note(struct session *s, const struct gw_message *m, const struct sms_number *to)
{
	struct sms_lasts *last = &sms_of(session_gateway(s))->last;

	sms_last_note(last, m->line, target_of(m), session_user(s));
	if (!str_eq(sms_number_str(to), target_of(m)))
		sms_last_note(
		    last, m->line, sms_number_str(to), session_user(s));
}

static bool
cuts_alike(const struct sms_line *l, const struct plan *p, struct str first)
{
	const struct sms_line *f = sms_line_find(l->sms, first);
	struct sms_room room;

	if (str_is(first, l->name) || p->npieces == 1)
		return true;
	if (!f)
		return false;
	room = room_of(sms_profile_limits(f->profile));
	return room.gsm == p->room.gsm && room.ucs2 == p->room.ucs2 &&
	    room.chars == p->room.chars;
}

/*
 * Pieces are numbered as the first line cut them: by one that cuts otherwise
 * some words would go out twice, or to somebody else, and others never.
 */
static int
check_cut(const struct sms_line *l, const struct plan *p,
    const struct gw_message *m, struct err *err)
{
	if (m->nparts == p->npieces * p->nto && cuts_alike(l, p, m->first_line))
		return 0;
	return err_set(err, ERR_UNSUITABLE,
	    "not sent: it was made into %u messages for line " STR_FMT
	    ", and line %s would make others of it",
	    m->nparts, STR_ARG(m->first_line), l->name);
}

/* *p is to be released, whatever is returned. */
static int
plan_part(struct plan *p, const struct sms_line *l, const struct gw_message *m,
    struct sms_number *to, struct err *err)
{
	if (plan_make(p, l, m, to, err) < 0 || check_cut(l, p, m, err) < 0)
		return -1;
	member_of(p, m->part, to);
	return check_goes(l, to, err);
}

static void
send_by(struct session *s, struct sms_line *l, gw_ticket t,
    const struct gw_message *m)
{
	struct gw_outcome o = { .ticket = t, .fate = GW_REFUSED };
	struct sms_number to;
	struct words w;
	struct plan p = { .nto = 0 };

	if (check_number(l->sms, target_of(m), &to, &o.err) < 0) {
		outcome(l->sms, &o);
		return;
	}
	if (plan_part(&p, l, m, &to, &o.err) < 0) {
		outcome(l->sms, &o);
	} else {
		note(s, m, &to);
		words_make(&w, l, t, m, &to, piece_of(&p, m->part));
		if (!p.media)
			w.vars.nmedia = 0;
		start(l, t, &w, p.kind);
		buf_release(&w.hex);
	}
	buf_release(&p.text);
}

void
sms_out_send(struct session *s, gw_ticket t, const struct gw_message *m)
{
	struct sms_gateway *sms = sms_of(session_gateway(s));
	struct sms_line *l = sms_line_find(sms, m->line);
	struct gw_outcome o = { .ticket = t, .fate = GW_REFUSED };

	if (l) {
		send_by(s, l, t, m);
		return;
	}
	err_set(&o.err, ERR_NOT_FOUND, "line " STR_FMT " is gone",
	    STR_ARG(m->line));
	outcome(sms, &o);
}

void
sms_out_close(struct sms_gateway *sms)
{
	LIST_EACH(&sms->sendings, n)
	{
		http_call_cancel(&SENDING(n)->call);
		sending_free(SENDING(n));
	}
}

void
sms_out_drop(struct sms_line *l)
{
	struct gw_outcome o = { .ticket = 0 };

	LIST_EACH(&l->sms->sendings, n)
	{
		struct sending *g = SENDING(n);

		if (g->line != l)
			continue;
		o.ticket = g->ticket;
		o.fate = g->call && !http_call_is_sent(g->call) ? GW_RETRY
		                                                : GW_UNSURE;
		err_set(&o.err, ERR_NOT_FOUND, "line %s is gone", l->name);
		http_call_cancel(&g->call);
		sending_free(g);
		outcome(l->sms, &o);
	}
}
