/*
 * How long others wait when somebody sends a hostile stanza.
 *
 * A thread plays the XMPP server over loopback.  It writes the stanza and a
 * small one right behind it; what is printed is the time from the first byte
 * until the small one arrived.  Exit 1 if one took longer than STALL_MAX_MS.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "net/loop.h"
#include "xmpp/component.h"
#include "xmpp/stanza.h"

enum { STALL_MAX_MS = 100, STANZA_BYTES = 240 * 1000 };

#define HEADER                                                                 \
	"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' "      \
	"xmlns='jabber:component:accept' from='gw.bench' id='1'>"
#define MARK "<presence from='u@bench/r' to='gw.bench' id='mark'/>"

static const struct kind {
	const char *name, *head, *part, *tail;
	const char *part_up; /* closes what part opened, or NULL */
} kinds[] = {
	{ "children", "<message>", "<b/>", "</message>", NULL },
	{ "nesting", "<message>", "<a>", "</message>", "</a>" },
	{ "attribute", "<message a='", "0123456789", "'/>", NULL },
	{ "line feeds", "<message><body>", "\n", "</body></message>", NULL },
	{ "references", "<message><body>", "&lt;", "</body></message>", NULL },
	{ "text and children", "<message>", "x<b/>", "</message>", NULL },
	{ "attributes in all", "<message>", "<b a='1' b='2' c='3'/>",
	    "</message>", NULL },
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct loop *loop;
static struct component *component;
static struct buf text[NKINDS];
static unsigned current;
static int64_t began_us;
static bool missed;
static int listener, turn[2]; /* a byte in turn: write the next */

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
make_text(const struct kind *k, struct buf *b)
{
	size_t part = strlen(k->part) + (k->part_up ? strlen(k->part_up) : 0);
	size_t n = STANZA_BYTES / part;

	buf_init(b, 2 * STANZA_BYTES);
	buf_add_str(b, str_c(k->head));
	for (size_t i = 0; i < n; i++)
		buf_add_str(b, str_c(k->part));
	for (size_t i = 0; k->part_up && i < n; i++)
		buf_add_str(b, str_c(k->part_up));
	buf_add_str(b, str_c(k->tail));
	buf_add_str(b, STR(MARK));
}

static bool
write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* Reads until what is there ends a start or end tag of that name. */
static bool
read_until(int fd, const char *word)
{
	char got[4096];
	size_t n = 0;

	while (n + 1 < sizeof(got)) {
		ssize_t r = read(fd, got + n, sizeof(got) - 1 - n);

		if (r <= 0)
			return false;
		n += (size_t)r;
		got[n] = '\0';
		if (strstr(got, word))
			return true;
	}
	return false;
}

static void *
serve(void *arg)
{
	int fd = accept(listener, NULL, NULL);
	char byte;
	bool ok = read_until(fd, "xmlns:stream=") &&
	    write_all(fd, HEADER, strlen(HEADER)) &&
	    read_until(fd, "</handshake>") && write_all(fd, "<handshake/>", 12);

	for (unsigned i = 0; ok && i < NKINDS; i++)
		ok = read(turn[0], &byte, 1) == 1 &&
		    write_all(fd, text[i].p, text[i].len);
	if (ok)
		(void)read_until(fd, "</stream:stream>");
	close(fd);
	return arg;
}

static void
next(void)
{
	began_us = now_us();
	if (write(turn[1], "x", 1) != 1)
		abort();
}

static void
on_up(struct component *c, void *arg)
{
	(void)c, (void)arg;
	next();
}

static void
on_down(struct component *c, enum component_end why, const struct err *err,
    void *arg)
{
	(void)c, (void)why, (void)arg;
	printf("%-20s the stream ended: %s\n", kinds[current].name, err->text);
	missed = true;
	loop_stop(loop);
}

static void
on_stanza(struct component *c, const struct stanza *s, void *arg)
{
	double ms = (double)(now_us() - began_us) / 1000;

	(void)c, (void)arg;
	if (!str_is(stanza_attr(s, "id"), "mark"))
		return;
	printf("%-20s %7zu bytes  %6.1f ms\n", kinds[current].name,
	    text[current].len, ms);
	missed |= ms > STALL_MAX_MS;
	if (++current < NKINDS) {
		next();
		return;
	}
	component_close(&component);
	loop_stop(loop);
}

static void
on_slow(struct component *c, bool slow, void *arg)
{
	(void)c, (void)slow, (void)arg;
}

static uint16_t
listen_somewhere(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) < 0 ||
	    pipe(turn) < 0) {
		perror("bench_hostile");
		exit(1);
	}
	return ntohs(sin.sin_port);
}

int
main(void)
{
	static const struct component_ops ops = { .up = on_up,
		.down = on_down,
		.stanza = on_stanza,
		.slow = on_slow };
	struct component_params p = { .domain = "gw.bench",
		.host = "127.0.0.1",
		.secret = STR("secret") };
	struct err err = ERR_INIT;
	pthread_t server;

	for (unsigned i = 0; i < NKINDS; i++)
		make_text(&kinds[i], &text[i]);
	log_set_level(LOG_WARN);
	if (component_setup(1, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	p.port = listen_somewhere();
	if (pthread_create(&server, NULL, serve, NULL) != 0)
		return 1;
	loop = loop_new();
	component = component_new(loop, &p, &ops, NULL);
	loop_run(loop);
	component_close(&component);
	loop_free(&loop);
	for (unsigned i = 0; i < NKINDS; i++)
		buf_release(&text[i]);
	return missed;
}
