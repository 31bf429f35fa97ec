#include "core/reaction.h"

#include <stdlib.h>

#include "core/announce.h"
#include "core/arrears.h"
#include "core/backlog.h"
#include "core/inbound.h"
#include "core/instance.h"
#include "core/quote.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/session.h"
#include "core/talk.h"
#include "lib/xalloc.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/payload.h"
#include "xmpp/stanza.h"

enum { SET_MAX = REACTION_SET * (REACTION_BYTES + 1) };

/* The set of one person. */
struct reaction {
	struct list node;
	char *nick; /* "": our user, whatever he is called */
	char *set;
};

#define REACTION(n) LIST_ENTRY(n, struct reaction, node)

/* One that the network has been asked for. */
struct asked {
	char *room, *line, *text, *id; /* room "": one to one */
	bool on;
};

/* ---- sets ------------------------------------------------------------------ */

static bool
has(struct str set, struct str text)
{
	struct str one;

	while (set.len && str_cut(&set, '\n', &one))
		if (str_eq(one, text))
			return true;
	return false;
}

static bool
is_reaction(struct str text)
{
	return text.len > 0 && text.len <= REACTION_BYTES &&
	    !str_has(text, '\n');
}

/* Appends set, but for the text that goes. */
static void
copy_without(struct buf *out, struct str set, struct str text)
{
	struct str one;

	while (set.len && str_cut(&set, '\n', &one))
		if (!str_eq(one, text))
			buf_addf(out, STR_FMT "\n", STR_ARG(one));
}

/* *n: how many there are before it. */
static struct reaction *
find(const struct list *all, struct str nick, size_t *n)
{
	struct list *node;

	for (*n = 0, node = all->next; node != all; node = node->next, ++*n) {
		struct reaction *r = REACTION(node);

		if (str_is(nick, r->nick))
			return r;
	}
	return NULL;
}

static void
reaction_free(struct reaction *r)
{
	list_del(&r->node);
	free(r->nick);
	free(r->set);
	free(r);
}

struct str
reaction_set(const struct list *all, struct str nick)
{
	size_t n;
	const struct reaction *r = find(all, nick, &n);

	return r ? str_c(r->set) : STR_EMPTY;
}

static void
set_to(struct list *all, struct str nick, struct str set)
{
	size_t n;
	struct reaction *r = find(all, nick, &n);

	if (set.len == 0) {
		if (r)
			reaction_free(r);
		return;
	}
	if (!r) {
		r = xcalloc(1, sizeof(*r));
		r->nick = str_dup(nick);
		list_add(all, &r->node);
	}
	str_store(&r->set, set);
}

bool
reaction_change(struct list *all, struct str nick, struct str text, bool on)
{
	struct str was = reaction_set(all, nick);
	struct buf is;
	size_t n;

	if (!is_reaction(text) || has(was, text) == on)
		return false;
	if (on && !find(all, nick, &n) && n >= REACTION_PEOPLE)
		return false;
	buf_init(&is, SET_MAX);
	copy_without(&is, was, text);
	if (on)
		buf_addf(&is, STR_FMT "\n", STR_ARG(text));
	on = !buf_is_full(&is);
	if (on)
		set_to(all, nick, buf_str(&is));
	buf_release(&is);
	return on;
}

void
reaction_release(struct list *all)
{
	while (!list_is_empty(all))
		reaction_free(REACTION(list_first(all)));
}

/* ---- from the network ------------------------------------------------------ */

static void
in_room(struct session *s, const struct gw_message *m)
{
	struct room *r = room_find(s, m->room);
	struct backlog_line *line =
	    r ? backlog_find(&r->backlog, m->reply_to) : NULL;

	if (line && r->state == ROOM_JOINED &&
	    reaction_change(
	        &line->reactions, m->from, m->reaction, !m->taken_back)) {
		arrears_settle_nick(r, m->from);
		announce_reactions(r, m->from, line, STR_EMPTY);
	}
}

void
reaction_in(struct session *s, const struct gw_message *m)
{
	struct backlog_line *line;

	if (m->from.len == 0 || m->from.len > GW_NAME_MAX)
		return;
	if (m->room.len) {
		in_room(s, m);
		return;
	}
	line = backlog_find(&s->words, m->reply_to);
	if (line &&
	    reaction_change(
	        &line->reactions, m->from, m->reaction, !m->taken_back))
		inbound_reactions(s, m->from, line);
}

/* ---- to the network ---------------------------------------------------------- */

static void
asked_free(struct asked *a)
{
	free(a->room);
	free(a->line);
	free(a->text);
	free(a->id);
	free(a);
}

/* Only now our clients see it: what the network cannot do has not happened. */
static void
on_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct asked *a = to->obj;
	bool one_to_one = a->room[0] == '\0';
	struct room *r = one_to_one ? NULL : room_find(s, str_c(a->room));
	struct backlog_line *line = NULL;

	if (r || one_to_one)
		line =
		    backlog_find(r ? &r->backlog : &s->words, str_c(a->line));
	if (line && done->err.kind == ERR_NONE &&
	    reaction_change(
	        &line->reactions, STR_EMPTY, str_c(a->text), a->on) &&
	    r)
		announce_reactions(r, STR_EMPTY, line, str_c(a->id));
	asked_free(a);
}

/* What all that the network is asked has in common. */
struct asking {
	struct session *s;
	struct room *r;
	struct str nick, id;
	const struct backlog_line *line;
};

static void
ask(const struct asking *k, struct str text, bool on)
{
	struct asked *a = xcalloc(1, sizeof(*a));
	struct request_to to = { .done = on_done, .obj = a };
	struct gw_req req = { .kind = GW_REQ_REACT,
		.room = k->r ? str_c(k->r->name) : STR_EMPTY,
		.nick = k->nick,
		.id = backlog_network_id(k->line),
		.text = text,
		.on = on };

	a->room = str_dup(req.room);
	a->line = str_dup(str_c(k->line->id));
	a->text = str_dup(text);
	a->id = str_dup(k->id);
	a->on = on;
	request_start(k->s, &req, REQUEST_MS, &to);
}

/* Asks for each text of the one set that is not in the other. */
static void
ask_difference(
    const struct asking *k, struct str set, struct str other, bool on)
{
	struct str one;

	while (set.len && str_cut(&set, '\n', &one))
		if (!has(other, one))
			ask(k, one, on);
}

static void
read_set(const struct stanza *reactions, struct buf *set)
{
	const struct stanza *e = stanza_child(reactions, "reaction", NULL);
	struct buf scratch;

	buf_init(&scratch, 4096);
	for (; e; e = stanza_next(e, "reaction", NULL)) {
		struct str text = str_trim(stanza_text(e, &scratch));

		if (is_reaction(text) && !has(buf_str(set), text))
			buf_addf(set, STR_FMT "\n", STR_ARG(text));
		buf_clear(&scratch);
	}
	buf_release(&scratch);
}

/* ---- as words ---------------------------------------------------------- */

/*
 * The line, or one without words in its place: what was said of it is not
 * said again.
 */
static struct backlog_line *
line_of(struct backlog *b, struct str id)
{
	const struct backlog_word unknown = { .own_id = id };
	struct backlog_line *line = backlog_find(b, id);

	if (!line && id.len > 0) {
		backlog_add(b, &unknown);
		line = backlog_find(b, id);
	}
	return line;
}

/* One that goes and comes again is not said again: it would be billed. */
static void
add_new(struct backlog_line *line, struct str set, struct buf *out)
{
	struct str one;

	while (set.len && str_cut(&set, '\n', &one))
		if (reaction_change(&line->reactions, STR_EMPTY, one, true))
			buf_add_str(out, one);
}

bool
reaction_words(
    struct session *s, struct room *r, const struct payload *p, struct buf *out)
{
	struct str room = r ? str_c(r->name) : STR_EMPTY;
	struct backlog_line *line;
	size_t at = out->len;
	struct buf set;

	if (!str_is(session_setting(s, room, "reactions"), "1"))
		return false;
	line = line_of(
	    r ? &r->backlog : &s->words, stanza_attr(p->reactions, "id"));
	if (!line)
		return false;
	buf_init(&set, SET_MAX);
	read_set(p->reactions, &set);
	add_new(line, buf_str(&set), out);
	buf_release(&set);
	if (out->len == at)
		return false;
	if (line->body.len > 0) {
		buf_add_str(out, STR(" (\""));
		quote_write(line->body, out);
		buf_add_str(out, STR("\")"));
	}
	return true;
}

void
reaction_out(struct inlet *in, struct session *s, struct room *r,
    struct str nick, const struct payload *p)
{
	struct asking k = { .s = s, .r = r, .nick = nick, .id = in->id };
	struct buf was, is;

	k.line = backlog_find(
	    r ? &r->backlog : &s->words, stanza_attr(p->reactions, "id"));
	if (!k.line || !k.line->is_network_id || s->state != SESSION_ONLINE)
		return;
	buf_init(&was, SET_MAX);
	buf_init(&is, SET_MAX);
	buf_add_str(&was, reaction_set(&k.line->reactions, STR_EMPTY));
	read_set(p->reactions, &is);
	ask_difference(&k, buf_str(&is), buf_str(&was), true);
	ask_difference(&k, buf_str(&was), buf_str(&is), false);
	buf_release(&was);
	buf_release(&is);
}
