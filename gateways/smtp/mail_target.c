/*
 * Targets: who may write to one, and what is said then.
 */
#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "smtp/mail_envelope.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_glob.h"
#include "smtp/mail_record.h"
#include "smtp/mail_target_base.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)

enum { ALL_HOUR_FACTOR = 20 }; /* minutes of it in an hour */

/* ---- life ------------------------------------------------------------- */

bool
mail_target_is_slug(struct str name)
{
	struct mail_where w;

	if (name.len > MAIL_SLUG_MAX || str_has(name, '+'))
		return false;
	mail_where_read(name, &w);
	return w.kind == MAIL_WHERE_NAME && str_is(name, w.name) &&
	    str_is(name, w.slug);
}

struct mail_target *
mail_target_find(struct mail_gateway *mail, struct str slug)
{
	return mail->targets ? map_get(&mail->targets->by_slug, slug) : NULL;
}

void
mail_target_wish_init(struct mail_target_wish *w)
{
	*w = (struct mail_target_wish){
		.lines = MAIL_ALERT_LINES,
		.bytes = MAIL_ALERT_BYTES,
		.files = true,
		.type = GW_TYPE_NORMAL,
		.rule = mail_flood_default,
	};
}

void
mail_target_wish_release(struct mail_target_wish *w)
{
	free(w->to);
	free(w->nick);
	free(w->password);
	free(w->title);
	free(w->body);
	free(w->mention);
	for (size_t i = 0; i < MAIL_NSEVERITY; i++)
		mail_words_release(&w->subject[i]);
	mail_proof_release(&w->proof);
	*w = (struct mail_target_wish){ 0 };
}

struct mail_target *
mail_target_add(struct mail_gateway *mail, struct str slug)
{
	struct mail_target *t = xcalloc(1, sizeof(*t));

	t->mail = mail;
	memcpy(t->slug, slug.p, slug.len);
	mail_target_wish_init(&t->wish);
	mail_target_rule(t);
	mail_target_digest_init(t);
	mail_target_answers_init(t);
	map_put(&mail->targets->by_slug, str_c(t->slug), t);
	return t;
}

void
mail_target_drop(struct mail_target *t)
{
	map_del(&t->mail->targets->by_slug, str_c(t->slug));
	timer_cancel(&t->digest);
	mail_target_wish_release(&t->wish);
	free(t->owner);
	free(t);
}

void
mail_target_del(struct mail_target *t)
{
	if (t->wish.is_room)
		gateway_seat_del(
		    t->mail->gw, str_c(t->wish.to), str_c(t->slug));
	mail_target_answers_forget(t);
	mail_target_forget(t);
	mail_target_drop(t);
}

void
mail_target_rule(struct mail_target *t)
{
	mail_flood_init(&t->flood, &t->wish.rule);
}

bool
mail_target_is_expired(const struct mail_target *t)
{
	return t->expires_utc &&
	    gateway_clock(t->mail->gw)->utc >= t->expires_utc;
}

void
mail_target_rotate(struct mail_target *t, char token_out[MAIL_TOKEN_LEN + 1])
{
	int64_t now = gateway_clock(t->mail->gw)->utc;

	memcpy(t->token[1], t->token[0], sizeof(t->token[1]));
	t->before_until_utc = now + MAIL_TARGET_OVERLAP_MS;
	if (t->expires_utc && t->expires_utc < t->before_until_utc)
		t->before_until_utc = t->expires_utc;
	t->expires_utc = t->days ? now + t->days * DAY_MS : 0;
	mail_token_new(token_out);
	mail_token_hash(str_c(token_out), t->token[0]);
}

/* ---- rooms ------------------------------------------------------------ */

void
mail_target_sit(struct mail_target *t)
{
	struct gw_seat seat = { .room = str_c(t->wish.to),
		.name = str_c(t->slug),
		.nick = str_c(t->wish.nick ? t->wish.nick : t->slug),
		.password = str_c(t->wish.password) };
	struct err err = ERR_INIT;

	if (!t->wish.is_room || !t->mail->targets->is_ready)
		return;
	if (t->is_off)
		gateway_seat_del(t->mail->gw, seat.room, seat.name);
	else if (gateway_seat_put(t->mail->gw, &seat, &err) < 0)
		log_warn(gateway_log(t->mail->gw), "no seat for a target",
		    "target=%s room=%s err=\"%s\"", t->slug, t->wish.to,
		    err.text);
}

void
mail_target_state(const struct mail_target *t, struct buf *out)
{
	struct gw_seat_state st;

	if (t->is_off)
		buf_addf(out, "disabled");
	else if (!t->wish.is_room)
		buf_addf(out, "ready");
	else if (!gateway_seat_state(
	             t->mail->gw, str_c(t->wish.to), str_c(t->slug), &st))
		buf_addf(out, "not in the room");
	else if (st.is_inside)
		buf_addf(out, "in the room");
	else if (st.err.kind == ERR_NONE)
		buf_addf(out, "on its way into the room");
	else
		buf_addf(out, "not in the room: %s", st.err.text);
}

/* Outside for so long that those who write had better wait themselves. */
static bool
is_shut_out(const struct mail_target *t)
{
	struct gw_seat_state st;

	if (!t->wish.is_room)
		return false;
	if (!gateway_seat_state(
	        t->mail->gw, str_c(t->wish.to), str_c(t->slug), &st))
		return true;
	return !st.is_inside &&
	    gateway_clock(t->mail->gw)->at - st.since_at >= MAIL_TARGET_AWAY_MS;
}

/* A room that refuses is tried again after minutes, then hours: too long for
 * a mail that waits for it, and comes every few minutes. */
static void
knock(struct mail_target *t)
{
	int64_t now = gateway_clock(t->mail->gw)->at;

	if (t->knocked_at && now - t->knocked_at < MAIL_TARGET_KNOCK_MS)
		return;
	t->knocked_at = now;
	mail_target_sit(t);
}

/* ---- who may ---------------------------------------------------------- */

static bool
fits_token(const struct mail_target *t, struct str token)
{
	int64_t now = gateway_clock(t->mail->gw)->utc;
	/* Both are looked at, whatever the first says. */
	bool is = t->token[0][0] && mail_token_is(token, str_c(t->token[0]));
	bool was = t->token[1][0] && mail_token_is(token, str_c(t->token[1]));

	return (is && !mail_target_is_expired(t)) ||
	    (was && now < t->before_until_utc);
}

/* By its token alone: what is compared are hashes of random numbers. */
static struct mail_target *
find_token(struct mail_gateway *mail, struct str token)
{
	char hash[MAIL_TOKEN_HASH_LEN + 1];
	struct map_iter it = { 0 };

	mail_token_hash(token, hash);
	while (map_next(&mail->targets->by_slug, &it)) {
		struct mail_target *t = it.value;

		if ((str_is(str_c(hash), t->token[0]) ||
		        str_is(str_c(hash), t->token[1])) &&
		    fits_token(t, token))
			return t;
	}
	return NULL;
}

/* The one that is meant, if it may be known to be there. */
static struct mail_target *
target_at(struct mail_gateway *mail, const struct mail_where *w)
{
	struct str token = str_c(w->token);
	struct mail_target *t;

	if (!mail->targets)
		return NULL;
	if (!w->slug[0])
		return token.len ? find_token(mail, token) : NULL;
	t = mail_target_find(mail, str_c(w->slug));
	return t && (token.len == 0 || fits_token(t, token)) ? t : NULL;
}

enum proven { PROVEN_NOT, PROVEN_LATER, PROVEN };

/* r NULL: it is not there yet. */
static enum proven
prove(const struct mail_target *t, const struct mail_where *w,
    const struct mail_envelope *e, const struct mail_record *r)
{
	const struct mail_proof *p = &t->wish.proof;

	if (w->token[0] || mail_proof_by_client(p, e->client, str_c(t->slug)))
		return PROVEN;
	/* Who else hands in a mail writes into it what he likes. */
	if (p->nfrom == 0 || !e->client->is_vouched)
		return PROVEN_NOT;
	if (!r)
		return PROVEN_LATER;
	return mail_proof_by_sender(p, r) ? PROVEN : PROVEN_NOT;
}

bool
mail_target_login(
    struct mail_gateway *mail, struct str user, struct str password)
{
	static const char nobody[MAIL_TOKEN_HASH_LEN + 1] =
	    "0000000000000000000000000000000000000000000000000000000000000000";
	const struct mail_target *t = mail_target_find(mail, user);

	if (!t || t->is_off) {
		(void)mail_token_is(password, str_c(nobody));
		return false;
	}
	return fits_token(t, password);
}

bool
mail_target_is(const struct mail_gateway *mail, struct str name)
{
	return mail->targets && map_get(&mail->targets->by_slug, name);
}

/* ---- admitting -------------------------------------------------------- */

static int
no_such(struct mail_reply *out)
{
	mail_reply_set(out, 550, "5.1.1", "there is no such address here");
	return -1;
}

static int
check_proof(const struct mail_target *t, const struct mail_where *w,
    const struct mail_envelope *e, const struct mail_record *r,
    struct mail_reply *out)
{
	if (prove(t, w, e, r) != PROVEN_NOT)
		return 0;
	mail_reply_set(out, 550, "5.7.1",
	    "%s takes no mail from there: it needs the token in the address, "
	    "a login, or a sender that it knows",
	    t->slug);
	return -1;
}

static int
too_many(const struct mail_target *t, struct mail_reply *out)
{
	mail_reply_set(out, 450, "4.7.1",
	    "too many mails for %s: try again later", t->slug);
	return -1;
}

static bool
is_over(const struct mail_target *t)
{
	int64_t now = gateway_clock(t->mail->gw)->at;

	return mail_flood_is_over(&t->flood, now) ||
	    mail_flood_is_over(&t->mail->targets->all, now);
}

int
mail_target_admit(struct mail_gateway *mail, const struct mail_where *w,
    const struct mail_envelope *e, struct mail_reply *out)
{
	struct mail_target *t = target_at(mail, w);

	if (!t)
		return no_such(out);
	if (check_proof(t, w, e, NULL, out) < 0)
		return -1;
	if (t->is_off) {
		mail_reply_set(out, 550, "5.2.1", "%s is disabled", t->slug);
		return -1;
	}
	if (is_over(t))
		return too_many(t, out);
	if (is_shut_out(t)) {
		knock(t);
		mail_reply_set(out, 450, "4.3.2",
		    "%s is not in its room now: try again later", t->slug);
		return -1;
	}
	return 0;
}

/* ---- saying ----------------------------------------------------------- */

static enum mail_severity
severity_of_subject(const struct mail_target *t, struct str subject)
{
	for (int s = MAIL_NSEVERITY - 1; s > MAIL_SEVERITY_NONE; s--) {
		const struct mail_words *w = &t->wish.subject[s];

		for (size_t i = 0; i < w->n; i++)
			if (mail_glob(str_c(w->v[i]), subject))
				return (enum mail_severity)s;
	}
	return MAIL_SEVERITY_NONE;
}

static enum mail_severity
severity_of(const struct mail_target *t, const struct mail_where *w,
    const struct mail_record *r)
{
	enum mail_severity s = mail_severity_read(str_c(w->severity));

	if (s == MAIL_SEVERITY_NONE)
		s = severity_of_subject(t, r->subject);
	if (s == MAIL_SEVERITY_NONE)
		s = mail_severity_read(r->severity);
	if (s == MAIL_SEVERITY_NONE)
		s = mail_severity_of_importance(r->importance);
	return s;
}

static struct str
or_else(const char *given, const char *otherwise)
{
	return str_c(given && given[0] ? given : otherwise);
}

static struct mail_alert_style
style_of(const struct mail_target *t)
{
	const struct mail_target_wish *w = &t->wish;

	return (struct mail_alert_style){
		.title = or_else(w->title, "{mark}{subject}"),
		.body = or_else(w->body, "{title}\n{text}"),
		.mention = or_else(w->mention, ""),
		.lines = w->lines,
		.bytes = w->bytes,
		.shows_sender = w->shows_sender,
		.files = w->files,
	};
}

static void
name_key(struct mail_alert *a)
{
	struct buf hex;

	buf_init(&hex, sizeof(a->key) - 1);
	(void)crypto_hex(str_of((const char *)a->seen, sizeof(a->seen)), &hex);
	memcpy(a->key, hex.p, hex.len);
	buf_release(&hex);
}

/* Whom it is for, and from whom. */
static void
address_alert(const struct mail_target *t, struct mail_alert *a)
{
	a->slug = xstrdup(t->slug);
	a->to = xstrdup(t->wish.to);
	a->id[0] = 'n';
	crypto_random_hex(a->id + 1, 8);
	a->message.id = str_c(a->id);
	a->message.from = str_c(a->slug);
	a->message.type = t->wish.type;
	/* A room takes a subject without words for its own (XEP-0045 8.1). */
	if (t->wish.is_room)
		a->message.subject = STR_EMPTY;
	a->arrival.user = str_c(a->to);
	a->arrival.is_post = t->wish.is_room;
	a->arrival.line = STR(MAIL_LINE);
	a->arrival.key = str_c(a->key);
}

static struct mail_alert *
alert_of(const struct mail_target *t, const struct mail_where *w,
    const struct mail_record *r)
{
	struct mail_alert_style style = style_of(t);
	struct mail_alert_facts facts = { .slug = str_c(t->slug),
		.token = str_c(w->token),
		.domain = str_c(t->mail->opt.domain),
		.severity = severity_of(t, w, r) };
	struct mail_alert *a = mail_alert_new(&style, &facts, r);

	mail_seen_key(r->hash, str_c(t->slug), a->seen);
	name_key(a);
	address_alert(t, a);
	return a;
}

static void
was_used(struct mail_target *t)
{
	t->nused++;
	t->used_utc = gateway_clock(t->mail->gw)->utc;
	if (t->used_utc - t->used_kept_utc >= MAIL_TARGET_USED_MS)
		mail_target_keep(t);
}

static enum mail_flood_verdict
take(struct mail_target *t)
{
	int64_t now = gateway_clock(t->mail->gw)->at;

	/* Both are asked before either counts. */
	if (is_over(t))
		return MAIL_FLOOD_DEFER;
	(void)mail_flood_take(&t->mail->targets->all, now);
	return mail_flood_take(&t->flood, now);
}

/* It is summed up with others; by the same mail again, it would be twice. */
static void
count(struct mail_target *t, const struct mail_where *w,
    const struct mail_record *r)
{
	int64_t now = gateway_clock(t->mail->gw)->at;
	uint8_t seen[MAIL_SEEN_BYTES];
	struct buf subject, shown;

	buf_init(&subject, MAIL_LINE_MAX + 64);
	buf_init(&shown, 4 * MAIL_LINE_MAX);
	mail_alert_subject(r->subject, &subject);
	mail_alert_mask(buf_str(&subject), str_c(w->token),
	    str_c(t->mail->opt.domain), &shown);
	mail_flood_count(&t->flood, buf_str(&shown), now);
	buf_release(&subject);
	buf_release(&shown);
	mail_seen_key(r->hash, str_c(t->slug), seen);
	mail_seen_put(&t->mail->targets->seen, seen, now);
	mail_target_counted(t);
}

/* Proven, and not here before. */
static enum mail_target_end
say_or_count(struct mail_target *t, const struct mail_where *w,
    const struct mail_record *r, struct mail_alert **out,
    struct mail_reply *reply)
{
	switch (take(t)) {
	case MAIL_FLOOD_DEFER:
		(void)too_many(t, reply);
		return MAIL_TARGET_REFUSE;
	case MAIL_FLOOD_COUNT:
		count(t, w, r);
		was_used(t);
		return MAIL_TARGET_COUNT;
	case MAIL_FLOOD_SAY:
		break;
	}
	*out = alert_of(t, w, r);
	mail_target_answerable(t, r, *out);
	was_used(t);
	return MAIL_TARGET_SAY;
}

enum mail_target_end
mail_target_deliver(struct mail_gateway *mail, const struct mail_where *w,
    const struct mail_envelope *e, const struct mail_record *r,
    struct mail_alert **out, struct mail_reply *reply)
{
	struct mail_target *t = target_at(mail, w);
	uint8_t seen[MAIL_SEEN_BYTES];

	*out = NULL;
	if (!t || t->is_off) {
		(void)no_such(reply);
		return MAIL_TARGET_REFUSE;
	}
	if (check_proof(t, w, e, r, reply) < 0)
		return MAIL_TARGET_REFUSE;
	mail_seen_key(r->hash, str_c(t->slug), seen);
	if (mail_seen_has(
	        &mail->targets->seen, seen, gateway_clock(mail->gw)->at))
		return MAIL_TARGET_DONE;
	return say_or_count(t, w, r, out, reply);
}

bool
mail_target_count_kept(struct mail_gateway *mail, const struct mail_where *w,
    gw_kept_fn *fn, void *arg)
{
	struct mail_target *t = target_at(mail, w);

	if (t)
		mail_target_keep_counted(t, fn, arg);
	return t != NULL;
}

void
mail_target_kept(struct mail_gateway *mail, const struct mail_alert *a)
{
	if (mail->targets)
		mail_seen_put(
		    &mail->targets->seen, a->seen, gateway_clock(mail->gw)->at);
}

int
mail_target_say(struct mail_target *t, struct str title, struct str text,
    gw_kept_fn *fn, void *arg)
{
	struct gw_message m = { .from = str_c(t->slug),
		.body = text,
		.subject = t->wish.is_room ? STR_EMPTY : title,
		.type = t->wish.type };
	struct gw_arrival v = { .user = str_c(t->wish.to),
		.is_post = t->wish.is_room,
		.line = STR(MAIL_LINE),
		.message = &m };

	return gateway_arrive(t->mail->gw, &v, 1, fn, arg);
}

/* ---- the noun --------------------------------------------------------- */

static void
targets_close(struct mail_gateway *mail)
{
	struct mail_targets *all = mail->targets;
	struct map_iter it = { 0 };

	mail_target_digests_close(all);
	mail_target_answers_close(all);
	while (map_next(&all->by_slug, &it))
		mail_target_drop(it.value);
	map_release(&all->by_slug);
	mail_seen_release(&all->seen);
	free(all);
	mail->targets = NULL;
}

/* For all of them together; less of it for long. */
static void
set_rule(struct mail_targets *all, const struct conf *conf)
{
	unsigned n = (unsigned)conf_int(conf, "targets_per_minute");
	struct mail_flood_rule rule = { .hard_minute = n,
		.hard_hour = n * ALL_HOUR_FACTOR };

	mail_flood_init(&all->all, &rule);
}

static int
targets_open(
    struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	struct mail_targets *all = xcalloc(1, sizeof(*all));

	mail->targets = all;
	map_init(&all->by_slug);
	mail_seen_init(&all->seen, 0);
	set_rule(all, conf);
	list_init(&all->tellings);
	list_init(&all->answerable);
	list_init(&all->sendings);
	all->room_targets = conf_bool(conf, "room_targets");
	for (const struct conf *c = conf_next(conf, "target", NULL); c;
	     c = conf_next(conf, "target", c))
		if (mail_target_read(mail, c, err) < 0) {
			targets_close(mail);
			return -1;
		}
	return 0;
}

static void
targets_ready(struct mail_gateway *mail)
{
	struct map_iter it = { 0 };

	mail->targets->is_ready = true;
	while (map_next(&mail->targets->by_slug, &it)) {
		struct mail_target *t = it.value;

		mail_target_sit(t);
		if (t->flood.ncounted)
			mail_target_counted(t);
	}
}

/* Those that he has made. */
static void
targets_forget(struct mail_gateway *mail, struct str user)
{
	struct map_iter it = { 0 };

	while (map_next(&mail->targets->by_slug, &it)) {
		struct mail_target *t = it.value;

		if (t->owner && str_is(user, t->owner))
			mail_target_del(t);
	}
}

static void
targets_describe(struct mail_gateway *mail, struct str user, struct buf *out)
{
	struct map_iter it = { 0 };

	while (map_next(&mail->targets->by_slug, &it)) {
		const struct mail_target *t = it.value;

		if (t->owner && str_is(user, t->owner))
			buf_addf(
			    out, "target: %s for %s\n", t->slug, t->wish.to);
	}
}

const struct mail_noun mail_targets_noun = {
	.open = targets_open,
	.close = targets_close,
	.prefix = "target ",
	.on_fact = mail_target_on_fact,
	.on_secret = mail_target_on_secret,
	.ready = targets_ready,
	.forget = targets_forget,
	.describe = targets_describe,
};
