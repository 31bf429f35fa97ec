#include "core/typing.h"

#include <string.h>

#include "core/announce.h"
#include "core/arrears.h"
#include "core/inbound.h"
#include "core/instance.h"
#include "core/request.h"
#include "core/room.h"
#include "core/session.h"

#define SETTING "typing_in_rooms"

void
typing_out(
    struct session *s, struct room *r, struct str nick, const char *state)
{
	struct gw_req req = { .kind = GW_REQ_TYPING,
		.room = r ? str_c(r->name) : STR_EMPTY,
		.nick = nick };
	struct request_to to = { .done = request_ignore };

	if (s->state != SESSION_ONLINE)
		return;
	if (r && !str_is(session_setting(s, str_c(r->name), SETTING), "1"))
		return;
	if (strcmp(state, "composing") == 0)
		req.typing = GW_TYPING_ACTIVE;
	else if (strcmp(state, "paused") == 0)
		req.typing = GW_TYPING_PAUSED;
	request_start(s, &req, REQUEST_MS, &to);
}

static const char *const names[] = {
	[GW_TYPING_NOT] = "active",
	[GW_TYPING_ACTIVE] = "composing",
	[GW_TYPING_PAUSED] = "paused",
};

/* They and our user have talked of late. */
static bool
is_known(struct session *s, struct str nick)
{
	LIST_EACH(&s->words.lines, n)
	{
		if (str_eq_nocase(
		        LIST_ENTRY(n, struct backlog_line, node)->from, nick))
			return true;
	}
	return false;
}

void
typing_in(struct session *s, const struct gw_event *ev)
{
	struct str nick = ev->person.nick;
	struct room *r = ev->room.len ? room_find(s, ev->room) : NULL;
	struct member *m = r ? room_member(r, nick) : NULL;

	if (m && r->state == ROOM_JOINED) {
		arrears_settle_nick(r, nick);
		announce_state(r, m, names[ev->typing]);
	} else if (ev->room.len == 0 && is_known(s, nick)) {
		inbound_state(s, nick, names[ev->typing]);
	}
}
