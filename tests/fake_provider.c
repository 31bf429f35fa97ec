/*
 * A provider that takes every message, after a while, and counts them.
 *
 *	fake_provider [-l LATENCY_MS] [-c CERTIFICATE -k KEY]
 *
 * Says "port N" and answers each request there with 202 and an id, so much
 * later; over TLS when it is given a certificate.  A line on standard input
 * is answered with what has come since the line before:
 *
 *	seen N twice N most N latency_us N first_us N last_us N
 *
 * twice: bodies that came again, ever; most: requests at a time; latency:
 * what it has really been, on average; first, last: CLOCK_MONOTONIC of a
 * request.  It ends with its standard input.
 */
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/map.h"
#include "lib/str.h"

enum { REQUEST_MAX = 16 * 1024, STACK = 256 * 1024 };

static int listener;
static SSL_CTX *tls; /* NULL: plain */
static unsigned latency_ms = 200;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	unsigned seen, twice, here, most;
	int64_t latency_us, first_us, last_us;
	struct map bodies;
} so_far;

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* ---- what is counted --------------------------------------------------- */

/* The key of a map is borrowed. */
static void
remember(struct str body)
{
	char *copy = str_dup(body);

	map_put(&so_far.bodies, str_of(copy, body.len), copy);
}

static void
begin(struct str body, int64_t at_us)
{
	pthread_mutex_lock(&lock);
	so_far.seen++;
	if (map_get(&so_far.bodies, body))
		so_far.twice++;
	else
		remember(body);
	if (++so_far.here > so_far.most)
		so_far.most = so_far.here;
	if (so_far.first_us == 0)
		so_far.first_us = at_us;
	so_far.last_us = at_us;
	pthread_mutex_unlock(&lock);
}

static void
end(int64_t begun_us)
{
	pthread_mutex_lock(&lock);
	so_far.here--;
	so_far.latency_us += now_us() - begun_us;
	pthread_mutex_unlock(&lock);
}

static void
tell(void)
{
	pthread_mutex_lock(&lock);
	printf("seen %u twice %u most %u latency_us %lld first_us %lld "
	       "last_us %lld\n",
	    so_far.seen, so_far.twice, so_far.most,
	    (long long)(so_far.seen ? so_far.latency_us / so_far.seen : 0),
	    (long long)so_far.first_us, (long long)so_far.last_us);
	so_far.seen = so_far.twice = so_far.most = 0;
	so_far.latency_us = so_far.first_us = 0;
	pthread_mutex_unlock(&lock);
}

/* ---- one connection ---------------------------------------------------- */

struct guest {
	int fd;
	SSL *ssl;
	size_t len;
	char in[REQUEST_MAX + 1];
};

static ssize_t
get_bytes(struct guest *g, char *to, size_t size)
{
	return g->ssl ? SSL_read(g->ssl, to, (int)size) : read(g->fd, to, size);
}

static bool
put_bytes(struct guest *g, const char *from, size_t len)
{
	return (g->ssl ? SSL_write(g->ssl, from, (int)len)
	               : write(g->fd, from, len)) == (ssize_t)len;
}

static size_t
body_length(const char *head)
{
	const char *line = strcasestr(head, "\r\nContent-Length:");

	return line ? strtoul(line + 17, NULL, 10) : 0;
}

/* A whole request; false: there is none any more. */
static bool
next_request(struct guest *g, struct str *body)
{
	g->len = 0;
	g->in[0] = '\0';
	for (;;) {
		const char *head_end = strstr(g->in, "\r\n\r\n");
		ssize_t n;

		if (head_end) {
			body->p = head_end + 4;
			body->len = body_length(g->in);
			if (body->len <= (size_t)(g->in + g->len - body->p))
				return true;
		}
		n = get_bytes(g, g->in + g->len, REQUEST_MAX - g->len);
		if (n <= 0)
			return false;
		g->len += (size_t)n;
		g->in[g->len] = '\0';
	}
}

static bool
answer(struct guest *g)
{
	static _Atomic unsigned last_id;
	char body[64], text[256];

	snprintf(body, sizeof(body), "{\"id\":\"p%u\"}", ++last_id);
	snprintf(text, sizeof(text),
	    "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n%s",
	    strlen(body), body);
	return put_bytes(g, text, strlen(text));
}

static void *
serve(void *arg)
{
	struct guest *g = arg;
	struct str body;
	bool good = true;

	if (tls) {
		g->ssl = SSL_new(tls);
		SSL_set_fd(g->ssl, g->fd);
		good = SSL_accept(g->ssl) == 1;
	}
	while (good && next_request(g, &body)) {
		int64_t begun_us = now_us();

		begin(body, begun_us);
		usleep(latency_ms * 1000);
		good = answer(g);
		end(begun_us);
	}
	SSL_free(g->ssl);
	close(g->fd);
	free(g);
	return NULL;
}

static void *
take_guests(void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (;;) {
		struct guest *g = calloc(1, sizeof(*g));

		if (!g)
			return arg;
		g->fd = accept(listener, NULL, NULL);
		if (g->fd < 0 ||
		    pthread_create(&thread, &attr, serve, g) != 0) {
			free(g);
			return arg;
		}
	}
}

/* ---- start ------------------------------------------------------------- */

static int
complain(const char *what)
{
	perror(what);
	return 1;
}

static bool
use_certificate(const char *cert, const char *key)
{
	tls = SSL_CTX_new(TLS_server_method());
	return SSL_CTX_use_certificate_chain_file(tls, cert) == 1 &&
	    SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) == 1;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	const char *cert = NULL, *key = NULL;
	char line[64];
	pthread_t thread;
	int c;

	while (c = getopt(argc, argv, "l:c:k:"), c != -1) {
		if (c == 'l')
			latency_ms = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'c')
			cert = optarg;
		else if (c == 'k')
			key = optarg;
		else
			return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	map_init(&so_far.bodies);
	if (cert && (!key || !use_certificate(cert, key)))
		return complain("certificate");
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&sin, sizeof(sin)) != 0 ||
	    listen(listener, 1024) != 0 ||
	    getsockname(listener, (struct sockaddr *)&sin, &len) != 0 ||
	    pthread_create(&thread, NULL, take_guests, NULL) != 0)
		return complain("listen");
	printf("port %u\n", ntohs(sin.sin_port));
	while (fgets(line, sizeof(line), stdin))
		tell();
	return 0;
}
