/*
 * The cheapest translator there could be, to measure ours against: no XML
 * tree, no checks, no memory of anything, one user in one channel.
 *
 *	null_gateway XMPP_PORT IRC_PORT
 *
 * Attaches to a component server that accepts any secret, joins #c when
 * somebody joins there, and turns lines into stanzas and stanzas into lines.
 * Ends when either side hangs up.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SIZE = 1 << 20 };

/* Bytes that came in and are not used up, or wait to go out. */
struct side {
	int fd;
	char in[SIZE], out[4 * SIZE];
	size_t nin, nout;
};

static struct side xmpp, irc;

#define X_TO   " to='u@b/r' "
#define X_ROOM "from='#c%n@irc.b/"
#define X_ITEM                                                                 \
	"<x xmlns='http://jabber.org/protocol/muc#user'>"                      \
	"<item affiliation='none' role='participant'/></x></presence>"

static int
dial(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons((unsigned short)strtol(port, NULL, 10));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		perror("null_gateway");
		exit(1);
	}
	return fd;
}

static void
put(struct side *s, const char *p, size_t n)
{
	if (s->nout + n > sizeof(s->out))
		exit(1); /* the measuring program keeps far below */
	memcpy(s->out + s->nout, p, n);
	s->nout += n;
}

static void
puts_to(struct side *s, const char *z)
{
	put(s, z, strlen(z));
}

static void
flush(struct side *s)
{
	ssize_t n = s->nout ? write(s->fd, s->out, s->nout) : 0;

	if (n > 0) {
		memmove(s->out, s->out + n, s->nout - (size_t)n);
		s->nout -= (size_t)n;
	}
}

static void
presence(const char *nick, size_t len, const char *type)
{
	puts_to(&xmpp, "<presence " X_ROOM);
	put(&xmpp, nick, len);
	puts_to(&xmpp, "'" X_TO);
	puts_to(&xmpp, type);
	puts_to(&xmpp, ">" X_ITEM);
}

static void
names(const char *p, const char *end)
{
	while (p < end) {
		const char *sp = memchr(p, ' ', (size_t)(end - p));

		if (!sp)
			sp = end;
		if (sp > p)
			presence(p, (size_t)(sp - p), "");
		p = sp + 1;
	}
}

static void
irc_line(char *p, char *end)
{
	char *nick = p + 1, *bang, *text;

	*end = '\0';
	if (strncmp(p, "PING", 4) == 0) {
		puts_to(&irc, "PONG :x\r\n");
		return;
	}
	text = strstr(p, " PRIVMSG #c :");
	bang = strchr(p, '!');
	if (text && bang) {
		puts_to(&xmpp, "<message " X_ROOM);
		put(&xmpp, nick, (size_t)(bang - nick));
		puts_to(&xmpp, "'" X_TO "type='groupchat'><body>");
		put(&xmpp, text + 13, (size_t)(end - text - 13));
		puts_to(&xmpp, "</body></message>");
	} else if (bang && strncmp(strchr(p, ' '), " QUIT", 5) == 0) {
		presence(nick, (size_t)(bang - nick), "type='unavailable'");
	} else if ((text = strstr(p, " 353 ")) != NULL) {
		text = strchr(text, ':');
		names(text + 1, end);
	} else if (strstr(p, " 366 ")) {
		puts_to(
		    &xmpp, "<message " X_ROOM "'" X_TO "><subject/></message>");
	}
}

static void
stanza(const char *p, const char *end)
{
	const char *body = memmem(p, (size_t)(end - p), "<body>", 6);
	const char *stop =
	    body ? memmem(body, (size_t)(end - body), "</body>", 7) : NULL;

	if (memmem(p, (size_t)(end - p), "<presence", 9)) {
		puts_to(&irc, "JOIN #c\r\n");
	} else if (stop) {
		body += 6;
		puts_to(&irc, "PRIVMSG #c :");
		put(&irc, body, (size_t)(stop - body));
		puts_to(&irc, "\r\n");
		puts_to(&xmpp,
		    "<message " X_ROOM "u'" X_TO "type='groupchat'><body>");
		put(&xmpp, body, (size_t)(stop - body));
		puts_to(&xmpp, "</body></message>");
	}
}

static void
read_side(struct side *s)
{
	ssize_t n = read(s->fd, s->in + s->nin, sizeof(s->in) - s->nin);

	if (n <= 0)
		exit(0);
	s->nin += (size_t)n;
}

static void
keep(struct side *s, size_t used)
{
	memmove(s->in, s->in + used, s->nin - used);
	s->nin -= used;
}

static void
on_irc(void)
{
	char *p = irc.in, *end = irc.in + irc.nin, *lf;

	while ((lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		irc_line(p, lf > p && lf[-1] == '\r' ? lf - 1 : lf);
		p = lf + 1;
	}
	keep(&irc, (size_t)(p - irc.in));
}

/* Every stanza of the measuring program ends so. */
static void
on_xmpp(void)
{
	const char *p = xmpp.in, *end = xmpp.in + xmpp.nin, *at;

	while ((at = memmem(p, (size_t)(end - p), "</", 2)) != NULL) {
		const char *gt = memchr(at, '>', (size_t)(end - at));

		if (!gt)
			break;
		if (gt - at > 6 || strncmp(at, "</body", 6) != 0) {
			stanza(p, gt + 1);
			p = gt + 1;
			continue;
		}
		/* The body ends; its message does right behind. */
		at = memmem(gt, (size_t)(end - gt), "</message>", 10);
		if (!at)
			break;
		stanza(p, at + 10);
		p = at + 10;
	}
	keep(&xmpp, (size_t)(p - xmpp.in));
}

int
main(int argc, char **argv)
{
	struct pollfd pfd[2];
	int i;

	if (argc != 3)
		return 64;
	xmpp.fd = dial(argv[1]);
	irc.fd = dial(argv[2]);
	puts_to(&xmpp,
	    "<stream:stream xmlns='jabber:component:accept' "
	    "xmlns:stream='http://etherx.jabber.org/streams' to='irc.b'>"
	    "<handshake>0</handshake>");
	flush(&xmpp);
	while (!memmem(xmpp.in, xmpp.nin, "<handshake/>", 12))
		read_side(&xmpp);
	xmpp.nin = 0;
	puts_to(&irc, "NICK u\r\nUSER u 0 * :u\r\n");
	flush(&irc);
	for (;;) {
		pfd[0] = (struct pollfd){ .fd = xmpp.fd, .events = POLLIN };
		pfd[1] = (struct pollfd){ .fd = irc.fd, .events = POLLIN };
		if (xmpp.nout)
			pfd[0].events |= POLLOUT;
		if (irc.nout)
			pfd[1].events |= POLLOUT;
		if (poll(pfd, 2, -1) < 0)
			return 1;
		for (i = 0; i < 2; i++)
			if (pfd[i].revents & (POLLIN | POLLHUP))
				read_side(i ? &irc : &xmpp);
		on_xmpp();
		on_irc();
		flush(&xmpp);
		flush(&irc);
	}
}
