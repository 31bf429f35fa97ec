#include "crash_wire.h"

#include "lib/buf.h"

struct gateway *crash_wire;

gw_request_fn *const crash_wire_requests[GW_NREQ] = { NULL };

void
crash_wire_close(struct gateway *gw)
{
	(void)gw;
	crash_wire = NULL;
}

int
crash_wire_split(struct gateway *gw, struct str local, struct gw_address *out,
    struct err *err)
{
	(void)gw;
	(void)err;
	*out = (struct gw_address){
		.kind = GW_ADDR_PERSON, .network = STR_EMPTY, .name = local
	};
	return 0;
}

void
crash_wire_local(
    struct gateway *gw, const struct gw_address *a, struct buf *out)
{
	(void)gw;
	buf_add_str(out, a->name);
}

void
crash_wire_fold(struct session *s, struct str name, struct buf *out)
{
	(void)s;
	buf_add_str(out, name);
}

struct str
crash_wire_network_at(struct gateway *gw, size_t i)
{
	(void)gw;
	(void)i;
	return STR_EMPTY;
}

void
crash_wire_logout(struct session *s, enum gw_bye why, struct str text)
{
	struct gw_event ev = { .type = GW_EV_OFFLINE };

	(void)why;
	(void)text;
	(void)session_emit(s, &ev);
}

void
crash_wire_drop(struct session *s)
{
	(void)s;
}
