#include "irc/irc_ident.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "irc/irc_gateway.h"
#include "irc/irc_link.h"
#include "irc/irc_mask.h"
#include "lib/log.h"
#include "net/address.h"

#define LINK(n) LIST_ENTRY(n, struct irc_link, node)

enum { PORT_MAX = 65535 };

/* ---- listening -------------------------------------------------------- */

void
irc_ident_release(struct irc_ident *i)
{
	inquiry_close(&i->desk);
	free(i->address);
	i->address = NULL;
}

void
irc_ident_set(struct irc_ident *i, struct str address, uint16_t port)
{
	if (i->port == port && str_is(address, i->address ? i->address : ""))
		return;
	irc_ident_release(i);
	i->address = address.len ? str_dup(address) : NULL;
	i->port = port;
	i->has_failed = false;
}

void
irc_ident_listen(struct irc_gateway *gw, const struct log_ctx *log)
{
	struct irc_ident *i = &gw->ident;
	struct err err = ERR_INIT;

	if (!i->address || i->desk)
		return;
	i->desk = inquiry_open(
	    gw->loop, str_c(i->address), i->port, irc_ident_answer, gw, &err);
	if (!i->desk && !i->has_failed)
		log_warn(log, "ident not answered", "err=\"%s\"", err.text);
	i->has_failed = !i->desk;
}

/* ---- answering -------------------------------------------------------- */

/* Our port and theirs; both are repeated in the answer. */
static bool
read_ports(struct str line, uint64_t *ours, uint64_t *theirs)
{
	struct str mine;

	if (!str_has(line, ','))
		return false;
	(void)str_cut(&line, ',', &mine);
	return str_to_uint(str_trim(mine), PORT_MAX, ours) && *ours > 0 &&
	    str_to_uint(str_trim(line), PORT_MAX, theirs) && *theirs > 0;
}

static struct irc_link *
find_link(struct irc_gateway *gw, const struct sockaddr *local,
    const struct sockaddr *peer)
{
	LIST_EACH(&gw->links, n)
	{
		if (LINK(n)->stream &&
		    link_is_between(LINK(n)->stream, local, peer))
			return LINK(n);
	}
	return NULL;
}

/* The connection asked about has the addresses of the one that asks. */
static struct sockaddr_storage
end_of(const struct sockaddr *sa, uint64_t port)
{
	struct sockaddr_storage ss = { 0 };
	void *any = &ss;

	memcpy(&ss, sa, address_len(sa));
	address_set_port(any, (uint16_t)port);
	return ss;
}

static struct irc_link *
find_by_ports(struct irc_gateway *gw, const struct sockaddr *local,
    uint64_t ours, const struct sockaddr *peer, uint64_t theirs)
{
	struct sockaddr_storage here = end_of(local, ours);
	struct sockaddr_storage there = end_of(peer, theirs);
	const void *a = &here, *b = &there;

	return find_link(gw, a, b);
}

void
irc_ident_answer(struct str line, const struct sockaddr *local,
    const struct sockaddr *peer, struct buf *answer, void *arg)
{
	struct irc_gateway *gw = arg;
	struct irc_link *l;
	struct irc_mask mask;
	uint64_t ours, theirs;

	if (!read_ports(line, &ours, &theirs)) {
		buf_addf(answer, "0, 0 : ERROR : INVALID-PORT\r\n");
		return;
	}
	buf_addf(answer, "%u, %u : ", (unsigned)ours, (unsigned)theirs);
	l = find_by_ports(gw, local, ours, peer, theirs);
	if (!l || !l->s) {
		buf_addf(answer, "ERROR : NO-USER\r\n");
		return;
	}
	irc_mask_of(&mask, session_user(l->s), &l->net->source);
	buf_addf(answer, "USERID : UNIX : %s\r\n", mask.user);
}
