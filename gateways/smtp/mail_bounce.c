/*
 * RFC 3464 2.3.3 has the actions, RFC 3463 the status codes.  Some servers
 * write a status that says nothing (5.0.0) and the reply of the far server
 * behind it (RFC 3464 2.3.6): "smtp; 550 5.1.1 unknown user".
 */
#include "smtp/mail_bounce.h"

#include "smtp/mail_fail.h"

/* ---- why ----------------------------------------------------------------- */

/* "5.1.1" anywhere in it, with a class of 2, 4 or 5; or empty. */
static struct str
find_status(struct str s)
{
	for (size_t i = 0; i + 4 < s.len; i++) {
		size_t end = i + 4;

		if ((i > 0 && !strchr(" #-", s.p[i - 1])) ||
		    !strchr("245", s.p[i]) || s.p[i + 1] != '.' ||
		    s.p[i + 2] < '0' || s.p[i + 2] > '9' || s.p[i + 3] != '.' ||
		    s.p[i + 4] < '0' || s.p[i + 4] > '9')
			continue;
		while (end < s.len && s.p[end] >= '0' && s.p[end] <= '9')
			end++;
		return str_of(s.p + i, end - i);
	}
	return STR_EMPTY;
}

/* A reply of three digits; 0: there is none. */
static unsigned
find_code(struct str s)
{
	for (size_t i = 0; i + 2 < s.len; i++) {
		uint64_t code;

		if ((i > 0 && s.p[i - 1] != ' ') || !strchr("45", s.p[i]) ||
		    (i + 3 < s.len && s.p[i + 3] != ' ' && s.p[i + 3] != '-'))
			continue;
		if (str_to_uint(str_of(s.p + i, 3), 599, &code))
			return (unsigned)code;
	}
	return 0;
}

/* Where the status says nothing, what the far server said does. */
static struct str
status_of(const struct mail_dsn_row *row)
{
	struct str told = find_status(row->diagnostic);

	if (row->status.len < 5 || str_is(str_skip(row->status, 1), ".0.0"))
		return told.len ? told : row->status;
	return row->status;
}

/* Without the kind of reply in front: "smtp; 550 ..." */
static struct str
said_of(const struct mail_dsn_row *row)
{
	struct str rest = row->diagnostic, kind;

	if (str_cut(&rest, ';', &kind) && rest.len && !str_has(kind, ' '))
		return str_trim(rest);
	return str_trim(row->diagnostic);
}

static void
explain(const struct mail_dsn_row *row, struct err *err)
{
	struct str said = said_of(row);

	mail_fail_set(err, (int)find_code(row->diagnostic), status_of(row),
	    said.len ? said : status_of(row));
	if (row->recipient.len)
		err_prefix(err, STR_FMT, STR_ARG(str_head(row->recipient, 80)));
}

/* ---- what -------------------------------------------------------------- */

/* The worst last. */
static const struct {
	const char *action;
	enum mail_bounce_kind kind;
	enum gw_fate fate;
} actions[] = {
	{ "", MAIL_BOUNCE_NOTHING, GW_SENT },
	{ "relayed", MAIL_BOUNCE_REPORT, GW_SENT },
	{ "expanded", MAIL_BOUNCE_REPORT, GW_SENT },
	{ "delivered", MAIL_BOUNCE_REPORT, GW_DELIVERED },
	{ "delayed", MAIL_BOUNCE_DELAYED, GW_SENT },
	{ "failed", MAIL_BOUNCE_REPORT, GW_REFUSED },
};

static size_t
action_of(const struct mail_dsn_row *row)
{
	size_t i = sizeof(actions) / sizeof(actions[0]);

	while (--i > 0 && !str_eq_nocase(row->action, str_c(actions[i].action)))
		continue;
	return i;
}

void
mail_bounce_read(const struct mail_record *r, struct mail_bounce *out)
{
	const struct mail_dsn_row *row = NULL;
	size_t worst = 0;

	*out = (struct mail_bounce){ .err = ERR_INIT };
	for (size_t i = 0; i < r->ndsn; i++) {
		size_t action = action_of(&r->dsn[i]);

		if (action > worst) {
			worst = action;
			row = &r->dsn[i];
		}
	}
	out->kind = actions[worst].kind;
	out->fate = actions[worst].fate;
	if (row &&
	    (out->fate == GW_REFUSED || out->kind == MAIL_BOUNCE_DELAYED))
		explain(row, &out->err);
	out->is_nobody = out->fate == GW_REFUSED &&
	    mail_fail_is_nobody(
	        (int)find_code(row->diagnostic), status_of(row));
}

/* ---- of which message ---------------------------------------------------- */

static struct str
local_of(struct str address)
{
	ptrdiff_t at = str_find(address, '@');

	return at < 0 ? address : str_head(address, (size_t)at);
}

bool
mail_bounce_ticket(const struct mail_refs *refs, const struct mail_record *r,
    struct str local, int64_t now_utc, uint64_t *ticket_out)
{
	const struct str named[] = { local, r->dsn_envid,
		local_of(r->returned_sender) };
	char thread[MAIL_REF_ID_MAX + 1];

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].len &&
		    mail_ref_bounce_read(refs, named[i], now_utc, ticket_out))
			return true;
	return r->returned_id.len &&
	    mail_ref_message_read(refs, r->returned_id, thread, ticket_out);
}
