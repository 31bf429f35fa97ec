/*
 * What the attributes of an HTML element say about it.
 */
#include "smtp/mailread/mailread_marks.h"

enum {
	STYLE_MAX = 1024, /* bytes of one that are looked at */
	CLASSES_MAX = 30, /* of one element that are looked at */
};

struct str
mailread_marks_value(const char *const *attr, const char *name)
{
	for (; attr && attr[0]; attr += 2)
		if (strcmp(attr[0], name) == 0)
			return str_c(attr[1]);
	return STR_EMPTY;
}

/*
 * Classes, ids and names, and what they mean.  Outlook on the web puts x_ in
 * front of those of others.
 */
static const struct {
	const char *word;
	enum { REST, QUOTED, SIGNATURE, TIGHT } kind;
} words[] = {
	{ "divRplyFwdMsg", REST },        /* Outlook on the web */
	{ "appendonsend", REST },         /* the same */
	{ "OLK_SRC_BODY_SECTION", REST }, /* Outlook for Mac */
	{ "OutlookMessageHeader", REST },
	{ "ms-outlook-mobile-reference-message", REST },
	{ "mail-editor-reference-message-container", REST },
	{ "gmail_quote", QUOTED },
	{ "gmail_quote_container", QUOTED },
	{ "gmail_attr", QUOTED },
	{ "yahoo_quoted", QUOTED },
	{ "protonmail_quote", QUOTED },
	{ "tutanota_quote", QUOTED },
	{ "zmail_extra", QUOTED },     /* Zoho */
	{ "moz-cite-prefix", QUOTED }, /* Thunderbird */
	{ "moz-email-headers-table", REST },
	{ "reply-intro", QUOTED }, /* Roundcube */
	{ "isReplyContent", REST },
	{ "replyHeader", REST },
	{ "gmail_signature", SIGNATURE },
	{ "moz-signature", SIGNATURE },
	{ "protonmail_signature_block", SIGNATURE },
	{ "ms-outlook-mobile-signature", SIGNATURE },
	{ "AppleMailSignature", SIGNATURE },
	{ "k9mail-signature", SIGNATURE },
	{ "Signature", SIGNATURE },          /* Outlook on the web */
	{ "composer_signature", SIGNATURE }, /* Samsung */
	{ "bloop_sign", SIGNATURE },
	{ "MsoNormal", TIGHT },
	{ "MsoPlainText", TIGHT },
	{ "MsoNoSpacing", TIGHT },
	{ "MsoListParagraph", TIGHT },
};

static void
read_word(struct str word, struct mailread_marks *out)
{
	if (str_starts(word, STR("x_")))
		word = str_skip(word, 2);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!str_is(word, words[i].word))
			continue;
		out->is_rest = out->is_rest || words[i].kind == REST;
		out->is_quoted = out->is_quoted || words[i].kind == QUOTED;
		out->is_signature =
		    out->is_signature || words[i].kind == SIGNATURE;
		out->is_tight = out->is_tight || words[i].kind == TIGHT;
	}
}

static void
read_words(struct str value, struct mailread_marks *out)
{
	struct str word;

	for (int n = 0; n < CLASSES_MAX && str_cut(&value, ' ', &word); n++)
		read_word(str_trim(word), out);
}

/* Small letters, without blanks: "display:none;color:#fff". */
static size_t
squeeze(struct str style, char *to)
{
	size_t n = 0;

	for (size_t i = 0; i < style.len && n < STYLE_MAX; i++) {
		char c = style.p[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			continue;
		to[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	return n;
}

/* Is a zero: "0", "0px", "0.0in"; how the margins of Word look. */
static bool
is_zero(struct str value)
{
	return str_starts(value, STR("0")) &&
	    !(value.len > 2 && value.p[1] == '.' && value.p[2] > '0' &&
	        value.p[2] <= '9');
}

/* "0cm0cm0cm" and "0cm0cm8pt": above and below, in squeezed form. */
static bool
is_no_margin(struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] >= '1' && value.p[i] <= '9')
			return false;
	return is_zero(value);
}

static void
read_rule(struct str name, struct str value, struct mailread_marks *out)
{
	if (str_is(name, "display"))
		out->is_hidden =
		    out->is_hidden || str_starts(value, STR("none"));
	else if (str_is(name, "visibility"))
		out->is_hidden =
		    out->is_hidden || str_starts(value, STR("hidden"));
	else if (str_is(name, "opacity"))
		out->is_hidden = out->is_hidden || str_is(value, "0");
	else if (str_is(name, "white-space"))
		out->kept = str_starts(value, STR("pre")) ||
		        str_starts(value, STR("break-spaces"))
		    ? 1
		    : -1;
	else if (str_is(name, "margin") || str_is(name, "margin-top") ||
	    str_is(name, "margin-bottom"))
		out->is_tight = out->is_tight || is_no_margin(value);
	else if (str_is(name, "border"))
		out->is_indent =
		    str_starts(value, STR("none")) || is_zero(value);
}

static void
read_style(struct str style, struct mailread_marks *out)
{
	char squeezed[STYLE_MAX];
	struct str rest = str_of(squeezed, squeeze(style, squeezed)), rule;
	bool is_flat = false, is_cut = false;

	while (str_cut(&rest, ';', &rule)) {
		struct str name;

		if (!str_cut(&rule, ':', &name) || !rule.p)
			continue;
		if (str_is(name, "max-height"))
			is_flat = is_zero(rule);
		if (str_is(name, "overflow"))
			is_cut = str_starts(rule, STR("hidden"));
		read_rule(name, rule, out);
	}
	if (is_flat && is_cut)
		out->is_hidden = true;
}

/* One or two pixels in one direction. */
static bool
is_tiny(struct str size)
{
	return str_is(size, "0") || str_is(size, "1") || str_is(size, "2") ||
	    str_is(size, "1px") || str_is(size, "0px");
}

static void
read_attribute(const char *name, struct str value, struct mailread_marks *out)
{
	if (strcmp(name, "class") == 0 || strcmp(name, "id") == 0)
		read_words(value, out);
	else if (strcmp(name, "style") == 0)
		read_style(value, out);
	else if (strcmp(name, "hidden") == 0)
		out->is_hidden = true;
	else if (strcmp(name, "width") == 0 || strcmp(name, "height") == 0)
		out->is_pixel = out->is_pixel || is_tiny(value);
	else if (strcmp(name, "name") == 0) /* GMX, Web.de */
		out->is_quote = str_is(value, "quote");
	else if (strcmp(name, "type") == 0 && str_is(value, "cite"))
		out->is_cited = true;
}

void
mailread_marks_read(const char *const *attr, struct mailread_marks *out)
{
	*out = (struct mailread_marks){ 0 };
	for (; attr && attr[0]; attr += 2)
		read_attribute(attr[0], str_c(attr[1]), out);
	/* A program that says what it quotes quotes it, borders or not. */
	if (out->is_quoted)
		out->is_cited = true;
}
