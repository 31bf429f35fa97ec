#include "smtp/mailread/mailread_text.h"
#include "lib/text.h"
#include "lib/utf8.h"
#include "smtp/mailread/mailread_headers.h"

enum {
	CHARSET_MAX = 40,
	PAGE_HEAD = 1024, /* as browsers look for it */
	STUB_MAX = 300,
};

/* What mails say, and what they mean (the table that browsers have). */
static const struct {
	const char *said, *meant;
} alias[] = {
	{ "iso-8859-1", "windows-1252" },
	{ "iso8859-1", "windows-1252" },
	{ "latin1", "windows-1252" },
	{ "iso-8859-9", "windows-1254" },
	{ "iso-8859-11", "windows-874" },
	{ "gb2312", "gb18030" },
	{ "gbk", "gb18030" },
	{ "x-gbk", "gb18030" },
	{ "ks_c_5601-1987", "cp949" },
	{ "euc-kr", "cp949" },
	{ "shift_jis", "cp932" },
	{ "x-sjis", "cp932" },
	{ "big5", "big5-hkscs" },
	{ "unicode-1-1-utf-7", "utf-7" },
};

/* Names that say nothing about bytes over 127. */
static const char *const vague[] = { "", "us-ascii", "ascii", "ansi_x3.4-1968",
	"unknown", "unknown-8bit", "x-unknown", "8bit", "binary", "default",
	"utf-8", "utf8" };

static bool
is_vague(struct str charset)
{
	for (size_t i = 0; i < sizeof(vague) / sizeof(vague[0]); i++)
		if (str_eq_nocase(charset, str_c(vague[i])))
			return true;
	return false;
}

/* Terminated, of letters that iconv gives no meaning of its own to. */
static bool
charset_name(struct str charset, char out[CHARSET_MAX + 1])
{
	if (charset.len > CHARSET_MAX)
		return false;
	for (size_t i = 0; i < sizeof(alias) / sizeof(alias[0]); i++)
		if (str_eq_nocase(charset, str_c(alias[i].said)))
			charset = str_c(alias[i].meant);
	for (size_t i = 0; i < charset.len; i++) {
		char c = charset.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && !strchr("-_.:+", c))
			return false;
		out[i] = c;
	}
	out[charset.len] = '\0';
	return true;
}

void
mailread_to_utf8(struct str raw, struct str charset, struct buf *out)
{
	char name[CHARSET_MAX + 1];

	if ((is_vague(charset) && utf8_is_valid(raw)) || raw.len == 0)
		buf_add_str(out, raw);
	else if (is_vague(charset) || !charset_name(charset, name) ||
	    !text_to_utf8(name, raw, out))
		buf_add_str(out, raw); /* mail_words_text() guesses */
}

struct str
mailread_html_charset(struct str page)
{
	static const char key[] = "charset=";
	ptrdiff_t at;
	size_t n = 0;

	page = str_head(page, PAGE_HEAD);
	at = mailread_find_nocase(page, key);
	if (at < 0)
		return STR_EMPTY;
	page = str_skip(page, (size_t)at + sizeof(key) - 1);
	if (page.len > 0 && (page.p[0] == '"' || page.p[0] == '\''))
		page = str_skip(page, 1);
	while (n < page.len && !strchr("\"'>;/ \t\r\n", page.p[n]))
		n++;
	return str_head(page, n);
}

bool
mailread_is_stub(struct str text)
{
	static const char *const word[] = { "html", "browser", "navigateur",
		"webmail" };

	text = str_trim(text);
	if (text.len == 0)
		return true;
	if (text.len > STUB_MAX)
		return false;
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		if (mailread_find_nocase(text, word[i]) >= 0)
			return true;
	return false;
}

struct str
mailread_trim_lines(struct str text)
{
	size_t begin = 0;

	while (text.len > 0 && strchr(" \t\r\n", text.p[text.len - 1]))
		text.len--;
	for (size_t i = 0; i < text.len && strchr(" \t\r\n", text.p[i]); i++)
		if (text.p[i] == '\n')
			begin = i + 1;
	return str_skip(text, begin);
}
