/*
 * The modes of a channel as a form, and back.
 */
#include "irc/irc_msg.h"
#include "irc/irc_request.h"
#include "irc/irc_request_task.h"

const struct gw_setting irc_form_fields[] = {
	{ "subject", GW_SET_TEXT, 0, "Topic", NULL, "", NULL },
	{ "moderated", GW_SET_BOOL, 0, "Only who has voice may speak (+m)",
	    NULL, "0", NULL },
	{ "members_only", GW_SET_BOOL, 0,
	    "Only who is invited may come in (+i)", NULL, "0", NULL },
	{ "password", GW_SET_SECRET, 0, "Password (+k)",
	    "Empty: it stays as it is", "", NULL },
	{ "people_max", GW_SET_INT, 0, "How many people may be inside (+l)",
	    "Empty or 0: as many as want to", "", NULL },
	{ "public", GW_SET_BOOL, 0, "Shown in lists (-s)", NULL, "1", NULL },
	{ "subject_open", GW_SET_BOOL, 0, "Everybody may set the topic (-t)",
	    NULL, "0", NULL },
	{ "no_outside", GW_SET_BOOL, 0,
	    "Nobody outside may write to the channel (+n)", NULL, "1", NULL },
	{ NULL, GW_SET_TEXT, 0, NULL, NULL, NULL, NULL },
};

/* Those that are one letter.  inverted: the field says that it is not set. */
static const struct {
	const char *name;
	char letter;
	bool inverted;
} switches[] = {
	{ "moderated", 'm', false },
	{ "members_only", 'i', false },
	{ "subject_open", 't', true },
	{ "no_outside", 'n', false },
};

enum { NSWITCH = sizeof(switches) / sizeof(switches[0]) };

/* ---- what it is like -------------------------------------------------- */

static void
tell(struct irc_link *l, gw_req_id id, const char *name, struct str text,
    bool is_set)
{
	irc_link_emit(l,
	    &(struct gw_event){ .type = GW_EV_ENTRY,
	        .req = id,
	        .entry = { .name = str_c(name), .text = text, .n = is_set } });
}

static void
tell_bool(struct irc_link *l, gw_req_id id, const char *name, bool on)
{
	tell(l, id, name, on ? STR("1") : STR("0"), false);
}

static bool
is_public(const struct irc_modes *m)
{
	return !irc_modes_has(m, 's') && !irc_modes_has(m, 'p');
}

static void
tell_all(struct irc_link *l, gw_req_id id, const struct irc_modes *m)
{
	char limit[24] = "";

	for (size_t i = 0; i < NSWITCH; i++)
		tell_bool(l, id, switches[i].name,
		    irc_modes_has(m, switches[i].letter) !=
		        switches[i].inverted);
	tell_bool(l, id, "public", is_public(m));
	if (m->limit)
		snprintf(limit, sizeof(limit), "%u", (unsigned)m->limit);
	tell(l, id, "people_max", str_c(limit), false);
	tell(l, id, "password", STR_EMPTY, irc_modes_has(m, 'k'));
}

static void
not_inside(const struct irc_link *l, struct err *err)
{
	err_set(err, ERR_NOT_INSIDE, "%s: you are not in that channel",
	    irc_link_name(l));
}

/* A copy of the modes: whoever is told may do anything. */
void
irc_form_told(struct irc_link *l, const struct irc_channel *c, gw_req_id id)
{
	struct gw_event done = { .type = GW_EV_DONE, .req = id };

	if (c) {
		struct irc_modes m = c->modes;

		tell_all(l, id, &m);
	} else {
		not_inside(l, &done.err);
	}
	irc_link_emit(l, &done);
}

/* The server is asked, so that the form shows what is. */
void
irc_request_form_get(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct gw_event failed = { .type = GW_EV_DONE, .req = id };
	int rc = -1;

	if (!irc_ranks_channel(&l->ranks, req->room))
		not_inside(l, &failed.err);
	else
		rc = irc_proto_ask_modes(&l->proto, req->room,
		    irc_ref(IRC_REF_REQUEST, id), &failed.err);
	if (rc < 0)
		irc_link_emit(l, &failed);
	irc_link_mark(l);
}

/* ---- what it is to be like -------------------------------------------- */

/* What leads from what is to what is wanted. */
struct plan {
	const struct irc_modes *was;
	struct irc_change change[IRC_CHANGES_MAX];
	size_t n;
	struct str subject;
	bool sets_subject;
	char limit[24];
};

static void
change(struct plan *p, char letter, bool on, struct str arg)
{
	p->change[p->n++] = (struct irc_change){ letter, on, arg };
}

/* Servers say nothing to what is so already. */
static void
change_flag(struct plan *p, char letter, bool on)
{
	if (irc_modes_has(p->was, letter) != on)
		change(p, letter, on, STR_EMPTY);
}

static int
plan_public(struct plan *p, struct str value, struct err *err)
{
	bool on = str_is(value, "1");

	(void)err;
	if (on) {
		change_flag(p, 's', false);
		change_flag(p, 'p', false);
	} else if (is_public(p->was)) {
		change(p, 's', true, STR_EMPTY);
	}
	return 0;
}

/* A key that is set has to go before another can come; servers that hide
 * which it is take anything for it. */
static int
plan_password(struct plan *p, struct str value, struct err *err)
{
	struct str was = str_c(p->was->key);
	bool is_set = irc_modes_has(p->was, 'k');

	if (value.len && (!irc_is_middle(value) || str_has(value, ',')))
		return err_set(err, ERR_BAD_INPUT,
		    "IRC cannot carry that password: no spaces, no commas, no "
		    "colon in front");
	if (is_set && value.len && str_eq(value, was))
		return 0;
	if (is_set)
		change(p, 'k', false, irc_is_middle(was) ? was : STR("*"));
	if (value.len)
		change(p, 'k', true, value);
	return 0;
}

static int
plan_limit(struct plan *p, struct str value, struct err *err)
{
	uint64_t limit = 0;

	if (value.len && !str_to_uint(value, UINT32_MAX, &limit))
		return err_set(err, ERR_BAD_INPUT,
		    "how many people may be inside is a number");
	if (limit == p->was->limit)
		return 0;
	snprintf(p->limit, sizeof(p->limit), "%u", (unsigned)limit);
	change(p, 'l', limit > 0, limit > 0 ? str_c(p->limit) : STR_EMPTY);
	return 0;
}

static int
plan_subject(struct plan *p, struct str value, struct err *err)
{
	(void)err;
	p->subject = value;
	p->sets_subject = true;
	return 0;
}

static const struct {
	const char *name;
	int (*plan)(struct plan *p, struct str value, struct err *err);
} others[] = {
	{ "public", plan_public },
	{ "password", plan_password },
	{ "people_max", plan_limit },
	{ "subject", plan_subject },
};

static int
plan_field(struct plan *p, const struct gw_field *f, struct err *err)
{
	for (size_t i = 0; i < NSWITCH; i++)
		if (str_is(f->name, switches[i].name))
			change_flag(p, switches[i].letter,
			    str_is(f->value, "1") != switches[i].inverted);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (str_is(f->name, others[i].name))
			return others[i].plan(p, f->value, err);
	return 0;
}

static int
plan_all(struct plan *p, const struct gw_req *req, struct err *err)
{
	for (size_t i = 0; i < req->nfield; i++)
		if (plan_field(p, &req->field[i], err) < 0)
			return -1;
	return 0;
}

/* The topic goes first: it may be what only an operator may set later. */
static void
carry_out(struct irc_link *l, struct irc_task *t, const struct gw_req *req,
    const struct plan *p)
{
	if (p->sets_subject &&
	    !irc_task_did(t,
	        irc_proto_topic(&l->proto, req->room, p->subject,
	            irc_task_ref(t), &t->err)))
		return;
	(void)irc_task_change(l, t, req->room, p->change, p->n);
}

void
irc_request_form_set(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	const struct irc_channel *c = irc_ranks_channel(&l->ranks, req->room);
	struct irc_task *t = irc_task_new(l, id);
	struct plan p = { .was = c ? &c->modes : NULL };

	if (!c)
		not_inside(l, &t->err);
	else if (plan_all(&p, req, &t->err) == 0)
		carry_out(l, t, req, &p);
	irc_task_queued(l, t);
}
