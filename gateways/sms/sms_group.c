#include "sms/sms_group.h"
#include "sms/sms_choice.h"
#include "sms/sms_event.h"
#include "sms/sms_gateway.h"
#include "sms/sms_line.h"
#include "sms/sms_profile.h"

bool
sms_group_takes(const struct sms_line *l, size_t nmember)
{
	unsigned most = sms_profile_limits(l->profile)->recipients;

	return sms_profile_can(l->profile, SMS_SEND_GROUP) &&
	    (most == 0 || nmember <= most);
}

/* ---- rooms ------------------------------------------------------------ */

static void
emit(struct session *s, struct gw_event ev)
{
	(void)session_emit(s, &ev);
}

static void
done(struct session *s, gw_req_id id, const struct err *err)
{
	struct gw_event ev = { .type = GW_EV_DONE, .req = id };

	if (err)
		ev.err = *err;
	emit(s, ev);
}

static void
member(struct session *s, struct str room, struct str nick)
{
	emit(s,
	    (struct gw_event){ .type = GW_EV_MEMBER,
	        .room = room,
	        .person.nick = nick,
	        .role = GW_ROLE_MEMBER });
}

/* What people are to know before they write. */
static void
tell_way(struct session *s, struct str room, size_t n)
{
	const struct sms_line *l = sms_choice(s, room);

	emit(s,
	    (struct gw_event){ .type = GW_EV_SUBJECT,
	        .room = room,
	        .text = l && sms_group_takes(l, n)
	            ? STR("A group: all see who is in it and what is said")
	            : STR("Each gets a text of his own, and answers you "
	                  "alone") });
}

void
sms_group_join(struct session *s, gw_req_id id, const struct gw_req *req)
{
	struct sms_gateway *sms = sms_of(session_gateway(s));
	struct err err = ERR_INIT;
	struct sms_number group, one;
	struct str room;

	if (sms_number_read(req->room, sms->home, &group, &err) < 0) {
		done(s, id, &err);
		return;
	}
	room = sms_number_str(&group);
	emit(s,
	    (struct gw_event){ .type = GW_EV_JOINED, .room = room, .req = id });
	for (size_t i = 0; i < sms_number_count(&group); i++) {
		sms_number_member(&group, i, &one);
		member(s, room, sms_number_str(&one));
	}
	tell_way(s, room, sms_number_count(&group));
	emit(s, (struct gw_event){ .type = GW_EV_MEMBERS_END, .room = room });
	done(s, id, NULL);
}

void
sms_group_leave(struct session *s, gw_req_id id, const struct gw_req *req)
{
	emit(s,
	    (struct gw_event){ .type = GW_EV_LEFT,
	        .room = req->room,
	        .left = GW_LEFT_PART,
	        .text = req->text });
	done(s, id, NULL);
}

/* ---- what comes in ---------------------------------------------------- */

bool
sms_group_of(const struct sms_line *l, const struct sms_event *ev,
    const struct sms_number *from, struct sms_number *out)
{
	static const struct sms_form form = { .kind = SMS_FORM_E164 };
	struct sms_number v[SMS_GROUP_MAX + 2];
	size_t n = 0;

	if (ev->ngroup == 0 || ev->ngroup > SMS_GROUP_MAX + 1)
		return false;
	v[n++] = *from;
	for (size_t i = 0; i < ev->ngroup; i++)
		sms_number_received(
		    ev->group[i], &form, sms_line_home(l), &v[n++]);
	return sms_number_join(v, n, sms_number_str(&l->number), out, NULL) ==
	    0 &&
	    out->kind == SMS_KIND_GROUP;
}
