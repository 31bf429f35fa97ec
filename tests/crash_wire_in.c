/*
 * A network that brings messages, some of them together.
 */
#include <stdio.h>

#include "crash_in.h"
#include "crash_wire.h"

static int
wire_open(struct gateway *gw, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	crash_wire = gw;
	return 0;
}

static int
wire_login(struct session *s, struct str nick, struct err *err)
{
	(void)s;
	(void)nick;
	return err_set(err, ERR_UNSUPPORTED, "nobody writes here");
}

static void
on_kept(void *arg, bool ok)
{
	size_t i = (size_t)(uintptr_t)arg - 1;

	if (!ok)
		return;
	for (size_t k = i; k <= i + script[i].with; k++)
		world->message[k].acknowledged = true;
	crash_boundary(B_ACKNOWLEDGED);
}

static void
tell(size_t i)
{
	struct gw_message m[NMESSAGES];
	struct gw_arrival v[NMESSAGES];
	char user[NMESSAGES][64], key[NMESSAGES][16];
	size_t n = script[i].with + 1;

	for (size_t k = 0; k < n; k++) {
		snprintf(user[k], sizeof(user[k]), "%s@example.org",
		    script[i + k].user);
		snprintf(key[k], sizeof(key[k]), "key-%zu", i + k);
		m[k] = (struct gw_message){ .from = str_c(script[i + k].from),
			.body = str_c(script[i + k].words) };
		v[k] = (struct gw_arrival){ .user = str_c(user[k]),
			.line = STR("main"),
			.key = str_c(key[k]),
			.message = &m[k] };
	}
	(void)gateway_arrive(
	    crash_wire, v, n, on_kept, (void *)(uintptr_t)(i + 1));
	crash_boundary(B_TOLD);
}

const struct gateway_ops crash_wire_in_ops = {
	.kind = "wire",
	.title = "Wire",
	.open = wire_open,
	.close = crash_wire_close,
	.split = crash_wire_split,
	.local = crash_wire_local,
	.fold = crash_wire_fold,
	.network_at = crash_wire_network_at,
	.login = wire_login,
	.logout = crash_wire_logout,
	.drop = crash_wire_drop,
	.request = crash_wire_requests,
};

const struct crash_net crash_wire_in = {
	.domain = "wire.example.org",
	.block = "type = \"wire\"",
	.tell = tell,
};
