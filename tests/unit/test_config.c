/*
 * Files as text.  The kinds of gateway are two made up here; the sample file
 * is read with the real ones.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/err.h"

#include "core/config.h"
#include "core/gateway.h"

static const struct gw_option chat_options[] = {
	{ "open", GW_OPT_BOOL, "no", 0, 0 },
	{ "ports", GW_OPT_LIST, "{ 6667, \"6697\" }", 0, 0 },
	{ "raw", GW_OPT_STR, "\"off\"", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option network_options[] = {
	{ "host", GW_OPT_STR, NULL, 0, 0 },
	{ "port", GW_OPT_INT, "6697", 1, 65535 },
	{ "aliases", GW_OPT_LIST, "{}", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_section chat_sections[] = {
	{ .name = "network", .option = network_options },
	{ .name = NULL },
};

static const struct gw_option phone_options[] = {
	{ "region", GW_OPT_INT, "33", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_option line_options[] = {
	{ "number", GW_OPT_STR, "", 0, 0 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

static const struct gw_section phone_sections[] = {
	{ .name = "line", .option = line_options, .open_ended = true },
	{ .name = "exchange", .option = line_options, .plain = true },
	{ .name = NULL },
};

/* Never called; that it is there says what can be reloaded. */
static int
chat_reload(
    struct gateway *gw, const struct conf *conf, bool try, struct err *err)
{
	(void)try;
	(void)gw;
	(void)conf;
	(void)err;
	return 0;
}

static const struct gateway_ops chat = {
	.kind = "chat",
	.reload = chat_reload,
	.options = chat_options,
	.sections = chat_sections,
};
static const struct gateway_ops phone = {
	.kind = "phone",
	.options = phone_options,
	.sections = phone_sections,
};
static const struct gateway_ops *const kinds[] = { &chat, &phone, NULL };

static struct config_report rep;
static struct config *cfg;

static void
read_text(const char *text)
{
	cfg = config_parse("f", str_c(text), false, kinds, &rep);
}

static void
fine(const char *text)
{
	read_text(text);
	for (size_t i = 0; i < rep.n; i++)
		print_error("%s\n", rep.v[i].text);
	assert_int_equal(rep.n, 0);
	assert_non_null(cfg);
}

static int
set_up(void **state)
{
	(void)state;
	rep = (struct config_report){ 0 };
	cfg = NULL;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	config_report_release(&rep);
	config_free(&cfg);
	return 0;
}

static void
assert_str(struct str s, const char *expected)
{
	if (!str_is(s, expected))
		print_error("got '" STR_FMT "'\n", STR_ARG(s));
	assert_true(str_is(s, expected));
}

#define GW(more)                                                               \
	"gateway \"irc.example.org\" { type = chat secret = s " more " }\n"

/* ---- good files ------------------------------------------------------- */

static void
one_gateway_is_enough(void **state)
{
	(void)state;
	fine(GW(""));
	assert_str(cfg->server.host, "127.0.0.1");
	assert_int_equal(cfg->server.port, 5347);
	assert_str(cfg->server.domain, "example.org");
	assert_true(cfg->server.domain_guessed);
	assert_str(cfg->store.path, "/var/lib/passerelle/passerelle.db");
	assert_int_equal(cfg->log_level, LOG_INFO);
	assert_int_equal(cfg->ngateway, 1);
	assert_str(cfg->gateway[0].domain, "irc.example.org");
	assert_ptr_equal(cfg->gateway[0].ops, &chat);
	assert_str(secret_str(&cfg->gateway[0].secret), "s");
	assert_int_equal(cfg->gateway[0].reconnect_min_ms, 5000);
	assert_int_equal(cfg->gateway[0].limits.sessions, 20);
	assert_int_equal(cfg->gateway[0].limits.rooms, 100);
	assert_int_equal(cfg->gateway[0].limits.users, 10000);
	assert_true(
	    config_allows(&cfg->gateway[0].access, STR("a@example.org")));
}

static void
everything_can_be_said(void **state)
{
	const struct config_gateway *g;
	const struct conf *n;

	(void)state;
	fine(
	    "# comment\n"
	    "server { host = \"::1\"  port = 5999  domain = \"Example.COM\" }\n"
	    "store { path = /tmp/db key_file = '/tmp/k' }\n"
	    "log { level = wire }\n"
	    "http { listen = \"::\" port = 8080 public_url = "
	    "\"https://gw.example.org/x/\" proxies = { \"10.0.0.0/8\", "
	    "\"::1\" } metrics_allow = {} }\n"
	    "access { allow = { \"B.org\", \"c@d.org\" } admins = { "
	    "\"R@x.org\" } }\n"
	    "gateway \"IRC.example.org\" {\n"
	    "  open = yes // comment { \n"
	    "  ports = { 1, 2, 3 }\n"
	    "  ports += 4\n"
	    "  network \"one\" { host = a.b port = 1 aliases = { x } }\n"
	    "  /* type comes late */\n"
	    "  network two { host = \"c d\" }\n"
	    "  limits { rooms = 3 }\n"
	    "  allow = { \"only@me.org\" }\n"
	    "  reconnect_min = 1 reconnect_max = 5 archive = no\n"
	    "  secret = \"s \\\"{\" type = \"chat\"\n"
	    "}\n"
	    "gateway \"sms.example.org\" { type = phone region = 44\n"
	    "  line main { number = \"+1\" } secret = x }\n");
	assert_str(cfg->server.domain, "example.com");
	assert_false(cfg->server.domain_guessed);
	assert_str(cfg->store.key_file, "/tmp/k");
	assert_int_equal(cfg->log_level, LOG_WIRE);
	assert_int_equal(cfg->http.port, 8080);
	assert_str(cfg->http.public_url, "https://gw.example.org/x");
	assert_int_equal(cfg->http.nproxy, 2);
	assert_int_equal(cfg->http.proxy[0].bits, 8);
	assert_int_equal(cfg->http.nmetrics_allow, 0);
	assert_true(cfg->http.metrics);
	assert_true(config_is_admin(&cfg->access, STR("r@x.org")));
	g = config_gateway_find(cfg, STR("irc.example.org"));
	assert_non_null(g);
	assert_str(secret_str(&g->secret), "s \"{");
	assert_true(conf_bool(g->conf, "open"));
	assert_true(conf_is_set(g->conf, "open"));
	assert_false(conf_is_set(g->conf, "raw"));
	assert_str(conf_str(g->conf, "raw"), "off");
	assert_int_equal(conf_list_len(g->conf, "ports"), 4);
	assert_str(conf_list_at(g->conf, "ports", 3), "4");
	assert_int_equal(g->limits.rooms, 3);
	assert_false(g->archive);
	assert_int_equal(g->reconnect_max_ms, 5000);
	n = conf_next(g->conf, "network", NULL);
	assert_str(conf_title(n), "one");
	assert_int_equal(conf_int(n, "port"), 1);
	n = conf_next(g->conf, "network", n);
	assert_str(conf_title(n), "two");
	assert_str(conf_str(n, "host"), "c d");
	assert_int_equal(conf_int(n, "port"), 6697);
	assert_null(conf_next(g->conf, "network", n));
	assert_ptr_equal(cfg->gateway[1].ops, &phone);
	assert_int_equal(conf_int(cfg->gateway[1].conf, "region"), 44);
}

/* Which options a line has is known when its profile was read. */
static void
an_open_ended_block_takes_other_options(void **state)
{
	const struct conf *line;

	(void)state;
	fine("gateway \"sms.example.org\" { type = phone secret = x\n"
	     "  line main { number = \"+1\" account = \"a\\\"b\"\n"
	     "    token = t }\n"
	     "  line second { token = u } }\n");
	line = conf_next(cfg->gateway[0].conf, "line", NULL);
	assert_str(conf_str(line, "account"), "a\"b");
	assert_str(conf_str(line, "token"), "t");
	assert_str(conf_str(line, "number"), "+1");
	assert_str(conf_other(line, 0), "account");
	assert_str(conf_other(line, 1), "token");
	assert_int_equal(conf_other(line, 2).len, 0);
	line = conf_next(cfg->gateway[0].conf, "line", line);
	assert_str(conf_other(line, 0), "token");
	assert_int_equal(conf_other(line, 1).len, 0);
}

static void
access_matches_exactly(void **state)
{
	const struct config_access *a;

	(void)state;
	fine("access { allow = { b.org, \"c@d.org\" } admins = { \"r@x.org\" } "
	     "}\n" GW("") "gateway \"two.example.org\" { type = chat secret = s"
	                  " allow = { \"only@me.org\" } }\n");
	a = &cfg->gateway[0].access;
	assert_true(config_allows(a, STR("anyone@b.org")));
	assert_true(config_allows(a, STR("b.org")));
	assert_true(config_allows(a, STR("c@d.org")));
	assert_false(config_allows(a, STR("x@d.org")));
	assert_false(config_allows(a, STR("room@conference.b.org")));
	assert_false(config_allows(a, STR("a@example.org")));
	assert_true(config_is_admin(a, STR("r@x.org")));
	assert_false(config_is_admin(a, STR("x.org")));
	a = &cfg->gateway[1].access;
	assert_true(config_allows(a, STR("only@me.org")));
	assert_false(config_allows(a, STR("anyone@b.org")));
	assert_true(config_is_admin(a, STR("r@x.org")));
}

static void
one_end_of_a_range_moves_the_other(void **state)
{
	(void)state;
	fine(GW("reconnect_max = 1"));
	assert_int_equal(cfg->gateway[0].reconnect_min_ms, 1000);
	assert_int_equal(cfg->gateway[0].reconnect_max_ms, 1000);
	config_free(&cfg);
	fine(GW("reconnect_min = 900"));
	assert_int_equal(cfg->gateway[0].reconnect_min_ms, 900000);
	assert_int_equal(cfg->gateway[0].reconnect_max_ms, 900000);
}

/* Not the same as not saying anything. */
static void
an_empty_list_overrides_a_default(void **state)
{
	(void)state;
	fine(GW(""));
	assert_int_equal(conf_list_len(cfg->gateway[0].conf, "ports"), 2);
	config_free(&cfg);
	fine(GW("ports = {}"));
	assert_int_equal(conf_list_len(cfg->gateway[0].conf, "ports"), 0);
	assert_true(conf_is_set(cfg->gateway[0].conf, "ports"));
}

static void
variables_come_from_the_environment(void **state)
{
	(void)state;
	setenv("TEST_SECRET", "from \"env\"", 1);
	unsetenv("TEST_NOT_SET");
	fine("gateway \"irc.example.org\" { type = chat"
	     " secret = ${TEST_SECRET} raw = \"a${TEST_NOT_SET:-b}c\" }\n");
	assert_str(secret_str(&cfg->gateway[0].secret), "from \"env\"");
	assert_str(conf_str(cfg->gateway[0].conf, "raw"), "abc");
}

static void
lines_are_right_behind_every_sort_of_comment(void **state)
{
	struct err err = ERR_INIT;
	const struct conf *n;

	(void)state;
	fine("# one\n"
	     "// two\n"
	     "/* three\n"
	     "   four */ /* same line */\n"
	     "gateway \"irc.example.org\" { # six\n"
	     "  type = chat secret = s\n"
	     "  raw = \"a\\\n"
	     "b\"\n"
	     "  # nine\n"
	     "  network \"n\" {\n"
	     "     // eleven\n"
	     "     host = h # twelve\n"
	     "     port = 7\n"
	     "  }\n"
	     "}\n");
	n = conf_next(cfg->gateway[0].conf, "network", NULL);
	assert_int_equal(conf_err(n, "port", &err, "x %d", 1), -1);
	assert_string_equal(err.text, "f:13: x 1");
	conf_err(n, "aliases", &err, "not given: the block");
	assert_string_equal(err.text, "f:10: not given: the block");
	conf_err(cfg->gateway[0].conf, NULL, &err, "y");
	assert_string_equal(err.text, "f:5: y");
}

/* ---- bad files -------------------------------------------------------- */

static const struct {
	const char *text;
	const char *says[4];
} bad_files[] = {
	{ "", { "f: no gateway; add gateway \"irc.example.org\"" } },
	{ "server { prot = 1 }\n" GW("opne = yes"),
	    { "f:1: there is no 'prot' in server; did you mean 'port'?",
	        "f:2: there is no 'opne' in gateway; did you mean 'open'?" } },
	{ GW("") "servre { host = { a, b } x { y = z } }\nlog { level = inof }",
	    { "f:2: there is no 'servre' at the top level; did you mean "
	      "'server'?",
	        "f:3: level = inof: must be error, warn, info, debug or wire; "
	        "did you mean 'info'?" } },
	{ GW("\n netwrok \"x\" {\n host = a }\n region = 3"),
	    { "f:2: there is no 'netwrok' in gateway; did you mean 'network'?",
	        "f:4: there is no 'region' here in a gateway of type chat" } },
	{ GW("line x { number = 1 }"),
	    { "f:1: there is no block 'line' in a gateway of type chat" } },
	{ GW("zzzzzzz = 1"),
	    { "f:1: there is no 'zzzzzzz' in gateway; see "
	      "passerelle.conf(5)" } },
	{ GW("network x {\n port = 0 }"),
	    { "f:1: network \"x\" has no host; add host = ...",
	        "f:2: port = 0: must be between 1 and 65535" } },
	{ GW("network x { host = h port = 66x }\nopen = perhaps\n ports = "
	     "\"\""),
	    { "f:1: port = 66x: not a number",
	        "f:2: open = perhaps: must be yes or no" } },
	{ GW("open = { yes, no }"),
	    { "f:1: open takes one value, not a list of 2" } },
	{ GW("raw = {}"), { "f:1: raw takes one value, not a list of 0" } },
	{ GW("network x { host = a }\nnetwork x { host = b }"),
	    { "f:2: found duplicate title 'x'; there is a block of that name "
	      "above" } },
	{ GW("") "\n" GW(""),
	    { "f:3: found duplicate title 'irc.example.org'" } },
	{ GW("") "gateway \"IRC.example.org\" { type = chat secret = s }",
	    { "f:2: there is a gateway irc.example.org above; each needs a "
	      "domain of its own" } },
	{ GW("") "server { host = a }\nserver { port = 1 }",
	    { "f:3: a second block 'server'; put both together" } },
	{ "gateway \"irc\" { type = phone secret = s\n exchange { number = 1 "
	  "}\n"
	  " exchange { } }",
	    { "f:3: a second block 'exchange'; put both together" } },
	{ "gateway \"irc\" { type = phone secret = s\n exchange x { } }",
	    { "f:2: missing opening brace for section 'exchange'; add a {" } },
	{ "gateway \"a b\" { type = chat secret = s }",
	    { "f:1: \"a b\" is not a domain" } },
	{ "gateway \"irc\" { type = chat secret = s }\nserver { domain = "
	  "\"a@b\" }",
	    { "f:2: domain = a@b: not a domain" } },
	{ "gateway \"irc.x\" { secret = s }",
	    { "f:1: gateway \"irc.x\" has no type; add type = ..." } },
	{ "gateway \"irc.x\" {\ntype = caht secret = s }",
	    { "f:2: there is no type 'caht'; known are chat, phone; did you "
	      "mean 'chat'?" } },
	{ "gateway \"irc.x\" { type = chat }",
	    { "f:1: gateway \"irc.x\" has no secret; add secret = \"...\" or "
	      "secret_file = \"...\"" } },
	{ "gateway \"irc.x\" { type = chat secret = s\n secret_file = t }",
	    { "f:2: both secret and secret_file; keep one" } },
	{ "gateway \"irc.x\" { type = chat\n secret_file = \"/no/such\" }",
	    { "f:2: secret_file /no/such: No such file or directory" } },
	{ GW("reconnect_max = 1 reconnect_min = 2"),
	    { "f:1: reconnect_min = 2 is over reconnect_max = 1" } },
	{ GW("limits { room = 1\n users = 0 }"),
	    { "f:1: there is no 'room' in limits; did you mean 'rooms'?",
	        "f:2: users = 0: must be between 1 and 1000000000" } },
	{ "access { admins = { \"example.org\" }\n allow = { \"a@b/c\", \"@\" "
	  "} }\n" GW(""),
	    { "f:1: admins: 'example.org' is not a bare JID; write user@domain",
	        "f:2: allow: 'a@b/c' is not a domain or a bare JID",
	        "f:2: allow: '@' is not a domain or a bare JID" } },
	{ "access { allow = { \"x@irc.example.org\" } }\n" GW(""),
	    { "f:1: allow: 'x@irc.example.org' is one of our own gateways" } },
	{ GW("raw = ${TEST_NOT_SET}\n ports = \"${TEST_NOR_THIS}\""),
	    { "f:1: the environment has no variable TEST_NOT_SET; set it, or "
	      "write ${TEST_NOT_SET:-VALUE}",
	        "f:2: the environment has no variable TEST_NOR_THIS" } },
	{ "server {\n host = a\n" GW(""),
	    { "f:1: the block 'server' that begins here is never closed; add a "
	      "}" } },
	{ GW("}"), { "f:1: a closing brace too many: no block is open here" } },
	{ "\nserver { host = \"a }\n" GW(""),
	    { "f:3: the string that begins here is never closed; add a \"" } },
	{ "/* never\n" GW(""), { "f:1: comment is never closed; add */" } },
	{ GW("raw = a*b"),
	    { "f:1: unexpected '*'; a value that holds it needs "
	      "quotes" } },
	{ GW("raw = \"\\1\""), { "f:1: a backslash before a digit" } },
	{ GW("raw = \"a\\x07\""), { "f:1: raw: not UTF-8 text on one line" } },
	{ GW("raw = \"\\xff\""), { "f:1: raw: not UTF-8 text on one line" } },
	{ "\n\n# \xff\n" GW(""),
	    { "f:3: not UTF-8 text; save the file as "
	      "UTF-8" } },
	{ GW("raw yes"),
	    { "f:1: missing equal sign after option 'raw'; write "
	      "NAME = VALUE" } },
	{ "gateway { }",
	    { "f:1: missing title for section 'gateway'; write "
	      "NAME \"TITLE\" { ... }" } },
	{ GW("") "= 3", { "f:2: unexpected token '='" } },
	{ "include(\"/etc/passwd\")\n" GW(""),
	    { "f:1: there is no 'include' at the top level",
	        "f: no gateway" } },
	{ "a { b { c { d { e { f { g { h { i { j { } } } } } } } } } }",
	    { "f:1: blocks nest too deep" } },
};

static bool
is_said(const char *what)
{
	for (size_t i = 0; i < rep.n; i++)
		if (strncmp(rep.v[i].text, what, strlen(what)) == 0)
			return true;
	return false;
}

static void
each_mistake_is_told_with_its_line_and_a_way_out(void **state)
{
	int nmissing = 0;

	(void)state;
	unsetenv("TEST_NOT_SET");
	unsetenv("TEST_NOR_THIS");
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		size_t n = 0;

		read_text(bad_files[i].text);
		if (cfg)
			print_error("file %zu is taken\n", i);
		assert_null(cfg);
		for (; n < 4 && bad_files[i].says[n]; n++)
			if (!is_said(bad_files[i].says[n])) {
				print_error("file %zu lacks: %s\n", i,
				    bad_files[i].says[n]);
				nmissing++;
			}
		if (nmissing || rep.n != n)
			for (size_t j = 0; j < rep.n; j++)
				print_error("  %zu: %s\n", i, rep.v[j].text);
		if (rep.n != n) {
			print_error("file %zu: %zu problems\n", i, rep.n);
			nmissing++;
		}
		config_report_release(&rep);
	}
	assert_int_equal(nmissing, 0);
}

static void
a_good_file_is_read_well_after_a_bad_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		read_text(bad_files[i].text);
		assert_null(cfg);
		config_report_release(&rep);
		fine(GW(""));
		config_free(&cfg);
	}
}

static void
problems_are_in_the_order_of_lines_and_bounded(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, 100000);
	for (int i = 0; i < 200; i++)
		buf_addf(&text, "x%d = 1\n", i);
	buf_addf(&text, "%s", GW("open = x"));
	read_text(text.p);
	buf_release(&text);
	assert_null(cfg);
	assert_int_equal(rep.n, CONFIG_PROBLEMS_MAX);
	for (size_t i = 1; i < rep.n; i++)
		assert_true(rep.v[i].line >= rep.v[i - 1].line);
}

static void
a_file_that_is_too_big_is_refused(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, CONFIG_FILE_MAX + 100);
	while (text.len <= CONFIG_FILE_MAX)
		buf_addf(&text, "# %60s\n", "");
	read_text(text.p);
	buf_release(&text);
	assert_null(cfg);
	assert_true(is_said("f: over 1048576 bytes"));
}

/* ---- files ------------------------------------------------------------ */

static char dir[64], conf_path[80], secret_path[80];

static void
write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static int
set_up_dir(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/config-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(conf_path, sizeof(conf_path), "%s/p.conf", dir);
	snprintf(secret_path, sizeof(secret_path), "%s/secret", dir);
	return set_up(state);
}

static int
tear_down_dir(void **state)
{
	unlink(conf_path);
	unlink(secret_path);
	rmdir(dir);
	return tear_down(state);
}

#define FROM_FILE                                                              \
	"gateway \"irc.example.org\" { type = chat secret_file = secret }\n"

static void
load(void)
{
	config_report_release(&rep);
	config_free(&cfg);
	cfg = config_load(conf_path, kinds, &rep);
}

static void
a_secret_file_is_found_beside_the_configuration(void **state)
{
	(void)state;
	write_file(conf_path, FROM_FILE, 0644);
	write_file(secret_path, "  hush \nmore\n", 0640);
	load();
	assert_int_equal(rep.n, 0);
	assert_str(secret_str(&cfg->gateway[0].secret), "hush");
}

static void
a_secret_file_for_everybody_is_refused(void **state)
{
	(void)state;
	write_file(conf_path, FROM_FILE, 0644);
	write_file(secret_path, "hush\n", 0644);
	load();
	assert_null(cfg);
	assert_non_null(strstr(rep.v[0].text, "chmod o-rwx"));
	write_file(secret_path, "\n", 0600);
	load();
	assert_null(cfg);
	assert_non_null(strstr(rep.v[0].text, "its first line is empty"));
}

static void
a_readable_file_with_a_secret_in_it_is_a_warning(void **state)
{
	(void)state;
	write_file(conf_path, GW(""), 0644);
	load();
	assert_non_null(cfg);
	assert_int_equal(rep.n, 1);
	assert_int_equal(rep.nerrors, 0);
	assert_false(rep.v[0].is_error);
	assert_non_null(strstr(rep.v[0].text, "it holds secrets"));
	write_file(conf_path, GW(""), 0640);
	load();
	assert_int_equal(rep.n, 0);
}

static void
a_file_that_is_not_there_is_told(void **state)
{
	(void)state;
	load();
	assert_null(cfg);
	assert_non_null(strstr(rep.v[0].text, "No such file or directory"));
}

/* ---- reloading -------------------------------------------------------- */

static const struct {
	const char *was, *is;
	unsigned all, gateway; /* what must be said */
	const char *restart;
} diffs[] = {
	{ GW(""), GW(""), 0, 0, "" },
	{ GW(""), "# moved\n" GW("# comment\n"), 0, 0, "" },
	{ "log { level = info }" GW(""), "log { level = debug }" GW(""),
	    CONFIG_CH_LOG, 0, "" },
	{ GW(""), "server { port = 1 host = h }" GW(""), CONFIG_CH_RESTART, 0,
	    "server.host, server.port" },
	{ GW(""), "store { path = p }" GW(""), CONFIG_CH_RESTART, 0,
	    "store.path" },
	{ GW(""), "http { port = 80 proxies = { \"::1\" } }" GW(""),
	    CONFIG_CH_RESTART, 0, "http.port, http.proxies" },
	{ GW(""), "access { admins = { \"a@b\" } }" GW(""), CONFIG_CH_ACCESS,
	    CONFIG_CH_ACCESS, "" },
	{ GW(""), GW("allow = { b.org }"), 0, CONFIG_CH_ACCESS, "" },
	{ GW(""), GW("limits { rooms = 1 }"), 0, CONFIG_CH_LIMITS, "" },
	{ GW(""), GW("reconnect_min = 1"), 0, CONFIG_CH_LIMITS, "" },
	{ GW(""), GW("open = yes"), 0, CONFIG_CH_NETWORK, "" },
	{ GW(""), GW("network x { host = a }"), 0, CONFIG_CH_NETWORK, "" },
	{ GW("network x { host = a }"), GW("network x { host = b }"), 0,
	    CONFIG_CH_NETWORK, "" },
	{ GW("network x { host = a }"), GW("network y { host = a }"), 0,
	    CONFIG_CH_NETWORK, "" },
	{ GW(""), "gateway \"irc.example.org\" { type = chat secret = other }",
	    CONFIG_CH_RESTART, CONFIG_CH_RESTART,
	    "gateway irc.example.org: secret" },
	{ GW(""), "gateway \"irc.example.org\" { type = phone secret = s }",
	    CONFIG_CH_RESTART, CONFIG_CH_RESTART,
	    "gateway irc.example.org: type" },
	{ "gateway sms.x { type = phone secret = s }",
	    "gateway sms.x { type = phone secret = s region = 1 }",
	    CONFIG_CH_RESTART, CONFIG_CH_RESTART,
	    "gateway sms.x: options of type phone" },
	{ "gateway sms.x { type = phone secret = s line a { t = 1 } }",
	    "gateway sms.x { type = phone secret = s line a { t = 1 u = 2 } }",
	    CONFIG_CH_RESTART, CONFIG_CH_RESTART,
	    "gateway sms.x: options of type phone" },
	{ GW("") "gateway a.b { type = chat secret = s }",
	    GW("") "gateway c.d { type = chat secret = s }", CONFIG_CH_RESTART,
	    0, "new gateway c.d, removed gateway a.b" },
};

static void
a_reload_knows_what_changed_and_what_needs_a_restart(void **state)
{
	struct config *was;
	struct buf restart;

	(void)state;
	buf_init(&restart, 1000);
	for (size_t i = 0; i < sizeof(diffs) / sizeof(diffs[0]); i++) {
		unsigned all, gw;

		fine(diffs[i].was);
		was = cfg;
		fine(diffs[i].is);
		buf_clear(&restart);
		all = config_diff(was, cfg, &restart);
		gw = config_gateway_diff(
		    &was->gateway[0], &cfg->gateway[0], NULL);
		if (all != diffs[i].all || gw != diffs[i].gateway ||
		    strcmp(restart.p, diffs[i].restart))
			print_error(
			    "row %zu: %x %x %s\n", i, all, gw, restart.p);
		assert_int_equal(all, diffs[i].all);
		assert_int_equal(gw, diffs[i].gateway);
		assert_string_equal(restart.p, diffs[i].restart);
		config_free(&was);
		config_free(&cfg);
	}
	buf_release(&restart);
}

/* ---- nearest ---------------------------------------------------------- */

static void
what_was_meant_is_guessed_only_when_near(void **state)
{
	static const char *const known[] = { "port", "host", "secret",
		"secret_file", NULL };

	(void)state;
	assert_string_equal(config_nearest("prot", known), "port");
	assert_string_equal(config_nearest("secrte", known), "secret");
	assert_string_equal(config_nearest("secretfile", known), "secret_file");
	assert_null(config_nearest("x", known));
	assert_null(config_nearest("quite_different", known));
	assert_null(config_nearest("ho", known));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
#define TEST_DIR(fn)                                                           \
	cmocka_unit_test_setup_teardown(fn, set_up_dir, tear_down_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_gateway_is_enough),
		TEST(everything_can_be_said),
		TEST(an_open_ended_block_takes_other_options),
		TEST(access_matches_exactly),
		TEST(one_end_of_a_range_moves_the_other),
		TEST(an_empty_list_overrides_a_default),
		TEST(variables_come_from_the_environment),
		TEST(lines_are_right_behind_every_sort_of_comment),
		TEST(each_mistake_is_told_with_its_line_and_a_way_out),
		TEST(a_good_file_is_read_well_after_a_bad_one),
		TEST(problems_are_in_the_order_of_lines_and_bounded),
		TEST(a_file_that_is_too_big_is_refused),
		TEST_DIR(a_secret_file_is_found_beside_the_configuration),
		TEST_DIR(a_secret_file_for_everybody_is_refused),
		TEST_DIR(a_readable_file_with_a_secret_in_it_is_a_warning),
		TEST_DIR(a_file_that_is_not_there_is_told),
		TEST(a_reload_knows_what_changed_and_what_needs_a_restart),
		TEST(what_was_meant_is_guessed_only_when_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
