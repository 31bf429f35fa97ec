#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/log.h"
#include "net/loop.h"
#include "xmpp/component.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

#define STREAM_ID "3BF96D32"
#define HEADER                                                                 \
	"<?xml version='1.0'?><stream:stream "                                 \
	"xmlns:stream='http://etherx.jabber.org/streams' "                     \
	"xmlns='jabber:component:accept' from='gw.test' id='" STREAM_ID "'>"
#define STREAM_ERROR(condition)                                                \
	"<stream:error><" condition                                            \
	" xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"        \
	"</stream:stream>"

/* ---- the server: what it says, by mode --------------------------------- */

enum mode {
	GOOD,
	SILENT,       /* takes the connection, never sends a header */
	HOST_UNKNOWN, /* as Prosody, at the header */
	CONFLICT,     /* as Prosody, at the handshake */
	HANGS_UP,     /* after the header, without a word */
	BROKEN_XML,   /* instead of the handshake */
};

static struct {
	uv_tcp_t listener, peer;
	enum mode mode;
	bool has_peer, said_header, said_hello;
	bool echoes; /* sends stanzas to gw.test back to it */
	bool deaf;
	unsigned nconn, port;
	size_t nread;
	struct buf in;
} server;

/* ---- what the component reported --------------------------------------- */

static struct {
	unsigned nup, ndown, nstanzas, nslow;
	enum component_end why;
	struct err err;
	bool slow, close_when_down;
	struct buf ids;
	struct buf log;
} seen;

static struct loop *loop;
static struct component *c;
static struct component *second;

static void
written(uv_write_t *req, int status)
{
	(void)status;
	free(req->data);
	free(req);
}

static void
say(const char *text)
{
	uv_write_t *req = calloc(1, sizeof(*req));
	uv_buf_t b;

	req->data = strdup(text);
	b = uv_buf_init(req->data, (unsigned)strlen(text));
	uv_write(req, (uv_stream_t *)&server.peer, &b, 1, written);
}

static void
peer_gone(uv_handle_t *h)
{
	(void)h;
	server.has_peer = false;
}

static void
drop_peer(void)
{
	if (server.has_peer && !uv_is_closing((uv_handle_t *)&server.peer))
		uv_close((uv_handle_t *)&server.peer, peer_gone);
}

static bool
knows_secret(void)
{
	uint8_t sum[CRYPTO_SHA1_BYTES];
	char want[64] = "<handshake xmlns='jabber:component:accept'>";
	size_t n = strlen(want);
	char hex[2 * CRYPTO_SHA1_BYTES + 1];

	crypto_sha1(STR(STREAM_ID "secret"), sum);
	for (unsigned i = 0; i < CRYPTO_SHA1_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	assert_non_null(strstr(server.in.p, want));
	return strncmp(strstr(server.in.p, want) + n, hex, strlen(hex)) == 0;
}

static void
answer_handshake(void)
{
	server.said_hello = true;
	if (server.mode == CONFLICT)
		say(STREAM_ERROR("conflict"));
	else if (server.mode == BROKEN_XML)
		say("<message><body></message>");
	else if (knows_secret())
		say("<handshake/>");
	else
		say(STREAM_ERROR("not-authorized"));
	if (server.mode == CONFLICT || !knows_secret())
		drop_peer();
	buf_clear(&server.in);
}

static void
answer_header(void)
{
	server.said_header = true;
	say(HEADER);
	if (server.mode == HOST_UNKNOWN)
		say(STREAM_ERROR("host-unknown"));
	if (server.mode == HOST_UNKNOWN || server.mode == HANGS_UP)
		drop_peer();
}

static void
answer(void)
{
	if (!server.said_header) {
		if (server.mode != SILENT &&
		    strstr(server.in.p, "to=\"gw.test"))
			answer_header();
	} else if (!server.said_hello) {
		if (strstr(server.in.p, "</handshake>"))
			answer_handshake();
	} else if (server.echoes) {
		say(server.in.p);
		buf_clear(&server.in);
	}
}

static void
on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *b)
{
	static char memory[65536];

	(void)h, (void)hint;
	*b = uv_buf_init(memory, sizeof(memory));
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	(void)s;
	if (n < 0) {
		drop_peer();
		return;
	}
	server.nread += (size_t)n;
	buf_add(&server.in, b->base, (size_t)n);
	if (strstr(server.in.p, "</stream:stream>")) {
		say("</stream:stream>");
		drop_peer();
		return;
	}
	answer();
}

static void
on_connection(uv_stream_t *s, int status)
{
	int size = 16384;

	assert_int_equal(status, 0);
	assert_false(server.has_peer);
	server.nconn++;
	server.has_peer = true;
	server.said_header = server.said_hello = false;
	server.nread = 0;
	buf_clear(&server.in);
	uv_tcp_init(loop_uv(loop), &server.peer);
	uv_accept(s, (uv_stream_t *)&server.peer);
	uv_recv_buffer_size((uv_handle_t *)&server.peer, &size);
	if (!server.deaf)
		uv_read_start((uv_stream_t *)&server.peer, on_alloc, on_read);
}

static void
server_open(void)
{
	struct sockaddr_in sin;
	int len = sizeof(sin);

	uv_ip4_addr("127.0.0.1", (int)server.port, &sin);
	uv_tcp_init(loop_uv(loop), &server.listener);
	uv_tcp_bind(&server.listener, (struct sockaddr *)&sin, 0);
	assert_int_equal(
	    uv_listen((uv_stream_t *)&server.listener, 8, on_connection), 0);
	uv_tcp_getsockname(&server.listener, (struct sockaddr *)&sin, &len);
	server.port = ntohs(sin.sin_port);
}

static void
server_close(void)
{
	drop_peer();
	if (!uv_is_closing((uv_handle_t *)&server.listener))
		uv_close((uv_handle_t *)&server.listener, NULL);
}

/* ---- the component ------------------------------------------------------ */

static void
on_up(struct component *comp, void *arg)
{
	(void)comp, (void)arg;
	seen.nup++;
}

static void
on_down(struct component *comp, enum component_end why, const struct err *err,
    void *arg)
{
	(void)comp, (void)arg;
	seen.ndown++;
	seen.why = why;
	seen.err = *err;
	if (seen.close_when_down)
		component_close(&c);
}

static void
on_stanza(struct component *comp, const struct stanza *s, void *arg)
{
	struct str id = stanza_attr(s, "id");

	(void)comp, (void)arg;
	seen.nstanzas++;
	buf_addf(&seen.ids, STR_FMT " ", STR_ARG(id));
}

static void
on_slow(struct component *comp, bool slow, void *arg)
{
	(void)comp, (void)arg;
	seen.nslow++;
	seen.slow = slow;
}

static const struct component_ops ops = { .up = on_up,
	.down = on_down,
	.stanza = on_stanza,
	.slow = on_slow };

static struct component_params
params(void)
{
	return (struct component_params){
		.domain = "gw.test",
		.host = "127.0.0.1",
		.port = (uint16_t)server.port,
		.secret = STR("secret"),
		.reconnect_min_ms = 50,
		.reconnect_max_ms = 100,
	};
}

static void
on_tick(uv_timer_t *t)
{
	bool (*is_so)(void) = *(bool (**)(void))t->data;

	if (is_so())
		loop_stop(loop);
}

static void
on_late(uv_timer_t *t)
{
	(void)t;
	loop_stop(loop);
}

/* Runs the loop until it is so; false after 5 s. */
static bool
wait_until(bool (*is_so)(void))
{
	uv_timer_t tick, late;

	uv_timer_init(loop_uv(loop), &tick);
	uv_timer_init(loop_uv(loop), &late);
	tick.data = &is_so;
	uv_timer_start(&tick, on_tick, 0, 2);
	uv_timer_start(&late, on_late, 5000, 0);
	loop_run(loop);
	uv_close((uv_handle_t *)&tick, NULL);
	uv_close((uv_handle_t *)&late, NULL);
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	return is_so();
}

static bool
is_up(void)
{
	return c && component_is_up(c);
}

static bool
is_down(void)
{
	return seen.ndown > 0;
}

static bool
is_up_twice(void)
{
	return seen.nup >= 2;
}

static bool
has_three_ids(void)
{
	return seen.nstanzas >= 3;
}

static bool
no_peer(void)
{
	return !server.has_peer;
}

static void
log_line(enum log_level level, const char *line, void *arg)
{
	(void)level, (void)arg;
	buf_addf(&seen.log, "%s\n", line);
}

static int
begin(void **state)
{
	(void)state;
	memset(&server, 0, sizeof(server));
	memset(&seen, 0, sizeof(seen));
	buf_init(&server.in, 64 * 1024 * 1024);
	buf_init(&seen.ids, 64 * 1024);
	buf_init(&seen.log, 64 * 1024);
	log_set_sink(log_line, NULL);
	loop = loop_new();
	server_open();
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	component_close(&c);
	component_close(&second);
	assert_true(wait_until(no_peer));
	server_close();
	loop_free(&loop);
	buf_release(&server.in);
	buf_release(&seen.ids);
	buf_release(&seen.log);
	log_set_sink(NULL, NULL);
	return 0;
}

static void
start(const struct component_params *p)
{
	c = component_new(loop, p, &ops, NULL);
}

static void
start_up(const struct component_params *p)
{
	start(p);
	assert_true(wait_until(is_up));
}

static void
send_message(size_t len)
{
	char *text = malloc(len);

	memset(text, 'x', len);
	xmlw_textel(component_begin(c, "message", STR("a@gw.test"),
	                STR("b@test"), "chat", STR("1")),
	    "body", NULL, str_of(text, len));
	free(text);
}

/* ---- tests -------------------------------------------------------------- */

static void
the_secret_is_proved_and_the_stream_is_up(void **state)
{
	struct component_params p = params();
	struct component_stats st;

	(void)state;
	start(&p);
	assert_int_equal(server.nconn, 0); /* nothing before it returned */
	assert_true(wait_until(is_up));
	component_stats(c, &st);
	assert_int_equal(st.nup, 1);
	assert_true(st.up_at > 0);
	assert_int_equal(seen.ndown, 0);
	assert_non_null(strstr(seen.log.p, "component up"));
}

static void
a_wrong_secret_is_told_with_what_to_do(void **state)
{
	struct component_params p = params();

	(void)state;
	p.secret = STR("other");
	start(&p);
	assert_true(wait_until(is_down));
	assert_int_equal(seen.why, COMPONENT_NOT_AUTHORIZED);
	assert_int_equal(seen.err.kind, ERR_AUTH);
	assert_non_null(strstr(seen.log.p, "component_secret"));
	assert_null(strstr(seen.log.p, "other"));
}

static void
an_unknown_name_is_told_with_what_to_do(void **state)
{
	struct component_params p = params();

	(void)state;
	server.mode = HOST_UNKNOWN;
	start(&p);
	assert_true(wait_until(is_down));
	assert_int_equal(seen.why, COMPONENT_HOST_UNKNOWN);
	assert_non_null(strstr(seen.log.p, "Component section"));
}

static void
a_conflict_before_login_is_a_twin(void **state)
{
	struct component_params p = params();

	(void)state;
	server.mode = CONFLICT;
	start(&p);
	assert_true(wait_until(is_down));
	assert_int_equal(seen.why, COMPONENT_CONFLICT);
}

static void
a_conflict_after_login_is_a_takeover_and_waits_a_minute(void **state)
{
	struct component_params p = params();
	struct str log;
	const char *retry;

	(void)state;
	start_up(&p);
	say(STREAM_ERROR("conflict"));
	assert_true(wait_until(is_down));
	assert_int_equal(seen.why, COMPONENT_REPLACED);
	assert_int_equal(seen.nstanzas, 0);
	log = buf_str(&seen.log);
	assert_true(str_has(log, '\n'));
	retry = strstr(seen.log.p, "retry_ms=");
	assert_non_null(retry);
	assert_true(strtol(retry + 9, NULL, 10) >= 60000);
}

static void
a_header_that_never_comes_ends_in_a_timeout(void **state)
{
	struct component_params p = params();

	(void)state;
	server.mode = SILENT;
	p.handshake_ms = 50;
	start(&p);
	assert_true(wait_until(is_down));
	assert_int_equal(seen.why, COMPONENT_LOST);
	assert_int_equal(seen.err.kind, ERR_TIMEOUT);
}

static void
a_server_that_hangs_up_in_the_handshake_is_lost(void **state)
{
	struct component_params p = params();

	(void)state;
	server.mode = HANGS_UP;
	start(&p);
	assert_true(wait_until(is_down));
	assert_int_equal(seen.why, COMPONENT_LOST);
	assert_non_null(strstr(seen.err.text, "during the handshake"));
}

static void
broken_xml_before_login_ends_the_attempt(void **state)
{
	struct component_params p = params();

	(void)state;
	server.mode = BROKEN_XML;
	start(&p);
	assert_true(wait_until(is_down));
	assert_int_equal(seen.err.kind, ERR_PROTOCOL);
}

static void
broken_xml_after_login_ends_the_stream_and_a_new_one_comes(void **state)
{
	struct component_params p = params();

	(void)state;
	start_up(&p);
	say("<message id='1'/><message></iq>");
	assert_true(wait_until(is_down));
	assert_int_equal(seen.err.kind, ERR_PROTOCOL);
	assert_string_equal(seen.ids.p, "1 ");
	assert_true(wait_until(is_up_twice));
}

static void
our_own_ping_goes_round_unseen_and_keeps_the_stream(void **state)
{
	struct component_params p = params();

	(void)state;
	server.echoes = true;
	p.ping_ms = 20;
	p.ping_timeout_ms = 200;
	start_up(&p);
	for (int i = 0; i < 3; i++) {
		size_t before = server.nread;

		while (server.nread < before + 150)
			uv_run(loop_uv(loop), UV_RUN_ONCE);
	}
	assert_true(is_up());
	assert_int_equal(seen.nstanzas, 0);
	assert_int_equal(seen.ndown, 0);
}

static void
a_server_that_falls_silent_is_left(void **state)
{
	struct component_params p = params();

	(void)state;
	p.ping_ms = 20;
	p.ping_timeout_ms = 50;
	start_up(&p);
	assert_true(wait_until(is_down));
	assert_int_equal(seen.err.kind, ERR_TIMEOUT);
	assert_true(wait_until(is_up_twice));
}

static void
stanzas_arrive_in_order_and_only_stanzas(void **state)
{
	struct component_params p = params();

	(void)state;
	start_up(&p);
	say("<message id='1'/> <foo/><presence id='2'/>\n<iq id='3'/>");
	assert_true(wait_until(has_three_ids));
	assert_string_equal(seen.ids.p, "1 2 3 ");
}

static bool
has_body(void)
{
	return strstr(server.in.p, "</message>") != NULL;
}

static void
what_is_written_in_one_turn_goes_out_together(void **state)
{
	struct component_params p = params();
	struct component_stats st;

	(void)state;
	start_up(&p);
	for (int i = 0; i < 3; i++) {
		send_message(3);
		assert_int_equal(component_end(c, NULL), 0);
	}
	component_stats(c, &st);
	assert_int_equal(st.nout, 3);
	assert_true(st.queued_bytes > 0);
	assert_true(wait_until(has_body));
	assert_non_null(strstr(server.in.p, "<body>xxx</body>"));
	assert_non_null(strstr(server.in.p, "from='a@gw.test'"));
}

static void
while_down_a_stanza_is_refused_and_nothing_is_kept(void **state)
{
	struct component_params p = params();
	struct err err = ERR_INIT;
	struct component_stats st;

	(void)state;
	start(&p);
	send_message(3);
	assert_int_equal(component_end(c, &err), -1);
	assert_int_equal(err.kind, ERR_UNREACHABLE);
	component_stats(c, &st);
	assert_int_equal(st.queued_bytes, 0);
	assert_true(wait_until(is_up));
	assert_int_equal(server.in.len, 0);
}

static void
a_stanza_over_the_limit_is_refused_alone(void **state)
{
	struct component_params p = params();
	struct err err = ERR_INIT;
	struct component_stats st;

	(void)state;
	start_up(&p);
	send_message(3);
	assert_int_equal(component_end(c, NULL), 0);
	send_message(COMPONENT_STANZA_MAX);
	assert_int_equal(component_end(c, &err), -1);
	assert_int_equal(err.kind, ERR_TOO_BIG);
	send_message(4);
	assert_int_equal(component_end(c, NULL), 0);
	component_stats(c, &st);
	assert_int_equal(st.nrefused, 1);
	assert_true(st.queued_bytes < 500);
}

static bool
is_slow(void)
{
	return seen.slow;
}

static bool
is_fast(void)
{
	return !seen.slow;
}

static void
a_backlog_makes_it_slow_then_refuses_then_recovers(void **state)
{
	struct component_params p = params();
	struct err err = ERR_INIT;
	uint64_t n = 0;
	struct component_stats st;

	(void)state;
	p.out_low = 64 * 1024;
	p.out_high = 256 * 1024;
	p.out_max = 1024 * 1024;
	start_up(&p);
	uv_read_stop((uv_stream_t *)&server.peer);
	do {
		uv_run(loop_uv(loop), UV_RUN_NOWAIT);
		send_message(50000);
		n++;
	} while (component_end(c, &err) == 0 && n < 10000);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_true(component_is_slow(c));
	assert_true(wait_until(is_slow));
	component_stats(c, &st);
	assert_true(st.queued_bytes <= p.out_max);
	uv_read_start((uv_stream_t *)&server.peer, on_alloc, on_read);
	assert_true(wait_until(is_fast));
	assert_int_equal(seen.nslow, 2);
	assert_int_equal(seen.ndown, 0);
	assert_false(component_is_slow(c));
}

static void
a_restarted_server_finds_us_again(void **state)
{
	struct component_params p = params();

	(void)state;
	start_up(&p);
	server_close();
	assert_true(wait_until(is_down));
	assert_int_equal(seen.why, COMPONENT_LOST);
	assert_false(is_up());
	for (int i = 0; i < 40; i++)
		uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	server_open();
	assert_true(wait_until(is_up));
	assert_true(seen.nup == 2);
}

static void
a_refused_connection_names_address_and_reason(void **state)
{
	struct component_params p = params();

	(void)state;
	server_close();
	start(&p);
	assert_true(wait_until(is_down));
	assert_string_equal(seen.err.text, "127.0.0.1: Connection refused");
}

static void
a_name_without_an_address_is_told(void **state)
{
	struct component_params p = params();
	char host[80];

	(void)state;
	memset(host, 'a', 70); /* no label may be so long: never asked for */
	snprintf(host + 70, sizeof(host) - 70, ".invalid");
	p.host = host;
	start(&p);
	assert_true(wait_until(is_down));
	assert_int_equal(seen.why, COMPONENT_LOST);
	assert_non_null(strstr(seen.err.text, "has no address"));
}

static void
every_address_of_a_name_is_tried(void **state)
{
	struct component_params p = params();

	(void)state;
	p.host = "localhost"; /* ::1 too, where we do not listen */
	start_up(&p);
}

static void
closing_says_goodbye_after_what_was_written(void **state)
{
	struct component_params p = params();

	(void)state;
	start_up(&p);
	send_message(3);
	assert_int_equal(component_end(c, NULL), 0);
	component_close(&c);
	assert_null(c);
	assert_true(wait_until(no_peer));
	assert_non_null(strstr(server.in.p, "</message></stream:stream>"));
	assert_int_equal(seen.ndown, 0);
}

static void
closing_from_its_own_callback_is_fine(void **state)
{
	struct component_params p = params();

	(void)state;
	seen.close_when_down = true;
	start_up(&p);
	drop_peer();
	assert_true(wait_until(is_down));
	assert_null(c);
}

static void
closing_while_connecting_is_fine(void **state)
{
	struct component_params p = params();

	(void)state;
	start(&p);
	component_close(&c);
	start(&p);
	uv_run(loop_uv(loop), UV_RUN_NOWAIT);
	component_close(&c);
	start(&p);
	while (server.nconn == 0)
		uv_run(loop_uv(loop), UV_RUN_ONCE);
	component_close(&c);
}

static void
a_thousand_descriptors_do_not_matter(void **state)
{
	struct component_params p = params();
	struct rlimit lim;
	int fds[1100];
	unsigned n = 0;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max < 4096 ? lim.rlim_max : 4096;
	setrlimit(RLIMIT_NOFILE, &lim);
	while (n < 1100 && (fds[n] = open("/dev/null", O_RDONLY)) >= 0)
		n++;
	assert_int_equal(n, 1100);
	start_up(&p);
	for (unsigned i = 2; i < 6; i++) {
		drop_peer();
		while (seen.nup < i)
			uv_run(loop_uv(loop), UV_RUN_ONCE);
	}
	say("<message id='1'/><message id='2'/><message id='3'/>");
	assert_true(wait_until(has_three_ids));
	while (n > 0)
		close(fds[--n]);
}

static bool
both_refused(void)
{
	return seen.ndown >= 2;
}

static void
two_components_live_side_by_side(void **state)
{
	struct component_params p = params();
	struct component_params q = params();

	(void)state;
	start_up(&p);
	q.domain = "other.test";
	q.port = 1; /* nobody there; it goes on trying */
	second = component_new(loop, &q, &ops, NULL);
	assert_true(wait_until(both_refused));
	assert_true(is_up());
	assert_false(component_is_up(second));
	say("<message id='1'/><message id='2'/><message id='3'/>");
	assert_true(wait_until(has_three_ids));
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_secret_is_proved_and_the_stream_is_up),
		T(a_wrong_secret_is_told_with_what_to_do),
		T(an_unknown_name_is_told_with_what_to_do),
		T(a_conflict_before_login_is_a_twin),
		T(a_conflict_after_login_is_a_takeover_and_waits_a_minute),
		T(a_header_that_never_comes_ends_in_a_timeout),
		T(a_server_that_hangs_up_in_the_handshake_is_lost),
		T(broken_xml_before_login_ends_the_attempt),
		T(broken_xml_after_login_ends_the_stream_and_a_new_one_comes),
		T(our_own_ping_goes_round_unseen_and_keeps_the_stream),
		T(a_server_that_falls_silent_is_left),
		T(stanzas_arrive_in_order_and_only_stanzas),
		T(what_is_written_in_one_turn_goes_out_together),
		T(while_down_a_stanza_is_refused_and_nothing_is_kept),
		T(a_stanza_over_the_limit_is_refused_alone),
		T(a_backlog_makes_it_slow_then_refuses_then_recovers),
		T(a_restarted_server_finds_us_again),
		T(a_refused_connection_names_address_and_reason),
		T(a_name_without_an_address_is_told),
		T(every_address_of_a_name_is_tried),
		T(closing_says_goodbye_after_what_was_written),
		T(closing_from_its_own_callback_is_fine),
		T(closing_while_connecting_is_fine),
		T(a_thousand_descriptors_do_not_matter),
		T(two_components_live_side_by_side),
	};
	struct err err = ERR_INIT;

	if (component_setup(2, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
