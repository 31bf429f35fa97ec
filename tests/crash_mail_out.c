/*
 * Mail that goes out: the worker, and the mail server behind it.
 *
 * A mail may be of several messages, which its gateway holds for a while.
 */
#include <stdio.h>
#include <string.h>

#include "crash_out.h"
#include "fake/fake.h"
#include "flow_mailout.h"

static bool is_dying;

static const char *
mailout(const char *verb, const char *rest)
{
	return flow_mailout(STR("mailout"), str_c(verb), str_c(rest));
}

/* True: it is dead now. */
static bool
dies(bool is_committing)
{
	if (!is_dying)
		return false;
	is_dying = false;
	world->died_early = !is_committing;
	(void)mailout("dies", "");
	return true;
}

/* Whoever has no mail just now. */
static void
idle_one_dies(void)
{
	if (!crash_stage_worker_dies("passerelle-mailout"))
		return;
	is_dying = false;
	world->died_early = true;
}

static bool
has(size_t i)
{
	char line[100];

	snprintf(line, sizeof(line), "body: *%s*", script[i].words);
	return !mailout("has", line);
}

static const char *
verdict(void)
{
	struct message *late = &world->message[M_RETRY];

	if (has(M_REFUSED))
		return "refused 550 5.7.1 never";
	if (!has(M_RETRY) || late->failed_once)
		return "sent";
	late->failed_once = true;
	return "retry 451 4.3.0 not now";
}

/* The far side has it, or will not have it. */
static const char *
far_side(void)
{
	const char *said = verdict();

	for (size_t i = 0; i < NMESSAGES && strcmp(said, "sent") == 0; i++)
		if (has(i))
			world_takes(i, 0, 0);
	return said;
}

static bool
worker_works(void)
{
	const char *said;

	if (is_dying)
		idle_one_dies();
	if (mailout("<-", "*"))
		return false;
	crash_boundary(B_LETTER);
	if (dies(false))
		return true;
	if (!mode.no_committing)
		(void)mailout("commits", "");
	crash_boundary(B_COMMITTING);
	if (dies(true))
		return true;
	crash_boundary(B_REQUEST);
	if (dies(true))
		return true;
	said = far_side();
	crash_boundary(B_REQUESTED);
	if (dies(true))
		return true;
	(void)mailout("->", said);
	crash_boundary(B_ANSWERED);
	return true;
}

void
crash_mail_out_die(int kind)
{
	(void)kind;
	is_dying = true;
}

static void
prepare(struct crash_stage *s)
{
	crash_stage_feed(s,
	    "<iq from='romeo@example.org/orchard' to='mail.example.org'"
	    " type='set' id='reg'><query xmlns='jabber:iq:register'>"
	    "<username>romeo</username></query></iq>");
}

const struct crash_net crash_mail_out = {
	.domain = "mail.example.org",
	.block = "type = \"smtp\" submit { host = \"127.0.0.1\" }",
	.at = "\\40example.net@",
	.prepare = prepare,
	.turn = worker_works,
};
