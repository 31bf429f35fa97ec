#include "post/post_seats.h"

enum { TEXT_MAX = 4096 };

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
