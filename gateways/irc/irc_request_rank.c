/*
 * What people are and may do in a channel, as the core asks for it.
 *
 *	owner q and what stands above o    admin a, o
 *	member h, v and what else stands below o
 *
 * What somebody is to be more is given first, what he is to be no longer is
 * taken then: whoever steps down himself still may, until the last letter.
 */
#include <stdlib.h>

#include "irc/irc_nick.h"
#include "irc/irc_request.h"
#include "irc/irc_request_task.h"

/* What somebody is to have: these stay, and one of `need`, by `give`. */
struct rank_plan {
	irc_rank_mask stay, need;
	char give;
};

static void
refuse(struct irc_link *l, gw_req_id id, enum err_kind kind, const char *text)
{
	struct gw_event ev = { .type = GW_EV_DONE, .req = id };

	err_set(&ev.err, kind, "%s: %s", irc_link_name(l), text);
	irc_link_emit(l, &ev);
}

static struct irc_channel *
need_inside(struct irc_link *l, gw_req_id id, struct str room)
{
	struct irc_channel *c = irc_ranks_channel(&l->ranks, room);

	if (!c)
		refuse(l, id, ERR_NOT_INSIDE, "you are not in that channel");
	return c;
}

/* ---- which letters ---------------------------------------------------- */

static irc_rank_mask
bit(const struct irc_link *l, char letter)
{
	return irc_ranks_bit(&l->ranks, letter);
}

/* o, and all that stands above it. */
static irc_rank_mask
operators(const struct irc_link *l)
{
	irc_rank_mask o = bit(l, 'o');

	return (irc_rank_mask)(o | (irc_rank_mask)(o - (o != 0)));
}

static irc_rank_mask
moderators(const struct irc_link *l)
{
	return (irc_rank_mask)(operators(l) | bit(l, 'h'));
}

static irc_rank_mask
owners(const struct irc_link *l)
{
	return (irc_rank_mask)(operators(l) & ~(bit(l, 'o') | bit(l, 'a')));
}

static const irc_rank_mask all = (irc_rank_mask)~0u;

static struct rank_plan
plan_standing(const struct irc_link *l, enum gw_standing standing)
{
	irc_rank_mask below = (irc_rank_mask)~operators(l);

	switch (standing) {
	case GW_STANDING_OWNER:
		return (struct rank_plan){ all, owners(l), 'q' };
	case GW_STANDING_ADMIN:
		return (struct rank_plan){ (irc_rank_mask)~owners(l),
			(irc_rank_mask)(bit(l, 'a') | bit(l, 'o')), 'o' };
	case GW_STANDING_MEMBER:
		return (struct rank_plan){ below, below, 'v' };
	case GW_STANDING_NONE:
	case GW_STANDING_OUTCAST:
		break;
	}
	return (struct rank_plan){ 0, all, 0 };
}

/*
 * A moderator who is to be one no longer keeps his voice; where everybody
 * may speak he needs none.
 */
static struct rank_plan
plan_role(const struct irc_link *l, const struct irc_channel *c,
    irc_rank_mask has, enum gw_role role)
{
	irc_rank_mask below = (irc_rank_mask)~moderators(l);
	bool demoted = (has & moderators(l)) != 0;

	switch (role) {
	case GW_ROLE_MODERATOR:
		return (struct rank_plan){ all, moderators(l), 'o' };
	case GW_ROLE_MEMBER:
		if (demoted && !irc_modes_has(&c->modes, 'm'))
			return (struct rank_plan){ below, all, 0 };
		return (struct rank_plan){ below, below, 'v' };
	case GW_ROLE_VISITOR:
	case GW_ROLE_NONE:
		break;
	}
	return (struct rank_plan){ 0, all, 0 };
}

/* ---- the change ------------------------------------------------------- */

/* What leads there from what he has; out has room for IRC_CHANGES_MAX. */
static size_t
changes(const struct irc_link *l, irc_rank_mask has,
    const struct rank_plan *plan, struct str nick, struct irc_change *out)
{
	size_t n = 0;

	if (plan->give && !(has & plan->need))
		out[n++] = (struct irc_change){ plan->give, true, nick };
	for (size_t i = 0; l->ranks.is->prefix_letter[i]; i++) {
		irc_rank_mask b = (irc_rank_mask)(1u << i);

		if (has & b & ~plan->stay)
			out[n++] =
			    (struct irc_change){ l->ranks.is->prefix_letter[i],
				    false, nick };
	}
	return n;
}

static void
send_changes(struct irc_link *l, gw_req_id id, struct str room,
    const struct irc_change *change, size_t n)
{
	struct irc_task *t = irc_task_new(l, id);

	irc_task_change(l, t, room, change, n);
	irc_task_queued(l, t);
}

/* Servers say nothing to what is so already: then it is done at once. */
static void
carry_out(struct irc_link *l, gw_req_id id, const struct gw_req *req,
    irc_rank_mask has, const struct rank_plan *plan)
{
	struct irc_change change[IRC_CHANGES_MAX];
	bool gives = plan->give && !(has & plan->need);

	if (gives && !bit(l, plan->give))
		refuse(l, id, ERR_UNSUPPORTED,
		    "this network has no such rank in channels");
	else
		send_changes(l, id, req->room, change,
		    changes(l, has, plan, req->nick, change));
}

static void
kick(struct irc_link *l, gw_req_id id, const struct gw_req *req)
{
	struct irc_task *t = irc_task_new(l, id);

	irc_task_did(t,
	    irc_proto_kick(&l->proto, req->room, req->nick, req->text,
	        irc_task_ref(t), &t->err));
	irc_task_queued(l, t);
}

void
irc_request_role(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct irc_channel *c = need_inside(l, id, req->room);
	struct rank_plan plan;
	irc_rank_mask has;

	if (!c)
		return;
	if (req->role == GW_ROLE_NONE) {
		kick(l, id, req);
		return;
	}
	has = irc_ranks_get(&l->ranks, c, req->nick);
	plan = plan_role(l, c, has, req->role);
	carry_out(l, id, req, has, &plan);
}

/* ---- bans ------------------------------------------------------------- */

static bool
change_ban(struct irc_link *l, struct irc_task *t, struct str room,
    struct str mask, bool on)
{
	struct irc_change change = { .letter = 'b', .on = on, .arg = mask };

	return irc_task_did(t,
	    irc_proto_change(
	        &l->proto, room, &change, 1, irc_task_ref(t), &t->err));
}

/* A mask as it is; a nick by what is known of him. */
static void
add_mask(const struct irc_link *l, const struct gw_req *req, struct buf *out)
{
	if (irc_nick_is_valid(req->nick))
		irc_network_ban_mask(
		    l->net, req->nick, req->user, req->host, out);
	else
		buf_add_str(out, req->nick);
}

/* Whoever is inside has to go, too: after the ban, so that he stays out. */
static void
ban(struct irc_link *l, gw_req_id id, const struct gw_req *req)
{
	struct irc_task *t = irc_task_new(l, id);
	struct buf mask;

	t->is_ban = true;
	buf_init(&mask, 2 * GW_NAME_MAX);
	add_mask(l, req, &mask);
	if (buf_is_full(&mask))
		err_set(&t->err, ERR_TOO_BIG, "%s: the mask is too long",
		    irc_link_name(l));
	else if (change_ban(l, t, req->room, buf_str(&mask), true) && req->on)
		irc_task_did(t,
		    irc_proto_kick(&l->proto, req->room, req->nick, req->text,
		        irc_task_ref(t), &t->err));
	buf_release(&mask);
	irc_task_queued(l, t);
}

/*
 * The list is looked at first: addresses of XMPP come in small letters, and
 * servers say nothing when a ban to be taken is none.
 */
static void
unban(struct irc_link *l, gw_req_id id, const struct gw_req *req)
{
	struct irc_task *t = irc_task_new(l, id);

	t->unban = str_dup(req->nick);
	irc_task_did(t,
	    irc_proto_ask_bans(&l->proto, req->room, irc_task_ref(t), &t->err));
	irc_task_queued(l, t);
}

static struct irc_task *
task_of(const struct irc_link *l, const struct irc_event *ev)
{
	if ((ev->ref & 3) != IRC_REF_REQUEST)
		return NULL;
	return irc_task_find(l, irc_ref_id(ev->ref));
}

static void
look_at(const struct irc_link *l, struct irc_task *t, struct str mask)
{
	enum irc_casemap map = irc_proto_isupport(&l->proto)->casemap;
	struct str wanted = str_c(t->unban);

	if (irc_fold_eq(map, mask, wanted) || str_eq_nocase(mask, wanted))
		str_store(&t->found, mask);
}

void
irc_ban_listed(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_task *t = task_of(l, ev);

	if (t)
		look_at(l, t, ev->text);
	else
		irc_link_emit(l,
		    &(struct gw_event){ .type = GW_EV_ENTRY,
		        .req = irc_ref_id(ev->ref),
		        .entry = { .name = ev->text,
		            .actor = ev->who.nick,
		            .at_utc = ev->at_utc } });
}

void
irc_bans_ended(struct irc_link *l, const struct irc_event *ev)
{
	struct irc_task *t = task_of(l, ev);
	struct gw_event done = { .type = GW_EV_DONE,
		.req = irc_ref_id(ev->ref) };

	if (!t) {
		irc_link_emit(l, &done);
		return;
	}
	if (t->found)
		(void)change_ban(l, t, ev->channel, str_c(t->found), false);
	else
		err_set(&t->err, ERR_NOT_FOUND, "%s: there is no such ban",
		    t->unban);
	irc_link_mark(l);
	irc_task_answered(l, t, NULL);
}

/* Who is inside with which sign is known already, outside only bans are. */
void
irc_request_standings(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct gw_event failed = { .type = GW_EV_DONE, .req = id };

	if (req->standing != GW_STANDING_OUTCAST)
		refuse(l, id, ERR_UNSUPPORTED,
		    "only bans are kept beyond those inside");
	else if (need_inside(l, id, req->room) &&
	    irc_proto_ask_bans(&l->proto, req->room,
	        irc_ref(IRC_REF_REQUEST, id), &failed.err) < 0)
		irc_link_emit(l, &failed);
	irc_link_mark(l);
}

/* ---- standings -------------------------------------------------------- */

static void
set_standing(struct irc_link *l, gw_req_id id, const struct gw_req *req,
    const struct irc_channel *c)
{
	struct rank_plan plan = plan_standing(l, req->standing);

	carry_out(l, id, req, irc_ranks_get(&l->ranks, c, req->nick), &plan);
}

void
irc_request_standing(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct irc_link *l = irc_link_of(s);
	struct irc_channel *c = need_inside(l, id, req->room);

	if (!c)
		return;
	if (req->standing == GW_STANDING_OUTCAST)
		ban(l, id, req);
	else if (req->on)
		set_standing(l, id, req, c);
	else if (req->standing == GW_STANDING_NONE)
		unban(l, id, req);
	else
		refuse(l, id, ERR_NOT_FOUND,
		    "there is nobody of that nick in the channel");
}
