/*
 * The store without a loop: callbacks run in store_settle().  Each test has a
 * folder of its own under build/, or $TMPDIR; what must not hurt this process
 * (being killed, running out of disk) happens in a child.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#include "net/loop.h"

#include "core/migrate.h"
#include "core/store.h"
#include "core/store_outbox.h"

#define USER STR("romeo@example.org")
#define GW   STR("irc.example.org")
#define NET  STR("libera")

static char dir[256], db_path[300], key_path[300];
static struct store *st;

/* ---- what happened ---------------------------------------------------- */

static int nok, nfailed, ncalled;
static char got[8192]; /* rows of the last load, one a line */

static void
on_done(bool ok, void *arg)
{
	(void)arg;
	if (ok)
		nok++;
	else
		nfailed++;
}

static void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...)
{
	size_t len = strlen(got);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(got + len, sizeof(got) - len, fmt, ap);
	va_end(ap);
}

static void
on_settings(bool ok, const struct store_setting *v, size_t n, void *arg)
{
	(void)arg;
	ncalled++;
	got[0] = '\0';
	if (!ok)
		note("failed\n");
	for (size_t i = 0; i < n; i++)
		note(STR_FMT "/" STR_FMT "/" STR_FMT "=" STR_FMT "%s\n",
		    STR_ARG(v[i].network), STR_ARG(v[i].room),
		    STR_ARG(v[i].name), STR_ARG(v[i].value),
		    v[i].secret ? "!" : "");
}

static void
on_occupants(bool ok, const struct store_occupant *v, size_t n, void *arg)
{
	(void)arg;
	ncalled++;
	got[0] = '\0';
	if (!ok)
		note("failed\n");
	for (size_t i = 0; i < n; i++)
		note(STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT "\n",
		    STR_ARG(v[i].jid), STR_ARG(v[i].room), STR_ARG(v[i].nick),
		    STR_ARG(v[i].password));
}

static void
on_facts(bool ok, const struct store_fact *v, size_t n, void *arg)
{
	(void)ok;
	(void)arg;
	ncalled++;
	got[0] = '\0';
	for (size_t i = 0; i < n; i++)
		note(STR_FMT "." STR_FMT "=" STR_FMT "\n",
		    STR_ARG(v[i].network), STR_ARG(v[i].name),
		    STR_ARG(v[i].value));
}

static char logged[4096];

static void
on_log(enum log_level level, const char *line, void *arg)
{
	size_t len = strlen(logged);

	(void)level;
	(void)arg;
	snprintf(logged + len, sizeof(logged) - len, "%s\n", line);
}

/* ---- helpers ---------------------------------------------------------- */

static struct store *
try_open(enum store_open_result *why, struct err *err)
{
	struct store_params p = {
		.path = db_path,
		.key_file = key_path,
		.retry_min_ms = 20,
		.retry_max_ms = 40,
	};

	return store_open(&p, why, err);
}

static void
open_store(void)
{
	enum store_open_result why;
	struct err err = ERR_INIT;

	st = try_open(&why, &err);
	if (!st)
		print_error("%s\n", err.text);
	assert_non_null(st);
	assert_int_equal(why, STORE_OPENED);
}

static void
reopen_store(void)
{
	store_close(&st);
	open_store();
}

static void
refused_with(enum store_open_result expected, const char *text)
{
	enum store_open_result why;
	struct err err = ERR_INIT;

	st = try_open(&why, &err);
	assert_null(st);
	assert_int_equal(why, expected);
	if (!strstr(err.text, text))
		print_error("%s\n", err.text);
	assert_non_null(strstr(err.text, text));
}

static void
set(struct str name, struct str value, bool secret)
{
	store_setting_put(
	    st, USER, GW, NET, STR_EMPTY, name, value, secret, on_done, NULL);
}

static const char *
settings_of(struct str user)
{
	store_settings_load(st, user, GW, on_settings, NULL);
	store_settle(st);
	return got;
}

static const char *
occupants(void)
{
	store_occupants_load(st, GW, on_occupants, NULL);
	store_settle(st);
	return got;
}

static void
enter(struct str jid, struct str room, struct str nick, struct str password)
{
	store_occupant_put(st,
	    &(struct store_occupant){ .gateway = GW,
	        .jid = jid,
	        .room = room,
	        .nick = nick,
	        .password = password },
	    on_done, NULL);
}

/* Runs SQL on the file, from outside; the number that it gives, or 0. */
static int
sql(const char *text)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	const char *rest = text;
	int n = 0, rc;

	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	while (*rest) {
		assert_int_equal(
		    sqlite3_prepare_v2(db, rest, -1, &s, &rest), SQLITE_OK);
		while ((rc = sqlite3_step(s)) == SQLITE_ROW)
			n = sqlite3_column_int(s, 0);
		assert_int_equal(rc, SQLITE_DONE);
		sqlite3_finalize(s);
	}
	sqlite3_close(db);
	return n;
}

static bool
file_has(const char *path, const char *needle)
{
	static char text[4 * 1024 * 1024];
	int fd = open(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text));
	close(fd);
	return n > 0 && memmem(text, (size_t)n, needle, strlen(needle)) != NULL;
}

static bool
store_has(const char *needle)
{
	char wal[320];

	snprintf(wal, sizeof(wal), "%s-wal", db_path);
	return file_has(db_path, needle) || file_has(wal, needle);
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static int
set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	snprintf(dir, sizeof(dir), "%s/store-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return -1;
	snprintf(db_path, sizeof(db_path), "%s/db", dir);
	snprintf(key_path, sizeof(key_path), "%s/key", dir);
	nok = nfailed = ncalled = 0;
	got[0] = logged[0] = '\0';
	log_set_sink(on_log, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "db", "db-wal", "db-shm",
		"db.lock", "db.reserve", "key" };
	char path[320];

	(void)state;
	store_close(&st);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	log_set_sink(NULL, NULL);
	return rmdir(dir);
}

/* Runs fn in a child; what it returns is its exit status, or -signal. */
static int
in_child(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int rc = fn();

		store_close(&st);
		_exit(rc);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* ---- settings, occupants, facts --------------------------------------- */

static void
a_setting_is_there_after_a_restart(void **state)
{
	(void)state;
	open_store();
	set(STR("nick"), STR("Roméo"), false);
	reopen_store(); /* commits what is queued */
	assert_string_equal(settings_of(USER), "libera//nick=Roméo\n");
}

static void
a_second_put_replaces_the_first(void **state)
{
	(void)state;
	open_store();
	set(STR("nick"), STR("a"), true);
	set(STR("nick"), STR("b"), false);
	assert_string_equal(settings_of(USER), "libera//nick=b\n");
	assert_int_equal(nok, 2);
}

static void
an_empty_value_deletes(void **state)
{
	(void)state;
	open_store();
	set(STR("nick"), STR("a"), false);
	set(STR("nick"), STR_EMPTY, false);
	assert_string_equal(settings_of(USER), "");
}

static void
a_load_sees_what_was_put_before_it_and_nothing_later(void **state)
{
	(void)state;
	open_store();
	set(STR("a"), STR("1"), false);
	store_settings_load(st, USER, GW, on_settings, NULL);
	set(STR("b"), STR("2"), false);
	store_settle(st);
	assert_string_equal(got, "libera//a=1\n");
}

static void
users_and_gateways_are_kept_apart(void **state)
{
	(void)state;
	open_store();
	set(STR("nick"), STR("a"), false);
	store_setting_put(st, USER, STR("sms.example.org"), STR_EMPTY,
	    STR_EMPTY, STR("nick"), STR("b"), false, NULL, NULL);
	assert_string_equal(settings_of(STR("romeo@example.or")), "");
	assert_string_equal(settings_of(USER), "libera//nick=a\n");
}

static void
a_cancelled_load_never_calls_back(void **state)
{
	store_load_id id;

	(void)state;
	open_store();
	id = store_settings_load(st, USER, GW, on_settings, NULL);
	assert_true(id != 0);
	store_cancel(st, id);
	store_cancel(st, id);
	store_cancel(st, 0);
	store_cancel(NULL, 0);
	store_settle(st);
	assert_int_equal(ncalled, 0);
}

static void
no_callback_runs_inside_the_call(void **state)
{
	(void)state;
	open_store();
	set(STR("nick"), STR("a"), false);
	sleep_ms(50);
	assert_int_equal(nok, 0);
	store_settle(st);
	assert_int_equal(nok, 1);
}

static void
after_close_nobody_is_called_back(void **state)
{
	(void)state;
	open_store();
	for (int i = 0; i < 100; i++)
		set(STR("nick"), STR("a"), false);
	store_settings_load(st, USER, GW, on_settings, NULL);
	store_close(&st);
	assert_int_equal(nok + nfailed + ncalled, 0);
	open_store();
	assert_string_equal(settings_of(USER), "libera//nick=a\n");
}

static void
put_again(bool ok, void *arg)
{
	int *left = arg;

	on_done(ok, NULL);
	if (--*left > 0)
		store_setting_put(st, USER, GW, NET, STR_EMPTY, STR("n"),
		    STR("v"), false, put_again, left);
}

static void
settling_includes_what_callbacks_queue(void **state)
{
	int left = 5;

	(void)state;
	open_store();
	put_again(true, &left);
	store_settle(st);
	assert_int_equal(left, 0);
	assert_int_equal(nok, 5);
}

static void
occupants_come_back_in_order_with_their_passwords(void **state)
{
	(void)state;
	open_store();
	enter(
	    STR("romeo@example.org/b"), STR("#y%libera"), STR("r"), STR_EMPTY);
	enter(STR("romeo@example.org/b"), STR("#x%libera"), STR("r"),
	    STR("secret"));
	enter(STR("romeo@example.org/a"), STR("#x%libera"), STR("was"),
	    STR("other"));
	enter(
	    STR("romeo@example.org/a"), STR("#x%libera"), STR("r"), STR_EMPTY);
	reopen_store();
	assert_string_equal(occupants(),
	    "romeo@example.org/a #x%libera r \n"
	    "romeo@example.org/b #x%libera r secret\n"
	    "romeo@example.org/b #y%libera r \n");
}

static void
occupants_are_removed_one_by_one_or_by_resource(void **state)
{
	(void)state;
	open_store();
	enter(STR("r@e/a"), STR("#x"), STR("r"), STR_EMPTY);
	enter(STR("r@e/a"), STR("#y"), STR("r"), STR_EMPTY);
	enter(STR("r@e/b"), STR("#x"), STR("r"), STR_EMPTY);
	enter(STR("r@e/b"), STR("#y"), STR("r"), STR_EMPTY);
	store_occupants_del_jid(st, GW, STR("r@e/a"), on_done, NULL);
	store_occupant_del(st, GW, STR("r@e/b"), STR("#x"), on_done, NULL);
	assert_string_equal(occupants(), "r@e/b #y r \n");
}

static void
facts_are_kept_per_network(void **state)
{
	(void)state;
	open_store();
	store_fact_put(
	    st, GW, NET, STR("casemapping"), STR("rfc1459"), on_done, NULL);
	store_fact_put(
	    st, GW, STR("oftc"), STR("casemapping"), STR("x"), NULL, NULL);
	store_fact_put(
	    st, GW, STR("oftc"), STR("casemapping"), STR_EMPTY, on_done, NULL);
	store_facts_load(st, GW, on_facts, NULL);
	store_settle(st);
	assert_string_equal(got, "libera.casemapping=rfc1459\n");
}

static void
on_contacts(bool ok, const struct store_contact *v, size_t n, void *arg)
{
	(void)ok;
	(void)arg;
	got[0] = '\0';
	for (size_t i = 0; i < n; i++)
		note(STR_FMT " " STR_FMT ";", STR_ARG(v[i].user),
		    STR_ARG(v[i].address));
}

static void
contacts_are_kept_until_they_or_the_user_go(void **state)
{
	struct str other = STR("juliet@example.org");

	(void)state;
	open_store();
	store_contact_put(st, GW, USER, STR_EMPTY, on_done, NULL);
	store_contact_put(st, GW, USER, STR("a%net"), NULL, NULL);
	store_contact_put(st, GW, USER, STR("a%net"), on_done, NULL);
	store_contact_put(st, GW, USER, STR("b%net"), NULL, NULL);
	store_contact_put(st, GW, other, STR("a%net"), NULL, NULL);
	store_contact_put(st, STR("other"), USER, STR("c"), NULL, NULL);
	store_contact_del(st, GW, USER, STR("b%net"), on_done, NULL);
	store_contacts_load(st, GW, on_contacts, NULL);
	store_settle(st);
	assert_int_equal(nok, 3);
	assert_string_equal(got,
	    "juliet@example.org a%net;romeo@example.org ;"
	    "romeo@example.org a%net;");
	store_forget(st, USER, GW, NULL, NULL);
	store_contacts_load(st, GW, on_contacts, NULL);
	store_settle(st);
	assert_string_equal(got, "juliet@example.org a%net;");
}

static void
forgetting_erases_that_user_and_nobody_else(void **state)
{
	(void)state;
	open_store();
	set(STR("nick"), STR("forget-this-nick"), false);
	set(STR("password"), STR("hunter2"), true);
	enter(STR("romeo@example.org/a"), STR("#x"), STR("r"), STR("pw"));
	enter(STR("romeo@example.organ/a"), STR("#x"), STR("other"), STR_EMPTY);
	enter(STR("romeo@example.org"), STR("#x"), STR("bare"), STR_EMPTY);
	store_setting_put(st, STR("juliet@example.org"), GW, NET, STR_EMPTY,
	    STR("nick"), STR("j"), false, NULL, NULL);
	store_settle(st);
	assert_true(store_has("forget-this-nick"));
	store_forget(st, USER, GW, on_done, NULL);
	assert_string_equal(settings_of(USER), "");
	assert_string_equal(occupants(), "romeo@example.organ/a #x other \n");
	assert_string_equal(
	    settings_of(STR("juliet@example.org")), "libera//nick=j\n");
	assert_false(store_has("forget-this-nick"));
}

static struct loop *loop;

static void
stop_loop(bool ok, void *arg)
{
	on_done(ok, arg);
	loop_stop(loop);
}

static void
a_loop_is_rung_when_something_is_done(void **state)
{
	static char long_name[STORE_NAME_MAX + 1];
	struct store_params p = { .path = db_path, .key_file = key_path };

	(void)state;
	memset(long_name, 'x', sizeof(long_name));
	loop = loop_new();
	p.loop = loop;
	st = store_open(&p, NULL, NULL);
	assert_non_null(st);
	store_setting_put(st, USER, GW, NET, STR_EMPTY, STR("n"), STR("v"),
	    false, stop_loop, NULL);
	loop_run(loop);
	assert_int_equal(nok, 1);
	/* So is a refusal, which never reaches the thread. */
	store_setting_put(st, str_of(long_name, sizeof(long_name)), GW, NET,
	    STR_EMPTY, STR("n"), STR("v"), false, stop_loop, NULL);
	assert_int_equal(nfailed, 0);
	loop_run(loop);
	assert_int_equal(nfailed, 1);
	store_close(&st);
	loop_free(&loop);
}

/* ---- groups and ceilings ---------------------------------------------- */

static void
many_puts_share_few_commits(void **state)
{
	struct store_stats stats;

	(void)state;
	open_store();
	for (int i = 0; i < 2000; i++)
		set(STR("nick"), STR("a"), false);
	store_settle(st);
	assert_int_equal(nok, 2000);
	store_stats_get(st, &stats);
	assert_int_equal(stats.nrows, 2000);
	assert_int_equal(stats.nqueued, 0);
	assert_true(stats.ncommits >= 2000 / STORE_ROWS_MAX);
	assert_true(stats.ncommits < 500);
}

static void
what_is_too_long_is_refused_whole(void **state)
{
	static char big[STORE_VALUE_MAX + 1];

	(void)state;
	memset(big, 'x', sizeof(big));
	open_store();
	set(STR("v"), str_of(big, sizeof(big)), false);
	set(str_of(big, STORE_NAME_MAX + 1), STR("v"), false);
	store_settings_load(
	    st, str_of(big, sizeof(big)), GW, on_settings, NULL);
	store_settle(st);
	assert_int_equal(nfailed, 2);
	assert_string_equal(got, "failed\n");
	assert_true(store_is_ok(st));
	set(STR("v"), str_of(big, STORE_VALUE_MAX), true);
	store_settle(st);
	assert_int_equal(nok, 1);
}

/* 60 KB each: the ceiling of bytes comes before that of operations. */
static void
a_full_queue_refuses_and_recovers(void **state)
{
	static char big[60 * 1024];
	sqlite3 *db = NULL;
	int n = STORE_QUEUE_BYTES / (int)sizeof(big) + 100;

	(void)state;
	memset(big, 'x', sizeof(big));
	open_store();
	/* Somebody holds the write lock: nothing leaves the queue. */
	assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < n; i++)
		set(STR("v"), str_of(big, sizeof(big)), false);
	assert_int_equal(
	    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	store_settle(st);
	assert_int_equal(nok + nfailed, n);
	assert_true(nfailed >= 100);
	set(STR("v"), STR("1"), false);
	assert_string_equal(settings_of(USER), "libera//v=1\n");
}

/* ---- secrets ---------------------------------------------------------- */

static void
a_secret_is_nowhere_in_clear(void **state)
{
	(void)state;
	open_store();
	set(STR("sasl_password"), STR("correct-horse"), true);
	set(STR("nick"), STR("plain-as-day"), false);
	enter(STR("r@e/a"), STR("#x"), STR("r"), STR("battery-staple"));
	assert_string_equal(settings_of(USER),
	    "libera//nick=plain-as-day\nlibera//sasl_password=correct-horse!"
	    "\n");
	assert_true(store_has("plain-as-day"));
	assert_false(store_has("correct-horse"));
	assert_false(store_has("battery-staple"));
	store_close(&st);
	assert_true(store_has("plain-as-day"));
	assert_false(store_has("correct-horse"));
	assert_false(store_has("battery-staple"));
}

static void
a_secret_moved_to_another_row_does_not_open(void **state)
{
	(void)state;
	open_store();
	set(STR("password"), STR("one"), true);
	set(STR("username"), STR("u"), false);
	store_close(&st);
	sql("INSERT INTO setting SELECT 'mallory@example.org', gateway,"
	    " network, room, name, value, sealed FROM setting"
	    " WHERE name = 'password'");
	open_store();
	assert_string_equal(settings_of(STR("mallory@example.org")), "");
	assert_non_null(strstr(logged,
	    "stored secrets do not open count=1 "
	    "of=mallory@example.org"));
	assert_string_equal(
	    settings_of(USER), "libera//password=one!\nlibera//username=u\n");
}

static void
a_changed_secret_does_not_open(void **state)
{
	(void)state;
	open_store();
	set(STR("password"), STR("one"), true);
	enter(STR("r@e/a"), STR("#x"), STR("r"), STR("pw"));
	store_close(&st);
	sql("UPDATE setting SET value = CAST(substr(value, 1,"
	    " length(value) - 1) || CASE substr(value, -1) WHEN x'00'"
	    " THEN x'01' ELSE x'00' END AS BLOB) WHERE sealed;"
	    "UPDATE occupant SET room = '#y'");
	open_store();
	assert_string_equal(settings_of(USER), "");
	assert_string_equal(occupants(), "r@e/a #y r \n");
}

static void
new_files_are_for_the_owner_only(void **state)
{
	static const char *const names[] = { "db", "db-wal", "db-shm",
		"db.lock", "key" };

	(void)state;
	(void)umask(0);
	open_store();
	set(STR("nick"), STR("a"), false);
	store_settle(st);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[320];
		struct stat sb;

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(stat(path, &sb), 0);
		assert_int_equal(sb.st_mode & 0777, 0600);
	}
	(void)umask(022);
}

static const char key_a[] =
    "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\n";
static const char key_b[] =
    "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n";

static void
another_key_is_refused_if_something_is_sealed(void **state)
{
	(void)state;
	write_file(key_path, key_a, 0600);
	open_store();
	store_close(&st);
	write_file(key_path, key_b, 0600); /* nothing sealed yet */
	open_store();
	set(STR("password"), STR("one"), true);
	store_close(&st);
	write_file(key_path, key_a, 0600);
	refused_with(STORE_BAD_KEY, "1 stored secrets are sealed with a key");
	unlink(key_path);
	refused_with(STORE_BAD_KEY, "cannot read key file");
	assert_int_not_equal(access(key_path, F_OK), 0);
}

static void
a_new_first_key_leaves_the_old_secrets_readable(void **state)
{
	char both[256];

	(void)state;
	write_file(key_path, key_a, 0600);
	open_store();
	set(STR("old"), STR("1"), true);
	store_close(&st);
	snprintf(both, sizeof(both), "# new\n%s\n# old\n%s", key_b, key_a);
	write_file(key_path, both, 0640);
	open_store();
	set(STR("new"), STR("2"), true);
	assert_string_equal(
	    settings_of(USER), "libera//new=2!\nlibera//old=1!\n");
	set(STR("old"), STR("3"), true);
	store_close(&st);
	write_file(key_path, key_b, 0600); /* nothing of key_a is left */
	open_store();
	assert_string_equal(
	    settings_of(USER), "libera//new=2!\nlibera//old=3!\n");
}

static void
bad_key_files_are_refused(void **state)
{
	(void)state;
	write_file(key_path, key_a, 0644);
	refused_with(STORE_BAD_KEY, "chmod 600");
	write_file(key_path, "\n# nothing\n", 0600);
	refused_with(STORE_BAD_KEY, "no key in it");
	write_file(key_path, "\nabc\n", 0600);
	refused_with(STORE_BAD_KEY, "key:2: not a key");
	write_file(key_path,
	    "g0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF",
	    0600);
	refused_with(STORE_BAD_KEY, "key:1: not a key");
}

/* ---- the file --------------------------------------------------------- */

static void
a_second_instance_is_told_apart(void **state)
{
	enum store_open_result why;
	struct store *other;
	struct err err = ERR_INIT;
	char pid[32];

	(void)state;
	open_store();
	other = try_open(&why, &err);
	assert_null(other);
	assert_int_equal(why, STORE_IN_USE);
	snprintf(pid, sizeof(pid), "process %ld;", (long)getpid());
	assert_non_null(strstr(err.text, pid));
	store_close(&st);
	open_store();
}

static void
the_lock_goes_with_the_process(void **state)
{
	int fd[2];
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		open_store();
		(void)!write(fd[1], "x", 1); /* the parent sees it is open */
		for (;;)
			pause();
	}
	close(fd[1]);
	assert_int_equal(read(fd[0], &c, 1), 1);
	close(fd[0]);
	refused_with(STORE_IN_USE, "another instance");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	open_store();
}

static void
a_missing_folder_is_explained(void **state)
{
	(void)state;
	snprintf(db_path, sizeof(db_path), "%s/no/such/db", dir);
	refused_with(STORE_IO, "its folder must exist");
}

static void
a_file_that_is_no_database_is_refused_and_kept(void **state)
{
	(void)state;
	write_file(
	    db_path, "This is a letter to my grandmother, and long.\n", 0600);
	refused_with(STORE_DAMAGED, "move it away");
	assert_true(file_has(db_path, "grandmother"));
}

static void
another_programs_database_is_refused(void **state)
{
	(void)state;
	sql("CREATE TABLE letters (a)");
	refused_with(STORE_DAMAGED, "another program's database");
}

static void
a_damaged_file_is_refused(void **state)
{
	char junk[4096];
	int fd;

	(void)state;
	open_store();
	for (int i = 0; i < 400; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d", i);
		set(str_c(name), STR("value value value value"), false);
	}
	store_close(&st);
	memset(junk, 0x5a, sizeof(junk));
	fd = open(db_path, O_WRONLY);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 5 * 4096), 4096);
	close(fd);
	refused_with(STORE_DAMAGED, "restore a backup");
}

static void
a_later_schema_is_refused(void **state)
{
	char text[64];

	(void)state;
	open_store();
	store_close(&st);
	snprintf(text, sizeof(text), "PRAGMA user_version = %d",
	    MIGRATE_VERSION + 1);
	sql(text);
	refused_with(STORE_TOO_NEW, "run the newer version");
	assert_int_equal(sql("PRAGMA user_version"), MIGRATE_VERSION + 1);
}

/* As version 1 of this program left it. */
static void
a_file_of_version_1_is_brought_up_to_date(void **state)
{
	(void)state;
	sql("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
	    " WITHOUT ROWID;"
	    "CREATE TABLE setting (user TEXT NOT NULL, gateway TEXT NOT NULL,"
	    " network TEXT NOT NULL, room TEXT NOT NULL, name TEXT NOT NULL,"
	    " value BLOB NOT NULL, sealed INTEGER NOT NULL,"
	    " PRIMARY KEY (user, gateway, network, room, name)) WITHOUT ROWID;"
	    "INSERT INTO setting VALUES ('romeo@example.org',"
	    " 'irc.example.org', 'libera', '', 'nick', CAST('old' AS BLOB), 0);"
	    "PRAGMA application_id = 1348563827; PRAGMA user_version = 1;");
	open_store();
	assert_string_equal(settings_of(USER), "libera//nick=old\n");
	enter(STR("r@e/a"), STR("#x"), STR("r"), STR_EMPTY);
	assert_string_equal(occupants(), "r@e/a #x r \n");
	assert_int_equal(sql("PRAGMA user_version"), MIGRATE_VERSION);
}

/* ---- being killed, running out of disk -------------------------------- */

static int confirm_fd;

/* Puts as fast as it can; tells the parent the last number confirmed. */
static void
on_numbered(bool ok, void *arg)
{
	int n = (int)(intptr_t)arg;

	if (ok && write(confirm_fd, &n, sizeof(n)) != sizeof(n))
		_exit(1);
}

static void
put_forever(void)
{
	open_store();
	for (int i = 1;; i++) {
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		store_setting_put(st, USER, GW, NET, STR_EMPTY, STR("n"),
		    str_c(value), false, on_numbered, (void *)(intptr_t)i);
		if (i % 100 == 0)
			store_settle(st);
		else
			store_poll(st);
	}
}

static void
what_was_confirmed_survives_kill_9(void **state)
{
	int fd[2], n = 0, last = 0, stored = 0;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		confirm_fd = fd[1];
		put_forever();
	}
	close(fd[1]);
	while (last < 350 && read(fd[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	kill(pid, SIGKILL);
	while (read(fd[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	close(fd[0]);
	waitpid(pid, NULL, 0);
	assert_true(last >= 350);
	open_store();
	assert_int_equal(
	    sscanf(settings_of(USER), "libera//n=%d\n", &stored), 1);
	assert_true(stored >= last);
}

static int nstates;
static bool state_ok;

static void
on_state(bool ok, void *arg)
{
	(void)arg;
	nstates++;
	state_ok = ok;
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit r;

	(void)getrlimit(RLIMIT_FSIZE, &r);
	r.rlim_cur = bytes;
	(void)setrlimit(RLIMIT_FSIZE, &r);
}

#define CHECK(cond)                                                            \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: %s\n%s\n%s\n", __FILE__,       \
			    __LINE__, #cond, logged, got);                     \
			return 1;                                              \
		}                                                              \
	} while (0)

/* No file may grow over 64 KiB: as good as a full disk, and no mount. */
static int
run_out_of_disk(void)
{
	static char big[40 * 1024];
	struct store_params p = {
		.path = db_path,
		.key_file = key_path,
		.retry_min_ms = 20,
		.retry_max_ms = 40,
		.on_state = on_state,
	};

	memset(big, 'x', sizeof(big));
	(void)signal(SIGXFSZ, SIG_IGN);
	st = store_open(&p, NULL, NULL);
	CHECK(st);
	set(STR("kept"), STR("1"), false);
	store_settle(st);
	CHECK(nok == 1 && store_is_ok(st));
	limit_files(64 * 1024);
	for (int i = 0; i < 8; i++)
		set(STR("big"), str_of(big, sizeof(big)), false);
	store_settle(st);
	CHECK(nfailed == 8 && !store_is_ok(st));
	CHECK(nstates == 1 && !state_ok);
	CHECK(strstr(logged, "error store failed path="));

	/* What is there can still be read; nothing is promised. */
	CHECK(strcmp(settings_of(USER), "libera//kept=1\n") == 0);
	set(STR("big"), str_of(big, sizeof(big)), false);
	store_settle(st);
	CHECK(nfailed == 9);

	/* Room again: found by itself, told once. */
	limit_files(RLIM_INFINITY);
	for (int i = 0; i < 300 && nstates < 2; i++) {
		sleep_ms(10);
		store_poll(st);
	}
	CHECK(nstates == 2 && state_ok && store_is_ok(st));
	CHECK(strstr(logged, "info store works again"));
	set(STR("kept"), STR("2"), false);
	CHECK(strcmp(settings_of(USER), "libera//kept=2\n") == 0);
	CHECK(nok == 2);
	return 0;
}

static void
a_full_disk_is_told_once_and_recovered_from(void **state)
{
	(void)state;
	assert_int_equal(in_child(run_out_of_disk), 0);
	open_store();
	assert_string_equal(settings_of(USER), "libera//kept=2\n");
}

/* ---- what was said ---------------------------------------------------- */

/* STR() is no constant. */
#define LIT(s)                                                                 \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

static const struct store_talk room = {
	.gateway = LIT("irc.example.org"),
	.user = LIT("romeo@example.org"),
	.network = LIT("libera"),
	.name = LIT("#chan"),
	.is_room = true,
};

static void
on_lines(bool ok, const struct store_lines *l, void *arg)
{
	(void)arg;
	got[0] = '\0';
	if (!ok) {
		note("failed");
		return;
	}
	for (size_t i = 0; i < l->n; i++)
		note(STR_FMT " ", STR_ARG(l->v[i].id));
	note("of %d%s%s", (int)l->count, l->more ? ", more" : "",
	    l->known ? "" : ", unknown");
}

static void
say_in(const struct store_talk *t, const char *id, int64_t at_utc)
{
	struct store_line l = { .id = str_c(id),
		.nick = at_utc % 2 ? STR("juliet") : STR("romeo"),
		.body = STR("wherefore"),
		.at_us = at_utc * 1000 + 500 };

	store_line_put(st, t, &l, on_done, NULL);
}

static const char *
lines_of(const struct store_talk *t, struct store_lines_wish wish)
{
	if (wish.max == 0)
		wish.max = 100;
	assert_int_not_equal(store_lines_load(st, t, &wish, on_lines, NULL), 0);
	store_settle(st);
	return got;
}

/* a1 b2 c3 d3 e5: letter and moment */
static void
say_five(void)
{
	open_store();
	say_in(&room, "a", 1);
	say_in(&room, "b", 2);
	say_in(&room, "c", 3);
	say_in(&room, "d", 3);
	say_in(&room, "e", 5);
}

#define WISH(...) ((struct store_lines_wish){ __VA_ARGS__ })

static void
lines_come_back_in_order_between_two_moments(void **state)
{
	(void)state;
	say_five();
	say_in(&room, "late", 4);
	assert_string_equal(
	    lines_of(&room, WISH(.max = 0)), "a b c d late e of 6");
	reopen_store();
	assert_string_equal(
	    lines_of(&room, WISH(.start_utc = 2, .end_utc = 3)), "b c d of 3");
	assert_string_equal(
	    lines_of(&room, WISH(.nick = STR("romeo"))), "b late of 2");
	assert_string_equal(lines_of(&room, WISH(.start_utc = 6)), "of 0");
}

static void
a_line_that_was_taken_back_is_gone(void **state)
{
	(void)state;
	say_five();
	store_line_del(st, &room, STR("c"), on_done, NULL);
	store_line_del(st, &room, STR("nothing"), on_done, NULL);
	reopen_store();
	assert_string_equal(lines_of(&room, WISH(.max = 0)), "a b d e of 4");
}

/* One that was written to before: its number is known. */
static void
lines_go_with_a_conversation_that_gets_another_name(void **state)
{
	struct store_talk hall = room, yard = room;

	(void)state;
	hall.name = STR("#hall");
	yard.name = STR("#yard");
	say_five();
	store_talk_move(st, &room, hall.name, on_done, NULL);
	say_in(&room, "new", 7);
	say_in(&hall, "f", 6);
	assert_string_equal(
	    lines_of(&hall, WISH(.max = 0)), "a b c d e f of 6");
	assert_string_equal(lines_of(&room, WISH(.max = 0)), "new of 1");
	say_in(&yard, "own", 8);
	store_talk_move(st, &hall, yard.name, on_done, NULL);
	assert_string_equal(lines_of(&yard, WISH(.max = 0)), "own of 1");
}

static void
a_line_is_taken_back_by_the_id_of_a_part(void **state)
{
	(void)state;
	open_store();
	store_line_put(st, &room,
	    &(struct store_line){
	        .id = STR("x"), .parts = STR("x2\nx3\n"), .at_us = 1000 },
	    on_done, NULL);
	store_line_put(st, &room,
	    &(struct store_line){
	        .id = STR("y"), .parts = STR("x33\n"), .at_us = 2000 },
	    on_done, NULL);
	store_line_del(st, &room, STR("3"), on_done, NULL);
	store_line_del(st, &room, STR("x3"), on_done, NULL);
	reopen_store();
	assert_string_equal(lines_of(&room, WISH(.max = 0)), "y of 1");
}

static void
lines_come_page_by_page_in_both_directions(void **state)
{
	(void)state;
	say_five();
	assert_string_equal(lines_of(&room, WISH(.max = 2)), "a b of 5, more");
	assert_string_equal(
	    lines_of(&room, WISH(.max = 2, .page_after = STR("b"))),
	    "c d of 5, more");
	assert_string_equal(
	    lines_of(&room, WISH(.max = 2, .page_after = STR("c"))),
	    "d e of 5");
	assert_string_equal(
	    lines_of(&room, WISH(.max = 2, .last = true)), "d e of 5, more");
	assert_string_equal(
	    lines_of(
	        &room, WISH(.max = 3, .last = true, .page_before = STR("d"))),
	    "a b c of 5");
	assert_string_equal(lines_of(&room,
	                        WISH(.after = STR("a"), .before = STR("e"),
	                            .page_after = STR("b"))),
	    "c d of 3");
	assert_string_equal(lines_of(&room, WISH(.page_after = STR("nobody"))),
	    "of 5, unknown");
}

static void
lines_come_by_their_ids_and_the_ends_of_all(void **state)
{
	const struct str ids[] = { STR("d"), STR("a\"]\\"), STR("b"),
		STR("b") };
	const struct str odd[] = { STR("b"), STR("nobody") };

	(void)state;
	say_five();
	say_in(&room, "a\"]\\", 9);
	assert_string_equal(
	    lines_of(&room, WISH(.ids = ids, .nids = 4)), "b d a\"]\\ of 3");
	assert_string_equal(
	    lines_of(&room, WISH(.ids = odd, .nids = 2)), "of 1, unknown");
	assert_string_equal(
	    lines_of(&room, WISH(.ends = true)), "a a\"]\\ of 6");
}

static void
conversations_are_kept_apart_and_forgotten_together(void **state)
{
	struct store_talk other = room, person = room;

	(void)state;
	other.user = STR("juliet@example.org");
	person.is_room = false;
	say_five();
	say_in(&room, "a", 9); /* the same line, told again */
	say_in(&other, "x", 1);
	say_in(&person, "y", 1);
	assert_string_equal(lines_of(&room, WISH(.max = 0)), "a b c d e of 5");
	assert_string_equal(lines_of(&other, WISH(.max = 0)), "x of 1");
	assert_string_equal(lines_of(&person, WISH(.max = 0)), "y of 1");
	store_forget(st, USER, GW, on_done, NULL);
	assert_string_equal(lines_of(&room, WISH(.max = 0)), "of 0");
	assert_string_equal(lines_of(&person, WISH(.max = 0)), "of 0");
	assert_string_equal(lines_of(&other, WISH(.max = 0)), "x of 1");
}

static void
what_is_too_old_or_too_much_goes(void **state)
{
	struct store_talk other = room;

	(void)state;
	other.name = STR("#other");
	say_five();
	say_in(&other, "x", 1);
	say_in(&other, "y", 9);
	store_lines_prune(st, STR("sms.example.org"), 9, 0, on_done, NULL);
	store_lines_prune(st, GW, 2, 1000, on_done, NULL);
	assert_string_equal(lines_of(&room, WISH(.max = 0)), "b c d e of 4");
	assert_string_equal(lines_of(&other, WISH(.max = 0)), "y of 1");
	store_lines_prune(st, GW, 0, 2, on_done, NULL);
	assert_string_equal(lines_of(&room, WISH(.max = 0)), "d e of 2");
	assert_string_equal(lines_of(&other, WISH(.max = 0)), "y of 1");
}

static void
on_number(bool ok, uint64_t n, void *arg)
{
	on_done(ok, NULL);
	*(uint64_t *)arg = n;
}

static void
what_is_not_kept_any_more_is_known_before_it_is_tried(void **state)
{
	const struct store_out row = { .id = 7,
		.gateway = GW,
		.user = USER,
		.line = STR("main"),
		.head = STR("head"),
		.body = STR("body"),
		.fate = 4 };
	const struct store_piece piece = {
		.message = 7, .no = 1, .fate = 3, .line = STR("main")
	};
	uint64_t id = 0, before = 9, after = 9;

	(void)state;
	open_store();
	(void)store_out_put(st, &row, 0, on_number, &id);
	store_out_try(st, &row, &piece, on_number, &before);
	store_forget(st, USER, GW, on_done, NULL);
	store_out_try(st, &row, &piece, on_number, &after);
	store_settle(st);
	assert_int_equal(nok, 4);
	assert_int_equal(id, 7);
	assert_int_equal(before, 1);
	assert_int_equal(after, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_setting_is_there_after_a_restart),
		TEST(a_second_put_replaces_the_first),
		TEST(an_empty_value_deletes),
		TEST(a_load_sees_what_was_put_before_it_and_nothing_later),
		TEST(users_and_gateways_are_kept_apart),
		TEST(a_cancelled_load_never_calls_back),
		TEST(no_callback_runs_inside_the_call),
		TEST(after_close_nobody_is_called_back),
		TEST(settling_includes_what_callbacks_queue),
		TEST(occupants_come_back_in_order_with_their_passwords),
		TEST(occupants_are_removed_one_by_one_or_by_resource),
		TEST(facts_are_kept_per_network),
		TEST(contacts_are_kept_until_they_or_the_user_go),
		TEST(forgetting_erases_that_user_and_nobody_else),
		TEST(lines_come_back_in_order_between_two_moments),
		TEST(a_line_that_was_taken_back_is_gone),
		TEST(lines_go_with_a_conversation_that_gets_another_name),
		TEST(a_line_is_taken_back_by_the_id_of_a_part),
		TEST(lines_come_page_by_page_in_both_directions),
		TEST(lines_come_by_their_ids_and_the_ends_of_all),
		TEST(conversations_are_kept_apart_and_forgotten_together),
		TEST(what_is_too_old_or_too_much_goes),
		TEST(what_is_not_kept_any_more_is_known_before_it_is_tried),
		TEST(a_loop_is_rung_when_something_is_done),
		TEST(many_puts_share_few_commits),
		TEST(what_is_too_long_is_refused_whole),
		TEST(a_full_queue_refuses_and_recovers),
		TEST(a_secret_is_nowhere_in_clear),
		TEST(a_secret_moved_to_another_row_does_not_open),
		TEST(a_changed_secret_does_not_open),
		TEST(new_files_are_for_the_owner_only),
		TEST(another_key_is_refused_if_something_is_sealed),
		TEST(a_new_first_key_leaves_the_old_secrets_readable),
		TEST(bad_key_files_are_refused),
		TEST(a_second_instance_is_told_apart),
		TEST(the_lock_goes_with_the_process),
		TEST(a_missing_folder_is_explained),
		TEST(a_file_that_is_no_database_is_refused_and_kept),
		TEST(another_programs_database_is_refused),
		TEST(a_damaged_file_is_refused),
		TEST(a_later_schema_is_refused),
		TEST(a_file_of_version_1_is_brought_up_to_date),
		TEST(what_was_confirmed_survives_kill_9),
		TEST(a_full_disk_is_told_once_and_recovered_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
