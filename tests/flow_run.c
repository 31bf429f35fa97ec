/*
 * Plays a scenario (tests/flow/NAME.flow) against the whole core, with the
 * real networks, a fake outside and a clock that the scenario moves.
 *
 *	# what it shows                       a comment
 *	config <<END ... END                  instead of the usual one, first
 *	use NAME.inc                          the lines of another file
 *	each 1..2000 LINE                     for every {i} of them
 *	start                                 done by itself before the first
 *	                                      line that needs it
 *	wait 5s | wait 200ms
 *	xmpp up | xmpp down                   all components
 *	xmpp slow | xmpp fast                 as their output buffers tell
 *	restart                               killed, and started again
 *	restart early                         ... and what follows comes while
 *	                                      it reads what it has kept
 *	disk full | disk works                nothing can be written to it
 *	disk loses TABLE | disk finds TABLE   a restart, the table is not there;
 *	                                      it is there again
 *	backup | restore                      a restart, with a copy of the
 *	                                      database made, or put back
 *	reload                                SIGHUP: another `config` came before
 *	stop                                  SIGTERM, as far as it needs nobody
 *	romeo -> <stanza/>                    romeo@example.org/orchard sends it
 *	romeo/balcony -> <stanza/>            another resource
 *	romeo <- <stanza/>                    what he is sent next
 *	romeo <- nothing                      he is sent nothing more
 *	irc opens HOST:PORT [tls] [certificate]   a link; from now on called irc
 *	mta calls PORT [ADDRESS]              somebody connects to us, or to the
 *	                                      path of a socket; called mta from
 *	                                      now on, and is a link as others
 *	mta mails FROM TO[,TO] TEXT           a mail by LMTP, \n between its lines:
 *	                                      it is told next what became of it.
 *	                                      <> is nobody, <PATH a file
 *	irc up | irc down TEXT | irc down! TEXT   (!: for good)
 *	irc hangs                             up, in the middle of the handshake
 *	irc -> LINE                           the network says
 *	irc <- LINE                           it is told next; * is anything
 *	irc <- nothing
 *	irc closed                            the program has closed it
 *	irc paused | irc reading              it does not, or does, read
 *	irc asked                             so are the modes of a channel
 *	                                      (MODE #chan), otherwise +
 *	irc mute                              fences (PING :settled) are lines
 *	                                      as others from now on; otherwise
 *	                                      they are answered out of sight
 *	unconfirmed | confirmed               pings of a gateway to itself
 *	                                      (core/confirm.h) are seen, and no
 *	                                      longer; otherwise they come back
 *	                                      as from any server
 *	twin | alone                          another process is connected under
 *	                                      the same name: of what gateways
 *	                                      send to themselves it gets a half
 *	arrive USERS FROM KEY [NAME=VALUE] TEXT   something comes in at post for
 *	                                      romeo, or for romeo,juliet; the
 *	                                      key - is none; names: title room
 *	                                      subject thread reply oob ago id
 *	                                      urgency cc type=normal|headline;
 *	                                      post=ROOM: into that room
 *	seat ROOM NAME NICK [PASSWORD]        somebody of post, else of mail, is
 *	                                      to sit in a room of another service
 *	unseat ROOM NAME                      ... and no longer
 *	seated ROOM NAME inside               he is inside; he is not, and why
 *	seated ROOM NAME outside [TEXT]
 *	kept | not kept                       what became of what came in: the
 *	refused                               network may acknowledge it, or not;
 *	                                      it was not even taken; nor a seat
 *	told                                  what users are told once at
 *	                                      their first login is seen from
 *	                                      now on; otherwise out of sight
 *	same X Y | differ X Y                 what patterns have remembered
 *	run queue list                        as `passerelle queue list`; what
 *	said LINE                             it says next, * is anything
 *	figure LINE                           Prometheus is shown that
 *	http <- METHOD URL BODY               and more: see flow_http.h
 *	mailout <- ADDRESS SUBJECT            and more: see flow_mailout.h
 *	reader dies                           and more: see flow_reader.h
 *	log == TEXT                           a warning or error, announced
 *	nothing else                          all that came out has been named;
 *	                                      implied at the end
 *
 * A line that begins with a blank belongs to the one before.  In stanzas
 * `@irc`, `@echo`, `@post`, `@sms` and `@mail` stand for the domains, in to, from
 * and jid also alone.
 * `{x}` in what is sent is what a pattern has remembered as x.
 * A stanza to a bare JID is one for the name without a resource.
 */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/config.h"
#include "core/core.h"
#include "core/gateway.h"
#include "core/metrics.h"
#include "core/store.h"
#include "core/verb.h"
#include "fake/fake.h"
#include "flow_http.h"
#include "flow_mail.h"
#include "flow_mailout.h"
#include "flow_match.h"
#include "flow_reader.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/loop.h"
#include "xmpp/component.h"

enum { FILE_MAX = 1024 * 1024, LOGS_MAX = 200, NAMES_MAX = 40 };

static const char usual_config[] =
    "server { host = \"127.0.0.1\" port = 5347 domain = \"example.org\" }\n"
    "store { path = \"DIR/db\" key_file = \"DIR/key\" }\n"
    "access { allow = { \"example.org\" } admins = { "
    "\"admin@example.org\" } }\n"
    "gateway \"irc.example.org\" {\n"
    "  type = \"irc\" secret = \"s\" reconnect_min = 1 reconnect_max = 4\n"
    "  network \"net\" { host = \"irc.net\" port = 6697 tls = yes\n"
    "    aliases = { \"alias\" } interval_ms = 0 }\n"
    "}\n"
    "gateway \"echo.example.org\" {\n"
    "  type = \"echo\" secret = \"s\" reconnect_min = 1 reconnect_max = 4\n"
    "  connect_interval_ms = 0\n"
    "}\n";

struct named {
	char *name;
	struct fake_link *link;
};

struct play {
	const char *file;
	int line;
	char *dir, *config_text;
	struct loop *loop;
	struct config *config;
	struct config
	    *was; /* before the last reload: names still point there */
	struct store *store;
	struct core *core;
	struct named link[NAMES_MAX];
	size_t nlink;
	char *warning[LOGS_MAX];
	size_t nwarning;
	struct buf info; /* all lines of the log */
	struct buf said; /* by the last command, not yet named */
	bool stopped;
	bool told;        /* the script looks at what is told once */
	struct buf fates; /* of arrivals: one letter each, oldest first */
	bool unconfirmed; /* the script looks at pings to ourselves */
	bool twin;        /* there is another process of our name */
	unsigned ntwin;
};

static struct play play;

/* ---- failing ---------------------------------------------------------- */

static void
print_rest(void)
{
	struct buf line;

	LIST_EACH(fake_stanzas(), n)
	{
		struct fake_stanza *s = LIST_ENTRY(n, struct fake_stanza, node);

		fprintf(stderr, "  left: %s\n", s->xml);
	}
	buf_init(&line, FILE_MAX);
	LIST_EACH(fake_links(), n)
	{
		struct fake_link *f = LIST_ENTRY(n, struct fake_link, node);

		if (!f->seen)
			fprintf(stderr, "  left: link to %s:%u\n", f->host,
			    f->port);
		while (fake_link_line(f, &line))
			fprintf(stderr, "  left: line %s\n", line.p);
	}
	buf_release(&line);
}

static void fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

static void
fail(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", play.file, play.line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
	print_rest();
	fprintf(stderr, "log:\n%s", play.info.p);
	/* The core stands half way: leaks would hide the reason. */
	_exit(1);
}

static void
on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	buf_addf(&play.info, "  %s\n", line);
	if (level > LOG_WARN)
		return;
	if (play.nwarning == LOGS_MAX)
		fail("too many warnings");
	play.warning[play.nwarning++] = xstrdup(line);
}

/* ---- the world -------------------------------------------------------- */

/* What any server does with the PING behind each message. */
static void
answer_fences(void)
{
	LIST_EACH(fake_links(), n)
	{
		struct fake_link *f = LIST_ENTRY(n, struct fake_link, node);

		while (!f->mute && !f->paused && f->link &&
		    fake_link_take(f, STR("PING :settled\r\n")))
			fake_link_feed(f, STR(":srv PONG srv :settled\r\n"));
	}
}

/* What modes channels have is asked on the way in: none. */
static void
answer_modes(void)
{
	struct buf channel;

	buf_init(&channel, 1000);
	LIST_EACH(fake_links(), n)
	{
		struct fake_link *f = LIST_ENTRY(n, struct fake_link, node);

		while (!f->asked && !f->paused && f->link &&
		    fake_link_take_ask(f, STR("MODE "), &channel)) {
			fake_link_feed(f, STR(":srv 324 * "));
			fake_link_feed(f, buf_str(&channel));
			fake_link_feed(f, STR(" +\r\n"));
		}
	}
	buf_release(&channel);
}

/* What everybody is told at the first login, as it ends. */
static void
overhear(void)
{
	struct list *n = list_first(fake_stanzas()), *next;

	for (; n && !play.told; n = next) {
		struct fake_stanza *s = LIST_ENTRY(n, struct fake_stanza, node);

		next = n->next == fake_stanzas() ? NULL : n->next;
		if (strstr(s->xml, "You are told this once.</body>"))
			fake_stanza_free(s);
	}
}

/* A gateway at whose domain, with or without a resource, to is; or NULL. */
static struct component *
gateway_at(struct str to)
{
	struct str domain;

	str_cut(&to, '/', &domain);
	return fake_component(domain);
}

/* What any server does with a stanza for the component it came from. */
static void
loop_back(void)
{
	struct list *n = list_first(fake_stanzas()), *next;

	for (; n; n = next) {
		struct fake_stanza *s = LIST_ENTRY(n, struct fake_stanza, node);
		struct component *c = gateway_at(str_c(s->to));
		bool is_probe = strstr(s->xml, "/probe-") != NULL;

		next = n->next == fake_stanzas() ? NULL : n->next;
		if (!c || !component_is_up(c) ||
		    (play.unconfirmed && !is_probe))
			continue;
		if (!play.twin || ++play.ntwin % 2 == 0)
			(void)fake_component_feed(c, str_c(s->xml));
		fake_stanza_free(s);
	}
}

/* Until nothing moves: the disk answers, hooks run. */
static void
settle(void)
{
	int i;

	for (i = 0; i < 4; i++) {
		store_settle(play.store);
		loop_back();
		fake_loop_turn(play.loop);
		while (flow_reader_turn())
			fake_loop_turn(play.loop);
		answer_fences();
		answer_modes();
		overhear();
	}
}

static void
load_config(void)
{
	struct config_report rep = { .n = 0 };
	struct buf text;
	struct str rest =
	    str_c(play.config_text ? play.config_text : usual_config);
	size_t i;

	buf_init(&text, FILE_MAX);
	while (rest.len) {
		if (str_starts(rest, STR("DIR"))) {
			buf_addf(&text, "%s", play.dir);
			rest = str_skip(rest, 3);
		} else {
			buf_addc(&text, rest.p[0]);
			rest = str_skip(rest, 1);
		}
	}
	play.config = config_parse(
	    "flow.conf", buf_str(&text), false, gateway_kinds, &rep);
	for (i = 0; i < rep.n && !play.config; i++)
		fprintf(stderr, "%s\n", rep.v[i].text);
	config_report_release(&rep);
	buf_release(&text);
	if (!play.config)
		fail("the configuration is refused");
}

/* What SIGHUP does, as main.c does it. */
static int
on_reload(void *arg, struct buf *restart_out, struct err *err)
{
	(void)arg;
	(void)restart_out;
	config_free(&play.was);
	play.was = play.config;
	load_config();
	return core_reload(play.core, play.config, err);
}

static void
start_early(void)
{
	struct store_params sp = {
		.loop = NULL, .retry_min_ms = 5, .retry_max_ms = 10
	};
	struct core_params cp;
	struct err err = ERR_INIT;

	if (play.core)
		return;
	if (!play.config)
		load_config();
	sp.path = play.config->store.path.p;
	sp.key_file = play.config->store.key_file.p;
	play.store = store_open(&sp, NULL, &err);
	if (!play.store)
		fail("store: %s", err.text);
	cp = (struct core_params){ .loop = play.loop,
		.config = play.config,
		.store = play.store,
		.reload = on_reload };
	play.core = core_new(&cp, &err);
	if (!play.core)
		fail("core: %s", err.text);
	core_start(play.core, NULL, NULL);
}

static void
start(void)
{
	if (play.core)
		return;
	start_early();
	settle();
}

/* What it would say while it is taken down is not heard. */
static void
kill_core(void)
{
	size_t i;

	if (!play.core)
		return;
	for (i = 0; i < play.config->ngateway; i++)
		fake_component_cut(
		    fake_component(play.config->gateway[i].domain));
	core_free(&play.core);
	store_close(&play.store);
}

/* The store looks again after some milliseconds of its own. */
static void
await_store(void)
{
	for (int i = 0; i < 1000 && !store_is_ok(play.store); i++) {
		usleep(2000);
		settle();
	}
	settle();
}

/* The program's files cannot grow; it is a signal, too. */
static void
disk(bool full)
{
	struct rlimit limit;

	start();
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = full ? 0 : limit.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	if (full)
		settle();
	else
		await_store();
}

/* What is in it cannot be read meanwhile. */
static void
rename_table(struct str from, const char *from_tail, const char *to_tail)
{
	char path[512], sql[256];
	sqlite3 *db = NULL;

	snprintf(path, sizeof(path), "%s/db", play.dir);
	snprintf(sql, sizeof(sql),
	    "ALTER TABLE " STR_FMT "%s RENAME TO " STR_FMT "%s", STR_ARG(from),
	    from_tail, STR_ARG(from), to_tail);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, 2000) != SQLITE_OK ||
	    sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void
lose_table(struct str name)
{
	kill_core();
	rename_table(name, "", "_lost");
	start();
	await_store();
}

/* Closed: there is no log beside it. */
static void
copy_store(bool out)
{
	static char copy[8 * 1024 * 1024];
	static size_t len;
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/db", play.dir);
	f = fopen(path, out ? "rb" : "wb");
	if (!f)
		fail("cannot open %s", path);
	if (out)
		len = fread(copy, 1, sizeof(copy), f);
	else if (fwrite(copy, 1, len, f) != len)
		fail("cannot write %s", path);
	(void)fclose(f); /* written or read as said above */
}

static void
reload(void)
{
	struct err err = ERR_INIT;

	if (on_reload(NULL, NULL, &err) < 0)
		fail("the configuration is not taken: %s", err.text);
	settle();
}

static void
xmpp(struct str what)
{
	size_t i;

	start();
	for (i = 0; i < play.config->ngateway; i++) {
		struct component *c =
		    fake_component(play.config->gateway[i].domain);

		if (str_is(what, "up"))
			fake_component_up(c);
		else if (str_is(what, "down"))
			fake_component_down(c);
		else if (str_is(what, "slow") || str_is(what, "fast"))
			fake_component_slow(c, str_is(what, "slow"));
		else
			fail("xmpp up, down, slow or fast");
	}
	settle();
}

static void
wait_ms(int64_t ms)
{
	struct clock *c = loop_clock(play.loop);
	int64_t until = c->at + ms, next;

	start();
	for (;;) {
		next = clock_next(c);
		if (next < 0 || next > until)
			break;
		if (next < c->at)
			next = c->at;
		clock_advance(c, next, c->utc + (next - c->at));
		settle();
	}
	clock_advance(c, until, c->utc + (until - c->at));
	settle();
}

/* ---- stanzas ---------------------------------------------------------- */

/* {x} -> what was remembered; false: in is no such reference. */
static bool
expand_recalled(struct str *in, struct buf *out)
{
	struct str name;
	const char *value;
	ptrdiff_t end = str_find(*in, '}');

	if (in->p[0] != '{' || end < 0)
		return false;
	name = str_of(in->p + 1, (size_t)end - 1);
	value = flow_recall(name);
	if (!value)
		return false;
	buf_add_str(out, str_c(value));
	*in = str_skip(*in, (size_t)end + 1);
	return true;
}

/* All of them; what is none stays. */
static void
recall_all(struct str in, struct buf *out)
{
	while (in.len)
		if (!expand_recalled(&in, out)) {
			buf_addc(out, *in.p);
			in = str_skip(in, 1);
		}
}

/* @irc' -> @irc.example.org', to='irc' -> to='irc.example.org'. */
static void
expand(struct str in, bool is_sent, struct buf *out)
{
	static const char *const word[] = { "@irc", "@echo", "@post", "@sms",
		"@mail", " to='irc'", " to='echo'", " to='post'", " to='sms'",
		" to='mail'", " from='irc'", " from='echo'", " from='post'",
		" from='sms'", " from='mail'", " jid='irc'", " jid='echo'",
		" jid='post'", " jid='sms'", " jid='mail'" };
	enum { NWORD = sizeof(word) / sizeof(word[0]), NDOMAIN = 5 };
	size_t i;

	while (in.len) {
		if (is_sent && expand_recalled(&in, out))
			continue;
		for (i = 0; i < NWORD; i++) {
			struct str w = str_c(word[i]);
			char next = in.len > w.len ? in.p[w.len] : '\0';

			if (!str_starts(in, w))
				continue;
			if (i < NDOMAIN && next != '\'' && next != '/')
				continue;
			if (i >= NDOMAIN)
				w.len--; /* the quote comes after */
			buf_add_str(out, w);
			buf_addf(out, ".example.org");
			in = str_skip(in, w.len);
			break;
		}
		if (i == NWORD) {
			buf_addc(out, in.p[0]);
			in = str_skip(in, 1);
		}
	}
}

/* "romeo", "romeo/balcony", a whole JID, or a domain, which has a dot. */
static void
jid_of(struct str name, struct buf *out)
{
	struct str user;

	if (str_has(name, '@') || (str_has(name, '.') && !str_has(name, '/'))) {
		buf_add_str(out, name);
		return;
	}
	str_cut(&name, '/', &user);
	buf_add_str(out, user);
	buf_addf(out, "@example.org/");
	buf_add_str(out, name.p ? name : STR("orchard"));
}

static bool
is_for(const struct fake_stanza *s, struct str name)
{
	struct str to = str_c(s->to);
	struct buf jid;
	bool same;

	buf_init(&jid, 4096);
	jid_of(name, &jid);
	same = str_eq(to, buf_str(&jid)) ||
	    (!str_has(to, '/') && !str_has(name, '/') &&
	        str_starts(buf_str(&jid), to) && jid.p[to.len] == '/');
	buf_release(&jid);
	return same;
}

static struct fake_stanza *
next_for(struct str name)
{
	LIST_EACH(fake_stanzas(), n)
	{
		struct fake_stanza *s = LIST_ENTRY(n, struct fake_stanza, node);

		if (is_for(s, name))
			return s;
	}
	return NULL;
}

static void
expect_stanza(struct str name, struct str pattern)
{
	struct fake_stanza *s;
	struct buf want, why;

	settle();
	s = next_for(name);
	if (str_is(pattern, "nothing")) {
		if (s)
			fail("expected nothing, got %s", s->xml);
		return;
	}
	buf_init(&want, FILE_MAX);
	buf_init(&why, FILE_MAX);
	expand(pattern, false, &want);
	if (!s)
		fail("nothing came, expected %s", want.p);
	if (!flow_match(buf_str(&want), str_c(s->xml), &why))
		fail("%s\n  want: %s\n  got:  %s", why.p, want.p, s->xml);
	fake_stanza_free(s);
	buf_release(&want);
	buf_release(&why);
}

/* The domain in to='...', to find the component. */
static struct component *
component_for(struct str xml)
{
	const char *to = strstr(xml.p, " to='");
	struct str jid, part;

	if (!to)
		fail("the stanza has no to='...'");
	jid = str_c(to + 5);
	jid = str_head(jid, (size_t)str_find(jid, '\''));
	str_cut(&jid, '/', &part);
	while (str_has(part, '@'))
		part = str_skip(part, (size_t)str_find(part, '@') + 1);
	return fake_component(part);
}

static void
send_stanza(struct str name, struct str text)
{
	struct buf xml, from, whole;
	struct component *c;
	size_t at = 0;

	buf_init(&xml, FILE_MAX);
	buf_init(&from, 4096);
	buf_init(&whole, FILE_MAX);
	expand(text, true, &xml);
	jid_of(name, &from);
	while (at < xml.len && xml.p[at] != ' ' && xml.p[at] != '>')
		at++;
	buf_add(&whole, xml.p, at);
	buf_addf(&whole, " from='%s'", from.p);
	buf_add_str(&whole, str_skip(buf_str(&xml), at));
	c = component_for(buf_str(&xml));
	if (!c)
		fail("no component for %s", xml.p);
	if (!fake_component_feed(c, buf_str(&whole)))
		fail("ill-formed: %s", whole.p);
	buf_release(&xml);
	buf_release(&from);
	buf_release(&whole);
	settle();
}

/* ---- links ------------------------------------------------------------ */

static struct named *
named(struct str name)
{
	size_t i;

	for (i = 0; i < play.nlink; i++)
		if (str_is(name, play.link[i].name))
			return &play.link[i];
	return NULL;
}

static void
name_link(struct str name, struct fake_link *f)
{
	struct named *n = named(name);

	if (!n) {
		n = &play.link[play.nlink++];
		n->name = str_dup(name);
	}
	n->link = f;
}

static void
calls(struct str name, struct str rest)
{
	struct fake_link *f;
	struct str place, address;

	start();
	(void)str_cut(&rest, ' ', &place);
	address = rest.len ? rest : STR("127.0.0.1");
	f = fake_call(place, address);
	if (!f)
		fail("nobody listens at " STR_FMT, STR_ARG(place));
	name_link(name, f);
	settle();
}

static void
opens(struct str name, struct str where)
{
	struct fake_link *f = NULL;
	char is[300];

	settle();
	LIST_EACH(fake_links(), node)
	{
		struct fake_link *l = LIST_ENTRY(node, struct fake_link, node);

		if (!f && !l->seen)
			f = l;
	}
	if (!f)
		fail("no link was opened");
	snprintf(is, sizeof(is), "%s:%u%s%s", f->host, f->port,
	    f->tls ? " tls" : "", f->certificate ? " certificate" : "");
	if (!str_is(where, is))
		fail("a link to %s was opened", is);
	f->seen = true;
	name_link(name, f);
}

/* \xHH: bytes that a text file does not hold. */
static void
unescape(struct str in, struct buf *out)
{
	while (in.len) {
		if (in.len >= 4 && in.p[0] == '\\' && in.p[1] == 'x' &&
		    isxdigit((unsigned char)in.p[2]) &&
		    isxdigit((unsigned char)in.p[3])) {
			char hex[3] = { in.p[2], in.p[3], '\0' };

			buf_addc(out, (char)strtol(hex, NULL, 16));
			in = str_skip(in, 4);
		} else {
			buf_addc(out, in.p[0]);
			in = str_skip(in, 1);
		}
	}
}

static void
expect_line(struct fake_link *f, struct str pattern)
{
	struct buf line, want;

	settle();
	buf_init(&line, FILE_MAX);
	buf_init(&want, FILE_MAX);
	unescape(pattern, &want);
	if (str_is(pattern, "nothing")) {
		if (fake_link_line(f, &line))
			fail("expected nothing, got line %s", line.p);
	} else if (!fake_link_line(f, &line)) {
		fail("no line came, expected " STR_FMT, STR_ARG(pattern));
	} else if (!flow_match_line(buf_str(&want), buf_str(&line))) {
		fail("line expected " STR_FMT "\n  got: %s", STR_ARG(pattern),
		    line.p);
	}
	buf_release(&line);
	buf_release(&want);
}

static void
say_line(struct fake_link *f, struct str text)
{
	struct buf line;

	buf_init(&line, FILE_MAX);
	unescape(text, &line);
	buf_addf(&line, "\r\n");
	fake_link_feed(f, buf_str(&line));
	buf_release(&line);
	settle();
}

static void
link_goes_down(struct fake_link *f, struct str why, bool permanent)
{
	char *z = str_dup(why);

	fake_link_down(f, z, permanent);
	free(z);
}

static void
expect_closed(struct fake_link *f)
{
	settle();
	if (f->link)
		fail("the link is still open");
}

static void
expect_paused(struct fake_link *f, bool paused)
{
	settle();
	if (f->paused != paused)
		fail("the link is %s", f->paused ? "paused" : "being read");
}

static void
compare(bool same, struct str x, struct str y)
{
	const char *a = flow_recall(x), *b = flow_recall(y);

	if (!a || !b)
		fail("nothing is remembered as " STR_FMT, STR_ARG(a ? y : x));
	if ((strcmp(a, b) == 0) != same)
		fail(STR_FMT " is '%s', " STR_FMT " is '%s'", STR_ARG(x), a,
		    STR_ARG(y), b);
}

static void
mails(struct fake_link *f, struct str rest)
{
	const char *wrong;
	struct buf what;

	settle();
	buf_init(&what, FILE_MAX);
	recall_all(rest, &what);
	wrong = flow_mail(f, buf_str(&what));
	buf_release(&what);
	if (wrong)
		fail("%s", wrong);
}

static bool
link_line(struct named *n, struct str verb, struct str rest)
{
	struct fake_link *f = n->link;

	if (str_is(verb, "->"))
		say_line(f, rest);
	else if (str_is(verb, "<-"))
		expect_line(f, rest);
	else if (str_is(verb, "up"))
		fake_link_up(f);
	else if (str_is(verb, "down") || str_is(verb, "down!"))
		link_goes_down(f, rest, str_is(verb, "down!"));
	else if (str_is(verb, "hangs"))
		fake_link_hang_up(f);
	else if (str_is(verb, "paused") || str_is(verb, "reading"))
		expect_paused(f, str_is(verb, "paused"));
	else if (str_is(verb, "closed"))
		expect_closed(f);
	else if (str_is(verb, "mails"))
		mails(f, rest);
	else if (str_is(verb, "mute"))
		f->mute = true;
	else if (str_is(verb, "asked"))
		f->asked = true;
	else
		return false;
	settle();
	return true;
}

/* ---- arrivals --------------------------------------------------------- */

static void
on_kept(void *arg, bool ok)
{
	(void)arg;
	buf_addc(&play.fates, ok ? 'k' : 'n');
}

enum { USERS_MAX = 20 };

/* What one line of the script is about. */
struct coming {
	struct gw_message m;
	struct gw_attachment oob;
	struct gw_party cc;
	struct gw_arrival v[USERS_MAX];
	struct buf users; /* what v borrows from */
	size_t n;
	struct str post; /* the room it goes into; or empty */
};

/* title=Bob */
static bool
arrival_field(struct coming *c, struct str name, struct str value)
{
	struct clock *clock = loop_clock(play.loop);
	struct gw_message *m = &c->m;
	uint64_t s;

	if (str_is(name, "title"))
		m->title = value;
	else if (str_is(name, "room"))
		m->room = value;
	else if (str_is(name, "post"))
		c->post = value;
	else if (str_is(name, "subject"))
		m->subject = value;
	else if (str_is(name, "thread"))
		m->thread = value;
	else if (str_is(name, "reply"))
		m->reply_to = value;
	else if (str_is(name, "whose"))
		m->reply_nick = value;
	else if (str_is(name, "id"))
		m->id = value;
	else if (str_is(name, "urgency"))
		m->urgency = value;
	else if (str_is(name, "cc"))
		c->cc.name = value;
	else if (str_is(name, "type"))
		m->type =
		    str_is(value, "normal") ? GW_TYPE_NORMAL : GW_TYPE_HEADLINE;
	else if (str_is(name, "oob"))
		c->oob.url = value;
	else if (str_is(name, "ago") && str_to_uint(value, 1000000, &s))
		m->sent_utc = clock->utc - (int64_t)s * 1000;
	else
		return false;
	return true;
}

/* The words in front of the text that have a = in them. */
static struct str
arrival_fields(struct coming *c, struct str rest)
{
	struct str was = rest, word, name;

	while (str_cut(&rest, ' ', &word)) {
		if (!str_has(word, '='))
			return was;
		str_cut(&word, '=', &name);
		if (!arrival_field(c, name, word))
			return was;
		was = rest.p ? rest : STR_EMPTY;
	}
	return was;
}

/* One name after another, a bare JID each. */
static void
arrival_users(struct coming *c, struct str users, struct str key)
{
	struct str name;
	size_t at[USERS_MAX + 1] = { 0 };

	while (str_cut(&users, ',', &name) && c->n < USERS_MAX) {
		buf_addf(&c->users, STR_FMT "%s", STR_ARG(name),
		    str_has(name, '@') ? "" : "@example.org");
		at[++c->n] = c->users.len;
	}
	for (size_t i = 0; i < c->n; i++)
		c->v[i] = (struct gw_arrival){
			.user = str_of(c->users.p + at[i], at[i + 1] - at[i]),
			.line = STR("main"),
			.key = str_is(key, "-") ? STR_EMPTY : key,
			.message = &c->m
		};
}

static struct gateway *
gateway_of(struct str domain)
{
	struct gateway *gw = core_next_gateway(play.core, NULL);

	while (gw && !str_eq(gateway_domain(gw), domain))
		gw = core_next_gateway(play.core, gw);
	return gw;
}

static void
arrive(struct str users, struct str rest)
{
	struct coming c = { .n = 0 };
	struct str from, key = STR_EMPTY;

	start();
	str_cut(&rest, ' ', &from);
	if (!rest.p)
		fail("arrive USERS FROM KEY [NAME=VALUE] TEXT");
	str_cut(&rest, ' ', &key);
	buf_init(&c.users, FILE_MAX);
	c.m.from = str_is(from, "-") ? STR_EMPTY : from;
	c.m.body = arrival_fields(&c, rest.p ? rest : STR_EMPTY);
	c.m.attachment = &c.oob;
	c.m.nattachment = c.oob.url.len > 0;
	c.cc.kind = GW_PARTY_CC;
	c.m.party = &c.cc;
	c.m.nparty = c.cc.name.len > 0;
	arrival_users(&c, users, key);
	if (c.post.len) {
		c.v[0].user = c.post;
		c.v[0].is_post = true;
	}
	if (gateway_arrive(gateway_of(STR("post.example.org")), c.v, c.n,
	        on_kept, NULL) < 0)
		buf_addc(&play.fates, 'r');
	buf_release(&c.users);
	settle();
}

/* ---- seats ------------------------------------------------------------ */

/* Of post, where there is one; else of mail. */
static struct gateway *
post(void)
{
	struct gateway *gw;

	start();
	gw = gateway_of(STR("post.example.org"));
	if (!gw)
		gw = gateway_of(STR("mail.example.org"));
	if (!gw)
		fail("nobody can have a seat");
	return gw;
}

static void
seat(struct str room, struct str rest)
{
	struct gw_seat seat = { .room = room, .password = STR_EMPTY };
	struct err err = ERR_INIT;

	str_cut(&rest, ' ', &seat.name);
	if (!rest.p)
		fail("seat ROOM NAME NICK [PASSWORD]");
	str_cut(&rest, ' ', &seat.nick);
	if (rest.p)
		seat.password = rest;
	if (gateway_seat_put(post(), &seat, &err) < 0)
		buf_addc(&play.fates, 'r');
	settle();
}

static void
expect_seat(struct str room, struct str rest)
{
	struct gw_seat_state is;
	struct str name, want;

	settle();
	str_cut(&rest, ' ', &name);
	if (!rest.p)
		fail("seated ROOM NAME inside|outside [TEXT]");
	str_cut(&rest, ' ', &want);
	if (!gateway_seat_state(post(), room, name, &is))
		fail("there is no such seat");
	if (is.is_inside != str_is(want, "inside"))
		fail("it is %s: %s", is.is_inside ? "inside" : "outside",
		    is.err.text);
	if (rest.p && !flow_match_line(rest, str_c(is.err.text)))
		fail("it is outside: %s", is.err.text);
}

/* k: kept, n: not kept, r: refused. */
static void
expect_fate(char want)
{
	settle();
	if (play.fates.len == 0)
		fail("the network was not told what became of it");
	if (play.fates.p[0] != want)
		fail("the network was told something else: %s", play.fates.p);
	buf_drop(&play.fates, 1);
}

/* ---- the log ---------------------------------------------------------- */

static void
expect_log(struct str text)
{
	size_t i;

	settle();
	for (i = 0; i < play.nwarning; i++)
		if (strstr(play.warning[i], text.p)) {
			free(play.warning[i]);
			play.warning[i] = play.warning[--play.nwarning];
			return;
		}
	fail("nothing was logged with: " STR_FMT, STR_ARG(text));
}

static void
nothing_else(void)
{
	const char *wrong;

	settle();
	wrong = flow_http_left();
	if (!wrong)
		wrong = flow_mailout_left();
	if (wrong)
		fail("%s", wrong);
	if (play.nwarning)
		fail("unannounced: %s", play.warning[0]);
	if (play.fates.len)
		fail("nobody asked what became of what came in");
	if (!list_is_empty(fake_stanzas()))
		fail("a stanza was not expected");
	LIST_EACH(fake_links(), n)
	{
		struct fake_link *f = LIST_ENTRY(n, struct fake_link, node);

		if (!f->seen)
			fail("a link to %s:%u was not expected", f->host,
			    f->port);
		if (f->out.len)
			fail("a line was not expected");
	}
}

/* ---- the script ------------------------------------------------------- */

static void
on_stopped(void *arg)
{
	(void)arg;
	play.stopped = true;
}

static void
read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "r");
	char chunk[4096];
	size_t n;

	if (!f)
		fail("%s cannot be read", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(out, chunk, n);
	fclose(f);
}

static void perform_file(const char *path);

static void
use(struct str name)
{
	const char *slash = strrchr(play.file, '/');
	int line = play.line;
	const char *file = play.file;
	char path[512];

	snprintf(path, sizeof(path), "%.*s" STR_FMT,
	    slash ? (int)(slash - file + 1) : 0, file, STR_ARG(name));
	perform_file(path);
	play.file = file;
	play.line = line;
}

static int64_t
duration(struct str s)
{
	uint64_t n;
	int64_t unit = 1000;

	if (str_ends(s, STR("ms"))) {
		unit = 1;
		s.len -= 2;
	} else if (str_ends(s, STR("s"))) {
		s.len--;
	} else {
		fail("5s or 200ms");
	}
	if (!str_to_uint(s, 1000000000, &n))
		fail("5s or 200ms");
	return (int64_t)n * unit;
}

static void perform(struct str line);

/* ---- commands --------------------------------------------------------- */

static void
on_said(struct str text, const struct err *err, void *arg)
{
	(void)arg;
	if (err)
		buf_addf(&play.said, "error: %s\n", err->text);
	else
		buf_add_str(&play.said, text);
}

static void
run_command(struct str line)
{
	struct str word[16];
	struct verb_ask ask = { .word = word, .done = on_said };

	start();
	ask.core = play.core;
	ask.by = STR("flow");
	while (ask.nword < 16 && str_cut(&line, ' ', &word[ask.nword]))
		ask.nword++;
	buf_clear(&play.said);
	verb_run(&ask);
	settle();
}

typedef const char *words_fn(
    struct str first, struct str verb, struct str rest);

/* Words that have a file of their own; {x} in them is what was remembered. */
static void
outside(words_fn *fn, struct str first, struct str verb, struct str rest)
{
	const char *wrong;
	struct buf line;

	start();
	settle();
	buf_init(&line, FILE_MAX);
	recall_all(rest, &line);
	wrong = fn(first, verb, buf_str(&line));
	buf_release(&line);
	if (wrong)
		fail("%s", wrong);
	settle();
}

/* One of the lines that Prometheus would be shown. */
static void
expect_figure(struct str want)
{
	struct str rest, line;
	bool found = false;
	struct buf out;

	settle();
	buf_init(&out, METRICS_MAX);
	metrics_write(play.core, &out);
	rest = buf_str(&out);
	while (!found && str_cut(&rest, '\n', &line))
		found = flow_match_line(want, line);
	if (!found)
		fail("no figure is " STR_FMT "\n%s", STR_ARG(want), out.p);
	buf_release(&out);
}

static void
expect_said(struct str want)
{
	struct str rest = buf_str(&play.said), line = STR_EMPTY;

	settle();
	if (rest.len)
		str_cut(&rest, '\n', &line);
	if (!flow_match_line(want, line))
		fail("said: " STR_FMT "\n  want: " STR_FMT, STR_ARG(line),
		    STR_ARG(want));
	buf_drop(&play.said, line.len + (play.said.len > line.len));
}

/* "1..2000 LINE", with {i} in it. */
static void
each(struct str range, struct str text)
{
	ptrdiff_t dots = str_find(range, '.');
	uint64_t i, last;
	struct buf line;

	if (dots < 0 || !str_to_uint(str_head(range, (size_t)dots), 9999, &i) ||
	    !str_to_uint(str_skip(range, (size_t)dots + 2), 9999, &last))
		fail("each FIRST..LAST LINE");
	buf_init(&line, FILE_MAX);
	for (; i <= last; i++) {
		struct str rest = text;

		buf_clear(&line);
		while (rest.len) {
			if (str_starts(rest, STR("{i}"))) {
				buf_addf(&line, "%u", (unsigned)i);
				rest = str_skip(rest, 3);
			} else {
				buf_addc(&line, rest.p[0]);
				rest = str_skip(rest, 1);
			}
		}
		perform(buf_str(&line));
	}
	buf_release(&line);
}

static void
perform(struct str line)
{
	struct str rest = line, first, verb = STR_EMPTY;
	struct named *n;

	str_cut(&rest, ' ', &first);
	if (rest.p)
		str_cut(&rest, ' ', &verb);
	if (!rest.p)
		rest = STR_EMPTY;
	n = named(first);
	if (str_is(line, "nothing else")) {
		nothing_else();
	} else if (str_is(line, "told")) {
		play.told = true;
	} else if (str_is(first, "arrive")) {
		arrive(verb, rest);
	} else if (str_is(first, "seat")) {
		seat(verb, rest);
	} else if (str_is(first, "unseat")) {
		gateway_seat_del(post(), verb, rest);
		settle();
	} else if (str_is(first, "seated")) {
		expect_seat(verb, rest);
	} else if (str_is(line, "kept")) {
		expect_fate('k');
	} else if (str_is(line, "not kept")) {
		expect_fate('n');
	} else if (str_is(line, "refused")) {
		expect_fate('r');
	} else if (str_is(line, "twin") || str_is(line, "alone")) {
		play.twin = str_is(line, "twin");
	} else if (str_is(line, "unconfirmed") || str_is(line, "confirmed")) {
		play.unconfirmed = str_is(line, "unconfirmed");
		settle();
	} else if (str_is(first, "use")) {
		use(verb);
	} else if (str_is(first, "each")) {
		each(verb, rest);
	} else if (str_is(first, "wait")) {
		wait_ms(duration(verb));
	} else if (str_is(first, "same") || str_is(first, "differ")) {
		compare(str_is(first, "same"), verb, rest);
	} else if (str_is(first, "start")) {
		start();
	} else if (str_is(first, "restart")) {
		kill_core();
		start_early();
		if (!str_is(verb, "early"))
			settle();
	} else if (str_is(first, "disk") && str_is(verb, "loses")) {
		lose_table(rest);
	} else if (str_is(first, "disk") && str_is(verb, "finds")) {
		rename_table(rest, "_lost", "");
	} else if (str_is(first, "disk")) {
		disk(str_is(verb, "full"));
	} else if (str_is(first, "backup") || str_is(first, "restore")) {
		kill_core();
		copy_store(str_is(first, "backup"));
		start();
	} else if (str_is(first, "reload")) {
		reload();
	} else if (str_is(first, "stop")) {
		start();
		core_stop(play.core, on_stopped, NULL);
		settle();
	} else if (str_is(first, "xmpp")) {
		xmpp(verb);
	} else if (str_is(first, "run")) {
		run_command(str_skip(line, 4));
	} else if (str_is(first, "said")) {
		expect_said(str_skip(line, 5));
	} else if (str_is(first, "figure")) {
		expect_figure(str_skip(line, 7));
	} else if (str_is(first, "http") || str_is(first, "hook")) {
		outside(flow_http, first, verb, rest);
	} else if (str_is(first, "mailout")) {
		outside(flow_mailout, first, verb, rest);
		wait_ms(0); /* it is told in the next turn */
	} else if (str_is(first, "reader")) {
		outside(flow_reader, first, verb, rest);
	} else if (str_is(first, "log") && str_is(verb, "==")) {
		expect_log(rest);
	} else if (str_is(verb, "opens")) {
		opens(first, rest);
	} else if (str_is(verb, "calls")) {
		calls(first, rest);
	} else if (n && link_line(n, verb, rest)) {
		return;
	} else if (str_is(verb, "->")) {
		start();
		send_stanza(first, rest);
	} else if (str_is(verb, "<-")) {
		expect_stanza(first, rest);
	} else {
		fail("not understood: " STR_FMT, STR_ARG(line));
	}
}

/* One logical line: continued ones joined. */
static void
perform_file(const char *path)
{
	struct str rest, line;
	struct buf text, whole;
	bool in_config = false;

	play.file = path;
	play.line = 0;
	buf_init(&text, FILE_MAX);
	buf_init(&whole, FILE_MAX);
	read_file(path, &text);
	rest = buf_str(&text);
	while (str_cut(&rest, '\n', &line)) {
		play.line++;
		if (in_config) {
			if (str_is(line, "END")) {
				in_config = false;
				free(play.config_text);
				play.config_text = str_dup(buf_str(&whole));
				buf_clear(&whole);
			} else {
				buf_add_str(&whole, line);
				buf_addc(&whole, '\n');
			}
			continue;
		}
		if (str_is(line, "config <<END")) {
			in_config = true;
			continue;
		}
		if (line.len == 0 || line.p[0] == '#')
			continue;
		buf_add_str(&whole, line);
		/* A stanza goes on in lines that begin with a blank. */
		if (rest.p && rest.len &&
		    (rest.p[0] == ' ' || rest.p[0] == '\t'))
			continue;
		perform(buf_str(&whole));
		buf_clear(&whole);
	}
	buf_release(&whole);
	buf_release(&text);
}

/* There are thousands of runs a day: nothing stays. */
static void
remove_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char path[512];

	/* cppcheck-suppress readdirCalled ; nobody else has this one */
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		(void)unlink(path); /* not "." and ".." */
	}
	if (d)
		(void)closedir(d);
	(void)rmdir(dir); /* a leftover in /tmp harms nobody */
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/flow.XXXXXX";
	size_t i;

	if (argc != 2) {
		fprintf(stderr, "usage: flow_run FILE.flow\n");
		return 64;
	}
	play.dir = mkdtemp(dir);
	if (!play.dir) {
		perror("mkdtemp");
		return 71;
	}
	buf_init(&play.info, FILE_MAX);
	buf_init(&play.said, FILE_MAX);
	buf_init(&play.fates, 10000);
	log_set_sink(on_log, NULL);
	log_set_level(LOG_DEBUG);
	play.loop = loop_new();
	perform_file(argv[1]);
	nothing_else();
	kill_core();
	for (i = 0; i < play.nlink; i++)
		free(play.link[i].name);
	flow_http_forget();
	flow_mailout_forget();
	fake_reset();
	config_free(&play.was);
	config_free(&play.config);
	loop_free(&play.loop);
	free(play.config_text);
	buf_release(&play.info);
	buf_release(&play.said);
	buf_release(&play.fates);
	remove_dir(dir);
	return 0;
}
