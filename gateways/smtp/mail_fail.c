#include "smtp/mail_fail.h"
#include "smtp/mail_words.h"

enum { SAID_MAX = 150 };

/* Without the class; a longer one stands before a shorter one. */
struct row {
	const char *subject; /* "1.1", or "1." for all that begin so */
	enum err_kind kind;
	const char *text;
};

static const struct row by_enhanced[] = {
	{ "1.1", ERR_NOT_FOUND, "there is no such mailbox" },
	{ "1.2", ERR_UNREACHABLE, "there is no such mail domain" },
	{ "1.3", ERR_BAD_INPUT, "the mail server does not take that address" },
	{ "1.6", ERR_NOT_FOUND, "the mailbox has moved" },
	{ "1.7", ERR_POLICY, "our address was not taken as a sender" },
	{ "1.8", ERR_POLICY, "our address was not taken as a sender" },
	{ "1.10", ERR_UNREACHABLE, "that domain takes no mail" },
	{ "1.", ERR_NOT_FOUND, "that address cannot be reached" },
	{ "2.1", ERR_NOT_FOUND, "the mailbox is disabled" },
	{ "2.2", ERR_BUSY, "the mailbox is full" },
	{ "2.3", ERR_UNSUITABLE, "the mail is too large for the mailbox" },
	{ "2.", ERR_BUSY, "the mailbox does not take it" },
	{ "3.4", ERR_UNSUITABLE, "the mail is too large" },
	{ "3.", ERR_BUSY, "the mail server does not take it" },
	{ "4.4", ERR_UNREACHABLE, "there is no way to that domain" },
	{ "4.6", ERR_POLICY, "the mail went round in a loop" },
	{ "4.7", ERR_TIMEOUT, "the mail server could not be reached in time" },
	{ "4.", ERR_TIMEOUT, "the mail server cannot be reached" },
	{ "6.", ERR_UNSUITABLE, "the mail server cannot read it" },
	{ "7.1", ERR_DENIED, "the mail server does not let it through" },
	{ "7.", ERR_POLICY, "the mail server does not let it through" },
};

static const struct {
	int code;
	enum err_kind kind;
	const char *text;
} by_code[] = {
	{ 450, ERR_BUSY, "the mailbox is not available now" },
	{ 452, ERR_BUSY, "the mail server has no room" },
	{ 550, ERR_NOT_FOUND, "the mail server does not take it" },
	{ 551, ERR_NOT_FOUND, "the mailbox is elsewhere" },
	{ 552, ERR_UNSUITABLE, "the mail is too large" },
	{ 553, ERR_BAD_INPUT, "the mail server does not take that address" },
	{ 554, ERR_POLICY, "the mail server does not let it through" },
	{ 556, ERR_UNREACHABLE, "that domain takes no mail" },
};

static const struct row other = { "", ERR_POLICY,
	"the mail server does not take it" };
static const struct row later = { "", ERR_TIMEOUT,
	"the mail server did not take it in time" };

static bool
fits(const struct row *r, struct str subject)
{
	struct str want = str_c(r->subject);

	return str_ends(want, STR(".")) ? str_starts(subject, want)
	                                : str_eq(subject, want);
}

/* What is behind the class of "5.1.1"; nothing where it says nothing. */
static struct str
subject_of(struct str enhanced)
{
	if (enhanced.len < 5 || enhanced.p[1] != '.' ||
	    str_is(str_skip(enhanced, 2), "0.0"))
		return STR_EMPTY;
	return str_skip(enhanced, 2);
}

static struct row
find(int code, struct str enhanced)
{
	struct str subject = subject_of(enhanced);
	size_t n = sizeof(by_enhanced) / sizeof(by_enhanced[0]);

	for (size_t i = 0; i < n && subject.len; i++)
		if (fits(&by_enhanced[i], subject))
			return by_enhanced[i];
	for (size_t i = 0; i < sizeof(by_code) / sizeof(by_code[0]); i++)
		if (by_code[i].code == code)
			return (
			    struct row){ "", by_code[i].kind, by_code[i].text };
	return code / 100 == 4 || str_starts(enhanced, STR("4")) ? later
	                                                         : other;
}

enum err_kind
mail_fail_kind(int code, struct str enhanced)
{
	return find(code, enhanced).kind;
}

bool
mail_fail_is_nobody(int code, struct str enhanced)
{
	struct str subject = subject_of(enhanced);

	if (code / 100 == 4 || str_starts(enhanced, STR("4")))
		return false;
	return str_is(subject, "1.1") || str_is(subject, "1.2") ||
	    str_is(subject, "1.10") || (subject.len == 0 && code == 550);
}

void
mail_fail_set(struct err *err, int code, struct str enhanced, struct str said)
{
	struct row r = find(code, enhanced);
	struct buf line;

	buf_init(&line, 4 * SAID_MAX);
	mail_words_line(said, SAID_MAX, &line);
	(void)err_set(err, r.kind, "%s%s" STR_FMT, r.text, line.len ? ": " : "",
	    STR_ARG(buf_str(&line)));
	buf_release(&line);
}
