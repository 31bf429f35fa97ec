#include <inttypes.h>
#include <stdlib.h>

#include "lib/xalloc.h"
#include "post/post_seats.h"

#define FACT "seat "

enum { TEXT_MAX = 4096 };

/* ---- kept over restarts ----------------------------------------------- */

struct early {
	struct list node;
	char *name, *value; /* "ROOM NAME", "NICK PASSWORD" */
};

#define EARLY(n) LIST_ENTRY(n, struct early, node)

void
post_seats_open(struct post_seats *p)
{
	list_init(&p->early);
}

static void
early_free(struct early *e)
{
	list_del(&e->node);
	free(e->name);
	free(e->value);
	free(e);
}

void
post_seats_close(struct post_seats *p)
{
	LIST_EACH(&p->early, n)
	{
		early_free(EARLY(n));
	}
}

bool
post_seats_fact(struct post_seats *p, struct str name, struct str value)
{
	struct early *e;

	if (!str_starts(name, STR(FACT)))
		return false;
	e = xcalloc(1, sizeof(*e));
	e->name = str_dup(str_skip(name, sizeof(FACT) - 1));
	e->value = str_dup(value);
	list_add(&p->early, &e->node);
	return true;
}

/* rest: "NICK PASSWORD"; both may be missing. */
static int
put(struct gateway *gw, struct str room, struct str name, struct str rest,
    struct err *err)
{
	struct gw_seat s = { .room = room, .name = name };

	str_cut(&rest, ' ', &s.nick);
	if (s.nick.len == 0)
		s.nick = name;
	s.password = rest.p ? rest : STR_EMPTY;
	return gateway_seat_put(gw, &s, err);
}

void
post_seats_ready(struct gateway *gw, struct post_seats *p)
{
	LIST_EACH(&p->early, n)
	{
		struct str name = str_c(EARLY(n)->name), room;

		str_cut(&name, ' ', &room);
		(void)put(gw, room, name, str_c(EARLY(n)->value), NULL);
		early_free(EARLY(n));
	}
}

static void
keep(struct gateway *gw, struct str room, struct str name, struct str value)
{
	struct buf fact;

	buf_init(&fact, TEXT_MAX);
	buf_addf(&fact, FACT STR_FMT " " STR_FMT, STR_ARG(room), STR_ARG(name));
	gateway_fact_put(gw, STR_EMPTY, buf_str(&fact), value);
	buf_release(&fact);
}

/* ---- words ------------------------------------------------------------ */

static void
sit(struct gateway *gw, const struct gw_message *m, struct str arg,
    struct buf *out)
{
	struct err err = ERR_INIT;
	struct str room;

	str_cut(&arg, ' ', &room);
	if (!arg.p)
		arg = m->to;
	if (put(gw, room, m->to, arg, &err) < 0)
		buf_addf(out, "%s", err.text);
	else
		keep(gw, room, m->to, arg);
}

static void
tell(struct gateway *gw, const struct gw_message *m, struct str room,
    struct buf *out)
{
	struct gw_seat_state is;

	if (!gateway_seat_state(gw, room, m->to, &is))
		buf_addf(out, "no seat");
	else
		buf_addf(out, "%s", is.is_inside ? "inside" : "outside");
	if (buf_str(out).len && !is.is_inside && is.err.text[0])
		buf_addf(out, ": %s", is.err.text);
}

/* A post on its way to the disk. */
struct kept {
	struct gateway *gw;
	gw_ticket ticket;
};

static void
on_kept(void *arg, bool ok)
{
	struct kept k = *(struct kept *)arg;
	struct gw_outcome o = { .ticket = k.ticket,
		.fate = ok ? GW_SENT : GW_RETRY };

	free(arg);
	if (!ok)
		err_set(&o.err, ERR_BUSY, "it could not be kept");
	gateway_outcome(k.gw, &o);
}

static void
post(struct gateway *gw, gw_ticket t, const struct gw_message *m,
    struct str room)
{
	struct kept *k = xcalloc(1, sizeof(*k));
	struct gw_message said = { .from = m->to, .body = m->body };
	char key[32], id[GW_ID_MAX + 1];
	struct gw_arrival v = {
		.user = room, .is_post = true, .line = m->line, .message = &said
	};
	struct gw_outcome o = { .ticket = t, .fate = GW_RETRY };

	snprintf(key, sizeof(key), "post %" PRIu64, t);
	snprintf(id, sizeof(id), "p%" PRIu64, t % 1000000000);
	v.key = str_c(key);
	said.id = str_c(id);
	*k = (struct kept){ gw, t };
	if (gateway_arrive(gw, &v, 1, on_kept, k) == 0)
		return;
	free(k);
	err_set(&o.err, ERR_BUSY, "nobody sits there, or too much waits");
	gateway_outcome(gw, &o);
}

bool
post_seats_said(struct gateway *gw, gw_ticket t, struct str word,
    struct str arg, const struct gw_message *m, struct buf *out)
{
	if (str_is(word, "seat")) {
		sit(gw, m, arg, out);
	} else if (str_is(word, "unseat")) {
		gateway_seat_del(gw, arg, m->to);
		keep(gw, arg, m->to, STR_EMPTY);
	} else if (str_is(word, "seated")) {
		tell(gw, m, arg, out);
	} else if (str_is(word, "post")) {
		post(gw, t, m, arg);
		return true;
	}
	return false;
}

/* ---- what they hear --------------------------------------------------- */

void
post_seats_heard(struct gateway *gw, struct str room, struct str name,
    const struct gw_message *m, enum gw_standing standing)
{
	static const char *const what[] = { [GW_STANDING_NONE] = "nobody",
		[GW_STANDING_OUTCAST] = "outcast",
		[GW_STANDING_MEMBER] = "member",
		[GW_STANDING_ADMIN] = "admin",
		[GW_STANDING_OWNER] = "owner" };
	struct buf text;

	buf_init(&text, TEXT_MAX);
	buf_addf(&text, "heard by " STR_FMT " in " STR_FMT "%s from " STR_FMT,
	    STR_ARG(name), STR_ARG(room), m->to.len ? ", in private," : "",
	    STR_ARG(m->from));
	buf_addf(&text, " (" STR_FMT " %s): ",
	    STR_ARG(m->account.len ? m->account : STR("?")), what[standing]);
	buf_add_str(&text, m->body);
	if (m->reply_to.len)
		buf_addf(&text, " (answers " STR_FMT ")", STR_ARG(m->reply_to));
	gateway_tell(gw, gateway_admin(gw, 0), buf_str(&text));
	buf_release(&text);
}
