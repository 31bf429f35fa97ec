#include "irc/irc_shown.h"

#include "irc/irc_crowd.h"
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
irc_shown_identify(struct session *s, struct buf *out)
{
	const struct irc_network *n = irc_session_network(s);
	const struct address_prefix none = { .family = 0 };
	struct irc_mask mask;

	irc_mask_of(&mask, session_user(s), n ? &n->source : &none);
	buf_addf(out, "user name %s, from %s", mask.user,
	    mask.digits[0] ? mask.digits : "the gateway's address");
	if (n && n->webirc_password.len)
		buf_addf(out, " by WEBIRC as %s", mask.host);
	if (n && !irc_network_shows_user(n))
		buf_addf(out, ", real name %s", n->realname);
}

/* What counts for a host that nobody configured and nobody is on. */
static void
about_any(struct str network, struct buf *out)
{
	buf_addf(out,
	    "Server: " STR_FMT
	    ", port %d by TLS, unless you set others; nobody has "
	    "configured it\n",
	    STR_ARG(network), IRC_PORT);
}

static void
about_sources(
    const struct irc_gateway *gw, const struct irc_network *n, struct buf *out)
{
	buf_addf(out, "Real name of users: %s\n",
	    irc_network_shows_user(n) ? "has their address" : n->realname);
	buf_addf(out, "Addresses of users: %s\n",
	    !n->source.family            ? "all have that of the gateway"
	        : n->webirc_password.len ? "each has one, told by WEBIRC"
	                                 : "each has one");
	buf_addf(out, "Questions who that is (ident): %s\n",
	    gw->ident.address ? "answered" : "not answered");
	buf_addf(out, "Users connected: %u", irc_crowd_size(gw, n));
	if (n->max_users)
		buf_addf(out, " of at most %u", n->max_users);
	if (n->max_per_address)
		buf_addf(out, ", %u from one address", n->max_per_address);
	buf_addc(out, '\n');
}

void
irc_shown_about(struct gateway *gw, struct str network, struct buf *out)
{
	const struct irc_gateway *irc = gateway_priv(gw);
	const struct irc_network *n =
	    irc_networks_find(&irc->networks, network);

	if (!n || n->is_open) {
		about_any(network, out);
		return;
	}
	buf_addf(out, "Server: %s, port %u, %s\n", n->host, (unsigned)n->port,
	    !n->tls         ? "without TLS"
	        : n->verify ? "by TLS, verified"
	                    : "by TLS, not verified");
	if (n->interval_ms)
		buf_addf(out,
		    "Lines of a user: %u at once, then one in %lld "
		    "ms\n",
		    n->burst, (long long)n->interval_ms);
	buf_addf(out, "Lines of one message at most: %zu\n", n->max_lines);
	buf_addf(
	    out, "Lines of the protocol by hand: %s\n", n->raw ? "yes" : "no");
	about_sources(irc, n, out);
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
