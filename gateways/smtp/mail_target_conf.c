/*
 * `target "slug" { ... }`: what stands in the file of a target.
 */
#include <stdlib.h>

#include "lib/xalloc.h"
#include "smtp/mail_addressee.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_target_base.h"

enum { JID_BYTES = 2048 };

const struct gw_option mail_target_options[] = {
	{ "to", GW_OPT_STR, NULL, 0, 0 },
	{ "kind", GW_OPT_STR, "", 0, 0 },
	{ "nick", GW_OPT_STR, "", 0, 0 },
	{ "password", GW_OPT_STR, "", 0, 0 },
	{ "token", GW_OPT_STR, "", 0, 0 },
	{ "networks", GW_OPT_LIST, "{}", 0, 0 },
	{ "users", GW_OPT_LIST, "{}", 0, 0 },
	{ "from", GW_OPT_LIST, "{}", 0, 0 },
	{ "title", GW_OPT_STR, "", 0, 0 },
	{ "body", GW_OPT_STR, "", 0, 0 },
	{ "mention", GW_OPT_STR, "", 0, 0 },
	{ "lines", GW_OPT_INT, "40", 1, 500 },
	{ "bytes", GW_OPT_INT, "4096", 100, 16384 },
	{ "sender", GW_OPT_BOOL, "no", 0, 0 },
	{ "files", GW_OPT_BOOL, "yes", 0, 0 },
	{ "type", GW_OPT_STR, "normal", 0, 0 },
	{ "crit", GW_OPT_LIST, "{}", 0, 0 },
	{ "warn", GW_OPT_LIST, "{}", 0, 0 },
	{ "info", GW_OPT_LIST, "{}", 0, 0 },
	{ "flood", GW_OPT_BOOL, "yes", 0, 0 },
	{ "per_minute", GW_OPT_INT, "10", 1, 60000 },
	{ "burst", GW_OPT_INT, "20", 1, 10000 },
	{ "hard_minute", GW_OPT_INT, "50", 0, 60000 },
	{ "hard_5_minutes", GW_OPT_INT, "120", 0, 300000 },
	{ "hard_hour", GW_OPT_INT, "600", 0, 3600000 },
	{ "replies", GW_OPT_BOOL, "no", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static char *
dup_or_null(struct str s)
{
	return s.len ? str_dup(s) : NULL;
}

/* ---- whom it is for --------------------------------------------------- */

int
mail_target_read_to(
    struct mail_target_wish *w, struct str to, struct str kind, struct err *err)
{
	struct buf jid;
	int rc;

	buf_init(&jid, JID_BYTES);
	rc = mail_addressee_read(to, &jid, &w->is_room, err);
	if (rc == 0) {
		free(w->to);
		w->to = str_dup(buf_str(&jid));
	}
	buf_release(&jid);
	if (rc < 0)
		return -1;
	if (str_is(kind, "room"))
		w->is_room = true;
	else if (str_is(kind, "user"))
		w->is_room = false;
	else if (kind.len)
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" is neither user nor room",
		    STR_ARG(str_head(kind, 100)));
	return 0;
}

static int
read_to(struct mail_target_wish *w, const struct conf *c, struct err *err)
{
	struct err why = ERR_INIT;

	if (mail_target_read_to(
	        w, conf_str(c, "to"), conf_str(c, "kind"), &why) < 0)
		return conf_err(c,
		    conf_is_set(c, "kind") && w->to ? "kind" : "to", err, "%s",
		    why.text);
	w->nick = dup_or_null(conf_str(c, "nick"));
	w->password = dup_or_null(conf_str(c, "password"));
	return 0;
}

/* ---- how -------------------------------------------------------------- */

static int
read_type(struct mail_target_wish *w, const struct conf *c, struct err *err)
{
	static const char *const names[] = { [GW_TYPE_CHAT] = "chat",
		[GW_TYPE_NORMAL] = "normal",
		[GW_TYPE_HEADLINE] = "headline" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(conf_str(c, "type"), names[i])) {
			w->type = (enum gw_msg_type)i;
			return 0;
		}
	return conf_err(c, "type", err,
	    "type: \"" STR_FMT "\" is none of normal, chat and headline",
	    STR_ARG(conf_str(c, "type")));
}

static void
read_flood(struct mail_target_wish *w, const struct conf *c)
{
	w->rule = mail_flood_off;
	if (!conf_bool(c, "flood"))
		return;
	w->rule = (struct mail_flood_rule){
		.burst = (unsigned)conf_int(c, "burst"),
		.per_minute = (unsigned)conf_int(c, "per_minute"),
		.hard_minute = (unsigned)conf_int(c, "hard_minute"),
		.hard_5 = (unsigned)conf_int(c, "hard_5_minutes"),
		.hard_hour = (unsigned)conf_int(c, "hard_hour"),
	};
}

static int
read_form(struct mail_target_wish *w, const struct conf *c, struct err *err)
{
	w->title = dup_or_null(conf_str(c, "title"));
	w->body = dup_or_null(conf_str(c, "body"));
	w->mention = dup_or_null(conf_str(c, "mention"));
	w->lines = (unsigned)conf_int(c, "lines");
	w->bytes = (unsigned)conf_int(c, "bytes");
	w->shows_sender = conf_bool(c, "sender");
	w->files = conf_bool(c, "files");
	w->replies = conf_bool(c, "replies");
	read_flood(w, c);
	for (int s = MAIL_SEVERITY_INFO; s < MAIL_NSEVERITY; s++)
		if (mail_words_read(&w->subject[s], c,
		        mail_severity_name((enum mail_severity)s), err) < 0)
			return -1;
	return read_type(w, c, err);
}

/* ---- who may ---------------------------------------------------------- */

typedef int add_fn(struct mail_proof *p, struct str s, struct err *err);

static int
read_list(struct mail_proof *p, const struct conf *c, const char *option,
    add_fn *add, struct err *err)
{
	struct err why = ERR_INIT;

	for (size_t i = 0; i < conf_list_len(c, option); i++)
		if (add(p, conf_list_at(c, option, i), &why) < 0)
			return conf_err(
			    c, option, err, "%s: %s", option, why.text);
	return 0;
}

/* As mail_token_new() makes them. */
static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
		    !(s.p[i] >= '2' && s.p[i] <= '7'))
			return false;
	return s.len == MAIL_TOKEN_LEN;
}

static int
read_token(struct mail_target *t, const struct conf *c, struct err *err)
{
	struct str token = conf_str(c, "token");

	if (token.len == 0)
		return 0;
	if (!is_token(token))
		return conf_err(c, "token", err,
		    "token: it has to be %d lower-case letters and digits from "
		    "2 to 7, such as `openssl rand 17 | base32` begins with, "
		    "in lower case",
		    MAIL_TOKEN_LEN);
	mail_token_hash(token, t->token[0]);
	t->has_own_token = true;
	return 0;
}

static int
read_proof(struct mail_gateway *mail, struct mail_target *t,
    const struct conf *c, struct err *err)
{
	struct mail_proof *p = &t->wish.proof;

	if (read_list(p, c, "networks", mail_proof_add_network, err) < 0 ||
	    read_list(p, c, "users", mail_proof_add_user, err) < 0 ||
	    read_list(p, c, "from", mail_proof_add_from, err) < 0)
		return -1;
	if (conf_list_len(c, "from") && !mail->opt.authserv_id[0])
		return conf_err(c, "from", err,
		    "from: nobody vouches for senders as long as the gateway "
		    "has no authserv_id");
	return read_token(t, c, err);
}

/* ---- all of it -------------------------------------------------------- */

static int
check_slug(struct mail_gateway *mail, const struct conf *c, struct err *err)
{
	if (!mail_target_is_slug(conf_title(c)))
		return conf_err(c, NULL, err,
		    "target \"" STR_FMT "\": a name is two or more lower-case "
		    "letters, digits, - and _, %d at most, and no name that "
		    "mail servers need",
		    STR_ARG(conf_title(c)), MAIL_SLUG_MAX);
	if (mail_target_find(mail, conf_title(c)))
		return conf_err(c, NULL, err,
		    "target \"" STR_FMT "\" is there twice",
		    STR_ARG(conf_title(c)));
	if (mail->targets->by_slug.n == MAIL_TARGETS_MAX)
		return conf_err(
		    c, NULL, err, "more than %d targets", MAIL_TARGETS_MAX);
	return 0;
}

int
mail_target_read(
    struct mail_gateway *mail, const struct conf *c, struct err *err)
{
	struct mail_target *t;

	if (check_slug(mail, c, err) < 0)
		return -1;
	t = mail_target_add(mail, conf_title(c));
	if (read_to(&t->wish, c, err) < 0 || read_form(&t->wish, c, err) < 0 ||
	    read_proof(mail, t, c, err) < 0)
		return -1;
	mail_target_rule(t);
	return 0;
}
