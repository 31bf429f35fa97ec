/*
 * Who connects to us: both ends of each connection are links of one loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <grp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "net/address.h"
#include "net/link.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls.h"

#include "certs.h"

enum { GUARD_MS = 5000, MANY = 50 };

static struct loop *loop;
static struct listener *listener;
static struct link *client, *server;
static struct timer guard;
static struct err err, down;
static struct buf got; /* by the client */
static struct tls_server *tls;
static unsigned ntaken, nwarning;
static bool has_address, tls_first;
static const char *until; /* what the client waits for */
static char dir[] = "/tmp/test_listener.XXXXXX";
static char path[64], key_file[64];

static void
on_guard(struct timer *t)
{
	(void)t;
	fail_msg("nothing happened");
}

static void
turn_until(const char *text)
{
	until = text;
	timer_set(&guard, loop_clock(loop), loop_clock(loop)->at + GUARD_MS);
	loop_run(loop);
	timer_cancel(&guard);
}

/* Says in capitals what it is told; "tls" begins it. */
static void
on_server(struct link *l, const struct link_event *ev, void *arg)
{
	char text[64];

	(void)arg;
	if (ev->type == LINK_DOWN) {
		link_close(&server);
		return;
	}
	if (ev->type != LINK_DATA)
		return;
	for (size_t i = 0; i < ev->len && i < sizeof(text); i++)
		text[i] = (char)(ev->data[i] - 'a' + 'A');
	link_write(l, text, ev->len);
	assert_int_equal(link_is_tls(l), tls != NULL);
}

static void
on_caller(struct link *l, const struct listener_peer *peer, void *arg)
{
	assert_ptr_equal(arg, &loop);
	ntaken++;
	has_address = peer->address != NULL;
	if (peer->address)
		assert_true(address_is_private(peer->address));
	else
		assert_int_equal(peer->uid, getuid());
	link_close(&server);
	server = l;
	link_attach(l, on_server, NULL);
	if (tls_first)
		link_start_tls(l, tls);
}

static void
on_client(struct link *l, const struct link_event *ev, void *arg)
{
	(void)arg;
	if (ev->type == LINK_UP) {
		link_write(l, "hello", 5);
	} else if (ev->type == LINK_DATA) {
		buf_add(&got, ev->data, ev->len);
		if (strstr(got.p, until))
			loop_stop(loop);
	} else if (ev->type == LINK_DOWN) {
		down = ev->err;
		loop_stop(loop);
	}
}

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)line;
	(void)arg;
	nwarning += level == LOG_WARN;
}

static int
set_up(void **state)
{
	(void)state;
	loop = loop_new();
	timer_init(&guard, on_guard);
	buf_init(&got, 10000);
	err = down = ERR_INIT;
	ntaken = nwarning = 0;
	tls_first = false;
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	snprintf(key_file, sizeof(key_file), "%s/pem", dir);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	link_close(&client);
	link_close(&server);
	listener_free(&listener);
	assert_int_not_equal(access(path, F_OK), 0);
	tls_server_free(&tls);
	loop_free(&loop);
	buf_release(&got);
	unlink(key_file);
	return rmdir(dir);
}

static void
listen_tcp(const char *address)
{
	struct listener_params p = { .address = str_c(address) };

	listener = listener_new(loop, &p, on_caller, &loop, &err);
}

static void
listen_unix(const char *group)
{
	struct listener_params p = {
		.path = str_c(path), .mode = 0660, .group = str_c(group)
	};

	listener = listener_new(loop, &p, on_caller, &loop, &err);
}

static void
dial(bool with_tls)
{
	struct link_params p = { .host = STR("127.0.0.1"),
		.port = listener_port(listener),
		.tls = with_tls,
		.verify = true,
		.ca_file = ca_file,
		.private_ok = true };

	client = link_open(loop, &p, on_client, NULL);
}

static void
who_connects_is_answered(void **state)
{
	(void)state;
	listen_tcp("127.0.0.1");
	assert_non_null(listener);
	dial(false);
	turn_until("HELLO");
	assert_true(has_address);
	assert_true(str_starts(link_peer(server), STR("127.0.0.1 ")));
	assert_int_equal(ntaken, 1);
}

static void
write_pem(const struct cert *c)
{
	FILE *f = fopen(key_file, "w");

	assert_non_null(f);
	PEM_write_X509(f, c->x509);
	PEM_write_PrivateKey(f, c->key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
}

static void
tls_begins_when_the_server_says_so(void **state)
{
	(void)state;
	write_pem(&good);
	tls = tls_server_new(key_file, key_file, &err);
	assert_non_null(tls);
	tls_first = true;
	listen_tcp("127.0.0.1");
	dial(true);
	turn_until("HELLO");
	assert_true(link_is_tls(server));
}

static void
who_does_not_speak_tls_is_lost(void **state)
{
	(void)state;
	write_pem(&good);
	tls = tls_server_new(key_file, key_file, &err);
	tls_first = true;
	listen_tcp("127.0.0.1");
	dial(false);
	turn_until("HELLO");
	assert_null(server);
	assert_int_not_equal(ntaken, 0);
}

static void
a_certificate_that_cannot_be_read_is_told(void **state)
{
	FILE *f;

	(void)state;
	assert_null(tls_server_new("/nonexistent", "/nonexistent", &err));
	assert_non_null(strstr(err.text, "/nonexistent"));
	write_pem(&good);
	f = fopen(path, "w");
	PEM_write_PrivateKey(f, alone.key, NULL, NULL, 0, NULL, NULL);
	fclose(f);
	assert_null(tls_server_new(key_file, path, &err));
	assert_non_null(strstr(err.text, "has no key for the certificate"));
	unlink(path);
}

static int
dial_unix(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(sun.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void
stop_soon(struct timer *t)
{
	(void)t;
	loop_stop(loop);
}

static void
turn_for(int64_t ms)
{
	struct timer t;

	timer_init(&t, stop_soon);
	timer_set(&t, loop_clock(loop), loop_clock(loop)->at + ms);
	loop_run(loop);
	timer_cancel(&t);
}

static void
a_unix_socket_has_its_rights(void **state)
{
	char memory[4096];
	struct group group, *g = NULL;
	struct stat sb;
	int fd;

	(void)state;
	(void)getgrgid_r(getgid(), &group, memory, sizeof(memory), &g);
	listen_unix(g ? g->gr_name : "");
	assert_non_null(listener);
	assert_int_equal(lstat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0660);
	assert_int_equal(sb.st_gid, getgid());
	fd = dial_unix();
	turn_for(30);
	assert_int_equal(ntaken, 1);
	assert_false(has_address);
	close(fd);
}

static void
a_socket_that_is_left_over_is_replaced_and_a_file_is_not(void **state)
{
	(void)state;
	listen_unix("");
	assert_non_null(listener);
	/* As after a crash. */
	assert_int_equal(link(path, key_file), 0);
	listener_free(&listener);
	assert_int_equal(rename(key_file, path), 0);
	listen_unix("");
	assert_non_null(listener);
	listener_free(&listener);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	listen_unix("");
	assert_null(listener);
	assert_non_null(strstr(err.text, "is no socket"));
	unlink(path);
}

static void
a_place_that_cannot_be_had_is_named(void **state)
{
	struct listener_params p = { .address = STR("127.0.0.1") };
	struct listener *second;

	(void)state;
	listen_tcp("localhost");
	assert_null(listener);
	assert_int_equal(err.kind, ERR_BAD_INPUT);
	listen_tcp("192.0.2.1");
	assert_null(listener);
	assert_non_null(strstr(err.text, "cannot listen at 192.0.2.1 port 0"));
	listen_tcp("127.0.0.1");
	p.port = listener_port(listener);
	second = listener_new(loop, &p, on_caller, &loop, &err);
	assert_null(second);
	listener_free(&listener);
	listen_unix("no-such-group");
	assert_null(listener);
	assert_string_equal(err.text, "there is no group no-such-group");
}

/* main() has kept descriptor 3 free for it. */
static void
a_socket_of_systemd_is_used(void **state)
{
	struct listener_params p = { .inherited = STR("mail") };
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int mine = socket(AF_UNIX, SOCK_STREAM, 0), caller;
	char pid[16];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", "mail", 1);
	memcpy(sun.sun_path, path, strlen(path));
	assert_int_equal(bind(mine, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(dup2(mine, 3), 3);
	assert_null(listener_new(loop, &p, on_caller, &loop, &err));
	assert_non_null(strstr(err.text, "called mail does not listen"));
	assert_int_equal(listen(mine, 5), 0);
	listener = listener_new(loop, &p, on_caller, &loop, &err);
	assert_non_null(listener);
	caller = dial_unix();
	turn_for(30);
	assert_int_equal(ntaken, 1);
	assert_false(has_address);
	p.inherited = STR("other");
	assert_null(listener_new(loop, &p, on_caller, &loop, &err));
	assert_non_null(strstr(err.text, "no socket that is called other"));
	close(caller);
	close(mine);
	unlink(path);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

static void
many_are_taken(void **state)
{
	int fd[MANY];

	(void)state;
	listen_unix("");
	for (int i = 0; i < MANY; i++)
		fd[i] = dial_unix();
	turn_for(50);
	assert_int_equal(ntaken, MANY);
	for (int i = 0; i < MANY; i++)
		close(fd[i]);
}

/* They wait, and one line says so. */
static void
without_descriptors_nobody_is_lost(void **state)
{
	struct rlimit before, few;
	int fd[3];

	(void)state;
	log_set_sink(on_log, NULL);
	listen_unix("");
	for (int i = 0; i < 3; i++)
		fd[i] = dial_unix();
	getrlimit(RLIMIT_NOFILE, &before);
	few = before;
	few.rlim_cur = (rlim_t)fd[2] + 1;
	setrlimit(RLIMIT_NOFILE, &few);
	turn_for(LISTENER_PAUSE_MS + 100);
	assert_int_equal(ntaken, 0);
	assert_int_equal(nwarning, 1);
	setrlimit(RLIMIT_NOFILE, &before);
	turn_for(LISTENER_PAUSE_MS);
	assert_int_equal(ntaken, 3);
	log_set_sink(NULL, NULL);
	for (int i = 0; i < 3; i++)
		close(fd[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_connects_is_answered),
		TEST(tls_begins_when_the_server_says_so),
		TEST(who_does_not_speak_tls_is_lost),
		TEST(a_certificate_that_cannot_be_read_is_told),
		TEST(a_unix_socket_has_its_rights),
		TEST(a_socket_that_is_left_over_is_replaced_and_a_file_is_not),
		TEST(a_place_that_cannot_be_had_is_named),
		TEST(a_socket_of_systemd_is_used),
		TEST(many_are_taken),
		TEST(without_descriptors_nobody_is_lost),
	};
	int fd;

	/* What systemd hands over is 3 and on. */
	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd < 3);
	return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
