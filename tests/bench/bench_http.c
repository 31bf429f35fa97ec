/*
 * 1,000 requests to a provider that answers after 200 ms.
 *
 * fake_provider plays it, in a process of its own.  What is possible is
 * min(rate limit, connections / latency); printed is the share of it that was
 * reached, from the first request to the last answer, and the longest turn of
 * our loop.  Exit 1 if one is worse than its aim, or if the provider has not
 * seen every request exactly once.
 */
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "lib/bucket.h"
#include "lib/clock.h"
#include "net/http_client.h"
#include "net/loop.h"

enum {
	REQUESTS = 1000,
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
	FILE *to, *from;
	unsigned port;
	pid_t pid;
} provider;

/* What it has counted. */
struct count {
	unsigned seen, twice, most;
	long long latency_us;
};

static char folder[] = "/tmp/passerelle-bench-XXXXXX";
static char program[4096], cert_file[64], key_file[64];

static void
write_pem(const EVP_PKEY *key, const X509 *cert)
{
	FILE *f;

	snprintf(cert_file, sizeof(cert_file), "%s/cert", folder);
	snprintf(key_file, sizeof(key_file), "%s/key", folder);
	f = fopen(cert_file, "w");
	PEM_write_X509(f, cert);
	fclose(f);
	f = fopen(key_file, "w");
	PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

static void
make_cert(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

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
	write_pem(key, cert);
	X509_free(cert);
	EVP_PKEY_free(key);
}

static _Noreturn void
give_up(const char *what)
{
	perror(what);
	exit(1);
}

static void
start_provider(bool tls)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		give_up("pipe");
	provider.pid = fork();
	if (provider.pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execl(program, program, tls ? "-c" : NULL, cert_file, "-k",
		    key_file, NULL);
		_exit(1);
	}
	close(in[0]);
	close(out[1]);
	provider.to = fdopen(in[1], "w");
	provider.from = fdopen(out[0], "r");
	if (fscanf(provider.from, "port %u", &provider.port) != 1)
		give_up(program);
}

static void
stop_provider(struct count *c)
{
	fputs("\n", provider.to);
	fflush(provider.to);
	if (fscanf(provider.from, " seen %u twice %u most %u latency_us %lld",
	        &c->seen, &c->twice, &c->most, &c->latency_us) != 4)
		give_up(program);
	fclose(provider.to);
	fclose(provider.from);
	waitpid(provider.pid, NULL, 0);
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
	char body[32];
	struct http_request r = { .method = "POST",
		.url = str_c(run.url),
		.once = true,
		.total_ms = 60 * 1000 };

	snprintf(body, sizeof(body), "text %u", run.nasked++);
	r.body = str_c(body);
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
		.ca_file = cert_file };
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
	double possible, ms, share, longest_ms;
	struct count c;

	start_provider(k->tls);
	ms = measure(k);
	stop_provider(&c);
	possible = k->connections * 1e6 / (double)c.latency_us;
	if (k->per_s && k->per_s < possible)
		possible = k->per_s;
	share = REQUESTS * 1000.0 / ms * 100 / possible;
	longest_ms = (double)run.longest / 1e6;
	printf("%-24s%10.1f%11.1f%11.1f%9.1f%%%12.2f%8u\n", k->name,
	    (double)c.latency_us / 1000, possible, REQUESTS * 1000.0 / ms,
	    share, longest_ms, c.seen);
	return run.nbad == 0 && c.seen == REQUESTS && c.twice == 0 &&
	    share >= SHARE_MIN && longest_ms < STALL_MAX_MS;
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	bool good = true;

	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(program, sizeof(program), "%.*s/fake_provider",
	    name ? (int)(name - argv[0]) : 1, name ? argv[0] : ".");
	if (!mkdtemp(folder))
		give_up(folder);
	make_cert();
	printf("%-24s%10s%11s%11s%10s%12s%8s\n", "1,000 requests", "latency ms",
	    "possible/s", "reached/s", "share", "longest ms", "seen");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		good = measure_and_print(&kinds[i]) && good;
	unlink(cert_file);
	unlink(key_file);
	rmdir(folder);
	return good ? 0 : 1;
}
