/*
 * What is kept of targets: those that were made by commands are all here, of
 * those of the file what the file does not say.
 *
 *	target SLUG		lines of `word value`
 *	target SLUG (sealed)	the password of its room
 *	target SLUG counted	how many are to be summed up, and the subject of
 *				the last
 *	target SLUG said ID	mail_target_answer.c
 */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_target_base.h"

enum { FACT_MAX = 16 * 1024 };

static void
put(const struct mail_target *t, const char *behind, struct str value)
{
	struct buf name;

	buf_init(&name, 256);
	buf_addf(&name, "%s%s%s", mail_targets_noun.prefix, t->slug, behind);
	gateway_fact_put(t->mail->gw, STR_EMPTY, buf_str(&name), value);
	buf_release(&name);
}

/* ---- writing ---------------------------------------------------------- */

static void
add_text(struct buf *out, const char *word, const char *value)
{
	if (value && value[0])
		buf_addf(out, "%s %s\n", word, value);
}

static void
add_number(struct buf *out, const char *word, int64_t n)
{
	if (n)
		buf_addf(out, "%s %" PRId64 "\n", word, n);
}

/* What only commands set. */
static void
add_wish(const struct mail_target *t, struct buf *out)
{
	add_text(out, "owner", t->owner);
	add_text(out, "to", t->wish.to);
	add_text(out, "kind", t->wish.is_room ? "room" : "user");
	add_text(out, "nick", t->wish.nick);
	add_text(out, "replies", t->wish.replies ? "yes" : "");
	for (size_t i = 0; i < t->wish.proof.nfrom; i++)
		add_text(out, "from", t->wish.proof.from[i]);
}

void
mail_target_keep(struct mail_target *t)
{
	struct buf value;

	buf_init(&value, FACT_MAX);
	if (t->owner)
		add_wish(t, &value);
	if (!t->has_own_token) {
		add_text(&value, "token", t->token[0]);
		add_text(&value, "before", t->token[1]);
		add_number(&value, "until", t->before_until_utc);
		add_number(&value, "days", t->days);
		add_number(&value, "expires", t->expires_utc);
	}
	add_text(&value, "off", t->is_off ? "yes" : "");
	add_number(&value, "used", t->used_utc);
	put(t, "", buf_str(&value));
	buf_release(&value);
	t->used_kept_utc = t->used_utc;
}

void
mail_target_keep_counted(struct mail_target *t, gw_kept_fn *fn, void *arg)
{
	struct buf name, value;

	buf_init(&name, 256);
	buf_init(&value, FACT_MAX);
	buf_addf(&name, "%s%s counted", mail_targets_noun.prefix, t->slug);
	if (t->flood.ncounted)
		buf_addf(
		    &value, "%" PRIu64 " %s", t->flood.ncounted, t->flood.last);
	if (fn)
		gateway_fact_keep(t->mail->gw, STR_EMPTY, buf_str(&name),
		    buf_str(&value), fn, arg);
	else
		gateway_fact_put(
		    t->mail->gw, STR_EMPTY, buf_str(&name), buf_str(&value));
	buf_release(&name);
	buf_release(&value);
}

/* Sealed, since it opens a room. */
void
mail_target_keep_password(struct mail_target *t)
{
	struct buf name;

	buf_init(&name, 256);
	buf_addf(&name, "%s%s", mail_targets_noun.prefix, t->slug);
	gateway_secret_put(
	    t->mail->gw, buf_str(&name), str_c(t->wish.password));
	buf_release(&name);
}

void
mail_target_on_secret(
    struct mail_gateway *mail, struct str name, struct str value)
{
	struct mail_target *t = mail_target_find(mail, name);

	if (t && t->owner && value.len)
		str_store(&t->wish.password, value);
}

void
mail_target_forget(struct mail_target *t)
{
	if (t->wish.password)
		str_store(&t->wish.password, STR_EMPTY);
	mail_target_keep_password(t);
	put(t, "", STR_EMPTY);
	put(t, " counted", STR_EMPTY);
}

/* ---- reading ---------------------------------------------------------- */

typedef void read_fn(struct mail_target *t, struct str value);

static void
read_owner(struct mail_target *t, struct str value)
{
	str_store(&t->owner, value);
}

static void
read_to(struct mail_target *t, struct str value)
{
	(void)mail_target_read_to(&t->wish, value, STR_EMPTY, NULL);
}

static void
read_kind(struct mail_target *t, struct str value)
{
	t->wish.is_room = str_is(value, "room");
}

static void
read_nick(struct mail_target *t, struct str value)
{
	str_store(&t->wish.nick, value);
}

static void
read_replies(struct mail_target *t, struct str value)
{
	t->wish.replies = str_is(value, "yes");
}

static void
read_from(struct mail_target *t, struct str value)
{
	(void)mail_proof_add_from(&t->wish.proof, value, NULL);
}

static void
read_hash(char to[MAIL_TOKEN_HASH_LEN + 1], struct str value)
{
	if (value.len == MAIL_TOKEN_HASH_LEN)
		memcpy(to, value.p, value.len);
}

static void
read_token(struct mail_target *t, struct str value)
{
	if (!t->has_own_token)
		read_hash(t->token[0], value);
}

static void
read_before(struct mail_target *t, struct str value)
{
	if (!t->has_own_token)
		read_hash(t->token[1], value);
}

static int64_t
number(struct str value)
{
	uint64_t n = 0;

	(void)str_to_uint(value, INT64_MAX, &n);
	return (int64_t)n;
}

static void
read_until(struct mail_target *t, struct str value)
{
	t->before_until_utc = number(value);
}

static void
read_days(struct mail_target *t, struct str value)
{
	t->days = (unsigned)number(value);
}

static void
read_expires(struct mail_target *t, struct str value)
{
	t->expires_utc = number(value);
}

static void
read_off(struct mail_target *t, struct str value)
{
	t->is_off = str_is(value, "yes");
}

static void
read_used(struct mail_target *t, struct str value)
{
	t->used_utc = t->used_kept_utc = number(value);
}

static const struct {
	const char *word;
	read_fn *read;
	bool is_wish; /* the file says it of its own */
} rows[] = {
	{ "owner", read_owner, true },
	{ "to", read_to, true },
	{ "kind", read_kind, true },
	{ "nick", read_nick, true },
	{ "replies", read_replies, true },
	{ "from", read_from, true },
	{ "token", read_token, false },
	{ "before", read_before, false },
	{ "until", read_until, false },
	{ "days", read_days, true },
	{ "expires", read_expires, true },
	{ "off", read_off, false },
	{ "used", read_used, false },
};

static void
read_line(struct mail_target *t, struct str line, bool is_of_file)
{
	struct str word;

	(void)str_cut(&line, ' ', &word);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_is(word, rows[i].word) &&
		    !(is_of_file && rows[i].is_wish))
			rows[i].read(t, line);
}

static void
read_lines(struct mail_target *t, struct str value, bool is_of_file)
{
	struct str line;

	while (str_cut(&value, '\n', &line))
		read_line(t, line, is_of_file);
}

static void
read_counted(struct mail_target *t, struct str value)
{
	struct str n;

	(void)str_cut(&value, ' ', &n);
	if (number(n) == 0)
		return;
	mail_flood_count(&t->flood, value, gateway_clock(t->mail->gw)->at);
	t->flood.ncounted = (uint64_t)number(n);
}

/* One that the file does not have: made by a command, or not there any more. */
static void
read_made(struct mail_gateway *mail, struct str slug, struct str value)
{
	struct mail_target *t;

	if (mail->targets->by_slug.n == MAIL_TARGETS_MAX ||
	    !mail_target_is_slug(slug))
		return;
	t = mail_target_add(mail, slug);
	read_lines(t, value, false);
	if (!t->owner || !t->wish.to)
		mail_target_drop(t);
}

/* More about a target that is there. */
static void
read_more(struct mail_target *t, struct str what, struct str value)
{
	struct str word;

	(void)str_cut(&what, ' ', &word);
	if (str_is(word, "counted"))
		read_counted(t, value);
	else if (str_is(word, "said") && what.p)
		mail_target_on_said(t, what, value);
}

void
mail_target_on_fact(
    struct mail_gateway *mail, struct str name, struct str value)
{
	struct str rest = name, slug;
	struct mail_target *t;

	(void)str_cut(&rest, ' ', &slug);
	t = mail_target_find(mail, slug);
	if (rest.p && t)
		read_more(t, rest, value);
	else if (!rest.p && t)
		read_lines(t, value, t->owner == NULL);
	else if (!rest.p)
		read_made(mail, slug, value);
}
