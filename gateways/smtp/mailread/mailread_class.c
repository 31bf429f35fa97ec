#include "smtp/mailread/mailread_class.h"
#include "smtp/mail_words.h"
#include "smtp/mailread/mailread_headers.h"
#include "smtp/mailread/mailread_pool.h"

/* ---- programs --------------------------------------------------------- */

/* A header that only programs write, and what it says; NULL: anything. */
struct mark {
	const char *name, *word, *kind;
};

static const struct mark auto_mark[] = {
	{ "Precedence", "bulk", "bulk" },
	{ "Precedence", "junk", "bulk" },
	{ "Precedence", "auto_reply", "auto-replied" },
	{ "X-Precedence", "auto_reply", "auto-replied" },
	{ "X-Autoreply", NULL, "auto-replied" },
	{ "X-Auto-Reply", NULL, "auto-replied" },
	{ "X-Autorespond", NULL, "auto-replied" },
	{ "X-Autoresponder", NULL, "auto-replied" },
	{ "X-Auto-Response-Suppress", NULL, "auto-generated" },
	{ "X-Cron-Env", NULL, "auto-generated" },
	{ "X-Failed-Recipients", NULL, "auto-replied" },
};

static struct str
auto_kind(const struct mailread_headers *h, struct mailread_pool *pool)
{
	struct str word =
	    mailread_first_word(mailread_header(h, "Auto-Submitted"));

	if (word.len > 0 && mail_is_word(word) &&
	    !str_eq_nocase(word, STR("no")))
		return mailread_pool_lower(pool, word);
	for (size_t i = 0; i < sizeof(auto_mark) / sizeof(auto_mark[0]); i++) {
		const struct mark *m = &auto_mark[i];
		struct str value = mailread_header(h, m->name);

		if (m->word ? str_eq_nocase(
		                  mailread_first_word(value), str_c(m->word))
		            : mailread_header_has(h, m->name))
			return str_c(m->kind);
	}
	return STR_EMPTY;
}

/* ---- lists (RFC 2919, 2369, 8058) ------------------------------------- */

/* "Name <dev.lists.example.org>", or without the brackets. */
static struct str
list_id(struct str value, struct mailread_pool *pool)
{
	ptrdiff_t begin = str_find(value, '<'), end;

	if (begin >= 0) {
		value = str_skip(value, (size_t)begin + 1);
		end = str_find(value, '>');
		value = end < 0 ? STR_EMPTY : str_head(value, (size_t)end);
	}
	value = str_trim(value);
	return mail_is_word(value) ? mailread_pool_lower(pool, value)
	                           : STR_EMPTY;
}

/* The first <URL> of that scheme. */
static struct str
list_url(struct str value, struct str scheme)
{
	ptrdiff_t begin, end;

	while (begin = str_find(value, '<'), begin >= 0) {
		struct str url;

		value = str_skip(value, (size_t)begin + 1);
		end = str_find(value, '>');
		if (end < 0)
			break;
		url = str_trim(str_head(value, (size_t)end));
		if (str_eq_nocase(str_head(url, scheme.len), scheme) &&
		    mail_is_url(url))
			return url;
		value = str_skip(value, (size_t)end + 1);
	}
	return STR_EMPTY;
}

static struct str
list_post(struct str value)
{
	struct str url = list_url(value, STR("mailto:"));
	ptrdiff_t more;

	url = str_skip(url, strlen("mailto:"));
	more = str_find(url, '?');
	if (more >= 0)
		url = str_head(url, (size_t)more);
	return mail_is_address(url) ? url : STR_EMPTY;
}

static void
read_list(struct mail_record *r, struct mailread_pool *pool,
    const struct mailread_headers *h)
{
	struct str unsubscribe = mailread_header(h, "List-Unsubscribe");

	r->list_id = list_id(mailread_header(h, "List-Id"), pool);
	r->list_post = list_post(mailread_header(h, "List-Post"));
	r->unsubscribe = list_url(unsubscribe, STR("https:"));
	r->one_click = r->unsubscribe.len > 0 &&
	    mailread_find_nocase(mailread_header(h, "List-Unsubscribe-Post"),
	        "List-Unsubscribe=One-Click") >= 0;
	if (r->unsubscribe.len == 0)
		r->unsubscribe = list_url(unsubscribe, STR("mailto:"));
}

static bool
is_list(const struct mail_record *r, const struct mailread_headers *h)
{
	struct str precedence =
	    mailread_first_word(mailread_header(h, "Precedence"));

	return r->list_id.len > 0 || r->list_post.len > 0 ||
	    r->unsubscribe.len > 0 || mailread_header_has(h, "Mailing-List") ||
	    str_eq_nocase(precedence, STR("list"));
}

/* ---- what filters and senders think of it ------------------------------ */

static bool
says_yes(const struct mailread_headers *h, const char *name)
{
	return str_eq_nocase(
	    mailread_first_word(mailread_header(h, name)), STR("yes"));
}

static bool
is_spam(const struct mailread_headers *h)
{
	return says_yes(h, "X-Spam-Flag") || says_yes(h, "X-Spam-Status") ||
	    says_yes(h, "X-Spam");
}

static const struct {
	const char *name, *word, *importance;
} importance_row[] = {
	{ "Importance", "high", "high" },
	{ "Importance", "low", "low" },
	{ "Importance", "normal", "medium" },
	{ "X-Priority", "1", "high" },
	{ "X-Priority", "2", "high" },
	{ "X-Priority", "3", "medium" },
	{ "X-Priority", "4", "low" },
	{ "X-Priority", "5", "low" },
	{ "Priority", "urgent", "high" },
	{ "Priority", "normal", "medium" },
	{ "Priority", "non-urgent", "low" },
	{ "X-MSMail-Priority", "high", "high" },
	{ "X-MSMail-Priority", "low", "low" },
};

static struct str
importance(const struct mailread_headers *h)
{
	for (size_t i = 0;
	     i < sizeof(importance_row) / sizeof(importance_row[0]); i++)
		if (str_eq_nocase(mailread_first_word(mailread_header(
		                      h, importance_row[i].name)),
		        str_c(importance_row[i].word)))
			return str_c(importance_row[i].importance);
	return STR_EMPTY;
}

/* As far as it is one line: who shows it cuts it where he likes. */
static struct str
line(struct mailread_pool *pool, struct str raw)
{
	struct buf b;

	buf_init(&b, MAIL_LINE_MAX);
	mail_words_line(raw, MAIL_LINE_MAX, &b);
	return mailread_pool_take(pool, &b);
}

static struct str
severity(const struct mailread_headers *h, struct mailread_pool *pool)
{
	static const char *const name[] = { "X-Severity", "X-Alert-Severity",
		"X-Alert-Level", "X-Alert", "X-Notification-Severity",
		"X-Zabbix-Severity", "X-Alert-State", "Severity" };

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		struct str value = mailread_header(h, name[i]);

		if (value.len > 0)
			return line(pool, value);
	}
	return STR_EMPTY;
}

/* ---- the way it came --------------------------------------------------- */

static bool
is_by(struct str received, struct str domain)
{
	ptrdiff_t at = mailread_find_nocase(received, " by ");

	if (at < 0 || domain.len == 0)
		return false;
	received = str_skip(received, (size_t)at + 4);
	return str_eq_nocase(mailread_first_word(received), domain);
}

static void
read_way(struct mail_record *r, const struct mailread_headers *h,
    struct str own_domain)
{
	unsigned nown = 0;

	for (size_t i = 0; i < h->n; i++) {
		if (!str_eq_nocase(h->header[i].name, STR("Received")))
			continue;
		r->nreceived++;
		nown += is_by(h->header[i].value, own_domain);
	}
	r->has_own_loop = nown >= 2;
}

void
mailread_class(struct mail_record *r, struct mailread_pool *pool,
    const struct mailread_headers *h, struct str own_domain)
{
	struct str jid = mailread_header(h, "Jabber-ID");

	read_list(r, pool, h);
	r->auto_kind = auto_kind(h, pool);
	r->is_auto = r->auto_kind.len > 0;
	r->class = is_list(r, h) ? MAIL_LIST
	    : r->is_auto         ? MAIL_AUTO
	                         : MAIL_ORDINARY;
	r->is_spam = is_spam(h);
	r->importance = importance(h);
	r->severity = severity(h, pool);
	r->jabber_id = line(pool, jid.len ? jid : mailread_header(h, "X-JID"));
	read_way(r, h, own_domain);
}
