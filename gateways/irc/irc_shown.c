#include "irc/irc_shown.h"

#include "irc/irc_mask.h"

enum { TEXT_BYTES = 1024 };

/* user@host, and whose host that is. */
static void
add_mask(const struct irc_link *l, struct buf *out)
{
	const struct irc_network *n = l->net;
	struct irc_mask mask;

	irc_mask_of(&mask, session_user(l->s), &n->source);
	buf_addf(out, "As your user name they see %s, and ", mask.user);
	if (!n->source.family)
		buf_addf(out, "the address of this gateway instead of yours.");
	else if (n->webirc_password.len && strcmp(mask.host, mask.digits) != 0)
		buf_addf(out,
		    "instead of your address %s (%s), which stands for you.",
		    mask.host, mask.digits);
	else
		buf_addf(out,
		    "instead of your address %s, which stands for you.",
		    mask.digits);
}

void
irc_shown_tell(struct irc_link *l)
{
	struct buf text;

	if (!irc_network_shows_user(l->net))
		return;
	buf_init(&text, TEXT_BYTES);
	buf_addf(&text,
	    "On %s others see your XMPP address, " STR_FMT
	    ", as your real name: so the network can turn to you, instead of "
	    "to everybody here. It cannot be changed. ",
	    irc_link_name(l), STR_ARG(session_user(l->s)));
	add_mask(l, &text);
	buf_addf(&text, " You are told this once.");
	session_tell_once(l->s, "told_real_name", buf_str(&text));
	buf_release(&text);
}
