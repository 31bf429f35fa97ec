/*
 * Mail that comes in: the mail server that hands it over, and the worker that
 * reads it.
 */
#include <stdio.h>
#include <string.h>

#include "crash_in.h"
#include "fake/fake.h"
#include "flow_mail.h"
#include "flow_reader.h"
#include "lib/buf.h"
#include "smtp/mail_reader_wire.h"

#define WORKER "passerelle-mailread"

enum { LINE_MAX_BYTES = 2000 };

static bool is_dying;

/* Handed over, not answered: by the first of those in it. */
static struct fake_link *open_link[NMESSAGES];

/* ---- the worker ------------------------------------------------------- */

void
crash_mail_in_die(int kind)
{
	(void)kind;
	is_dying = true;
}

static bool
has_mail(struct fake_worker *f)
{
	struct list *last = f->frames.prev;

	return strcmp(f->program, WORKER) == 0 && !f->is_dead &&
	    !list_is_empty(&f->frames) &&
	    LIST_ENTRY(last, struct fake_frame, node)->type == MAIL_READER_END;
}

static bool
is_mail_there(void)
{
	LIST_EACH(fake_workers(), n)
	{
		if (has_mail(LIST_ENTRY(n, struct fake_worker, node)))
			return true;
	}
	return false;
}

static bool
worker_works(void)
{
	if (is_dying && !is_mail_there() && crash_stage_worker_dies(WORKER))
		is_dying = false;
	if (is_mail_there())
		crash_boundary(B_READ);
	if (is_dying && is_mail_there()) {
		is_dying = false;
		(void)flow_reader(STR_EMPTY, STR("dies"), STR_EMPTY);
	}
	return flow_reader_turn();
}

/* ---- the mail server -------------------------------------------------- */

/* Those that are not done yet. */
static void
write_recipients(size_t i, char *out, size_t n)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t k = i; k <= i + script[i].with; k++)
		if (!world->message[k].acknowledged)
			len += (size_t)snprintf(out + len, n - len,
			    "%s%s@mail.example.org", len ? "," : "",
			    script[k].user);
}

static void
write_half(struct fake_link *f, size_t i, const char *from)
{
	char text[LINE_MAX_BYTES];

	snprintf(text, sizeof(text),
	    "From: <%s>\r\nTo: somebody\r\nMessage-ID: <%zu@example.net>\r\n"
	    "Date: Thu, 01 Jan 2026 12:00:00 +0000\r\nSubject: news\r\n\r\n",
	    from, i);
	fake_link_feed(f, str_c(text));
}

/* All are in its text: each reads his. */
static void
write_rest(struct fake_link *f, size_t i)
{
	char text[LINE_MAX_BYTES];
	size_t len = 0;

	for (size_t k = i; k <= i + script[i].with; k++)
		len += (size_t)snprintf(
		    text + len, sizeof(text) - len, "%s\n", script[k].words);
	(void)flow_mail_end(f, str_c(text));
}

static void
tell(size_t i)
{
	char from[64], to[200];
	struct fake_link *f;

	if (open_link[i])
		return; /* it still waits for an answer */
	f = fake_call(STR("2424"), STR("127.0.0.1"));
	if (!f)
		return;
	crash_boundary(B_CONNECTED);
	snprintf(from, sizeof(from), "bob%s@example.net", script[i].from + 1);
	write_recipients(i, to, sizeof(to));
	if (flow_mail_begin(f, str_c(from), str_c(to))) {
		fake_link_down(f, "refused", false);
		return;
	}
	crash_boundary(B_RECIPIENT);
	write_half(f, i, from);
	crash_boundary(B_BODY);
	write_rest(f, i);
	crash_boundary(B_TOLD);
	open_link[i] = f;
}

/* A reply for each recipient, in their order. */
static bool
hear(size_t i)
{
	struct fake_link *f = open_link[i];
	bool did = false;
	struct buf line;

	buf_init(&line, LINE_MAX_BYTES);
	for (size_t k = i; k <= i + script[i].with; k++) {
		if (world->message[k].acknowledged)
			continue;
		if (!fake_link_line(f, &line))
			break;
		if (str_starts(buf_str(&line), STR("250")))
			world->message[k].acknowledged = true;
		else
			world->message[k].deferred = true;
		did = true;
	}
	buf_release(&line);
	return did;
}

static bool
mta_works(void)
{
	bool did = false;

	for (size_t i = 0; i < NMESSAGES; i++) {
		struct fake_link *f = open_link[i];

		if (!f || (!hear(i) && f->link))
			continue;
		open_link[i] = NULL;
		crash_boundary(B_ACKNOWLEDGED);
		if (f->link)
			fake_link_feed(f, STR("QUIT\r\n"));
		did = true;
	}
	return did;
}

static bool
turn(void)
{
	bool did = worker_works();

	return mta_works() || did;
}

static void
prepare(struct crash_stage *s)
{
	for (size_t i = 0; i < NMESSAGES; i++)
		crash_stage_feed(s,
		    "<iq from='%s@example.org/orchard' to='mail.example.org'"
		    " type='set' id='reg%zu'><query"
		    " xmlns='jabber:iq:register'><username>%s</username>"
		    "</query></iq>",
		    script[i].user, i, script[i].user);
}

const struct crash_net crash_mail_in = {
	.domain = "mail.example.org",
	.block = "type = \"smtp\""
	         " receive \"lmtp\" { listen = \"127.0.0.1\" port = 2424 }",
	.prepare = prepare,
	.turn = turn,
	.tell = tell,
};
