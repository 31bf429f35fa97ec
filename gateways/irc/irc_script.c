#include "irc/irc_script.h"

#include "irc/irc_slash.h"

enum { LINE_MAX_BYTES = 500, SCRIPT_MAX_BYTES = 1000 };

/* Empty: no (more) line. */
static struct str
next_line(struct str *rest)
{
	struct str line;

	while (rest->len) {
		if (!str_cut(rest, '\n', &line)) {
			line = *rest;
			*rest = STR_EMPTY;
		}
		line = str_trim(line);
		if (line.len)
			return line;
	}
	return STR_EMPTY;
}

/* What we do ourselves, and would no longer know about. */
const char *
irc_script_why_not(struct str line)
{
	static const char *const ours[] = { "JOIN", "PART", "QUIT", "CAP",
		"AUTHENTICATE", "PASS", "USER", "PING", "PONG", "OPER",
		"WEBIRC" };
	struct str word = line;

	if (line.len > LINE_MAX_BYTES)
		return "it is longer than IRC carries";
	if (str_has(line, '\0') || str_has(line, '\r'))
		return "it has a NUL or a carriage return in it";
	if (line.p[0] == ':' || line.p[0] == '@')
		return "a line begins with a command";
	(void)str_cut(&line, ' ', &word);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (str_eq_nocase(word, str_c(ours[i])))
			return "this command belongs to the gateway";
	if (str_eq_nocase(word, STR("SETNAME")))
		return "the real name is the gateway's to give: networks "
		       "ask for that";
	return NULL;
}

int
irc_script_check(struct gateway *gw, struct str script, struct err *err)
{
	struct str rest = script, line;
	size_t n = 0;

	(void)gw;
	if (script.len > SCRIPT_MAX_BYTES)
		return err_set(
		    err, ERR_TOO_BIG, "longer than %d bytes", SCRIPT_MAX_BYTES);
	for (line = next_line(&rest); line.len; line = next_line(&rest)) {
		const char *why = irc_script_why_not(line);

		if (++n > IRC_SCRIPT_LINES_MAX)
			return err_set(err, ERR_TOO_BIG, "more than %d lines",
			    IRC_SCRIPT_LINES_MAX);
		if (why)
			return err_set(
			    err, ERR_BAD_INPUT, "line %zu: %s", n, why);
	}
	return 0;
}

static void
tell(struct irc_link *l, const struct err *err)
{
	struct err text = *err;

	err_prefix(&text, "after connecting");
	irc_link_emit(l,
	    &(struct gw_event){
	        .type = GW_EV_NOTICE, .text = str_c(text.text) });
}

static void
run_line(struct irc_link *l, struct str line)
{
	struct gw_req req = { .kind = GW_REQ_SLASH };
	struct err err = ERR_INIT;

	if (line.p[0] == '/') {
		req.text = str_skip(line, 1);
		irc_request_slash(l->s, 0, &req);
		return;
	}
	if (irc_proto_raw(&l->proto, line, 0, &err) < 0)
		tell(l, &err);
}

/* Passwords for services stand in them. */
void
irc_script_run(struct irc_link *l, struct str script)
{
	struct err err = ERR_INIT;
	struct str rest = script, line;

	if (script.len && !l->tls && !l->net->plain_secrets) {
		err_set(&err, ERR_DENIED,
		    "your commands were not sent: there is no TLS, and they "
		    "may hold passwords");
		tell(l, &err);
		return;
	}
	for (line = next_line(&rest); l->s && line.len; line = next_line(&rest))
		run_line(l, line);
}
