/*
 * What is decided before the data: who exists, who may, who is too fast.
 */
#include "smtp/mail_policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "smtp/mail_address.h"
#include "smtp/mail_alias.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_inlet.h"
#include "smtp/mail_rates.h"
#include "smtp/mail_seen.h"
#include "smtp/mail_target.h"
#include "smtp/mail_where.h"

enum { FULL_MS = 60 * 1000, FULL_MAX = 10000, NOBODIES_MAX = 10000 };

/* Stands for all who run this: no user is called so. */
#define OPERATORS STR("postmaster")

struct mail_inlet {
	struct mail_rates users, sources;
	struct map full; /* users whose inbox is, as it was last seen */
	struct list fulls;
	struct mail_seen nobodies; /* user and contact */
};

/* Somebody whose inbox takes no more for the moment. */
struct full {
	struct list node;
	char *user;
	int64_t until_at;
};

#define FULL(n) LIST_ENTRY(n, struct full, node)

static void
ok(struct mail_reply *out, const char *enhanced, const char *text)
{
	mail_reply_set(out, 250, enhanced, "%s", text);
}

static bool
is_ready(const struct mail_gateway *mail, struct mail_reply *out)
{
	if (!mail->is_ready)
		mail_reply_set(out, 451, "4.3.0",
		    "Just started, and what is known is still being read");
	return mail->is_ready;
}

static int64_t
now_of(const struct mail_gateway *mail)
{
	return gateway_clock(mail->gw)->at;
}

/* ---- full inboxes ------------------------------------------------------- */

static void
full_free(struct mail_inlet *in, struct full *f)
{
	map_del(&in->full, str_c(f->user));
	list_del(&f->node);
	free(f->user);
	free(f);
}

void
mail_inlet_full(struct mail_gateway *mail, struct str user)
{
	struct mail_inlet *in = mail->inlet;
	struct full *f = map_get(&in->full, user);

	if (f)
		full_free(in, f);
	else if (in->full.n == FULL_MAX)
		full_free(in, FULL(list_first(&in->fulls)));
	f = xcalloc(1, sizeof(*f));
	f->user = str_dup(user);
	f->until_at = now_of(mail) + FULL_MS;
	map_put(&in->full, str_c(f->user), f);
	list_add(&in->fulls, &f->node);
}

static bool
is_full(struct mail_gateway *mail, struct str user)
{
	struct full *f = map_get(&mail->inlet->full, user);

	if (f && f->until_at <= now_of(mail)) {
		full_free(mail->inlet, f);
		f = NULL;
	}
	return f != NULL;
}

bool
mail_inlet_is_first_nobody(
    struct mail_gateway *mail, struct str user, struct str contact)
{
	struct mail_seen *s = &mail->inlet->nobodies;
	uint8_t key[MAIL_SEEN_BYTES];

	mail_seen_key(user, contact, key);
	if (mail_seen_has(s, key, now_of(mail)))
		return false;
	mail_seen_put(s, key, now_of(mail));
	return true;
}

/* ---- senders ------------------------------------------------------------ */

static bool
may_be_us(const struct mail_client *c)
{
	return c->is_trusted || c->is_unix || (c->user.len && !c->is_target);
}

/* A mail of ours that somebody has passed on to another of us. */
static bool
is_of_ours(const struct mail_gateway *mail, struct str local)
{
	uint64_t ticket;

	return mail_ref_bounce_read(
	    &mail->refs, local, gateway_clock(mail->gw)->utc, &ticket);
}

/*
 * What is in front of the @ is what the server of the sender makes of it, and
 * those that forward (SRS) make it longer than an address may be.
 */
static int
check_domain(struct str sender, struct str *domain, struct err *err)
{
	char text[MAIL_ADDRESS_MAX + 1];
	struct mail_address a;
	size_t at = sender.len;

	while (at > 0 && sender.p[at - 1] != '@')
		at--;
	*domain = str_skip(sender, at);
	(void)snprintf(text, sizeof(text), "x@" STR_FMT, STR_ARG(*domain));
	return mail_address_parse(str_c(text), &a, err);
}

static int
check_sender(struct mail_gateway *mail, const struct mail_envelope *e,
    struct mail_reply *out)
{
	struct err err = ERR_INIT;
	struct str domain, local;

	/* `root`: programs of the neighbourhood know no better. */
	if (e->sender.len == 0 || !str_has(e->sender, '@'))
		return 0;
	if (check_domain(e->sender, &domain, &err) < 0) {
		mail_reply_set(out, 553, "5.1.7", "%s", err.text);
		return -1;
	}
	local = str_head(e->sender, e->sender.len - domain.len - 1);
	if (mail_options_is_own(&mail->opt, domain) && !may_be_us(e->client) &&
	    !is_of_ours(mail, local)) {
		mail_reply_set(out, 550, "5.7.1",
		    "Nobody but us sends as " STR_FMT
		    ": log in, or be named in `trusted`",
		    STR_ARG(domain));
		return -1;
	}
	return 0;
}

void
mail_policy_sender(struct mail_gateway *mail, const struct mail_envelope *e,
    struct mail_reply *out)
{
	if (!is_ready(mail, out) || check_sender(mail, e, out) < 0)
		return;
	if (e->size > mail->opt.size_max) {
		mail_reply_set(out, 552, "5.3.4",
		    "More than %llu bytes are not taken",
		    (unsigned long long)mail->opt.size_max);
		return;
	}
	ok(out, "2.1.0", "Sender is fine");
}

/* ---- recipients --------------------------------------------------------- */

/* The MTAs of our own stand for many; who is behind them, XFORWARD says. */
static bool
source_may(struct mail_gateway *mail, const struct mail_client *c)
{
	return c->is_trusted || c->is_unix || c->address.len == 0 ||
	    mail_rates_take(&mail->inlet->sources, c->address, now_of(mail));
}

static void
no_such(struct mail_reply *out, struct str recipient)
{
	mail_reply_set(out, 550, "5.1.1", "There is no " STR_FMT " here",
	    STR_ARG(recipient));
}

static void
user_may(struct mail_gateway *mail, struct str user, struct mail_reply *out)
{
	if (gateway_is_suspended(mail->gw, user))
		mail_reply_set(
		    out, 450, "4.2.1", "That mailbox is closed for now");
	else if (is_full(mail, user))
		mail_reply_set(out, 452, "4.2.2", "That mailbox is full");
	else if (!mail_rates_take(&mail->inlet->users, user, now_of(mail)))
		mail_reply_set(out, 450, "4.7.1",
		    "Too many mails to that mailbox: try again later");
	else
		ok(out, "2.1.5", "Recipient is fine");
}

static void
on_name(struct mail_gateway *mail, const struct mail_where *where,
    const struct mail_envelope *e, struct str recipient, struct mail_reply *out)
{
	struct str user = mail_alias_user(mail, where);

	if (user.len)
		user_may(mail, user, out);
	else if (where->kind == MAIL_WHERE_COMPUTED)
		no_such(out, recipient);
	else if (mail_target_admit(mail, where, e, out) == 0)
		ok(out, "2.1.5", "Recipient is fine");
}

static void
on_bounce(struct mail_gateway *mail, const struct mail_where *where,
    const struct mail_envelope *e, struct str recipient, struct mail_reply *out)
{
	uint64_t ticket;

	(void)e;
	if (mail_ref_bounce_read(&mail->refs, str_c(where->local),
	        gateway_clock(mail->gw)->utc, &ticket))
		ok(out, "2.1.5", "Recipient is fine");
	else
		no_such(out, recipient);
}

static void
on_operator(struct mail_gateway *mail, const struct mail_where *where,
    const struct mail_envelope *e, struct str recipient, struct mail_reply *out)
{
	(void)where;
	(void)e;
	(void)recipient;
	if (mail_rates_take(&mail->inlet->users, OPERATORS, now_of(mail)))
		ok(out, "2.1.5", "Recipient is fine");
	else
		mail_reply_set(out, 450, "4.7.1",
		    "Too many mails to the operators: try again later");
}

static void
on_nowhere(struct mail_gateway *mail, const struct mail_where *where,
    const struct mail_envelope *e, struct str recipient, struct mail_reply *out)
{
	(void)mail;
	(void)where;
	(void)e;
	no_such(out, recipient);
}

typedef void where_fn(struct mail_gateway *mail, const struct mail_where *where,
    const struct mail_envelope *e, struct str recipient,
    struct mail_reply *out);

static where_fn *const decide[] = {
	[MAIL_WHERE_NOWHERE] = on_nowhere,
	[MAIL_WHERE_NAME] = on_name,
	[MAIL_WHERE_TARGET] = on_name,
	[MAIL_WHERE_BOUNCE] = on_bounce,
	[MAIL_WHERE_REPLY] = on_nowhere,
	[MAIL_WHERE_POSTMASTER] = on_operator,
	[MAIL_WHERE_COMPUTED] = on_name,
	[MAIL_WHERE_RESERVED] = on_nowhere,
};

int
mail_inlet_where(struct mail_gateway *mail, struct str recipient,
    struct mail_where *where, struct mail_reply *out)
{
	struct err err = ERR_INIT;
	struct mail_address a;

	if (str_eq_nocase(recipient, STR("postmaster"))) {
		mail_where_read(recipient, where);
		return 0;
	}
	if (mail_address_parse(recipient, &a, &err) < 0 || a.is_literal) {
		mail_reply_set(out, 553, "5.1.3", "%s",
		    err.text[0] ? err.text : "no addresses in brackets");
		return -1;
	}
	if (!mail_options_is_own(&mail->opt, a.domain)) {
		mail_reply_set(out, 550, "5.7.1",
		    "Nothing is passed on to " STR_FMT " from here",
		    STR_ARG(a.domain));
		return -1;
	}
	if (a.is_quoted) {
		no_such(out, recipient);
		return -1;
	}
	mail_where_read(a.local, where);
	return 0;
}

void
mail_policy_recipient(struct mail_gateway *mail, const struct mail_envelope *e,
    struct str recipient, struct mail_reply *out)
{
	struct mail_where where;

	if (!is_ready(mail, out) ||
	    mail_inlet_where(mail, recipient, &where, out) < 0)
		return;
	if (e->nrecipient >= MAIL_RCPT_MAX)
		mail_reply_set(out, 452, "4.5.3", "Too many recipients");
	else if (where.kind != MAIL_WHERE_POSTMASTER &&
	    !source_may(mail, e->client))
		mail_reply_set(out, 450, "4.7.1",
		    "Too many mails from " STR_FMT ": try again later",
		    STR_ARG(e->client->address));
	else
		decide[where.kind](mail, &where, e, recipient, out);
	if (out->code >= 400)
		log_info(gateway_log(mail->gw), "recipient refused",
		    "from=\"" STR_FMT "\" client=" STR_FMT
		    " code=%d why=\"%s\"",
		    STR_ARG(e->sender), STR_ARG(e->client->address), out->code,
		    out->text);
}

bool
mail_policy_login(
    struct mail_gateway *mail, struct str user, struct str password)
{
	return mail->is_ready && mail_target_login(mail, user, password);
}

/* ---- life ------------------------------------------------------------- */

static int
inlet_open(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	struct mail_inlet *in = xcalloc(1, sizeof(*in));

	(void)conf;
	(void)err;
	mail_rates_init(&in->users, mail->opt.in_per_minute);
	mail_rates_init(&in->sources, mail->opt.source_per_minute);
	map_init(&in->full);
	list_init(&in->fulls);
	mail_seen_init(&in->nobodies, NOBODIES_MAX);
	mail->inlet = in;
	return 0;
}

static void
inlet_close(struct mail_gateway *mail)
{
	struct mail_inlet *in = mail->inlet;

	LIST_EACH(&in->fulls, n)
	{
		full_free(in, FULL(n));
	}
	map_release(&in->full);
	mail_seen_release(&in->nobodies);
	mail_rates_release(&in->users);
	mail_rates_release(&in->sources);
	free(in);
	mail->inlet = NULL;
}

const struct mail_noun mail_inlet_noun = {
	.open = inlet_open,
	.close = inlet_close,
};
