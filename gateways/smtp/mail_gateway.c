/*
 * The mail gateway as the core sees it: addresses, options, sessions.
 *
 *	local part	= address of a mailbox ; bob\40example.net
 *			/ name of our own      ; of a target, of a group
 *
 * Nobody logs in anywhere: a session is online as soon as there is a user.
 */
#include <stdlib.h>

#include "smtp/mail_address.h"
#include "smtp/mail_alias.h"
#include "smtp/mail_attach.h"
#include "smtp/mail_blocks.h"
#include "smtp/mail_caps.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_group.h"
#include "smtp/mail_inlet.h"
#include "smtp/mail_listen.h"
#include "smtp/mail_lists.h"
#include "smtp/mail_out.h"
#include "smtp/mail_reader.h"
#include "smtp/mail_register.h"
#include "smtp/mail_senders.h"
#include "smtp/mail_sets.h"
#include "smtp/mail_smarthost.h"
#include "smtp/mail_spelling.h"
#include "smtp/mail_take.h"
#include "smtp/mail_target.h"
#include "smtp/mail_thread.h"
#include "smtp/mail_wishes.h"

/* In the order in which they are opened. */
static const struct mail_noun *const nouns[] = {
	&mail_alias_noun,
	&mail_caps_noun,
	&mail_threads_noun,
	&mail_spelling_noun,
	&mail_group_noun,
	&mail_sets_noun,
	&mail_attach_noun,
	&mail_out_noun, /* behind it: who tells it what became of mails */
	&mail_smarthost_noun,
	&mail_targets_noun,
	&mail_reader_noun,
	&mail_blocks_noun,
	&mail_wishes_noun,
	&mail_inlet_noun,
	&mail_lists_noun,
	&mail_takings_noun,
	&mail_listen_noun, /* behind all that mails go to */
	NULL,
};

/* ---- addresses -------------------------------------------------------- */

/* Names of ours: what may stand before the @ of an address, all of it. */
static int
split_own(struct str local, struct gw_address *out, struct err *err)
{
	struct mail_address a;
	char text[MAIL_ADDRESS_MAX + 1];
	int n = snprintf(
	    text, sizeof(text), STR_FMT "@own.invalid", STR_ARG(local));

	if (n < 0 || (size_t)n >= sizeof(text) ||
	    mail_address_parse(str_of(text, (size_t)n), &a, err) < 0 ||
	    a.is_quoted || a.is_utf8)
		return err_set(err, ERR_BAD_INPUT,
		    "" STR_FMT " is neither the address of a mailbox nor a "
		    "name of this gateway",
		    STR_ARG(local));
	*out = (struct gw_address){ .kind = GW_ADDR_PERSON,
		.network = STR_EMPTY,
		.name = local,
		.spelling = STR_EMPTY };
	return 0;
}

static struct str
keep_canonical(struct mail_gateway *mail, struct str text)
{
	size_t n = text.len < GW_NAME_MAX ? text.len : GW_NAME_MAX;

	memcpy(mail->canonical, text.p, n);
	mail->canonical[n] = '\0';
	return str_of(mail->canonical, n);
}

static int
split_address(struct mail_gateway *mail, struct str local,
    struct gw_address *out, struct err *err)
{
	struct mail_address a;
	struct buf canonical;
	int rc = mail_address_parse(local, &a, err);

	buf_init(&canonical, 2 * MAIL_ADDRESS_MAX);
	if (rc == 0)
		rc = mail_address_canonical(&a, &canonical, err);
	if (rc < 0) {
		err->kind = ERR_BAD_INPUT;
		err_prefix(err, STR_FMT, STR_ARG(local));
	} else {
		*out = (struct gw_address){ .kind = GW_ADDR_PERSON,
			.network = STR_EMPTY,
			.name = local,
			.spelling = STR_EMPTY };
		if (!str_eq(local, buf_str(&canonical)))
			out->name = out->canonical =
			    keep_canonical(mail, buf_str(&canonical));
	}
	buf_release(&canonical);
	return rc;
}

static int
mail_split(struct gateway *gw, struct str local, struct gw_address *out,
    struct err *err)
{
	return str_has(local, '@') ? split_address(mail_of(gw), local, out, err)
	                           : split_own(local, out, err);
}

static void
mail_local(struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	(void)gw;
	if (a->kind == GW_ADDR_PERSON)
		buf_add_str(out, a->name);
}

static void
mail_fold(struct session *s, struct str name, struct buf *out)
{
	(void)s;
	mail_address_fold(name, out);
}

static int
mail_prompted(
    struct gateway *gw, struct str typed, struct buf *out, struct err *err)
{
	struct mail_address a;

	(void)gw;
	if (mail_address_typed(typed, &a, err) < 0)
		return -1;
	return mail_address_canonical(&a, out, err);
}

static void
mail_describe(
    struct gateway *gw, const struct gw_address *a, struct gw_description *out)
{
	(void)gw;
	(void)snprintf(out->name, sizeof(out->name), STR_FMT, STR_ARG(a->name));
	if (a->kind == GW_ADDR_PERSON && str_has(a->name, '@'))
		(void)snprintf(
		    out->email, sizeof(out->email), STR_FMT, STR_ARG(a->name));
}

static struct str
mail_network_at(struct gateway *gw, size_t i)
{
	(void)gw;
	(void)i;
	return STR_EMPTY;
}

/* ---- what was kept ---------------------------------------------------- */

static void
mail_fact(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	(void)network;
	for (size_t i = 0; nouns[i]; i++) {
		struct str prefix = str_c(nouns[i]->prefix);

		if (prefix.len && str_starts(name, prefix)) {
			nouns[i]->on_fact(
			    mail_of(gw), str_skip(name, prefix.len), value);
			return;
		}
	}
}

static void
mail_secret(struct gateway *gw, struct str name, struct str value)
{
	for (size_t i = 0; nouns[i]; i++) {
		struct str prefix = str_c(nouns[i]->prefix);

		if (nouns[i]->on_secret && str_starts(name, prefix)) {
			nouns[i]->on_secret(
			    mail_of(gw), str_skip(name, prefix.len), value);
			return;
		}
	}
}

static void
mail_ready(struct gateway *gw)
{
	mail_of(gw)->is_ready = true;
	for (size_t i = 0; nouns[i]; i++)
		if (nouns[i]->ready)
			nouns[i]->ready(mail_of(gw));
}

void
mail_gateway_forget(struct mail_gateway *mail, struct str user)
{
	for (size_t i = 0; nouns[i]; i++)
		if (nouns[i]->forget)
			nouns[i]->forget(mail, user);
}

void
mail_gateway_describe(
    struct mail_gateway *mail, struct str user, struct buf *out)
{
	for (size_t i = 0; nouns[i]; i++)
		if (nouns[i]->describe)
			nouns[i]->describe(mail, user, out);
}

static const struct gw_section sections[] = {
	{ .name = "submit", .option = mail_submit_options, .plain = true },
	{ .name = "receive", .option = mail_receive_options },
	{ .name = "target", .option = mail_target_options },
	{ .name = NULL },
};

/* ---- opening and closing ---------------------------------------------- */

/* The first n of them, the last first. */
static void
close_nouns(struct mail_gateway *mail, size_t n)
{
	while (n-- > 0)
		if (nouns[n]->close)
			nouns[n]->close(mail);
}

static size_t
count_nouns(void)
{
	size_t n = 0;

	while (nouns[n])
		n++;
	return n;
}

static int
open_nouns(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	for (size_t i = 0; nouns[i]; i++)
		if (nouns[i]->open && nouns[i]->open(mail, conf, err) < 0) {
			close_nouns(mail, i);
			return -1;
		}
	return 0;
}

static int
mail_open(struct gateway *gw, const struct conf *conf, struct err *err)
{
	struct mail_gateway *mail = mail_of(gw);

	mail->gw = gw;
	gateway_derive(gw, STR("mail references"), mail->refs.key);
	if (mail_options_read(&mail->opt, gw, conf, err) == 0 &&
	    open_nouns(mail, conf, err) == 0)
		return 0;
	mail_options_release(&mail->opt);
	return -1;
}

static void
mail_close(struct gateway *gw)
{
	struct mail_gateway *mail = mail_of(gw);

	close_nouns(mail, count_nouns());
	mail_options_release(&mail->opt);
}

static bool
mail_winds_up(struct gateway *gw)
{
	bool busy = false;

	for (size_t i = 0; nouns[i]; i++)
		if (nouns[i]->winds_up && nouns[i]->winds_up(mail_of(gw)))
			busy = true;
	return busy;
}

/* ---- sessions --------------------------------------------------------- */

/* What he is called where that matters: as in his address. */
static struct str
own_name(struct session *s, struct str nick)
{
	const struct mail_alias *a =
	    mail_alias_of_user(mail_of(session_gateway(s)), session_user(s));
	struct str rest = session_user(s), node = STR_EMPTY;

	(void)str_cut(&rest, '@', &node);
	return nick.len ? nick : a ? str_c(a->name) : node;
}

static int
mail_login(struct session *s, struct str nick, struct err *err)
{
	struct mail_session *mine = session_priv(s);
	struct gw_event ev = { .type = GW_EV_ONLINE,
		.text = own_name(s, nick) };

	(void)err;
	mine->online = true;
	(void)session_emit(s, &ev);
	return 0;
}

static void
mail_logout(struct session *s, enum gw_bye why, struct str text)
{
	struct mail_session *mine = session_priv(s);
	struct gw_event ev = { .type = GW_EV_OFFLINE };

	(void)why;
	(void)text;
	mine->online = false;
	(void)session_emit(s, &ev);
}

static void
mail_drop(struct session *s)
{
	(void)s;
}

/* By what those know him who have had mail from him. */
static void
mail_identify(struct session *s, struct buf *out)
{
	(void)mail_alias_address(
	    mail_of(session_gateway(s)), session_user(s), out);
}

static void
mail_status(struct session *s, struct buf *out)
{
	struct mail_gateway *mail = mail_of(session_gateway(s));

	buf_addf(out, "address: ");
	mail_identify(s, out);
	buf_addc(out, '\n');
	mail_caps_write(mail->caps, session_user(s), out);
}

/* ---- settings --------------------------------------------------------- */

static const struct gw_setting settings[] = {
	{ MAIL_OUT_HOLD, GW_SET_TEXT, GW_SCOPE_GATEWAY | GW_SCOPE_ROOM,
	    "Seconds until a message goes",
	    "What you write within that time goes into the same mail, and can "
	    "still be corrected; 0: each message is a mail; empty: as the "
	    "operator has set. A last line \".send\" does not wait.",
	    "", mail_out_check_hold },
	{ MAIL_OUT_JID, GW_SET_BOOL, GW_SCOPE_GATEWAY, "Tell your XMPP address",
	    "Your mails have it in a header, so that others can find you there",
	    "0", NULL },
	{ "replies", GW_SET_BOOL, GW_SCOPE_GATEWAY, "Quote what is answered",
	    "An answer begins with what it answers; mail programs show the "
	    "conversation anyway",
	    "0", NULL },
	{ "reactions", GW_SET_BOOL, GW_SCOPE_GATEWAY, "Send reactions",
	    "What you react with is sent as a short mail", "0", NULL },
	{ .name = NULL },
};

static gw_request_fn *const requests[GW_NREQ] = { NULL };

/* A command about one target. */
#define ABOUT_TARGET(verb, title)                                              \
	{                                                                      \
		.node = "target-" #verb, .name = title,                        \
		.where = GW_ADDR_DOMAIN, .field = mail_target_fields,          \
		.answer = mail_target_on_##verb                                \
	}

static const struct gw_command commands[] = {
	{ .node = "target-new",
	    .name = "New target of mails",
	    .where = GW_ADDR_DOMAIN,
	    .field = mail_target_new_fields,
	    .answer = mail_target_on_new },
	{ .node = "target-list",
	    .name = "Targets of mails",
	    .where = GW_ADDR_DOMAIN,
	    .answer = mail_target_on_list },
	ABOUT_TARGET(rotate, "New address of a target"),
	ABOUT_TARGET(test, "Test a target"),
	ABOUT_TARGET(disable, "Disable a target"),
	ABOUT_TARGET(enable, "Enable a target"),
	ABOUT_TARGET(delete, "Delete a target"),
	{ .node = "senders",
	    .name = "Whom you hear from",
	    .where = GW_ADDR_DOMAIN,
	    .answer = mail_senders_on_list },
	{ .node = "sender",
	    .name = "A sender",
	    .where = GW_ADDR_DOMAIN,
	    .field = mail_sender_fields,
	    .answer = mail_senders_on_rule },
	{ .node = "mail-in",
	    .name = "Mail that comes in",
	    .where = GW_ADDR_DOMAIN,
	    .field = mail_wish_fields,
	    .answer = mail_senders_on_wish },
	{ .node = "unsubscribe",
	    .name = "Leave a mailing list",
	    .where = GW_ADDR_DOMAIN,
	    .field = mail_lists_fields,
	    .answer = mail_lists_on_leave },
	{ .node = "full-text",
	    .name = "All of a mail",
	    .where = GW_ADDR_DOMAIN,
	    .field = mail_whole_fields,
	    .answer = mail_senders_on_whole },
	{ .node = NULL },
};

/* For gateways/registry.c; no header stands between. */
extern const struct gateway_ops mail_gateway;

const struct gateway_ops mail_gateway = {
	.kind = "smtp",
	.title = "Mail",
	.person = "pc",
	.gateway_size = sizeof(struct mail_gateway),
	.session_size = sizeof(struct mail_session),
	.options = mail_options,
	.sections = sections,
	.prompt = "Mail address",
	.prompt_desc = "Enter the address of a mailbox, such as "
	               "bob@example.net.",
	.open = mail_open,
	.winds_up = mail_winds_up,
	.close = mail_close,
	.split = mail_split,
	.local = mail_local,
	.fold = mail_fold,
	.network_at = mail_network_at,
	.prompted = mail_prompted,
	.describe = mail_describe,
	.settings = settings,
	.fact = mail_fact,
	.secret = mail_secret,
	.seat_heard = mail_target_heard,
	.commands = commands,
	.ready = mail_ready,
	.registration = &mail_registration,
	.request = requests,
	.login = mail_login,
	.logout = mail_logout,
	.drop = mail_drop,
	.status = mail_status,
	.identify = mail_identify,
	.route = mail_out_route,
	.send = mail_out_send,
	.send_all = mail_out_send_all,
	.corrects_held = true,
};
