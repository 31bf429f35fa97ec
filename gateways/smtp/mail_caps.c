#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/gateway.h"
#include "lib/bucket.h"
#include "lib/clock.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "smtp/mail_address.h"
#include "smtp/mail_caps.h"
#include "smtp/mail_gateway.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

/* One address, of one user. */
struct to {
	struct list node;
	char *address;
	struct bucket bucket;
};

struct spender {
	struct list node;
	char *user;
	int64_t day;
	unsigned mails, fresh, failed; /* of that day */
	bool was_told;
	bool has_left; /* the gateway: kept for the day */
	struct bucket hour;
	struct list to; /* oldest first */
	size_t nto;
};

struct mail_caps {
	struct gateway *gw;
	struct mail_caps_limits limits;
	int64_t day; /* that has begun */
	struct map map;
	struct list list; /* oldest first */
};

#define SPENDER(n) LIST_ENTRY(n, struct spender, node)
#define TO(n)      LIST_ENTRY(n, struct to, node)

/* ---- who is known ----------------------------------------------------- */

static void
to_free(struct spender *s, struct to *t)
{
	list_del(&t->node);
	s->nto--;
	free(t->address);
	free(t);
}

static void
spender_free(struct mail_caps *c, struct spender *s)
{
	LIST_EACH(&s->to, n)
	{
		to_free(s, TO(n));
	}
	map_del_value(&c->map, str_c(s->user), s);
	list_del(&s->node);
	free(s->user);
	free(s);
}

static void
per_hour(struct bucket *b, unsigned n)
{
	bucket_init(b, n, n ? HOUR_MS / n : 0);
}

static int64_t
today(const struct mail_caps *c)
{
	return gateway_clock(c->gw)->utc / DAY_MS;
}

static void
fact_put(struct mail_caps *c, struct str user, struct str value)
{
	struct buf name;

	buf_init(&name, 4096);
	buf_addf(&name, MAIL_CAPS_PREFIX STR_FMT, STR_ARG(user));
	gateway_fact_put(c->gw, STR_EMPTY, buf_str(&name), value);
	buf_release(&name);
}

static void
erase(struct mail_caps *c, struct spender *s)
{
	fact_put(c, str_c(s->user), STR_EMPTY);
	spender_free(c, s);
}

/* Those who have left have nothing more to wait for. */
static void
begin_day(struct mail_caps *c)
{
	if (c->day == today(c))
		return;
	c->day = today(c);
	LIST_EACH(&c->list, n)
	{
		if (SPENDER(n)->has_left)
			erase(c, SPENDER(n));
	}
}

/* Found or made, now the newest, and of today. */
static struct spender *
spender_get(struct mail_caps *c, struct str user)
{
	struct spender *s;

	begin_day(c);
	s = map_get(&c->map, user);
	if (s) {
		list_del(&s->node);
	} else {
		if (c->map.n == MAIL_CAPS_USERS)
			spender_free(c, SPENDER(list_first(&c->list)));
		s = xcalloc(1, sizeof(*s));
		s->user = str_dup(user);
		list_init(&s->to);
		per_hour(&s->hour, c->limits.per_hour);
		map_put(&c->map, str_c(s->user), s);
	}
	list_add(&c->list, &s->node);
	if (s->day != today(c)) {
		s->day = today(c);
		s->mails = s->fresh = s->failed = 0;
		s->was_told = false;
	}
	return s;
}

static struct to *
to_find(const struct spender *s, struct str address)
{
	LIST_EACH(&s->to, n)
	{
		if (mail_address_same(str_c(TO(n)->address), address))
			return TO(n);
	}
	return NULL;
}

/* The same, now the newest. */
static struct to *
to_get(struct mail_caps *c, struct spender *s, struct str address)
{
	struct to *t = to_find(s, address);

	if (t) {
		list_del(&t->node);
	} else {
		if (s->nto == MAIL_CAPS_TO)
			to_free(s, TO(list_first(&s->to)));
		t = xcalloc(1, sizeof(*t));
		t->address = str_dup(address);
		per_hour(&t->bucket, c->limits.per_recipient_hour);
		s->nto++;
	}
	list_add(&s->to, &t->node);
	return t;
}

struct mail_caps *
mail_caps_new(struct gateway *gw, const struct mail_caps_limits *l)
{
	struct mail_caps *c = xcalloc(1, sizeof(*c));

	c->gw = gw;
	c->limits = *l;
	map_init(&c->map);
	list_init(&c->list);
	return c;
}

void
mail_caps_free(struct mail_caps **cp)
{
	struct mail_caps *c = *cp;

	if (!c)
		return;
	*cp = NULL;
	LIST_EACH(&c->list, n)
	{
		spender_free(c, SPENDER(n));
	}
	map_release(&c->map);
	free(c);
}

/* ---- what is kept ----------------------------------------------------- */

static void
keep(struct mail_caps *c, const struct spender *s)
{
	char value[80];
	int n = snprintf(value, sizeof(value), "%" PRId64 " %u %u %u", s->day,
	    s->mails, s->fresh, s->failed);

	fact_put(c, str_c(s->user), str_of(value, (size_t)n));
}

static unsigned
take_number(struct str *rest)
{
	struct str word = STR_EMPTY;
	uint64_t n = 0;

	if (str_cut(rest, ' ', &word))
		(void)str_to_uint(word, UINT32_MAX, &n);
	return (unsigned)n;
}

void
mail_caps_fact(struct mail_caps *c, struct str user, struct str value)
{
	struct spender *s;

	if (take_number(&value) != (unsigned)today(c)) {
		fact_put(c, user, STR_EMPTY);
		return;
	}
	s = spender_get(c, user);
	s->mails = take_number(&value);
	s->fresh = take_number(&value);
	s->failed = take_number(&value);
}

void
mail_caps_forget(struct mail_caps *c, struct str user)
{
	struct spender *s = map_get(&c->map, user);

	if (s && s->day == today(c) && s->mails)
		s->has_left = true;
	else if (s)
		erase(c, s);
}

/* ---- asking ----------------------------------------------------------- */

/* "1:30 hours", "2 minutes". */
static void
say_wait(int64_t ms, char *out, size_t size)
{
	int64_t minutes = (ms + 59999) / 60000;

	if (minutes >= 60)
		(void)snprintf(out, size, "%" PRId64 ":%02" PRId64 " hours",
		    minutes / 60, minutes % 60);
	else
		(void)snprintf(out, size, "%" PRId64 " minute%s", minutes,
		    minutes == 1 ? "" : "s");
}

static int
over(int64_t wait_ms, unsigned n, const char *what, struct err *err)
{
	char wait[40];

	say_wait(wait_ms, wait, sizeof(wait));
	return err_set(err, ERR_BUSY,
	    "not sent: you may send %u %s; you can go on in %s", n, what, wait);
}

static int
check_bucket(struct mail_caps *c, const struct bucket *b, unsigned n,
    const char *what, struct err *err)
{
	int64_t now_at = gateway_clock(c->gw)->at;
	int64_t ready_at = n ? bucket_ready_at(b, now_at, 1) : now_at;

	return ready_at <= now_at ? 0 : over(ready_at - now_at, n, what, err);
}

static bool
has_failed(const struct spender *s)
{
	return s->mails >= MAIL_CAPS_FAILED_MIN && s->failed * 10 > s->mails;
}

static int
check_day(
    struct mail_caps *c, const struct spender *s, bool is_new, struct err *err)
{
	int64_t left = DAY_MS - gateway_clock(c->gw)->utc % DAY_MS;
	const struct mail_caps_limits *l = &c->limits;

	if (has_failed(s))
		return err_set(err, ERR_DENIED,
		    "not sent: %u of your %u mails of today were to addresses "
		    "that do not exist; the operator has been told",
		    s->failed, s->mails);
	if (l->per_day && s->mails >= l->per_day)
		return over(left, l->per_day, "mails in a day", err);
	if (is_new && l->new_per_day && s->fresh >= l->new_per_day)
		return over(left, l->new_per_day,
		    "mails in a day to people you have not written with", err);
	return 0;
}

int
mail_caps_check(struct mail_caps *c, struct str user,
    const struct mail_caps_mail *m, struct err *err)
{
	struct spender *s = spender_get(c, user);
	struct to *t = to_find(s, m->to);

	s->has_left = false;
	if (check_day(c, s, m->is_new, err) < 0 ||
	    check_bucket(
	        c, &s->hour, c->limits.per_hour, "mails in an hour", err) < 0)
		return -1;
	return t ? check_bucket(c, &t->bucket, c->limits.per_recipient_hour,
	               "mails in an hour to one address", err)
	         : 0;
}

void
mail_caps_note(
    struct mail_caps *c, struct str user, const struct mail_caps_mail *m)
{
	struct spender *s = spender_get(c, user);
	struct to *t = to_get(c, s, m->to);
	int64_t now_at = gateway_clock(c->gw)->at;

	s->mails++;
	s->fresh += m->is_new;
	(void)bucket_take(&s->hour, now_at, 1);
	(void)bucket_take(&t->bucket, now_at, 1);
	keep(c, s);
}

bool
mail_caps_failed(struct mail_caps *c, struct str user)
{
	struct spender *s = spender_get(c, user);

	s->failed++;
	keep(c, s);
	if (s->was_told || !has_failed(s))
		return false;
	s->was_told = true;
	return true;
}

static void
write_amount(const char *label, unsigned n, unsigned most, struct buf *out)
{
	buf_addf(out, "%s: %u", label, n);
	if (most)
		buf_addf(out, " of %u", most);
	buf_addc(out, '\n');
}

void
mail_caps_write(struct mail_caps *c, struct str user, struct buf *out)
{
	const struct spender *s = spender_get(c, user);

	write_amount("mails today", s->mails, c->limits.per_day, out);
	write_amount("to strangers", s->fresh, c->limits.new_per_day, out);
}

/* ---- in the gateway --------------------------------------------------- */

static int
open_caps(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	const struct mail_caps_limits l = { .per_hour = mail->opt.per_hour,
		.per_day = mail->opt.per_day,
		.new_per_day = mail->opt.new_per_day,
		.per_recipient_hour = mail->opt.per_recipient_hour };

	(void)conf;
	(void)err;
	mail->caps = mail_caps_new(mail->gw, &l);
	return 0;
}

static void
close_caps(struct mail_gateway *mail)
{
	mail_caps_free(&mail->caps);
}

static void
on_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	mail_caps_fact(mail->caps, name, value);
}

static void
forget(struct mail_gateway *mail, struct str user)
{
	mail_caps_forget(mail->caps, user);
}

const struct mail_noun mail_caps_noun = {
	.open = open_caps,
	.close = close_caps,
	.prefix = MAIL_CAPS_PREFIX,
	.on_fact = on_fact,
	.forget = forget,
};
