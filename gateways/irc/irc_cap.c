/*
 * What is offered and wanted is asked for in one line, sasl in another: a
 * server that lost its services refuses sasl although it offers it
 * (COMPAT(inspircd 3.15, 2026-11)), and a REQ is refused as a whole.  What a
 * refused line asked for is asked for once more, one by one.
 */
#include "irc/irc_cap.h"

static const char *const names[IRC_NCAP] = {
	[IRC_CAP_ACCOUNT_NOTIFY] = "account-notify",
	[IRC_CAP_ACCOUNT_TAG] = "account-tag",
	[IRC_CAP_AWAY_NOTIFY] = "away-notify",
	[IRC_CAP_BATCH] = "batch",
	[IRC_CAP_CAP_NOTIFY] = "cap-notify",
	[IRC_CAP_CHANNEL_RENAME] = "draft/channel-rename",
	[IRC_CAP_CHGHOST] = "chghost",
	[IRC_CAP_ECHO_MESSAGE] = "echo-message",
	[IRC_CAP_EXTENDED_JOIN] = "extended-join",
	[IRC_CAP_EXTENDED_MONITOR] = "extended-monitor",
	[IRC_CAP_INVITE_NOTIFY] = "invite-notify",
	[IRC_CAP_LABELED_RESPONSE] = "labeled-response",
	[IRC_CAP_MESSAGE_TAGS] = "message-tags",
	[IRC_CAP_MESSAGE_REDACTION] = "draft/message-redaction",
	[IRC_CAP_MULTI_PREFIX] = "multi-prefix",
	[IRC_CAP_SASL] = "sasl",
	[IRC_CAP_SERVER_TIME] = "server-time",
	[IRC_CAP_SETNAME] = "setname",
	[IRC_CAP_STANDARD_REPLIES] = "standard-replies",
	[IRC_CAP_USERHOST_IN_NAMES] = "userhost-in-names",
};

#define SASL_BIT (1u << IRC_CAP_SASL)

int
irc_cap_init(struct irc_cap *c, const struct irc_sasl_params *sasl)
{
	*c = (struct irc_cap){ 0 };
	return irc_sasl_init(&c->sasl, sasl);
}

void
irc_cap_release(struct irc_cap *c)
{
	irc_sasl_release(&c->sasl);
}

/* The bit of "name=value" or "-name"; 0: none of ours. */
static uint32_t
bit_of(struct irc_cap *c, struct str word)
{
	struct str name;
	size_t i;

	if (word.len && *word.p == '-')
		word = str_skip(word, 1);
	str_cut(&word, '=', &name);
	for (i = 0; i < IRC_NCAP; i++) {
		if (!str_is(name, names[i]))
			continue;
		if (i == IRC_CAP_SASL)
			irc_sasl_offer(&c->sasl, word);
		return 1u << i;
	}
	return 0;
}

static void
request(struct irc_cap *c, uint32_t bits, struct buf *out)
{
	const char *space = "";
	size_t i;

	if (bits == 0)
		return;
	buf_addf(out, "CAP REQ :");
	for (i = 0; i < IRC_NCAP; i++) {
		if (!(bits >> i & 1))
			continue;
		buf_addf(out, "%s%s", space, names[i]);
		space = " ";
	}
	buf_addf(out, "\r\n");
	c->asked |= bits;
}

/* Ends the negotiation once nothing is open. */
static void
settle(struct irc_cap *c, struct buf *out)
{
	if (!c->ls_done || c->asked || irc_sasl_is_busy(&c->sasl))
		return;
	if (c->sasl.state == IRC_SASL_WANTED)
		irc_sasl_missing(&c->sasl);
	if (c->ended)
		return;
	c->ended = true;
	buf_addf(out, "CAP END\r\n");
}

static uint32_t
bits_of(struct irc_cap *c, struct str list)
{
	uint32_t bits = 0;
	struct str word;

	while (str_cut(&list, ' ', &word))
		bits |= bit_of(c, word);
	return bits;
}

static void
on_ls(struct irc_cap *c, bool more, struct str list, struct buf *out)
{
	c->offered |= bits_of(c, list);
	if (more || c->ls_done)
		return;
	c->ls_done = true;
	request(c, c->offered & ~SASL_BIT, out);
	if (irc_sasl_can(&c->sasl))
		request(c, c->offered & SASL_BIT, out);
	settle(c, out);
}

static void
on_ack(struct irc_cap *c, struct str list, struct buf *out)
{
	struct str word;

	while (str_cut(&list, ' ', &word)) {
		uint32_t bit = bit_of(c, word);

		c->asked &= ~bit;
		if (word.len && *word.p == '-')
			c->enabled &= ~bit;
		else
			c->enabled |= bit;
		if (bit == SASL_BIT && irc_sasl_can(&c->sasl))
			irc_sasl_begin(&c->sasl, out);
	}
	settle(c, out);
}

/* Servers name what they refuse; the list may be cut short, though. */
static void
on_nak(struct irc_cap *c, struct str list, struct buf *out)
{
	uint32_t bits = bits_of(c, list), again = bits & c->asked & ~c->retry;
	size_t i;

	c->asked &= ~bits;
	c->retry |= bits;
	if ((again & (again - 1)) != 0)
		for (i = 0; i < IRC_NCAP; i++)
			request(c, again & 1u << i, out);
	settle(c, out);
}

/*
 * Later on we take what we always take.  Services are back: who could not be
 * logged in before is now.
 */
static void
on_new(struct irc_cap *c, struct str list, struct buf *out)
{
	uint32_t bits = bits_of(c, list);

	c->offered |= bits;
	request(c, bits & ~c->enabled & ~SASL_BIT, out);
	if (!c->registered || !(bits & SASL_BIT))
		return;
	irc_sasl_again(&c->sasl);
	if (irc_sasl_can(&c->sasl))
		request(c, SASL_BIT, out);
	else
		irc_sasl_lost(&c->sasl);
}

static void
on_del(struct irc_cap *c, struct str list)
{
	uint32_t bits = bits_of(c, list);

	c->offered &= ~bits;
	c->enabled &= ~bits;
	c->asked &= ~bits;
	if (c->registered && bits & SASL_BIT)
		irc_sasl_lost(&c->sasl);
}

void
irc_cap_line(struct irc_cap *c, struct str sub, bool more, struct str list,
    struct buf *out)
{
	if (str_eq_nocase(sub, STR("LS")))
		on_ls(c, more, list, out);
	else if (str_eq_nocase(sub, STR("ACK")))
		on_ack(c, list, out);
	else if (str_eq_nocase(sub, STR("NAK")))
		on_nak(c, list, out);
	else if (str_eq_nocase(sub, STR("NEW")))
		on_new(c, list, out);
	else if (str_eq_nocase(sub, STR("DEL")))
		on_del(c, list);
}

void
irc_cap_authenticate(struct irc_cap *c, struct str challenge, struct buf *out)
{
	irc_sasl_challenge(&c->sasl, challenge, out);
}

void
irc_cap_sasl_numeric(
    struct irc_cap *c, unsigned code, struct str mechanisms, struct buf *out)
{
	if (!irc_sasl_is_busy(&c->sasl))
		return;
	irc_sasl_numeric(&c->sasl, code, mechanisms, out);
	settle(c, out);
	if (c->registered && !irc_sasl_is_busy(&c->sasl))
		irc_sasl_end(&c->sasl);
}

void
irc_cap_registered(struct irc_cap *c)
{
	c->registered = c->ended = true;
	irc_sasl_end(&c->sasl);
}
