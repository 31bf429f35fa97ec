/*
 * What a message of ours that came back says of its user.
 *
 * RFC 6121 8.5		what servers do with a message for an account
 * XEP-0191 1.3		blocking; its error
 */
#include "core/bounce.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/stanza_error.h"

enum { SCRATCH_MAX = 4096, WHY_MAX = 200 };

/*
 * service-unavailable is also what servers say of accounts that do not exist,
 * so that nobody can tell who does (RFC 6121 8.5.1): it is tried again until
 * it is too old.
 */
static const char *const passing[] = { "recipient-unavailable",
	"service-unavailable", "remote-server-not-found",
	"remote-server-timeout", "resource-constraint", "internal-server-error",
	"undefined-condition", "" };

static bool
is_passing(const struct stanza_error *e)
{
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (str_is(e->condition, passing[i]))
			return true;
	return str_is(e->type, "wait");
}

static bool
is_blocked(const struct stanza *s)
{
	const struct stanza *error = stanza_child(s, "error", NULL);

	return error && stanza_child(error, "blocked", NS_BLOCKED);
}

enum bounce
bounce_read(const struct stanza *s, struct buf *why)
{
	struct stanza_error e = { .condition = STR_EMPTY };
	enum bounce verdict;
	struct buf scratch;

	buf_init(&scratch, SCRATCH_MAX);
	(void)stanza_error_read(s, &e, &scratch); /* else all is empty */
	buf_addf(why, "the XMPP server says " STR_FMT,
	    STR_ARG(e.condition.len ? str_head(e.condition, WHY_MAX)
	                            : STR("error")));
	if (e.text.len)
		buf_addf(
		    why, " (" STR_FMT ")", STR_ARG(str_head(e.text, WHY_MAX)));
	verdict = is_blocked(s) ? BOUNCE_BLOCKED
	    : is_passing(&e)    ? BOUNCE_ABSENT
	                        : BOUNCE_UNKNOWN;
	buf_release(&scratch);
	return verdict;
}
