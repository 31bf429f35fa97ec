/*
 * A provider that answers after 200 ms, and 1,000 requests to it.
 *
 * A second process plays the provider over loopback: one thread for each
 * connection.  What is possible is min(rate limit, connections / latency);
 * printed is the share of it that was reached, from the first request to the
 * last answer, and the longest turn of our loop.  Exit 1 if one is worse than
 * its aim, or if the provider has not seen every request exactly once.
 */
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "lib/bucket.h"
#include "lib/clock.h"
#include "net/http_client.h"
#include "net/loop.h"

enum {
	REQUESTS = 1000,
	LATENCY_MS = 200,
	SHARE_MIN = 95, /* percent */
	STALL_MAX_MS = 20,
};

static const struct kind {
	const char *name;
	bool tls;
	unsigned connections;
	unsigned per_s; /* 0: no limit */
} kinds[] = {
	{ "50 connections", false, 50, 0 },
	{ "50 connections, TLS", true, 50, 0 },
	{ "50 connections, 100/s", false, 50, 100 },
};

/* ---- the provider ------------------------------------------------------ */

static struct {
	int listener;
	uint16_t port;
	SSL_CTX *tls; /* NULL: plain */
} provider;

static _Atomic unsigned *nseen; /* shared between the processes */
static EVP_PKEY *key;
static X509 *cert;
static char ca_file[] = "/tmp/passerelle-bench-XXXXXX";

static void
make_cert(void)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;
	FILE *f = fdopen(mkstemp(ca_file), "w");

	key = EVP_EC_gen("P-256");
	cert = X509_new();
	X509_set_version(cert, 2);
	X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN",
	    MBSTRING_ASC, (const unsigned char *)"bench", -1, -1, 0);
	X509_set_issuer_name(cert, X509_get_subject_name(cert));
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(
	    NULL, &ctx, NID_subject_alt_name, "IP:127.0.0.1");
	X509_add_ext(cert, ext, -1);
	X509_EXTENSION_free(ext);
	X509_sign(cert, key, EVP_sha256());
	PEM_write_X509(f, cert);
	fclose(f);
}

static ssize_t
get_bytes(int fd, SSL *ssl, char *to, size_t size)
{
	return ssl ? SSL_read(ssl, to, (int)size) : read(fd, to, size);
}

static ssize_t
put_bytes(int fd, SSL *ssl, const char *from, size_t len)
{
	return ssl ? SSL_write(ssl, from, (int)len) : write(fd, from, len);
}

/* A request of the bench: its head and a body of two bytes. */
static bool
read_request(int fd, SSL *ssl)
{
	char bytes[4096] = "", *end;
	size_t len = 0;

	for (;;) {
		ssize_t n =
		    get_bytes(fd, ssl, bytes + len, sizeof(bytes) - 1 - len);

		if (n <= 0)
			return false;
		len += (size_t)n;
		bytes[len] = '\0';
		end = strstr(bytes, "\r\n\r\n");
		if (end && len >= (size_t)(end - bytes) + 6)
			return true;
	}
}

static void *
serve(void *arg)
{
	static const char answer[] =
	    "HTTP/1.1 202 Accepted\r\nContent-Length: 8\r\n\r\n{\"id\":1}";
	int fd = (int)(intptr_t)arg;
	SSL *ssl = provider.tls ? SSL_new(provider.tls) : NULL;

	if (ssl)
		SSL_set_fd(ssl, fd);
	if (!ssl || SSL_accept(ssl) == 1)
		while (read_request(fd, ssl)) {
			++*nseen;
			usleep(LATENCY_MS * 1000);
			if (put_bytes(fd, ssl, answer, sizeof(answer) - 1) <= 0)
				break;
		}
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static _Noreturn void
provide(void)
{
	pthread_attr_t attr;
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (;;) {
		intptr_t fd = accept(provider.listener, NULL, NULL);

		if (fd < 0 ||
		    pthread_create(&thread, &attr, serve, (void *)fd) != 0)
			_exit(1);
	}
}

static pid_t
start_provider(bool tls)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	pid_t pid;

	provider.tls = tls ? SSL_CTX_new(TLS_server_method()) : NULL;
	if (tls) {
		SSL_CTX_use_certificate(provider.tls, cert);
		SSL_CTX_use_PrivateKey(provider.tls, key);
	}
	provider.listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(provider.listener, (struct sockaddr *)&sin, sizeof(sin)) !=
	        0 ||
	    listen(provider.listener, 1024) != 0) {
		perror("bench_http");
		exit(1);
	}
	getsockname(provider.listener, (struct sockaddr *)&sin, &len);
	provider.port = ntohs(sin.sin_port);
	*nseen = 0;
	pid = fork();
	if (pid == 0)
		provide();
	close(provider.listener);
	SSL_CTX_free(provider.tls);
	return pid;
}

/* ---- our side ---------------------------------------------------------- */

static struct run {
	const struct kind *kind;
	struct loop *loop;
	struct http_client *client;
	struct bucket rate;
	struct timer next;
	unsigned nasked, nanswered, nbad;
	char url[64];
	uv_prepare_t turn;
	uint64_t turned_at, idle; /* at the end of the last turn, ns */
	uint64_t longest;         /* turn, ns */
} run;

/* Between two waits: the time that has passed, less that of the wait. */
static void
on_turn(uv_prepare_t *h)
{
	uint64_t now = uv_hrtime(), idle = uv_metrics_idle_time(h->loop);
	uint64_t busy = now - run.turned_at - (idle - run.idle);

	if (run.turned_at != 0 && busy > run.longest)
		run.longest = busy;
	run.turned_at = now;
	run.idle = idle;
}

static void ask_on(void);

static void
on_answer(const struct http_response *r, void *arg)
{
	(void)arg;
	if (r->result != HTTP_ANSWERED || r->status != 202) {
		if (run.nbad++ == 0)
			printf("%s: %s\n", run.kind->name, r->err.text);
	}
	if (++run.nanswered == REQUESTS)
		loop_stop(run.loop);
	ask_on();
}

static void
ask(void)
{
	struct http_request r = { .method = "POST",
		.url = str_c(run.url),
		.body = STR("hi"),
		.once = true,
		.total_ms = 60 * 1000 };

	run.nasked++;
	http_client_call(run.client, &r, on_answer, NULL);
}

/* As an outbox does: as many at once as the line has, no more than its rate. */
static void
ask_on(void)
{
	struct clock *clock = loop_clock(run.loop);

	while (run.nasked < REQUESTS &&
	    run.nasked - run.nanswered < run.kind->connections) {
		if (!bucket_take(&run.rate, clock->at, 1)) {
			timer_set(&run.next, clock,
			    bucket_ready_at(&run.rate, clock->at, 1));
			return;
		}
		ask();
	}
}

static void
on_next(struct timer *t)
{
	(void)t;
	ask_on();
}

/* Milliseconds from the first request to the last answer; -1: it failed. */
static double
measure(const struct kind *k)
{
	struct http_client_params p = { .host_parallel = k->connections,
		.ca_file = ca_file };
	struct err err = ERR_INIT;
	uint64_t begun;

	memset(&run, 0, sizeof(run));
	run.kind = k;
	snprintf(run.url, sizeof(run.url), "http%s://127.0.0.1:%u/send",
	    k->tls ? "s" : "", provider.port);
	bucket_init(&run.rate, 1, k->per_s ? 1000 / k->per_s : 0);
	run.loop = loop_new();
	uv_loop_configure(loop_uv(run.loop), UV_METRICS_IDLE_TIME);
	uv_prepare_init(loop_uv(run.loop), &run.turn);
	uv_prepare_start(&run.turn, on_turn);
	run.client = http_client_new(run.loop, &p, &err);
	timer_init(&run.next, on_next);
	timer_set(&run.next, loop_clock(run.loop), 0);
	begun = uv_hrtime();
	loop_run(run.loop);
	begun = uv_hrtime() - begun;
	http_client_free(&run.client);
	uv_close((uv_handle_t *)&run.turn, NULL);
	loop_free(&run.loop);
	return (double)begun / 1e6;
}

/* False: an aim was missed. */
static bool
measure_and_print(const struct kind *k)
{
	double possible = k->connections * 1000.0 / LATENCY_MS, ms, share;
	pid_t pid = start_provider(k->tls);

	if (k->per_s && k->per_s < possible)
		possible = k->per_s;
	ms = measure(k);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	share = REQUESTS * 1000.0 / ms * 100 / possible;
	printf("%-24s%10.1f%12.1f%9.1f%%%12.2f%8u\n", k->name, possible,
	    REQUESTS * 1000.0 / ms, share, (double)run.longest / 1e6, *nseen);
	return run.nbad == 0 && *nseen == REQUESTS && share >= SHARE_MIN &&
	    (double)run.longest / 1e6 < STALL_MAX_MS;
}

static _Atomic unsigned *
share_a_number(void)
{
	int fd = memfd_create("bench_http", MFD_CLOEXEC);
	void *p = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(*nseen)) == 0)
		p = mmap(NULL, sizeof(*nseen), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		perror("bench_http");
		exit(1);
	}
	close(fd);
	return p;
}

int
main(void)
{
	bool good = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	nseen = share_a_number();
	make_cert();
	printf("%-24s%10s%12s%10s%12s%8s\n", "1,000 requests, 200 ms",
	    "possible/s", "reached/s", "share", "longest ms", "seen");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		good = measure_and_print(&kinds[i]) && good;
	unlink(ca_file);
	return good ? 0 : 1;
}
