#include <gmime/gmime.h>

#include "smtp/mail_words.h"
#include "smtp/mailread/mailread_names.h"
#include "smtp/mailread/mailread_pool.h"

enum { GROUP_DEPTH = 5 };

/* 2100-01-01: what is dated later is dated wrongly. */
static const int64_t date_max_s = 4102444800;

void
mailread_gmime_init(void)
{
	static const char *charset[] = { "utf-8", "windows-1252", NULL };
	GMimeParserOptions *o;

	g_mime_init();
	o = g_mime_parser_options_get_default();
	/* Programs mail as `root`. */
	g_mime_parser_options_set_allow_addresses_without_domain(o, TRUE);
	g_mime_parser_options_set_fallback_charsets(o, charset);
}

/* GMime wants it terminated. */
static const char *
terminated(struct mailread_pool *pool, struct str s)
{
	char *z = mailread_pool_get(pool, s.len + 1);

	if (s.len > 0)
		memcpy(z, s.p, s.len);
	return z;
}

static struct str
one_line(struct mailread_pool *pool, const char *text)
{
	struct buf b;

	buf_init(&b, MAIL_LINE_MAX);
	mail_words_line(str_c(text), MAIL_LINE_MAX, &b);
	return mailread_pool_take(pool, &b);
}

/* ---- addresses -------------------------------------------------------- */

struct names {
	struct mailread_pool *pool;
	struct mail_name *out;
	size_t n, max;
};

static void
add(struct names *to, const char *address, const char *name)
{
	if (to->n == to->max || !mail_is_address(str_c(address)))
		return;
	to->out[to->n++] = (struct mail_name){
		mailread_pool_str(to->pool, str_c(address)),
		one_line(to->pool, name),
	};
}

static void
add_list(struct names *to, InternetAddressList *list, unsigned depth)
{
	int n = internet_address_list_length(list);

	for (int i = 0; i < n && to->n < to->max; i++) {
		InternetAddress *a = internet_address_list_get_address(list, i);

		if (INTERNET_ADDRESS_IS_MAILBOX(a))
			add(to,
			    internet_address_mailbox_get_addr(
			        INTERNET_ADDRESS_MAILBOX(a)),
			    internet_address_get_name(a));
		else if (INTERNET_ADDRESS_IS_GROUP(a) && depth < GROUP_DEPTH)
			add_list(to,
			    internet_address_group_get_members(
			        INTERNET_ADDRESS_GROUP(a)),
			    depth + 1);
	}
}

size_t
mailread_names(struct mailread_pool *pool, struct str value,
    struct mail_name *out, size_t max)
{
	struct names to = { pool, out, 0, max };
	InternetAddressList *list =
	    internet_address_list_parse(NULL, terminated(pool, value));

	if (list) {
		add_list(&to, list, 0);
		g_object_unref(list);
	}
	return to.n;
}

/* ---- words, dates ----------------------------------------------------- */

struct str
mailread_words(struct mailread_pool *pool, struct str value)
{
	char *decoded =
	    g_mime_utils_header_decode_text(NULL, terminated(pool, value));
	struct str s = one_line(pool, decoded);

	g_free(decoded);
	return s;
}

int64_t
mailread_date(struct mailread_pool *pool, struct str value)
{
	GDateTime *date = NULL;
	int64_t s;

	if (value.len > 0)
		date = g_mime_utils_header_decode_date(terminated(pool, value));
	if (!date)
		return 0;
	s = g_date_time_to_unix(date);
	g_date_time_unref(date);
	return s > 0 && s < date_max_s ? s * 1000 : 0;
}
