/*
 * An IRC client on libircclient, for the tests: a second opinion.
 *
 *	ircpeer PORT NICK CHANNEL
 *
 * Joins the channel on 127.0.0.1 and prints each event as one line,
 * `EVENT <tab> ORIGIN <tab> PARAMETER...`.  A line on standard input, `TARGET
 * TEXT`, is said; the end of input ends it.
 */
#include <libirc_rfcnumeric.h>
#include <libircclient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { INPUT_MAX = 1024 };

static const char *channel;

static void
print_event(irc_session_t *s, const char *event, const char *origin,
    const char **params, unsigned int count)
{
	unsigned int i;

	(void)s;
	printf("%s\t%s", event, origin ? origin : "");
	for (i = 0; i < count; i++)
		printf("\t%s", params[i]);
	putchar('\n');
	fflush(stdout);
}

static void
on_connect(irc_session_t *s, const char *event, const char *origin,
    const char **params, unsigned int count)
{
	print_event(s, event, origin, params, count);
	irc_cmd_join(s, channel, NULL);
}

static void
on_numeric(irc_session_t *s, unsigned int event, const char *origin,
    const char **params, unsigned int count)
{
	if (event == LIBIRC_RFC_RPL_ENDOFNAMES)
		print_event(s, "INSIDE", origin, params, count);
}

/* One line of input; false when there will be no more. */
static int
obey(irc_session_t *s)
{
	char line[INPUT_MAX];
	char *text;

	if (!fgets(line, sizeof line, stdin))
		return 0;
	line[strcspn(line, "\n")] = '\0';
	text = strchr(line, ' ');
	if (!text)
		return 1;
	*text++ = '\0';
	return irc_cmd_msg(s, line, text) == 0;
}

static int
turn(irc_session_t *s)
{
	struct timeval wait = { .tv_sec = 1 };
	fd_set in, out;
	int max = STDIN_FILENO;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(STDIN_FILENO, &in);
	if (irc_add_select_descriptors(s, &in, &out, &max) != 0)
		return 0;
	if (select(max + 1, &in, &out, NULL, &wait) < 0)
		return 0;
	if (FD_ISSET(STDIN_FILENO, &in) && !obey(s))
		return 0;
	return irc_process_select_descriptors(s, &in, &out) == 0;
}

int
main(int argc, char **argv)
{
	irc_callbacks_t events = {
		.event_connect = on_connect,
		.event_numeric = on_numeric,
		.event_channel = print_event,
		.event_privmsg = print_event,
		.event_join = print_event,
		.event_part = print_event,
		.event_quit = print_event,
		.event_nick = print_event,
		.event_topic = print_event,
		.event_kick = print_event,
		.event_ctcp_action = print_event,
	};
	irc_session_t *s = irc_create_session(&events);
	int port = argc == 4 ? (int)strtol(argv[1], NULL, 10) : 0;

	if (!s || port <= 0) {
		fprintf(stderr, "usage: ircpeer PORT NICK CHANNEL\n");
		return 64;
	}
	channel = argv[3];
	setvbuf(stdin, NULL, _IONBF, 0); /* select() knows no buffer */
	irc_option_set(s, LIBIRC_OPTION_STRIPNICKS);
	if (irc_connect(s, "127.0.0.1", (unsigned short)port, NULL, argv[2],
	        argv[2], argv[2]) != 0) {
		fprintf(stderr, "ircpeer: %s\n", irc_strerror(irc_errno(s)));
		return 69;
	}
	while (irc_is_connected(s) && turn(s))
		;
	irc_destroy_session(s);
	return 0;
}
