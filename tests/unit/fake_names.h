/*
 * fake_names.h - getaddrinfo() that knows only the names of a test
 *
 * libuv and libcurl find it instead of the C library's, because the test is the
 * program.
 * Included once, by a test that defines fake_names[], ended by a NULL host.
 */
#ifndef TESTS_FAKE_NAMES_H
#define TESTS_FAKE_NAMES_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/xalloc.h"

enum { FAKE_ADDRESSES_MAX = 24 };

struct fake_name {
	const char *host;
	const char *address[FAKE_ADDRESSES_MAX]; /* in the resolver's order */
	unsigned wait_ms;                        /* before the answer */
};

extern const struct fake_name fake_names[];

/* NULL: text is no address. */
static struct addrinfo *
fake_addrinfo(const char *text, struct addrinfo *next)
{
	struct addrinfo *ai = xcalloc(1, sizeof(*ai));
	void *any = xcalloc(1, sizeof(struct sockaddr_storage));
	struct sockaddr_in6 *v6 = any;
	struct sockaddr_in *v4 = any;

	*ai = (struct addrinfo){
		.ai_addr = any, .ai_next = next, .ai_socktype = SOCK_STREAM
	};
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		ai->ai_addrlen = sizeof(*v4);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		ai->ai_addrlen = sizeof(*v6);
	} else {
		free(any);
		free(ai);
		return NULL;
	}
	ai->ai_family = ai->ai_addr->sa_family;
	return ai;
}

static struct addrinfo *
fake_lookup(const char *host)
{
	const struct fake_name *n = fake_names;
	struct addrinfo *list = NULL;

	while (n->host && strcmp(n->host, host) != 0)
		n++;
	if (!n->host)
		return NULL;
	usleep(n->wait_ms * 1000);
	for (int i = FAKE_ADDRESSES_MAX - 1; i >= 0; i--)
		if (n->address[i])
			list = fake_addrinfo(n->address[i], list);
	return list;
}

/* The port is at the same place in both families. */
static void
fake_set_port(struct addrinfo *list, const char *service)
{
	unsigned long port = service ? strtoul(service, NULL, 10) : 0;

	for (; list; list = list->ai_next) {
		void *any = list->ai_addr;
		struct sockaddr_in *v4 = any;

		v4->sin_port = htons((uint16_t)port);
	}
}

int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
    struct addrinfo **list_out)
{
	*list_out = fake_addrinfo(host, NULL);
	if (!*list_out && !(hints->ai_flags & AI_NUMERICHOST))
		*list_out = fake_lookup(host);
	fake_set_port(*list_out, service);
	return *list_out ? 0 : EAI_NONAME;
}

void
freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_addr);
		free(list);
		list = next;
	}
}

#endif
