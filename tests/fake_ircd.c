/*
 * An IRC server that is only there to be connected to: thousands of plain
 * connections in one process, no checks, no memory of anything but who is in
 * which channel.  For the measuring programs and the test with 2,000 links.
 *
 *	fake_ircd [-a ADDRESS] [-p PORT] [-n NAMES] [-i SECONDS] [-c CAPS]
 *
 *	-n  so many members that do not exist are in every channel
 *	-i  PING everybody so often; 0: never
 *	-c  capabilities to offer, separated by spaces
 *
 * Prints "port N" once it listens.  Ends with its parent.
 *
 * Beside IRC it obeys, from any connection:
 *
 *	FLOOD #chan COUNT BYTES   COUNT messages by members that do not exist
 *	SPLIT #chan COUNT         so many of them quit
 *	STATS                     notice with counters
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/linebuf.h"
#include "lib/list.h"
#include "lib/map.h"
#include "lib/str.h"
#include "lib/xalloc.h"

enum {
	LINE_MAX_BYTES = 8191 + 512,
	OUT_MAX_BYTES = 64 * 1024 * 1024, /* a flood waits for a slow reader */
	NAME_MAX_BYTES = 64,
	NPARAM_MAX = 15,
	NAMES_PER_LINE = 20,
	BATCH = 256,
};

struct peer {
	int fd;
	struct list node, dirty;
	struct list members; /* of channels, by in_peer */
	struct linebuf in;
	struct buf out;
	char nick[NAME_MAX_BYTES + 1];
	bool has_user, in_cap, registered, waits_to_write;
};

struct channel {
	char name[NAME_MAX_BYTES + 1];
	struct list members; /* by in_channel */
};

struct member {
	struct list in_peer, in_channel;
	struct peer *peer;
	struct channel *channel;
};

struct msg {
	struct str cmd;
	struct str param[NPARAM_MAX];
	size_t nparam;
};

static struct ircd {
	int epoll, listener;
	unsigned nnames, ping_s;
	const char *caps;
	struct list peers, dirty;
	struct map nicks, channels;
	uint64_t npeers, nlines_in, nprivmsg_in, nlines_out;
} me = { .caps = "" };

/* ---- output ----------------------------------------------------------- */

static void
mark_dirty(struct peer *p)
{
	if (!list_is_linked(&p->dirty))
		list_add(&me.dirty, &p->dirty);
}

__attribute__((format(printf, 2, 3))) static void
tell(struct peer *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&p->out, fmt, ap);
	va_end(ap);
	buf_addf(&p->out, "\r\n");
	me.nlines_out++;
	mark_dirty(p);
}

static void
watch(struct peer *p, bool to_write)
{
	struct epoll_event ev = { .events = EPOLLIN | (to_write ? EPOLLOUT : 0),
		.data.ptr = p };

	p->waits_to_write = to_write;
	epoll_ctl(me.epoll, EPOLL_CTL_MOD, p->fd, &ev);
}

static void
flush(struct peer *p)
{
	ssize_t n = send(p->fd, p->out.p, p->out.len, MSG_NOSIGNAL);

	if (n > 0)
		buf_drop(&p->out, (size_t)n);
	if (n < 0 && errno != EAGAIN)
		buf_clear(&p->out); /* its end is read soon */
	if ((p->out.len > 0) != p->waits_to_write)
		watch(p, p->out.len > 0);
	buf_trim(&p->out);
}

static void
flush_all(void)
{
	struct list *node;

	while (node = list_first(&me.dirty), node) {
		list_del(node);
		flush(LIST_ENTRY(node, struct peer, dirty));
	}
}

/* ---- peers and channels ----------------------------------------------- */

static struct channel *
channel_get(struct str name)
{
	struct channel *c = map_get(&me.channels, name);

	if (c || name.len > NAME_MAX_BYTES)
		return c;
	c = xcalloc(1, sizeof(*c));
	memcpy(c->name, name.p, name.len);
	list_init(&c->members);
	map_put(&me.channels, str_c(c->name), c);
	return c;
}

static void
member_free(struct member *m)
{
	struct channel *c = m->channel;

	list_del(&m->in_peer);
	list_del(&m->in_channel);
	free(m);
	if (!list_is_empty(&c->members))
		return;
	map_del(&me.channels, str_c(c->name));
	free(c);
}

static void
peer_new(int fd)
{
	struct peer *p = xcalloc(1, sizeof(*p));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = p };
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	p->fd = fd;
	list_init(&p->node);
	list_init(&p->dirty);
	list_init(&p->members);
	linebuf_init(&p->in, LINE_MAX_BYTES);
	buf_init(&p->out, OUT_MAX_BYTES);
	list_add(&me.peers, &p->node);
	me.npeers++;
	epoll_ctl(me.epoll, EPOLL_CTL_ADD, fd, &ev);
}

static void
tell_others(struct channel *c, const struct peer *but, const char *line)
{
	LIST_EACH(&c->members, node)
	{
		struct member *m = LIST_ENTRY(node, struct member, in_channel);

		if (m->peer != but)
			tell(m->peer, "%s", line);
	}
}

static void
peer_free(struct peer *p)
{
	char line[NAME_MAX_BYTES + 32];

	snprintf(line, sizeof(line), ":%s!u@fake QUIT :gone", p->nick);
	LIST_EACH(&p->members, node)
	{
		struct member *m = LIST_ENTRY(node, struct member, in_peer);

		tell_others(m->channel, p, line);
		member_free(m);
	}
	if (map_get(&me.nicks, str_c(p->nick)) == p)
		map_del(&me.nicks, str_c(p->nick));
	list_del(&p->node);
	list_del(&p->dirty);
	linebuf_release(&p->in);
	buf_release(&p->out);
	close(p->fd);
	me.npeers--;
	free(p);
}

/* ---- commands --------------------------------------------------------- */

static void
welcome(struct peer *p)
{
	if (p->registered || p->in_cap || !p->has_user || !p->nick[0])
		return;
	p->registered = true;
	tell(p, ":fake 001 %s :Welcome", p->nick);
	tell(p, ":fake 004 %s fake 1 i n", p->nick);
	tell(p,
	    ":fake 005 %s CHANTYPES=# PREFIX=(ov)@+ CASEMAPPING=ascii "
	    "NICKLEN=%d CHANMODES=b,k,l,imnpst NETWORK=fake :are supported",
	    p->nick, NAME_MAX_BYTES);
	tell(p, ":fake 422 %s :no message today", p->nick);
}

static void
on_cap(struct peer *p, const struct msg *m)
{
	const char *nick = p->nick[0] ? p->nick : "*";

	p->in_cap = !p->registered && !str_eq_nocase(m->param[0], STR("END"));
	if (str_eq_nocase(m->param[0], STR("LS")))
		tell(p, ":fake CAP %s LS :%s", nick, me.caps);
	else if (str_eq_nocase(m->param[0], STR("REQ")))
		tell(p, ":fake CAP %s ACK :" STR_FMT, nick,
		    STR_ARG(m->param[1]));
	welcome(p);
}

static void
on_nick(struct peer *p, const struct msg *m)
{
	struct str nick = str_head(m->param[0], NAME_MAX_BYTES);
	char was[NAME_MAX_BYTES + 1];

	if (map_get(&me.nicks, nick)) {
		tell(p, ":fake 433 %s " STR_FMT " :in use",
		    p->nick[0] ? p->nick : "*", STR_ARG(nick));
		return;
	}
	memcpy(was, p->nick, sizeof(was));
	if (was[0])
		map_del(&me.nicks, str_c(p->nick));
	memcpy(p->nick, nick.p, nick.len);
	p->nick[nick.len] = '\0';
	map_put(&me.nicks, str_c(p->nick), p);
	if (p->registered)
		tell(p, ":%s!u@fake NICK :%s", was, p->nick);
	welcome(p);
}

static void
on_user(struct peer *p, const struct msg *m)
{
	(void)m;
	p->has_user = true;
	welcome(p);
}

static void
on_ping(struct peer *p, const struct msg *m)
{
	tell(p, ":fake PONG fake :" STR_FMT, STR_ARG(m->param[0]));
}

static void
tell_invented_names(struct peer *p, const char *channel)
{
	struct buf names;

	buf_init(&names, NAMES_PER_LINE * 16);
	for (unsigned i = 0; i < me.nnames; i++) {
		buf_addf(&names, "n%06u ", i);
		if ((i + 1) % NAMES_PER_LINE && i + 1 < me.nnames)
			continue;
		tell(p, ":fake 353 %s = %s :" STR_FMT, p->nick, channel,
		    STR_ARG(buf_str(&names)));
		buf_clear(&names);
	}
	buf_release(&names);
}

static void
tell_names(struct peer *p, const struct channel *c)
{
	LIST_EACH(&c->members, node)
	{
		struct member *m = LIST_ENTRY(node, struct member, in_channel);

		tell(p, ":fake 353 %s = %s :%s", p->nick, c->name,
		    m->peer->nick);
	}
	tell_invented_names(p, c->name);
	tell(p, ":fake 366 %s %s :end", p->nick, c->name);
}

static struct member *
find_member(struct peer *p, const struct channel *c)
{
	LIST_EACH(&p->members, node)
	{
		struct member *m = LIST_ENTRY(node, struct member, in_peer);

		if (m->channel == c)
			return m;
	}
	return NULL;
}

static void
join(struct peer *p, struct str name)
{
	struct channel *c = channel_get(name);
	struct member *m;
	char line[3 * NAME_MAX_BYTES];

	if (!c || find_member(p, c))
		return;
	m = xcalloc(1, sizeof(*m));
	m->peer = p;
	m->channel = c;
	list_init(&m->in_peer);
	list_init(&m->in_channel);
	list_add(&p->members, &m->in_peer);
	list_add(&c->members, &m->in_channel);
	snprintf(line, sizeof(line), ":%s!u@fake JOIN %s", p->nick, c->name);
	tell_others(c, NULL, line);
	tell_names(p, c);
}

static void
on_join(struct peer *p, const struct msg *m)
{
	struct str rest = m->param[0], name;

	while (str_cut(&rest, ',', &name))
		if (name.len > 0)
			join(p, name);
}

static void
on_part(struct peer *p, const struct msg *m)
{
	struct channel *c = map_get(&me.channels, m->param[0]);
	struct member *member = c ? find_member(p, c) : NULL;
	char line[3 * NAME_MAX_BYTES];

	if (!member)
		return;
	snprintf(line, sizeof(line), ":%s!u@fake PART %s", p->nick, c->name);
	tell_others(c, NULL, line);
	member_free(member);
}

static void
on_mode(struct peer *p, const struct msg *m)
{
	if (!map_get(&me.channels, m->param[0]))
		return;
	if (m->nparam == 1)
		tell(p, ":fake 324 %s " STR_FMT " +n", p->nick,
		    STR_ARG(m->param[0]));
	else
		tell(p, ":fake 368 %s " STR_FMT " :end", p->nick,
		    STR_ARG(m->param[0]));
}

static void
on_who(struct peer *p, const struct msg *m)
{
	tell(p, ":fake 315 %s " STR_FMT " :end", p->nick, STR_ARG(m->param[0]));
}

static void
on_privmsg(struct peer *p, const struct msg *m)
{
	struct channel *c = map_get(&me.channels, m->param[0]);
	struct peer *to = map_get(&me.nicks, m->param[0]);
	char line[LINE_MAX_BYTES];

	me.nprivmsg_in++;
	snprintf(line, sizeof(line),
	    ":%s!u@fake " STR_FMT " " STR_FMT " :" STR_FMT, p->nick,
	    STR_ARG(m->cmd), STR_ARG(m->param[0]), STR_ARG(m->param[1]));
	if (c)
		tell_others(c, p, line);
	else if (to)
		tell(to, "%s", line);
}

static void
on_quit(struct peer *p, const struct msg *m)
{
	(void)m;
	tell(p, "ERROR :bye");
	flush(p);
	shutdown(p->fd, SHUT_WR);
}

static uint64_t
number(struct str s, uint64_t max)
{
	uint64_t n = 0;

	return str_to_uint(s, max, &n) ? n : 0;
}

static void
on_flood(struct peer *p, const struct msg *m)
{
	struct channel *c = map_get(&me.channels, m->param[0]);
	uint64_t count = number(m->param[1], 10000000);
	int nbytes = (int)number(m->param[2], 400);
	char line[512];

	(void)p;
	for (uint64_t i = 0; c && i < count; i++) {
		snprintf(line, sizeof(line), ":n%06u!u@fake PRIVMSG %s :%0*llu",
		    me.nnames ? (unsigned)(i % me.nnames) : 0, c->name, nbytes,
		    (unsigned long long)i);
		tell_others(c, NULL, line);
	}
}

static void
on_split(struct peer *p, const struct msg *m)
{
	struct channel *c = map_get(&me.channels, m->param[0]);
	uint64_t count = number(m->param[1], me.nnames);
	char line[64];

	(void)p;
	for (uint64_t i = 0; c && i < count; i++) {
		snprintf(line, sizeof(line), ":n%06u!u@fake QUIT :a.b c.d",
		    (unsigned)i);
		tell_others(c, NULL, line);
	}
}

static void
on_stats(struct peer *p, const struct msg *m)
{
	(void)m;
	tell(p,
	    ":fake NOTICE %s :peers=%llu channels=%zu lines_in=%llu "
	    "privmsg_in=%llu lines_out=%llu",
	    p->nick[0] ? p->nick : "*", (unsigned long long)me.npeers,
	    me.channels.n, (unsigned long long)me.nlines_in,
	    (unsigned long long)me.nprivmsg_in,
	    (unsigned long long)me.nlines_out);
}

static const struct command {
	const char *name;
	size_t nparam; /* fewer, and the line is ignored */
	void (*fn)(struct peer *p, const struct msg *m);
} commands[] = {
	{ "CAP", 1, on_cap },
	{ "FLOOD", 3, on_flood },
	{ "JOIN", 1, on_join },
	{ "MODE", 1, on_mode },
	{ "NICK", 1, on_nick },
	{ "NOTICE", 2, on_privmsg },
	{ "PART", 1, on_part },
	{ "PING", 1, on_ping },
	{ "PRIVMSG", 2, on_privmsg },
	{ "QUIT", 0, on_quit },
	{ "SPLIT", 2, on_split },
	{ "STATS", 0, on_stats },
	{ "USER", 4, on_user },
	{ "WHO", 1, on_who },
};

/* ---- input ------------------------------------------------------------ */

static void
parse(struct msg *m, struct str line)
{
	struct str word;

	*m = (struct msg){ .cmd = STR_EMPTY };
	while (line.len > 0 && m->nparam < NPARAM_MAX) {
		if (m->cmd.len > 0 && line.p[0] == ':') {
			m->param[m->nparam++] = str_skip(line, 1);
			return;
		}
		str_cut(&line, ' ', &word);
		if (word.len == 0 || (m->cmd.len == 0 && word.p[0] == '@'))
			continue;
		if (m->cmd.len == 0)
			m->cmd = word;
		else
			m->param[m->nparam++] = word;
	}
}

static void
obey(struct peer *p, struct str line)
{
	struct msg m;

	me.nlines_in++;
	parse(&m, line);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_eq_nocase(m.cmd, str_c(commands[i].name)) &&
		    m.nparam >= commands[i].nparam) {
			commands[i].fn(p, &m);
			return;
		}
}

static void
read_peer(struct peer *p)
{
	static char bytes[64 * 1024];
	struct str line;
	ssize_t n = recv(p->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		peer_free(p);
		return;
	}
	linebuf_feed(&p->in, bytes, (size_t)n);
	while (linebuf_next(&p->in, &line))
		obey(p, line);
}

static void
accept_all(void)
{
	int fd;

	while (
	    fd = accept4(me.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC),
	    fd >= 0)
		peer_new(fd);
}

static void
on_event(const struct epoll_event *ev)
{
	struct peer *p = ev->data.ptr;

	if (!p)
		accept_all();
	else if (ev->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_peer(p);
	else
		mark_dirty(p);
}

static void
ping_all(void)
{
	LIST_EACH(&me.peers, node)
	tell(LIST_ENTRY(node, struct peer, node), "PING :fake");
}

static void
run(void)
{
	struct epoll_event ev[BATCH];
	time_t next_ping = time(NULL) + me.ping_s;

	for (;;) {
		int n = epoll_wait(me.epoll, ev, BATCH, me.ping_s ? 1000 : -1);

		for (int i = 0; i < n; i++)
			on_event(&ev[i]);
		if (me.ping_s && time(NULL) >= next_ping) {
			next_ping += me.ping_s;
			ping_all();
		}
		flush_all();
	}
}

/* ---- start ------------------------------------------------------------ */

static int
start_listening(const char *address, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	socklen_t len = sizeof(sin);
	int on = 1;

	inet_pton(AF_INET, address, &sin.sin_addr);
	me.listener =
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(me.listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(me.listener, (struct sockaddr *)&sin, len) < 0 ||
	    listen(me.listener, SOMAXCONN) < 0)
		return -1;
	getsockname(me.listener, (struct sockaddr *)&sin, &len);
	printf("port %u\n", ntohs(sin.sin_port));
	fflush(stdout);
	return 0;
}

static void
raise_limit(void)
{
	struct rlimit rl;

	getrlimit(RLIMIT_NOFILE, &rl);
	rl.rlim_cur = rl.rlim_max;
	setrlimit(RLIMIT_NOFILE, &rl);
}

static void
init(void)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	raise_limit();
	list_init(&me.peers);
	list_init(&me.dirty);
	map_init(&me.nicks);
	map_init(&me.channels);
	me.epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(me.epoll, EPOLL_CTL_ADD, me.listener, &ev);
}

int
main(int argc, char **argv)
{
	const char *address = "127.0.0.1";
	uint16_t port = 0;
	int c;

	while (c = getopt(argc, argv, "a:p:n:i:c:"), c != -1) {
		if (c == 'a')
			address = optarg;
		else if (c == 'p')
			port = (uint16_t)number(str_c(optarg), 65535);
		else if (c == 'n')
			me.nnames = (unsigned)number(str_c(optarg), 100000);
		else if (c == 'i')
			me.ping_s = (unsigned)number(str_c(optarg), 3600);
		else if (c == 'c')
			me.caps = optarg;
		else
			return 64;
	}
	if (start_listening(address, port) < 0) {
		perror("fake_ircd");
		return 71;
	}
	init();
	run();
}
