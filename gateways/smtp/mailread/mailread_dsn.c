#include "smtp/mailread/mailread_dsn.h"
#include "smtp/mail_words.h"
#include "smtp/mailread/mailread_headers.h"
#include "smtp/mailread/mailread_ids.h"
#include "smtp/mailread/mailread_pool.h"
#include "smtp/mailread/mailread_status.h"

enum { DIAGNOSTIC_MAX = 500 };

/* ---- values ----------------------------------------------------------- */

/* "rfc822; a@b", "smtp;550 no": what is behind the type. */
static struct str
typed(struct str value)
{
	ptrdiff_t at = str_find(value, ';');

	return str_trim(at < 0 ? value : str_skip(value, (size_t)at + 1));
}

/* Bare, whatever stands around it. */
static struct str
address(struct str value)
{
	ptrdiff_t begin = str_find(value, '<'), end;

	if (begin >= 0) {
		value = str_skip(value, (size_t)begin + 1);
		end = str_find(value, '>');
		value = end < 0 ? STR_EMPTY : str_head(value, (size_t)end);
	}
	value = str_trim(value);
	if (str_eq_nocase(str_head(value, 7), STR("mailto:")))
		value = str_skip(value, 7);
	return mail_is_address(value) ? value : STR_EMPTY;
}

static struct str
typed_address(struct str value)
{
	return address(typed(value));
}

static struct str
word(struct str value)
{
	value = mailread_first_word(value);
	return mail_is_word(value) ? value : STR_EMPTY;
}

static struct str
line(struct mailread_pool *pool, struct str raw)
{
	struct buf b;

	buf_init(&b, MAIL_LINE_MAX);
	mail_words_line(raw, DIAGNOSTIC_MAX, &b);
	return mailread_pool_take(pool, &b);
}

/* ---- delivery reports -------------------------------------------------- */

/* The first that is there. */
static struct str
either(const struct mailread_headers *h, const char *first, const char *second)
{
	struct str value = mailread_header(h, first);

	return value.len ? value : mailread_header(h, second);
}

static void
add_row(struct mail_record *r, struct mailread_pool *pool,
    const struct mail_dsn_row *row)
{
	struct mail_dsn_row *all;

	if (r->ndsn == MAIL_DSN_ROWS_MAX)
		return;
	all = mailread_pool_get(pool, (r->ndsn + 1) * sizeof(all[0]));
	if (r->ndsn > 0)
		memcpy(all, r->dsn, r->ndsn * sizeof(all[0]));
	all[r->ndsn++] = *row;
	r->dsn = all;
}

/* One of the five words of RFC 3464 2.3.3; some write others (OpenSMTPD). */
static struct str
action(struct str said, struct str status)
{
	static const char *const known[] = { "failed", "delayed", "delivered",
		"relayed", "expanded" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq_nocase(said, str_c(known[i])))
			return str_c(known[i]);
	if (status.len == 0)
		return STR_EMPTY;
	return str_c(known[status.p[0] == '5' ? 0
	        : status.p[0] == '4'          ? 1
	                                      : 2]);
}

/*
 * We know the address that we have written to: the one before it was
 * forwarded.  Exim writes Status 5.0.0 whatever it was, its diagnostic says
 * more.
 */
static void
read_row(struct mail_record *r, struct mailread_pool *pool,
    const struct mailread_headers *h)
{
	struct mail_dsn_row row = {
		.recipient =
		    typed_address(mailread_header(h, "Original-Recipient")),
		.status = mailread_status(mailread_header(h, "Status")),
		.diagnostic =
		    line(pool, typed(mailread_header(h, "Diagnostic-Code"))),
		.remote_mta = word(typed(mailread_header(h, "Remote-MTA"))),
	};

	if (row.recipient.len == 0)
		row.recipient =
		    typed_address(mailread_header(h, "Final-Recipient"));
	row.action = action(word(mailread_header(h, "Action")), row.status);
	if (row.action.len == 0)
		return;
	row.status = mailread_status_better(row.status, row.diagnostic);
	add_row(r, pool, &row);
}

void
mailread_dsn_status(
    struct mail_record *r, struct mailread_pool *pool, struct str part)
{
	struct mailread_headers h;

	r->class = MAIL_DSN;
	r->is_auto = true;
	mailread_headers_read(&h, pool, &part);
	r->dsn_envid = word(mailread_header(&h, "Original-Envelope-Id"));
	read_row(r, pool, &h); /* some have no block before the first row */
	while (part.len > 0 && r->ndsn < MAIL_DSN_ROWS_MAX) {
		mailread_headers_read(&h, pool, &part);
		read_row(r, pool, &h);
	}
}

/* ---- receipts and complaints ------------------------------------------ */

void
mailread_dsn_disposition(
    struct mail_record *r, struct mailread_pool *pool, struct str part)
{
	struct mailread_headers h;

	r->class = MAIL_MDN;
	r->is_auto = true;
	mailread_headers_read(&h, pool, &part);
	r->returned_id =
	    mailread_id(mailread_header(&h, "Original-Message-ID"));
	r->returned_to =
	    typed_address(either(&h, "Original-Recipient", "Final-Recipient"));
	r->feedback = mailread_pool_lower(
	    pool, word(typed(mailread_header(&h, "Disposition"))));
}

void
mailread_dsn_feedback(
    struct mail_record *r, struct mailread_pool *pool, struct str part)
{
	struct mailread_headers h;

	r->class = MAIL_ARF;
	r->is_auto = true;
	mailread_headers_read(&h, pool, &part);
	r->feedback = mailread_pool_lower(
	    pool, word(mailread_header(&h, "Feedback-Type")));
	r->returned_to =
	    address(either(&h, "Original-Rcpt-To", "Removal-Recipient"));
	r->returned_sender = address(mailread_header(&h, "Original-Mail-From"));
}

void
mailread_dsn_returned(
    struct mail_record *r, struct mailread_pool *pool, struct str mail)
{
	struct mailread_headers h;
	struct str sender;

	mailread_headers_read(&h, pool, &mail);
	if (r->returned_id.len == 0)
		r->returned_id = mailread_id(mailread_header(&h, "Message-ID"));
	if (r->returned_to.len == 0)
		r->returned_to = address(mailread_header(&h, "To"));
	sender = address(mailread_header(&h, "Return-Path"));
	if (r->returned_sender.len == 0)
		r->returned_sender = sender;
}

/* ---- texts ------------------------------------------------------------ */

static bool
has_any(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (mailread_find_nocase(s, *words) >= 0)
			return true;
	return false;
}

/* In the words of the programs and providers that write such texts. */
static const char *const failure_words[] = { "undeliver", "undelivered",
	"failure notice", "delivery fail", "delivery failure",
	"delivery status notification", "returned mail", "mail delivery",
	"message you sent", "not delivered", "returning message",
	"delivery problem", "unzustellbar", "nicht zugestellt",
	"nicht zustellbar", "remise", "non remis", "no entregado",
	"non recapitabile", NULL };
static const char *const delay_words[] = { "delay", "warning", "still trying",
	"not yet", "verz\303\266ger", "retard", NULL };

static bool
is_daemon(struct str address)
{
	static const char *const local[] = { "mailer-daemon", "postmaster",
		"mail-daemon", "mailerdaemon" };
	ptrdiff_t at = str_find(address, '@');
	struct str name = at < 0 ? address : str_head(address, (size_t)at);

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (str_eq_nocase(name, str_c(local[i])))
			return true;
	return false;
}

static bool
is_text_bounce(const struct mail_record *r, const struct mailread_headers *h)
{
	if (mailread_header_has(h, "X-Failed-Recipients"))
		return true;
	return is_daemon(r->from.address) && has_any(r->subject, failure_words);
}

/*
 * A line that begins with an address of its own: "<a@b>:", "a@b: 550 no",
 * "    a@b".  What is behind it on that line goes to *more.
 */
static struct str
line_address(struct str text, struct str *more)
{
	static const char *const label[] = {
		"To:", "Recipient:", "Recipient address:", "Adresse:"
	};
	size_t n = 0;

	text = str_trim(text);
	for (size_t i = 0; i < sizeof(label) / sizeof(label[0]); i++) {
		struct str l = str_c(label[i]);

		if (str_eq_nocase(str_head(text, l.len), l))
			text = str_trim(str_skip(text, l.len));
	}
	while (n < text.len && !strchr(" \t:", text.p[n]))
		n++;
	*more = str_trim(str_skip(text, n));
	while (more->len > 0 && more->p[0] == ':')
		*more = str_trim(str_skip(*more, 1));
	text = str_head(text, n);
	if (!str_has(text, '@'))
		return STR_EMPTY;
	return address(text);
}

/* What is said behind an address: on its line, else on those below it, up to
   an empty one. */
static struct str
reason(struct str more, struct str below)
{
	struct str text = below, line;

	if (more.len > 0)
		return more;
	text.len = 0;
	while (mailread_line(&below, &line) && str_trim(line).len > 0 &&
	    text.len < DIAGNOSTIC_MAX)
		text.len = (size_t)(line.p + line.len - text.p);
	return text;
}

/* Where the text names that recipient, or, empty, any. */
static struct str
find_reason(struct str text, struct str *recipient)
{
	struct str line, more, found;

	while (mailread_line(&text, &line)) {
		found = line_address(line, &more);
		if (found.len == 0 ||
		    (recipient->len > 0 && !str_eq_nocase(found, *recipient)))
			continue;
		*recipient = found;
		return reason(more, text);
	}
	return STR_EMPTY;
}

static void
complete_row(
    struct mail_dsn_row *row, struct mailread_pool *pool, struct str text)
{
	if (row->diagnostic.len == 0)
		row->diagnostic =
		    line(pool, find_reason(text, &row->recipient));
	row->status = mailread_status_better(row->status, row->diagnostic);
}

static void
complete_rows(struct mail_record *r, struct mailread_pool *pool)
{
	struct mail_dsn_row *all =
	    mailread_pool_get(pool, (r->ndsn + 1) * sizeof(all[0]));

	for (size_t i = 0; i < r->ndsn; i++) {
		all[i] = r->dsn[i];
		complete_row(&all[i], pool, r->text);
	}
	r->dsn = all;
}

/* "Message-ID: <a@b>" of the copy that is quoted below. */
static void
find_returned(struct mail_record *r, struct mailread_pool *pool)
{
	static const char label[] = "Message-ID:";
	struct str text = r->text, line;

	while (r->returned_id.len == 0 && mailread_line(&text, &line)) {
		line = str_trim(line);
		if (mailread_find_nocase(line, label) == 0)
			r->returned_id = mailread_pool_str(pool,
			    mailread_id(str_skip(line, sizeof(label) - 1)));
	}
}

static void
read_text_bounce(struct mail_record *r, struct mailread_pool *pool,
    const struct mailread_headers *h)
{
	struct mail_dsn_row row = { .action = STR("failed") };
	struct str failed = mailread_header(h, "X-Failed-Recipients");
	ptrdiff_t comma = str_find(failed, ',');

	if (has_any(r->subject, delay_words))
		row.action = STR("delayed");
	row.recipient =
	    address(comma < 0 ? failed : str_head(failed, (size_t)comma));
	complete_row(&row, pool, r->text);
	if (row.recipient.len == 0)
		return;
	if (row.status.len == 0)
		row.status =
		    str_is(row.action, "failed") ? STR("5.0.0") : STR("4.0.0");
	r->class = MAIL_DSN;
	r->is_auto = true;
	add_row(r, pool, &row);
	find_returned(r, pool);
}

void
mailread_dsn_text(struct mail_record *r, struct mailread_pool *pool,
    const struct mailread_headers *h)
{
	if (r->class == MAIL_DSN)
		complete_rows(r, pool);
	else if (r->class != MAIL_MDN && r->class != MAIL_ARF &&
	    is_text_bounce(r, h))
		read_text_bounce(r, pool, h);
}
