/*
 * What people can do with targets: make one, see theirs, change its token,
 * try it, switch it off and on, take it away.
 *
 * Whoever may use the gateway can have mails sent to himself.  A room belongs
 * to others as well: for rooms, and for others, administrators make targets,
 * or everybody where the operator has said so (room_targets).
 */
#include <stdlib.h>
#include <time.h>

#include "lib/xalloc.h"
#include "smtp/mail_alias.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_target_base.h"

const struct gw_setting mail_target_new_fields[] = {
	{ "name", GW_SET_TEXT, 0, "Name",
	    "What it is called: two or more small letters, digits, - and _", "",
	    NULL },
	{ "to", GW_SET_TEXT, 0, "For whom",
	    "The address of a room (xmpp:ops@conference.example.org?join), or "
	    "of a user; empty: yourself",
	    "", NULL },
	{ "nick", GW_SET_TEXT, 0, "Nick in the room", "Empty: its name", "",
	    NULL },
	{ "password", GW_SET_SECRET, 0, "Password of the room", "If it has one",
	    "", NULL },
	{ "from", GW_SET_TEXT, 0, "Senders",
	    "Who may mail to it without a token, if their domain vouches for "
	    "them: root@nas.example.org *@example.org; empty: nobody",
	    "", NULL },
	{ "days", GW_SET_INT, 0, "Days",
	    "So many its address is good for; empty: until it is changed", "",
	    NULL },
	{ "replies", GW_SET_BOOL, 0, "Mail the answers",
	    "What members of the room answer to a post of it is mailed to the "
	    "sender",
	    "0", NULL },
	{ .name = NULL },
};

const struct gw_setting mail_target_fields[] = {
	{ "name", GW_SET_TEXT, 0, "Name", "Of the target", "", NULL },
	{ .name = NULL },
};

/* ---- who asks --------------------------------------------------------- */

/* One command that was given. */
struct ask {
	struct mail_gateway *mail;
	struct str user;
	const struct gw_field *field;
	size_t nfield;
	struct buf *text; /* the answer */
	struct err *err;
	bool is_admin;
};

static struct str
field_of(const struct ask *a, const char *name)
{
	for (size_t i = 0; i < a->nfield; i++)
		if (str_is(a->field[i].name, name))
			return str_trim(a->field[i].value);
	return STR_EMPTY;
}

static bool
is_admin(struct gateway *gw, struct str user)
{
	for (size_t i = 0; gateway_admin(gw, i).len; i++)
		if (str_eq(gateway_admin(gw, i), user))
			return true;
	return false;
}

static bool
is_his(const struct ask *a, const struct mail_target *t)
{
	return a->is_admin || (t->owner && str_is(a->user, t->owner));
}

/* The one that he names; NULL: err. */
static struct mail_target *
named(struct ask *a)
{
	struct str name = field_of(a, "name");
	struct mail_target *t = mail_target_find(a->mail, name);

	if (t && is_his(a, t))
		return t;
	err_set(a->err, ERR_NOT_FOUND, "you have no target called " STR_FMT,
	    STR_ARG(str_head(name, 100)));
	return NULL;
}

/* ---- making one ------------------------------------------------------- */

static size_t
count_of(const struct ask *a)
{
	struct map_iter it = { 0 };
	size_t n = 0;

	while (map_next(&a->mail->targets->by_slug, &it)) {
		const struct mail_target *t = it.value;

		n += t->owner && str_is(a->user, t->owner);
	}
	return n;
}

static int
check_number(struct ask *a)
{
	if (a->mail->targets->by_slug.n >= MAIL_TARGETS_MAX)
		return err_set(a->err, ERR_BUSY,
		    "there are %d targets here, and no more are made",
		    MAIL_TARGETS_MAX);
	if (!a->is_admin && count_of(a) >= MAIL_TARGETS_OF_ONE)
		return err_set(a->err, ERR_BUSY,
		    "you have %d targets, as many as one can have",
		    MAIL_TARGETS_OF_ONE);
	return 0;
}

static int
check_name(struct ask *a, struct str name)
{
	struct mail_where w;

	if (!mail_target_is_slug(name))
		return err_set(a->err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\": a name is two or more small letters, "
		    "digits, - and _, %d at most",
		    STR_ARG(str_head(name, 100)), MAIL_SLUG_MAX);
	mail_where_read(name, &w);
	if (mail_target_find(a->mail, name) || mail_alias_user(a->mail, &w).len)
		return err_set(a->err, ERR_CONFLICT,
		    STR_FMT " is somebody's already; choose another name",
		    STR_ARG(name));
	return 0;
}

static int
check_to(struct ask *a, const struct mail_target_wish *w)
{
	if (a->is_admin || (!w->is_room && str_is(a->user, w->to)))
		return 0;
	if (!w->is_room)
		return err_set(a->err, ERR_DENIED,
		    "only administrators make targets for others; leave out "
		    "for whom, and it is for you");
	if (a->mail->targets->room_targets)
		return 0;
	return err_set(a->err, ERR_DENIED,
	    "only administrators make targets for rooms here; ask one of them");
}

static int
read_senders(struct ask *a, struct mail_target_wish *w)
{
	struct str rest = field_of(a, "from"), word;

	while (rest.len && str_cut(&rest, ' ', &word))
		if (word.len &&
		    mail_proof_add_from(&w->proof, word, a->err) < 0)
			return -1;
	return 0;
}

/* One line, and not too long: clients send what they like. */
static char *
short_text(struct str s)
{
	if (s.len == 0 || s.len > 200 || str_has(s, '\n'))
		return NULL;
	return str_dup(s);
}

static int
read_wish(struct ask *a, struct mail_target_wish *w)
{
	struct str to = field_of(a, "to");

	if (mail_target_read_to(w, to.len ? to : a->user, STR_EMPTY, a->err) <
	        0 ||
	    check_to(a, w) < 0 || read_senders(a, w) < 0)
		return -1;
	w->nick = short_text(field_of(a, "nick"));
	w->password = short_text(field_of(a, "password"));
	w->replies = str_is(field_of(a, "replies"), "1") ||
	    str_is(field_of(a, "replies"), "true");
	return 0;
}

static void
show_address(struct ask *a, const struct mail_target *t, const char *token)
{
	const char *domain = a->mail->opt.domain;

	buf_addf(a->text,
	    "Mail to %s.%s@%s goes to %s. This address is shown only now; "
	    "whoever knows it can write there. With %s.%s.crit@%s (.warn, "
	    ".info) it says how bad it is.",
	    t->slug, token, domain, t->wish.to, t->slug, token, domain);
}

static int
read_days(struct ask *a, unsigned *out)
{
	struct str text = field_of(a, "days");
	uint64_t n = 0;

	if (text.len && !str_to_uint(text, MAIL_TARGET_DAYS_MAX, &n))
		return err_set(a->err, ERR_BAD_INPUT,
		    "days: a number, %d at most", MAIL_TARGET_DAYS_MAX);
	*out = (unsigned)n;
	return 0;
}

static int
create(struct ask *a)
{
	unsigned days = 0;
	struct str name = field_of(a, "name");
	char token[MAIL_TOKEN_LEN + 1];
	struct mail_target_wish wish;
	struct mail_target *t;

	mail_target_wish_init(&wish);
	if (check_number(a) < 0 || check_name(a, name) < 0 ||
	    read_wish(a, &wish) < 0 || read_days(a, &days) < 0) {
		mail_target_wish_release(&wish);
		return -1;
	}
	t = mail_target_add(a->mail, name);
	mail_target_wish_release(&t->wish);
	t->wish = wish;
	t->owner = str_dup(a->user);
	t->days = days;
	mail_target_rotate(t, token);
	mail_target_keep(t);
	mail_target_keep_password(t);
	mail_target_sit(t);
	show_address(a, t, token);
	return 0;
}

/* ---- the others ------------------------------------------------------- */

static void
show_use(const struct mail_target *t, struct buf *out)
{
	time_t seconds = (time_t)(t->used_utc / 1000);
	struct tm tm;
	char stamp[32];

	if (t->used_utc == 0 || !gmtime_r(&seconds, &tm)) {
		buf_addf(out, "never used");
		return;
	}
	(void)strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M UTC", &tm);
	buf_addf(out, "used last at %s", stamp);
}

static int
list(struct ask *a)
{
	struct map_iter it = { 0 };

	while (map_next(&a->mail->targets->by_slug, &it)) {
		const struct mail_target *t = it.value;

		if (!is_his(a, t))
			continue;
		buf_addf(a->text, "%s%s for %s: ", a->text->len ? "\n" : "",
		    t->slug, t->wish.to);
		mail_target_state(t, a->text);
		buf_addf(a->text, ", ");
		show_use(t, a->text);
		if (mail_target_is_expired(t))
			buf_addf(a->text, ", its address is too old");
		if (a->is_admin)
			buf_addf(a->text, ", %s",
			    t->owner ? t->owner : "of the file");
	}
	if (a->text->len == 0)
		buf_addf(a->text, "You have no targets.");
	return 0;
}

static int
rotate(struct ask *a)
{
	struct mail_target *t = named(a);
	char token[MAIL_TOKEN_LEN + 1];
	bool was_good;

	if (!t)
		return -1;
	if (t->has_own_token)
		return err_set(a->err, ERR_NOT_ALLOWED,
		    "the token of %s stands in the configuration file; change "
		    "it there",
		    t->slug);
	was_good = t->token[0][0] && !mail_target_is_expired(t);
	mail_target_rotate(t, token);
	mail_target_keep(t);
	show_address(a, t, token);
	if (was_good)
		buf_addf(a->text,
		    " The address before is good for seven more days.");
	return 0;
}

static void
show_test(const struct ask *a, struct buf *out)
{
	buf_addf(out,
	    "This is a test by " STR_FMT ": what is mailed here will look "
	    "like that.",
	    STR_ARG(a->user));
}

static int
try_it(struct ask *a)
{
	struct mail_target *t = named(a);
	struct buf text;
	int rc;

	if (!t)
		return -1;
	if (t->is_off)
		return err_set(
		    a->err, ERR_NOT_ALLOWED, "%s is disabled", t->slug);
	if (mail_flood_take(&t->flood, gateway_clock(a->mail->gw)->at) !=
	    MAIL_FLOOD_SAY)
		return err_set(a->err, ERR_BUSY,
		    "so much was said by %s just now that a test has to wait",
		    t->slug);
	buf_init(&text, 1024);
	show_test(a, &text);
	rc = mail_target_say(t, STR("Test"), buf_str(&text), NULL, NULL);
	buf_release(&text);
	if (rc < 0)
		return err_set(a->err, ERR_BUSY,
		    "too much waits to be delivered to %s already", t->wish.to);
	buf_addf(
	    a->text, "A test is on its way to %s; %s is ", t->wish.to, t->slug);
	mail_target_state(t, a->text);
	buf_addf(a->text, ".");
	return 0;
}

static int
set_off(struct ask *a, bool off)
{
	struct mail_target *t = named(a);

	if (!t)
		return -1;
	t->is_off = off;
	mail_target_keep(t);
	mail_target_sit(t);
	buf_addf(a->text, off ? "%s takes no mail any more." : "%s takes mail.",
	    t->slug);
	return 0;
}

static int
disable(struct ask *a)
{
	return set_off(a, true);
}

static int
enable(struct ask *a)
{
	return set_off(a, false);
}

static int
take_away(struct ask *a)
{
	struct mail_target *t = named(a);

	if (!t)
		return -1;
	if (!t->owner)
		return err_set(a->err, ERR_NOT_ALLOWED,
		    "%s stands in the configuration file; disable it, or take "
		    "it away there",
		    t->slug);
	buf_addf(a->text, "%s is no more.", t->slug);
	mail_target_del(t);
	return 0;
}

/* ---- as the core calls them ------------------------------------------- */

static struct ask
ask_of(struct gateway *gw, struct str user, const struct gw_field *field,
    size_t nfield)
{
	return (struct ask){ .mail = mail_of(gw),
		.user = user,
		.field = field,
		.nfield = nfield,
		.is_admin = is_admin(gw, user) };
}

#define COMMAND(name, fn)                                                      \
	int mail_target_##name(struct gateway *gw, struct str user,            \
	    const struct gw_field *field, size_t nfield, struct buf *out,      \
	    struct err *err)                                                   \
	{                                                                      \
		struct ask a = ask_of(gw, user, field, nfield);                \
                                                                               \
		a.text = out;                                                  \
		a.err = err;                                                   \
		return fn(&a);                                                 \
	}

COMMAND(on_new, create)
COMMAND(on_list, list)
COMMAND(on_rotate, rotate)
COMMAND(on_test, try_it)
COMMAND(on_disable, disable)
COMMAND(on_enable, enable)
COMMAND(on_delete, take_away)
