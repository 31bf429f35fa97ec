#include "smtp/mail_senders.h"

#include "core/gateway.h"
#include "lib/buf.h"
#include "lib/utf8.h"
#include "smtp/mail_blocks.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_originals.h"
#include "smtp/mail_wishes.h"

const struct gw_setting mail_sender_fields[] = {
	{ "who", GW_SET_TEXT, 0, "Who",
	    "An address (bob@example.net), a domain (@example.net) or a "
	    "mailing list (<dev.lists.example.net>)",
	    "", NULL },
	{ "rule", GW_SET_TEXT, 0, "Rule",
	    "block: nothing comes from there; allow: it comes without a "
	    "question; none: as from anybody",
	    "block", NULL },
	{ .name = NULL },
};

const struct gw_setting mail_wish_fields[] = {
	{ "welcome", GW_SET_TEXT, 0, "Who may write to you",
	    "all; contacts: with whom you have had mail; ask: you are asked "
	    "first about others; empty: as it is",
	    "", NULL },
	{ "subjects", GW_SET_TEXT, 0, "Show subjects",
	    "In bold, where a conversation begins: yes or no; empty: as it is",
	    "", NULL },
	{ "quotes", GW_SET_TEXT, 0, "Show quotes",
	    "What answers repeat: yes or no; empty: as it is", "", NULL },
	{ "files", GW_SET_TEXT, 0, "Pass on files",
	    "yes, or no: they are only named; empty: as it is", "", NULL },
	{ .name = NULL },
};

const struct gw_setting mail_whole_fields[] = {
	{ "who", GW_SET_TEXT, 0, "From",
	    "The address whose last mail it is; empty: whoever wrote last", "",
	    NULL },
	{ .name = NULL },
};

static struct str
field_of(const struct gw_field *field, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(field[i].name, name))
			return str_trim(field[i].value);
	return STR_EMPTY;
}

int
mail_senders_on_list(struct gateway *gw, struct str user,
    const struct gw_field *field, size_t nfield, struct buf *out,
    struct err *err)
{
	struct mail_gateway *mail = mail_of(gw);

	(void)field;
	(void)nfield;
	(void)err;
	mail_wishes_write(mail->wishes, user, out);
	mail_blocks_write(mail->blocks, user, out);
	return 0;
}

int
mail_senders_on_rule(struct gateway *gw, struct str user,
    const struct gw_field *field, size_t nfield, struct buf *out,
    struct err *err)
{
	static const struct {
		const char *word;
		enum mail_rule rule;
		const char *said;
	} rules[] = {
		{ "block", MAIL_RULE_BLOCK, "Nothing comes any more from " },
		{ "allow", MAIL_RULE_ALLOW, "What comes is let through from " },
		{ "none", MAIL_RULE_NONE, "There is no rule any more about " },
	};
	struct str who = field_of(field, nfield, "who");
	struct str word = field_of(field, nfield, "rule");

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (!str_eq_nocase(word, str_c(rules[i].word)))
			continue;
		if (mail_blocks_put(
		        mail_of(gw)->blocks, user, who, rules[i].rule, err) < 0)
			return -1;
		return buf_addf(out, "%s" STR_FMT ".", rules[i].said,
		    STR_ARG(str_head(who, 300)));
	}
	return err_set(err, ERR_BAD_INPUT,
	    "a rule is block, allow or none, and not \"" STR_FMT "\"",
	    STR_ARG(str_head(word, 40)));
}

int
mail_senders_on_wish(struct gateway *gw, struct str user,
    const struct gw_field *field, size_t nfield, struct buf *out,
    struct err *err)
{
	struct mail_gateway *mail = mail_of(gw);

	for (const struct gw_setting *s = mail_wish_fields; s->name; s++) {
		struct str value = field_of(field, nfield, s->name);

		if (value.len &&
		    mail_wishes_put(
		        mail->wishes, user, str_c(s->name), value, err) < 0)
			return -1;
	}
	mail_wishes_write(mail->wishes, user, out);
	return 0;
}

int
mail_senders_on_whole(struct gateway *gw, struct str user,
    const struct gw_field *field, size_t nfield, struct buf *out,
    struct err *err)
{
	struct str from = STR_EMPTY;
	struct str text = mail_originals_last(mail_of(gw)->originals, user,
	    field_of(field, nfield, "who"), &from);

	if (text.len == 0)
		return err_set(err, ERR_NOT_FOUND,
		    "there is no mail of which you were shown less, or it is "
		    "too long ago");
	buf_addf(out, STR_FMT ":\n", STR_ARG(from));
	buf_add_str(
	    out, str_head(text, utf8_cut(text, GW_ANSWER_MAX - out->len)));
	return 0;
}
