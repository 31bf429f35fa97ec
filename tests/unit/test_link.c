/*
 * Links over real loopback sockets.  The far side is a thread that accepts
 * once and plays a part; names are answered by a getaddrinfo() of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/xalloc.h"
#include "net/identity.h"
#include "net/link.h"
#include "net/loop.h"

#include "certs.h"
#include "fake_names.h"

enum {
	GUARD_MS = 5000, /* no single wait of a test lasts longer */
	BIG_BYTES = 3 * 1024 * 1024,
};

/* Names, in place of the system's. */

const struct fake_name fake_names[] = {
	{ .host = "irc.test", .address = { "127.0.0.1" } },
	{ .host = "dead-then-good.test",
	    .address = { "127.0.0.2", "127.0.0.1" } },
	{ .host = "all-dead.test", .address = { "127.0.0.2", "127.0.0.3" } },
	{ .host = "both-private.test", .address = { "::1", "127.0.0.1" } },
	{ .host = NULL },
};

/* The far side. */

struct server {
	int listener;
	uint16_t port;
	const struct cert *cert; /* NULL: plain */
	int tls_max;             /* the newest TLS it knows; 0: all */
	void (*play)(struct server *s);
	pthread_t thread;
	bool started;
	int fd;
	SSL *ssl;
	struct buf got;
	size_t ngot;
	char sni[64];
	char shown[65];  /* SHA-256 of what the client has shown */
	_Atomic bool go; /* the test lets a waiting part go on */
};

static int
listen_on(const char *address, uint16_t port, int backlog)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	inet_pton(AF_INET, address, &sin.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	getsockname(fd, (struct sockaddr *)&sin, &len);
	return ntohs(sin.sin_port);
}

static ssize_t
srv_read(struct server *s, void *to, size_t size)
{
	return s->ssl ? SSL_read(s->ssl, to, (int)size)
	              : recv(s->fd, to, size, 0);
}

static bool
srv_write(struct server *s, const char *from, size_t len)
{
	while (len > 0) {
		ssize_t n = s->ssl ? SSL_write(s->ssl, from, (int)len)
		                   : send(s->fd, from, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		from += n;
		len -= (size_t)n;
	}
	return true;
}

static int
take_any(int ok, X509_STORE_CTX *ctx)
{
	(void)ok;
	(void)ctx;
	return 1;
}

static void
note_shown(struct server *s)
{
	X509 *cert = SSL_get0_peer_certificate(s->ssl);
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (cert)
		X509_digest(cert, EVP_sha256(), md, &len);
	for (unsigned i = 0; i < len; i++)
		snprintf(s->shown + 2 * i, 3, "%02x", md[i]);
}

static void
srv_tls(struct server *s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	const char *sni;

	SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(ctx, s->tls_max);
	SSL_CTX_set_security_level(ctx, 0);
	SSL_CTX_use_certificate(ctx, s->cert->x509);
	SSL_CTX_use_PrivateKey(ctx, s->cert->key);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, take_any);
	s->ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(s->ssl, s->fd);
	if (SSL_accept(s->ssl) != 1)
		return;
	note_shown(s);
	sni = SSL_get_servername(s->ssl, TLSEXT_NAMETYPE_host_name);
	snprintf(s->sni, sizeof(s->sni), "%s", sni ? sni : "");
}

static void *
srv_main(void *arg)
{
	struct server *s = arg;
	struct pollfd pfd = { .fd = s->listener, .events = POLLIN };

	if (poll(&pfd, 1, GUARD_MS) != 1)
		return NULL;
	s->fd = accept(s->listener, NULL, NULL);
	if (s->cert)
		srv_tls(s);
	s->play(s);
	SSL_free(s->ssl);
	if (s->fd >= 0)
		close(s->fd);
	ERR_clear_error();
	return NULL;
}

static void
srv_start(struct server *s, void (*play)(struct server *s))
{
	s->play = play;
	s->fd = -1;
	s->listener = listen_on("127.0.0.1", 0, 16);
	s->port = port_of(s->listener);
	buf_init(&s->got, BIG_BYTES + 1);
	s->started = true;
	assert_int_equal(pthread_create(&s->thread, NULL, srv_main, s), 0);
}

static void
srv_end(struct server *s)
{
	if (!s->started)
		return;
	s->go = true;
	pthread_join(s->thread, NULL);
	close(s->listener);
	buf_release(&s->got);
}

static void
wait_for_go(struct server *s)
{
	for (int i = 0; i < GUARD_MS && !s->go; i++)
		usleep(1000);
}

static void
play_keep(struct server *s)
{
	char bytes[65536];
	ssize_t n;

	while (n = srv_read(s, bytes, sizeof(bytes)), n > 0)
		buf_add(&s->got, bytes, (size_t)n);
}

static void
play_echo(struct server *s)
{
	char bytes[65536];
	ssize_t n;

	while (n = srv_read(s, bytes, sizeof(bytes)), n > 0)
		if (!srv_write(s, bytes, (size_t)n))
			return;
}

static void
play_hang_up(struct server *s)
{
	(void)s;
}

static void
play_greet_and_reset(struct server *s)
{
	struct linger hard = { .l_onoff = 1 };
	char byte;

	srv_read(s, &byte, 1);
	srv_write(s, "ERROR :bye\r\n", 12);
	wait_for_go(s);
	setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

static void
play_wait_then_keep(struct server *s)
{
	wait_for_go(s);
	play_keep(s);
}

static void
play_wait(struct server *s)
{
	wait_for_go(s);
}

static void
play_big(struct server *s)
{
	static char big[BIG_BYTES];

	memset(big, 'b', sizeof(big));
	srv_write(s, big, sizeof(big));
}

/* New keys in the middle; the client has to answer with its own. */
static void
play_change_keys(struct server *s)
{
	char bytes[16];

	for (int i = 0; i < 10; i++) {
		SSL_key_update(s->ssl, SSL_KEY_UPDATE_REQUESTED);
		srv_write(s, "new keys\r\n", 10);
		srv_read(s, bytes, sizeof(bytes));
	}
}

static void
play_speak_plain(struct server *s)
{
	srv_write(s, ":irc.test NOTICE * :hello\r\n", 27);
	wait_for_go(s);
}

/* Our side. */

#define ON(type) (1u << (type))

struct client {
	struct loop *loop;
	struct link *link;
	struct server server;
	struct timer guard, late;
	unsigned stop_on;  /* end run() at these events */
	unsigned close_on; /* close the link in these */
	size_t stop_at;    /* end run() when so many bytes have come */
	unsigned nseen[4];
	size_t ngot;
	struct buf got; /* the beginning of it */
	struct err err;
	bool permanent, hung_up, timed_out, in_open, is_down;
};

static struct client *me;

static void
on_link(struct link *l, const struct link_event *ev, void *arg)
{
	struct client *c = arg;

	assert_false(c->in_open);
	assert_ptr_equal(l, c->link);
	c->nseen[ev->type]++;
	if (ev->type == LINK_DATA) {
		c->ngot += ev->len;
		if (c->got.len + ev->len <= c->got.max)
			buf_add(&c->got, ev->data, ev->len);
	}
	if (ev->type == LINK_DOWN) {
		c->is_down = true;
		c->err = ev->err;
		c->permanent = ev->permanent;
		c->hung_up = ev->hung_up;
	}
	if (c->close_on & ON(ev->type))
		link_close(&c->link);
	if ((c->stop_on & ON(ev->type)) ||
	    (c->stop_at && c->ngot >= c->stop_at))
		loop_stop(c->loop);
}

static int
setup(void **state)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->loop = loop_new();
	c->stop_on = ON(LINK_DOWN);
	buf_init(&c->got, 4096);
	*state = me = c;
	return 0;
}

static int
teardown(void **state)
{
	struct client *c = *state;

	link_close(&c->link);
	timer_cancel(&c->guard);
	loop_free(&c->loop);
	srv_end(&c->server);
	buf_release(&c->got);
	free(c);
	return 0;
}

static void
guard_over(struct timer *t)
{
	(void)t;
	me->timed_out = true;
	loop_stop(me->loop);
}

static void
run_for(struct client *c, int64_t ms)
{
	timer_init(&c->guard, guard_over);
	timer_set(&c->guard, loop_clock(c->loop), loop_clock(c->loop)->at + ms);
	c->timed_out = false;
	loop_run(c->loop);
	timer_cancel(&c->guard);
}

/*
 * Until one of the events, the end, or stop_at bytes; the last two may have
 * come in the turn that ended the run before.
 */
static void
run_until(struct client *c, unsigned events)
{
	if (c->is_down || (c->stop_at && c->ngot >= c->stop_at))
		return;
	c->stop_on = events | ON(LINK_DOWN);
	run_for(c, GUARD_MS);
	if (c->timed_out)
		fail_msg("nothing happened");
}

static void
open_with(struct client *c, struct link_params p)
{
	c->is_down = false;
	c->in_open = true;
	c->link = link_open(c->loop, &p, on_link, c);
	c->in_open = false;
}

static void
open_plain(struct client *c)
{
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true });
}

static void
open_tls(struct client *c, struct str host, struct str pin)
{
	open_with(c,
	    (struct link_params){ .host = host,
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true,
	        .verify = true,
	        .ca_file = ca_file,
	        .pin = pin });
}

static void
assert_text(const struct client *c, const char *part)
{
	if (!strstr(c->err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", c->err.text, part);
}

static void
write_all_of(struct client *c, size_t len)
{
	static char block[16384];

	memset(block, 'w', sizeof(block));
	for (; len > 0; len -= sizeof(block))
		assert_int_equal(link_write(c->link, block, sizeof(block)), 0);
}

/* Plain. */

static void
bytes_go_out_and_come_back(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_echo);
	open_plain(c);
	link_write(c->link, "PING ", 5);
	link_write(c->link, "x\r\n", 3);
	c->stop_at = 8;
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_UP], 1);
	assert_true(c->nseen[LINK_DRAINED] >= 1);
	assert_true(str_is(buf_str(&c->got), "PING x\r\n"));
	assert_false(link_is_tls(c->link));
	assert_true(str_starts(link_peer(c->link), STR("127.0.0.1 ")));
	assert_int_equal(link_queued(c->link), 0);
}

static void
an_address_in_digits_needs_no_name_server(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_echo);
	open_with(c,
	    (struct link_params){ .host = STR("127.0.0.1"),
	        .port = c->server.port,
	        .private_ok = true });
	run_until(c, ON(LINK_UP));
	assert_int_equal(c->nseen[LINK_UP], 1);
}

static void
writes_of_one_turn_leave_together(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_echo);
	open_plain(c);
	run_until(c, ON(LINK_UP));
	for (int i = 0; i < 100; i++)
		link_write(c->link, "x", 1);
	assert_int_equal(link_queued(c->link), 100);
	c->stop_at = 100;
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_DRAINED], 1);
	assert_int_equal(c->nseen[LINK_DATA], 1);
}

static void
a_peer_that_hangs_up_is_no_error(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_hang_up);
	open_plain(c);
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_DOWN], 1);
	assert_int_equal(c->err.kind, ERR_NONE);
	assert_false(c->permanent);
	assert_false(c->hung_up);
	assert_int_equal(link_write(c->link, "x", 1), 0);
	assert_int_equal(link_queued(c->link), 0);
}

static void
a_refused_port_is_down_and_worth_another_try(void **state)
{
	struct client *c = *state;
	int fd = listen_on("127.0.0.1", 0, 1);

	c->server.port = port_of(fd);
	close(fd);
	open_plain(c);
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_UP], 0);
	assert_int_equal(c->err.kind, ERR_UNREACHABLE);
	assert_text(c, "irc.test:");
	assert_text(c, "refused");
	assert_false(c->permanent);
}

static void
a_name_without_address_says_so(void **state)
{
	struct client *c = *state;

	open_with(c,
	    (struct link_params){
	        .host = STR("nowhere.test"), .port = 1, .private_ok = true });
	run_until(c, 0);
	assert_int_equal(c->err.kind, ERR_UNREACHABLE);
	assert_string_equal(c->err.text, "nowhere.test: no such host");
	assert_false(c->permanent);
}

static void
what_is_no_host_name_is_refused_for_good(void **state)
{
	struct client *c = *state;
	static char huge[300];
	const struct str bad[] = { STR_EMPTY, STR("a b"), STR("a\0b"),
		STR("a\r\nb"), { huge, sizeof(huge) } };

	memset(huge, 'a', sizeof(huge));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		open_with(c, (struct link_params){ .host = bad[i] });
		run_until(c, 0);
		assert_int_equal(c->err.kind, ERR_BAD_INPUT);
		assert_true(c->permanent);
		link_close(&c->link);
	}
}

static void
a_private_address_is_refused_for_good(void **state)
{
	struct client *c = *state;
	const struct str hosts[] = { STR("127.0.0.1"), STR("irc.test"),
		STR("::1"), STR("::ffff:127.0.0.1"), STR("both-private.test"),
		STR("0.0.0.0") };

	srv_start(&c->server, play_keep);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		open_with(c,
		    (struct link_params){
		        .host = hosts[i], .port = c->server.port });
		run_until(c, 0);
		assert_int_equal(c->err.kind, ERR_DENIED);
		assert_text(c, "private address");
		assert_true(c->permanent);
		link_close(&c->link);
	}
	open_plain(c); /* lets the server end */
	run_until(c, ON(LINK_UP));
}

static void
the_second_address_is_tried_when_the_first_refuses(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_echo);
	open_with(c,
	    (struct link_params){ .host = STR("dead-then-good.test"),
	        .port = c->server.port,
	        .private_ok = true });
	run_until(c, ON(LINK_UP));
	assert_int_equal(c->nseen[LINK_UP], 1);
}

static void
when_all_addresses_refuse_it_is_told_once(void **state)
{
	struct client *c = *state;

	open_with(c,
	    (struct link_params){
	        .host = STR("all-dead.test"), .port = 9, .private_ok = true });
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_DOWN], 1);
	assert_text(c, "2 addresses tried");
}

/* A listener whose queue is full does not answer at all. */
static int
listen_silently(uint16_t port, int *fill, size_t nfill)
{
	int fd = listen_on("127.0.0.2", port, 0);
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(port_of(fd)) };

	inet_pton(AF_INET, "127.0.0.2", &sin.sin_addr);
	for (size_t i = 0; i < nfill; i++) {
		fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (struct sockaddr *)&sin, sizeof(sin));
	}
	return fd;
}

static void
the_second_address_does_not_wait_for_a_silent_first(void **state)
{
	struct client *c = *state;
	int fill[8], silent;
	int64_t begun_at;

	srv_start(&c->server, play_echo);
	silent = listen_silently(c->server.port, fill, 8);
	begun_at = loop_clock(c->loop)->at;
	open_with(c,
	    (struct link_params){ .host = STR("dead-then-good.test"),
	        .port = c->server.port,
	        .private_ok = true });
	run_until(c, ON(LINK_UP));
	assert_int_equal(c->nseen[LINK_UP], 1);
	assert_true(loop_clock(c->loop)->at - begun_at < 1500);
	for (int i = 0; i < 8; i++)
		close(fill[i]);
	close(silent);
}

static void
the_last_words_before_a_reset_are_read(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_greet_and_reset);
	open_plain(c);
	run_until(c, ON(LINK_UP));
	link_pause(c->link, true);
	link_write(c->link, "x", 1);
	run_until(c, ON(LINK_DRAINED));
	run_for(c, 50);
	assert_int_equal(c->ngot, 0);
	link_pause(c->link, false);
	c->server.go = true;
	run_until(c, 0);
	assert_true(str_is(buf_str(&c->got), "ERROR :bye\r\n"));
	assert_int_equal(c->nseen[LINK_DOWN], 1);
}

static void
keep_writing(struct timer *t)
{
	static char block[65536];

	if (link_queued(me->link) < 500000)
		link_write(me->link, block, sizeof(block));
	timer_set(t, loop_clock(me->loop), loop_clock(me->loop)->at + 1);
	if (loop_clock(me->loop)->at > t->due_at + 40)
		me->server.go = true;
}

static void
let_go(struct timer *t)
{
	(void)t;
	me->server.go = true;
}

static void
a_reset_in_the_middle_of_writing_is_told_once(void **state)
{
	struct client *c = *state;
	struct timer writer;

	srv_start(&c->server, play_greet_and_reset);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .out_max = 1 << 20 });
	run_until(c, ON(LINK_UP));
	timer_init(&writer, keep_writing);
	timer_set(&writer, loop_clock(c->loop), 0);
	timer_init(&c->late, let_go);
	timer_set(&c->late, loop_clock(c->loop), loop_clock(c->loop)->at + 30);
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_DOWN], 1);
	assert_int_equal(c->err.kind, ERR_UNREACHABLE);
	assert_text(c, "irc.test:");
	run_for(c, 20);
	assert_int_equal(c->nseen[LINK_DOWN], 1);
	timer_cancel(&writer);
}

static void
a_reset_while_paused_is_noticed(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_greet_and_reset);
	open_plain(c);
	run_until(c, ON(LINK_UP));
	link_write(c->link, "x", 1);
	run_until(c, ON(LINK_DATA));
	link_pause(c->link, true);
	c->server.go = true;
	run_for(c, 100);
	link_write(c->link, "y", 1);
	if (c->nseen[LINK_DOWN] == 0)
		run_until(c, 0);
	assert_int_equal(c->nseen[LINK_DOWN], 1);
}

static void
a_slow_reader_meets_out_max_and_the_rest_arrives(void **state)
{
	struct client *c = *state;
	static char block[100000];
	size_t nsent = 0;

	srv_start(&c->server, play_wait_then_keep);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .out_max = 250000 });
	run_until(c, ON(LINK_UP));
	while (link_write(c->link, block, sizeof(block)) == 0 &&
	    nsent < 100 * sizeof(block)) {
		nsent += sizeof(block);
		run_for(c, 5);
	}
	assert_true(nsent < 100 * sizeof(block));
	assert_true(link_queued(c->link) <= 250000);
	assert_int_equal(link_write(c->link, block, 1), 0);
	nsent++;
	c->server.go = true;
	run_until(c, ON(LINK_DRAINED));
	assert_int_equal(link_queued(c->link), 0);
	link_finish(&c->link);
	loop_free(&c->loop);
	pthread_join(c->server.thread, NULL);
	c->server.started = false;
	close(c->server.listener);
	buf_release(&c->server.got);
	c->loop = loop_new();
}

static void
nothing_is_read_while_paused(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_echo);
	open_plain(c);
	run_until(c, ON(LINK_UP));
	link_pause(c->link, true);
	link_write(c->link, "hello", 5);
	run_for(c, 50);
	assert_int_equal(c->ngot, 0);
	link_pause(c->link, false);
	c->stop_at = 5;
	run_until(c, 0);
	assert_int_equal(c->ngot, 5);
}

static void
the_link_may_be_closed_in_every_event(void **state)
{
	struct client *c = *state;
	const unsigned when[] = { ON(LINK_UP), ON(LINK_DATA), ON(LINK_DRAINED),
		ON(LINK_DOWN) };
	const bool tls[] = { false, true };

	for (size_t i = 0; i < 8; i++) {
		c->server =
		    (struct server){ .cert = tls[i / 4] ? &good : NULL };
		srv_start(&c->server, play_echo);
		open_with(c,
		    (struct link_params){ .host = STR("irc.test"),
		        .port = c->server.port,
		        .private_ok = true,
		        .tls = tls[i / 4] });
		c->close_on = when[i % 4];
		link_write(c->link, "x", 1);
		if (when[i % 4] == ON(LINK_DOWN)) {
			run_until(c, ON(LINK_DATA));
			shutdown(c->server.fd, SHUT_RDWR);
		}
		run_until(c, c->close_on);
		assert_null(c->link);
		run_for(c, 5);
		srv_end(&c->server);
	}
	c->server = (struct server){ 0 };
}

static void
a_link_closed_while_connecting_is_silent(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_keep);
	open_plain(c);
	link_close(&c->link);
	run_for(c, 30);
	open_plain(c);
	run_for(c, 0);
	link_close(&c->link);
	link_close(&c->link);
	run_for(c, 30);
	memset(c->nseen, 0, sizeof(c->nseen));
	open_plain(c);
	run_until(c, ON(LINK_UP));
	assert_int_equal(c->nseen[LINK_DOWN], 0);
}

static void
finish_writes_everything_first(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_keep);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .out_max = BIG_BYTES });
	run_until(c, ON(LINK_UP));
	write_all_of(c, BIG_BYTES);
	link_finish(&c->link);
	assert_null(c->link);
	loop_free(&c->loop);
	pthread_join(c->server.thread, NULL);
	assert_int_equal(c->server.got.len, BIG_BYTES);
	c->server.started = false;
	close(c->server.listener);
	buf_release(&c->server.got);
	c->loop = loop_new();
}

static void
finish_gives_a_deaf_peer_two_seconds(void **state)
{
	struct client *c = *state;
	int64_t begun_at;

	srv_start(&c->server, play_wait);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .out_max = 16 << 20 });
	run_until(c, ON(LINK_UP));
	write_all_of(c, 16 << 20);
	link_finish(&c->link);
	begun_at = loop_clock(c->loop)->at;
	loop_free(&c->loop);
	c->loop = loop_new();
	assert_true(loop_clock(c->loop)->at - begun_at >= LINK_FINISH_MS - 10);
	assert_true(loop_clock(c->loop)->at - begun_at < LINK_FINISH_MS + 1000);
}

/* TLS. */

static void
a_certificate_of_our_authority_is_accepted(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	srv_start(&c->server, play_echo);
	open_tls(c, STR("irc.test"), STR_EMPTY);
	link_write(c->link, "hello", 5);
	c->stop_at = 5;
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_UP], 1);
	assert_true(str_is(buf_str(&c->got), "hello"));
	assert_true(link_is_tls(c->link));
	assert_string_equal(c->server.sni, "irc.test");
}

static void
an_address_is_checked_too_and_sends_no_server_name(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	srv_start(&c->server, play_echo);
	open_tls(c, STR("127.0.0.1"), STR_EMPTY);
	link_write(c->link, "hello", 5);
	c->stop_at = 5;
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_UP], 1);
	assert_string_equal(c->server.sni, "");
}

static void
expect_refused(struct client *c, const struct cert *cert, struct str host,
    struct str pin, const char *why)
{
	c->server.cert = cert;
	srv_start(&c->server, play_keep);
	open_tls(c, host, pin);
	link_write(c->link, "secret", 6);
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_UP], 0);
	assert_int_equal(c->nseen[LINK_DOWN], 1);
	assert_int_equal(c->err.kind, ERR_DENIED);
	assert_true(c->permanent);
	assert_text(c, "TLS: certificate of ");
	assert_text(c, why);
	link_close(&c->link);
	srv_end(&c->server);
	c->server = (struct server){ 0 };
}

static void
a_certificate_for_another_host_is_refused(void **state)
{
	expect_refused(*state, &good, STR("dead-then-good.test"), STR_EMPTY,
	    "ostname mismatch");
}

static void
an_expired_certificate_is_refused(void **state)
{
	expect_refused(*state, &expired, STR("irc.test"), STR_EMPTY, "expired");
}

static void
a_self_signed_certificate_is_refused(void **state)
{
	expect_refused(
	    *state, &alone, STR("irc.test"), STR_EMPTY, "self-signed");
}

static void
a_certificate_that_is_not_the_pinned_one_is_refused(void **state)
{
	expect_refused(*state, &good, STR("irc.test"), str_c(alone.pin),
	    "not the pinned one");
}

static void
expect_pinned(struct client *c, const struct cert *cert, struct str host)
{
	char pin[128];
	size_t n = 0;

	for (int i = 0; i < 64; i += 2)
		n += (size_t)snprintf(pin + n, sizeof(pin) - n, "%s%.2s",
		    i ? ":" : "", cert->pin + i);
	c->server.cert = cert;
	srv_start(&c->server, play_echo);
	open_tls(c, host, str_c(pin));
	run_until(c, ON(LINK_UP));
	assert_int_equal(c->nseen[LINK_UP], 1);
}

static void
a_server_is_shown_the_certificate_of_the_user(void **state)
{
	char sha256[IDENTITY_SHA256_HEX], sha512[IDENTITY_SHA512_HEX];
	struct client *c = *state;
	struct buf pem;

	buf_init(&pem, IDENTITY_MAX);
	identity_new(&pem);
	c->server.cert = &good;
	srv_start(&c->server, play_echo);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true,
	        .verify = true,
	        .ca_file = ca_file,
	        .identity = buf_str(&pem) });
	link_write(c->link, "x", 1);
	c->stop_at = 1;
	run_until(c, 0);
	identity_fingerprints(buf_str(&pem), sha256, sha512);
	assert_string_equal(c->server.shown, sha256);
	buf_release(&pem);
}

static void
a_damaged_certificate_of_the_user_is_no_link(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	srv_start(&c->server, play_echo);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true,
	        .identity = STR("damaged") });
	run_until(c, 0);
	assert_true(c->permanent);
	assert_text(c, "damaged");
}

static void
the_pinned_certificate_is_accepted_though_expired(void **state)
{
	expect_pinned(*state, &expired, STR("irc.test"));
}

static void
the_pinned_certificate_is_accepted_though_self_signed(void **state)
{
	expect_pinned(*state, &alone, STR("dead-then-good.test"));
}

static void
a_pin_that_is_no_fingerprint_is_told(void **state)
{
	struct client *c = *state;

	open_tls(c, STR("irc.test"), STR("abc"));
	run_until(c, 0);
	assert_int_equal(c->err.kind, ERR_BAD_INPUT);
	assert_true(c->permanent);
}

static void
without_verify_any_certificate_will_do(void **state)
{
	struct client *c = *state;

	c->server.cert = &expired;
	srv_start(&c->server, play_echo);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true });
	run_until(c, ON(LINK_UP));
	assert_int_equal(c->nseen[LINK_UP], 1);
}

static void
authorities_that_cannot_be_read_are_told(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_keep);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true,
	        .verify = true,
	        .ca_file = "/nonexistent/ca.pem" });
	run_until(c, 0);
	assert_text(c, "/nonexistent/ca.pem");
}

static void
a_listener_that_never_shakes_hands_meets_the_deadline(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_wait);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true,
	        .connect_ms = 200 });
	run_until(c, 0);
	assert_int_equal(c->err.kind, ERR_TIMEOUT);
	assert_text(c, "no answer within 0.2 s while agreeing on TLS");
	assert_false(c->permanent);
}

static void
a_port_without_tls_is_told_apart(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_speak_plain);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true });
	run_until(c, 0);
	assert_text(c, "does not speak TLS");
}

static void
tls_1_2_is_spoken(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	c->server.tls_max = TLS1_2_VERSION;
	srv_start(&c->server, play_echo);
	open_tls(c, STR("irc.test"), STR_EMPTY);
	link_write(c->link, "hello", 5);
	c->stop_at = 5;
	run_until(c, 0);
	assert_true(str_is(buf_str(&c->got), "hello"));
}

static void
tls_1_1_is_not_spoken(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	c->server.tls_max = TLS1_1_VERSION;
	srv_start(&c->server, play_keep);
	open_tls(c, STR("irc.test"), STR_EMPTY);
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_UP], 0);
	assert_int_equal(c->err.kind, ERR_PROTOCOL);
	assert_text(c, "TLS: handshake with irc.test:");
	assert_text(c, "version");
	assert_false(c->hung_up);
}

/* A throttle takes the connection, and closes it without a word. */
static void
who_hangs_up_in_the_handshake_is_told_apart(void **state)
{
	struct client *c = *state;

	srv_start(&c->server, play_hang_up);
	open_tls(c, STR("irc.test"), STR_EMPTY);
	run_until(c, 0);
	assert_int_equal(c->nseen[LINK_UP], 0);
	assert_int_equal(c->err.kind, ERR_UNREACHABLE);
	assert_true(c->hung_up);
	assert_false(c->permanent);
}

static void
keys_may_change_in_the_middle(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	srv_start(&c->server, play_change_keys);
	open_tls(c, STR("irc.test"), STR_EMPTY);
	run_until(c, ON(LINK_UP));
	for (int i = 1; i <= 10; i++) {
		c->stop_at = 10 * (size_t)i;
		run_until(c, 0);
		link_write(c->link, "mine too", 8);
	}
	run_until(c, 0);
	assert_int_equal(c->ngot, 100);
	c->stop_at = 0;
	run_until(c, 0);
	assert_int_equal(c->err.kind, ERR_NONE);
}

static void
finish_in_a_callback(struct link *l, const struct link_event *ev, void *arg)
{
	struct client *c = arg;

	assert_ptr_equal(l, c->link);
	c->nseen[ev->type]++;
	if (ev->type == LINK_DATA) {
		link_write(l, "QUIT\r\n", 6);
		link_finish(&c->link);
		loop_stop(c->loop);
	}
}

static void
a_link_finished_in_its_callback_says_its_last_line(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	srv_start(&c->server, play_echo);
	c->link = link_open(c->loop,
	    &(struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true,
	        .verify = true,
	        .ca_file = ca_file },
	    finish_in_a_callback, c);
	link_write(c->link, "x", 1);
	run_for(c, GUARD_MS);
	assert_false(c->timed_out);
	assert_null(c->link);
	run_for(c, 50);
	assert_int_equal(c->nseen[LINK_DATA], 1);
	assert_int_equal(c->nseen[LINK_DOWN], 0);
}

static void
much_data_over_tls_arrives_whole(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	srv_start(&c->server, play_big);
	open_tls(c, STR("irc.test"), STR_EMPTY);
	c->stop_at = BIG_BYTES;
	run_until(c, 0);
	assert_int_equal(c->ngot, BIG_BYTES);
}

static void
much_data_over_tls_goes_out_whole(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	srv_start(&c->server, play_keep);
	open_with(c,
	    (struct link_params){ .host = STR("irc.test"),
	        .port = c->server.port,
	        .private_ok = true,
	        .tls = true,
	        .out_max = BIG_BYTES });
	run_until(c, ON(LINK_UP));
	write_all_of(c, BIG_BYTES);
	link_finish(&c->link);
	loop_free(&c->loop);
	pthread_join(c->server.thread, NULL);
	assert_int_equal(c->server.got.len, BIG_BYTES);
	c->server.started = false;
	close(c->server.listener);
	buf_release(&c->server.got);
	c->loop = loop_new();
}

static void
pausing_over_tls_loses_nothing(void **state)
{
	struct client *c = *state;

	c->server.cert = &good;
	srv_start(&c->server, play_big);
	open_tls(c, STR("irc.test"), STR_EMPTY);
	while (c->ngot < BIG_BYTES) {
		run_until(c, ON(LINK_DATA));
		assert_int_equal(c->err.kind, ERR_NONE);
		link_pause(c->link, true);
		run_for(c, 1);
		link_pause(c->link, false);
	}
	assert_int_equal(c->ngot, BIG_BYTES);
}

static void
descriptors_far_above_1024_work(void **state)
{
	struct client *c = *state;
	struct rlimit rl;
	int high;

	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
	if (rl.rlim_cur < 3000)
		skip();
	srv_start(&c->server, play_echo);
	/* The lowest free number is what socket() takes: use them up. */
	high = open("/dev/null", O_RDONLY);
	for (int i = high + 1; i <= 2000; i++)
		if (fcntl(i, F_GETFD) < 0)
			assert_int_equal(dup2(high, i), i);
	open_plain(c);
	link_write(c->link, "high", 4);
	c->stop_at = 4;
	run_until(c, 0);
	assert_true(str_is(buf_str(&c->got), "high"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(bytes_go_out_and_come_back),
		T(an_address_in_digits_needs_no_name_server),
		T(writes_of_one_turn_leave_together),
		T(a_peer_that_hangs_up_is_no_error),
		T(a_refused_port_is_down_and_worth_another_try),
		T(a_name_without_address_says_so),
		T(what_is_no_host_name_is_refused_for_good),
		T(a_private_address_is_refused_for_good),
		T(the_second_address_is_tried_when_the_first_refuses),
		T(when_all_addresses_refuse_it_is_told_once),
		T(the_second_address_does_not_wait_for_a_silent_first),
		T(the_last_words_before_a_reset_are_read),
		T(a_reset_in_the_middle_of_writing_is_told_once),
		T(a_reset_while_paused_is_noticed),
		T(a_slow_reader_meets_out_max_and_the_rest_arrives),
		T(nothing_is_read_while_paused),
		T(the_link_may_be_closed_in_every_event),
		T(a_link_closed_while_connecting_is_silent),
		T(finish_writes_everything_first),
		T(finish_gives_a_deaf_peer_two_seconds),
		T(a_certificate_of_our_authority_is_accepted),
		T(an_address_is_checked_too_and_sends_no_server_name),
		T(a_certificate_for_another_host_is_refused),
		T(an_expired_certificate_is_refused),
		T(a_self_signed_certificate_is_refused),
		T(a_certificate_that_is_not_the_pinned_one_is_refused),
		T(a_server_is_shown_the_certificate_of_the_user),
		T(a_damaged_certificate_of_the_user_is_no_link),
		T(the_pinned_certificate_is_accepted_though_expired),
		T(the_pinned_certificate_is_accepted_though_self_signed),
		T(a_pin_that_is_no_fingerprint_is_told),
		T(without_verify_any_certificate_will_do),
		T(authorities_that_cannot_be_read_are_told),
		T(a_listener_that_never_shakes_hands_meets_the_deadline),
		T(a_port_without_tls_is_told_apart),
		T(tls_1_2_is_spoken),
		T(tls_1_1_is_not_spoken),
		T(who_hangs_up_in_the_handshake_is_told_apart),
		T(keys_may_change_in_the_middle),
		T(a_link_finished_in_its_callback_says_its_last_line),
		T(much_data_over_tls_arrives_whole),
		T(much_data_over_tls_goes_out_whole),
		T(pausing_over_tls_loses_nothing),
		T(descriptors_far_above_1024_work),
	};

	return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
