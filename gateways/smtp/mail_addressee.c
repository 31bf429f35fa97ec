#include "smtp/mail_addressee.h"
#include "lib/text.h"

static bool
is_domain(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    !strchr(".-", c) && (unsigned char)c < 0x80)
			return false;
	}
	return s.len > 0 && s.p[0] != '.' && s.p[s.len - 1] != '.';
}

static bool
is_room_service(struct str domain)
{
	static const char *const names[] = { "conference", "muc", "rooms",
		"room", "chat", "conf", "groups", "chatrooms" };
	struct str label;

	(void)str_cut(&domain, '.', &label);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_is(label, names[i]))
			return true;
	return false;
}

static bool
write_jid(struct str text, struct buf *out, struct str *domain_out)
{
	struct str domain = text, node;
	size_t at;

	(void)str_cut(&domain, '@', &node);
	if (!domain.p || node.len == 0 ||
	    !text_prep(TEXT_NODEPREP, node, out) || buf_addc(out, '@') < 0)
		return false;
	at = out->len;
	if (!text_prep(TEXT_NAMEPREP, domain, out))
		return false;
	*domain_out = str_skip(buf_str(out), at);
	return is_domain(*domain_out);
}

int
mail_addressee_read(
    struct str text, struct buf *out, bool *is_room_out, struct err *err)
{
	struct str query = str_trim(text), jid, domain;
	size_t begin = out->len;

	if (str_starts(query, STR("xmpp:")))
		query = str_skip(query, 5);
	(void)str_cut(&query, '?', &jid);
	if (!write_jid(jid, out, &domain)) {
		buf_truncate(out, begin);
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" is neither somebody's address without a "
		    "resource (romeo@example.org) nor that of a room "
		    "(ops@conference.example.org)",
		    STR_ARG(str_head(text, 100)));
	}
	*is_room_out = query.p && str_starts(query, STR("join"));
	*is_room_out = *is_room_out || is_room_service(domain);
	return 0;
}
