/*
 * What administrators have done to a gateway.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/audit.h"
#include "core/instance.h"
#include "lib/utf8.h"
#include "lib/xalloc.h"
#include "xmpp/jid.h"
#include "xmpp/muc.h"

/* Of the name of a fact; behind it stands the number of the slot. */
#define FACT "audit "

enum { TEXT_MAX = 512 };

struct audit {
	struct gateway *gw;
	uint64_t n;            /* actions ever; the next has this number */
	char *line[AUDIT_MAX]; /* of number i in slot i % AUDIT_MAX */
};

struct audit *
audit_new(struct gateway *gw)
{
	struct audit *a = xcalloc(1, sizeof(*a));

	a->gw = gw;
	return a;
}

void
audit_free(struct audit **ap)
{
	struct audit *a = *ap;
	size_t i;

	*ap = NULL;
	if (!a)
		return;
	for (i = 0; i < AUDIT_MAX; i++)
		free(a->line[i]);
	free(a);
}

static void
store(struct audit *a, uint64_t number, struct str line)
{
	char name[32];
	struct buf value;

	snprintf(name, sizeof(name), FACT "%" PRIu64, number % AUDIT_MAX);
	buf_init(&value, AUDIT_LINE_MAX + 32);
	buf_addf(&value, "%" PRIu64 " " STR_FMT, number, STR_ARG(line));
	gateway_fact_put(a->gw, STR_EMPTY, str_c(name), buf_str(&value));
	buf_release(&value);
}

/* One line each, whatever people have typed. */
static struct str
one_line(char *text)
{
	struct str s;
	char *p;

	for (p = text; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	s = str_c(text);
	return str_head(s, utf8_cut(s, TEXT_MAX));
}

void
audit_add(struct audit *a, const struct jid *by, const char *fmt, ...)
{
	char stamp[25];
	struct str did;
	struct buf text, line;
	uint64_t number = a->n++;
	va_list ap;

	buf_init(&text, 2 * AUDIT_LINE_MAX);
	va_start(ap, fmt);
	buf_addv(&text, fmt, ap);
	va_end(ap);
	did = one_line(text.p);
	log_info(&a->gw->log, "administrator",
	    "by=" STR_FMT " action=\"" STR_FMT "\"", STR_ARG(jid_bare(by)),
	    STR_ARG(did));
	muc_datetime(core_clock(a->gw->core)->utc, stamp);
	buf_init(&line, AUDIT_LINE_MAX);
	buf_addf(&line, "%s " STR_FMT ": " STR_FMT, stamp,
	    STR_ARG(jid_bare(by)), STR_ARG(did));
	str_store(&a->line[number % AUDIT_MAX], buf_str(&line));
	store(a, number, buf_str(&line));
	buf_release(&line);
	buf_release(&text);
}

bool
audit_on_fact(struct audit *a, struct str name, struct str value)
{
	struct str number;
	uint64_t n;

	if (!str_starts(name, STR(FACT)))
		return false;
	if (!str_cut(&value, ' ', &number) ||
	    !str_to_uint(number, INT64_MAX, &n))
		return true;
	/* What was done while they were being read is newer. */
	if (!a->line[n % AUDIT_MAX])
		str_store(&a->line[n % AUDIT_MAX], value);
	if (n >= a->n)
		a->n = n + 1;
	return true;
}

void
audit_write(const struct audit *a, struct buf *out)
{
	uint64_t i;

	for (i = 1; i <= AUDIT_MAX && i <= a->n; i++) {
		const char *line = a->line[(a->n - i) % AUDIT_MAX];

		if (line)
			buf_addf(out, "%s\n", line);
	}
}
