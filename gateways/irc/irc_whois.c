/*
 * WHOIS: what a server says of somebody, put together for people.
 *
 * RFC 2812 3.6.2; 5.1 311 to 319; numerics of later servers:
 * modern.ircdocs.horse
 *
 *	311 nick user host * :real name
 *	312, 313, 317, 319, 330 ...	a line of text each
 *	318 nick :End
 *
 * Collected where the message of the day is, too: never both at a time.
 */
#include "irc/irc_handler.h"

#include <time.h>

static void
add(struct irc_proto *p, const char *before, struct str text)
{
	/* Over the ceiling the rest is left out. */
	(void)buf_addf(
	    &p->motd, "%s" STR_FMT "\n", before, STR_ARG(irc_clean(p, text)));
}

bool
irc_on_whois_begin(struct irc_proto *p, struct irc_event *ev)
{
	const struct irc_msg *m = &p->m;

	(void)ev;
	buf_clear(&p->motd);
	p->whois_comes = true;
	(void)buf_addf(&p->motd, STR_FMT " (" STR_FMT "@" STR_FMT ")",
	    STR_ARG(irc_clean(p, m->param[1])),
	    STR_ARG(irc_clean(p, m->param[2])),
	    STR_ARG(irc_clean(p, m->param[3])));
	add(p, ": ", irc_last(p));
	return false;
}

static void
add_idle(struct irc_proto *p, uint64_t sec)
{
	static const struct {
		uint64_t from, unit;
		const char *name;
	} units[] = {
		{ 2 * 86400, 86400, "days" },
		{ 2 * 3600, 3600, "hours" },
		{ 2 * 60, 60, "minutes" },
		{ 0, 1, "seconds" },
	};
	size_t i = 0;

	while (sec < units[i].from)
		i++;
	(void)buf_addf(&p->motd, "idle for %llu %s",
	    (unsigned long long)(sec / units[i].unit), units[i].name);
}

/* 317 me nick idle [signon] :text */
static void
add_times(struct irc_proto *p)
{
	const struct irc_msg *m = &p->m;
	uint64_t sec = 0, since = 0;
	char text[40];
	struct tm tm;
	time_t t;

	if (!str_to_uint(m->param[2], UINT32_MAX, &sec))
		return;
	add_idle(p, sec);
	if (m->nparam > 4 && str_to_uint(m->param[3], UINT32_MAX, &since)) {
		t = (time_t)since;
		gmtime_r(&t, &tm);
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
		(void)buf_addf(&p->motd, ", here since %s UTC", text);
	}
	(void)buf_addc(&p->motd, '\n');
}

/* The text, and behind it what else there is: "is logged in as" juliet. */
static void
add_other(struct irc_proto *p)
{
	size_t i;

	(void)buf_addf(&p->motd, STR_FMT, STR_ARG(irc_clean(p, irc_last(p))));
	for (i = 2; i + 1 < p->m.nparam; i++)
		(void)buf_addf(&p->motd, " " STR_FMT,
		    STR_ARG(irc_clean(p, p->m.param[i])));
	(void)buf_addc(&p->motd, '\n');
}

bool
irc_on_whois(struct irc_proto *p, struct irc_event *ev)
{
	if (!p->whois_comes)
		return irc_on_numeric(p, ev);
	switch (irc_msg_numeric(&p->m)) {
	case 301:
		add(p, "away: ", irc_last(p));
		break;
	case 312:
		add(p, "on ", p->m.param[2]);
		break;
	case 317:
		add_times(p);
		break;
	case 319:
		add(p, "in ", irc_last(p));
		break;
	default:
		add_other(p);
		break;
	}
	return false;
}

bool
irc_on_whois_end(struct irc_proto *p, struct irc_event *ev)
{
	struct str text = buf_str(&p->motd);

	if (!p->whois_comes)
		return false;
	p->whois_comes = false;
	while (text.len &&
	    (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == ' '))
		text.len--;
	ev->type = IRC_EV_WHOIS;
	ev->nick = p->m.param[1];
	ev->ref = irc_answer(p, IRC_ASK_WHOIS, ev->nick);
	ev->text = text;
	return text.len > 0;
}
