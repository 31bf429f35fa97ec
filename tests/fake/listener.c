/*
 * Places where the script connects to the program.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "fake.h"
#include "lib/xalloc.h"
#include "net/address.h"
#include "net/link.h"
#include "net/listener.h"

struct listener {
	struct list node;
	listener_fn *fn;
	void *arg;
	uint16_t port;
	char *name; /* "2424", "/run/lmtp" */
	bool is_unix;
};

static struct list listeners = { &listeners, &listeners };

#define LISTENER(n) LIST_ENTRY(n, struct listener, node)

struct listener *
listener_new(struct loop *loop, const struct listener_params *p,
    listener_fn *fn, void *arg, struct err *err)
{
	struct listener *l = xcalloc(1, sizeof(*l));
	char port[16];

	(void)loop;
	(void)err;
	snprintf(port, sizeof(port), "%u", p->port);
	l->fn = fn;
	l->arg = arg;
	l->port = p->port;
	l->is_unix = p->address.len == 0;
	l->name = l->is_unix ? str_dup(p->path) : xstrdup(port);
	list_add(&listeners, &l->node);
	return l;
}

void
listener_free(struct listener **lp)
{
	struct listener *l = *lp;

	*lp = NULL;
	if (!l)
		return;
	list_del(&l->node);
	free(l->name);
	free(l);
}

struct str
listener_name(const struct listener *l)
{
	return str_c(l->name);
}

uint16_t
listener_port(const struct listener *l)
{
	return l->port;
}

struct fake_link *
fake_call(struct str place, struct str address)
{
	struct sockaddr_storage ss;
	struct sockaddr *sa = (struct sockaddr *)&ss;

	LIST_EACH(&listeners, n)
	{
		struct listener *l = LISTENER(n);
		struct listener_peer peer = { .address = sa, .uid = -1 };
		struct fake_link *f;
		struct link *link;

		if (!str_is(place, l->name))
			continue;
		if (l->is_unix)
			peer = (struct listener_peer){ .uid = 0 };
		else if (!address_parse(address, &ss))
			return NULL;
		address_set_port(sa, FAKE_LOCAL_PORT);
		f = fake_link_come(address, &link);
		l->fn(link, &peer, l->arg);
		return f;
	}
	return NULL;
}
