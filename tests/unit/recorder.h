/*
 * recorder.h - the core, as a gateway under test sees it: what is emitted
 * becomes lines of text
 *
 * Included by one unit test each; everything is static but the up-calls of
 * core/gateway.h.  Events are written as
 *
 *	online romeo
 *	joined #chan
 *	member #chan juliet moderator admin
 *	done 7 not-found "#chan: no such channel"
 *
 * and said("...") takes all that were written since and compares.
 */
#ifndef UNIT_RECORDER_H
#define UNIT_RECORDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"

#include "core/config.h"
#include "core/gateway.h"
#include "net/loop.h"

struct gateway {
	const struct gateway_ops *ops;
	struct config *config;
	struct loop *loop;
	void *priv;
};

struct session {
	struct gateway *gw;
	char network[256];
	void *priv;
	bool online;
	unsigned noffline;
};

static struct {
	struct buf said;
	/* Called after an event was written, as the core acts on it at once. */
	void (*react)(struct session *s, const struct gw_event *ev);
	struct {
		const char *name, *value;
	} setting[8];
} recorder;

static const char *const role_names[] = { "none", "visitor", "member",
	"moderator" };
static const char *const standing_names[] = { "none", "outcast", "member",
	"admin", "owner" };
static const char *const left_names[] = { "part", "kick", "ban", "link",
	"forward" };
static const char *const fate_names[] = { "left", "sent", "delivered", "retry",
	"refused", "unsure" };
static const char *const kind_names[] = { "normal", "action", "notice",
	"system" };
static const char *const refusal_names[] = { "other", "password", "banned",
	"members-only", "full", "nick-in-use", "bad-nick", "no-such-room",
	"too-many", "policy", "forward", "timeout", "unreachable" };

/* ---- writing ---------------------------------------------------------- */

static void
add(struct str s)
{
	buf_addc(&recorder.said, ' ');
	buf_add_str(&recorder.said, s);
}

static void
add_opt(const char *before, struct str s)
{
	if (s.len == 0)
		return;
	buf_addf(&recorder.said, " %s", before);
	buf_add_str(&recorder.said, s);
}

static void
add_err(const struct err *err)
{
	if (err->kind != ERR_NONE)
		buf_addf(&recorder.said, " %s \"%s\"", err_kind_name(err->kind),
		    err->text);
}

static void
add_id(uint64_t id)
{
	buf_addf(&recorder.said, " %llu", (unsigned long long)id);
}

static void
write_message(const struct gw_message *m)
{
	add(str_c(kind_names[m->kind]));
	add_opt("", m->room);
	add_opt("from=", m->from);
	buf_addf(&recorder.said, ": ");
	buf_add_str(&recorder.said, m->body);
}

static void
write_person(const struct gw_person *p)
{
	add(p->nick);
	add_opt("user=", p->user);
	add_opt("host=", p->host);
	add_opt("account=", p->account);
	add_opt("realname=", p->realname);
}

static const char *const event_names[GW_NEVENT] = {
	[GW_EV_ONLINE] = "online",
	[GW_EV_OFFLINE] = "offline",
	[GW_EV_FOLD] = "fold",
	[GW_EV_DONE] = "done",
	[GW_EV_ENTRY] = "entry",
	[GW_EV_MESSAGE] = "message",
	[GW_EV_FATE] = "fate",
	[GW_EV_JOINED] = "joined",
	[GW_EV_REFUSED] = "refused",
	[GW_EV_LEFT] = "left",
	[GW_EV_RENAMED] = "renamed",
	[GW_EV_MEMBER] = "member",
	[GW_EV_STANDING] = "standing",
	[GW_EV_MEMBER_LEFT] = "gone",
	[GW_EV_MEMBERS_END] = "end",
	[GW_EV_SUBJECT] = "subject",
	[GW_EV_ROOM] = "room",
	[GW_EV_PERSON_NICK] = "nick",
	[GW_EV_PERSON_QUIT] = "quit",
	[GW_EV_PERSON] = "person",
	[GW_EV_PERSON_AWAY] = "away",
	[GW_EV_PERSON_FLAGS] = "person-flags",
	[GW_EV_CROWD] = "crowd",
	[GW_EV_CONTACT] = "contact",
	[GW_EV_INVITE] = "invite",
	[GW_EV_TYPING] = "typing",
	[GW_EV_NOTICE] = "notice",
};

static void
write_about_room(const struct gw_event *ev)
{
	add(ev->room);
	switch (ev->type) {
	case GW_EV_REFUSED:
		add(str_c(refusal_names[ev->refusal]));
		break;
	case GW_EV_LEFT:
		add(str_c(left_names[ev->left]));
		break;
	case GW_EV_MEMBER:
	case GW_EV_STANDING:
		write_person(&ev->person);
		add(str_c(role_names[ev->role]));
		add(str_c(standing_names[ev->standing]));
		break;
	case GW_EV_MEMBER_LEFT:
		add(ev->person.nick);
		add(str_c(left_names[ev->left]));
		break;
	case GW_EV_SUBJECT:
		if (ev->on)
			add(STR("now"));
		break;
	case GW_EV_ROOM:
		buf_addf(&recorder.said, " %x", ev->flags);
		break;
	default:
		break;
	}
}

static void
write_event(const struct gw_event *ev)
{
	buf_addf(&recorder.said, "%s", event_names[ev->type]);
	if (ev->room.len)
		write_about_room(ev);
	else if (ev->person.nick.len)
		write_person(&ev->person);
	if (ev->type == GW_EV_DONE || ev->type == GW_EV_ENTRY)
		add_id(ev->req);
	if (ev->type == GW_EV_ENTRY)
		add(ev->entry.name);
	if (ev->type == GW_EV_ENTRY) {
		add_opt("by ", ev->entry.actor);
		add_opt("= ", ev->entry.text);
	}
	if (ev->type == GW_EV_FATE) {
		add_id(ev->ticket);
		add(str_c(fate_names[ev->fate]));
	}
	if (ev->message)
		write_message(ev->message);
	if (ev->permanent)
		add(STR("for good"));
	if (ev->type == GW_EV_PERSON_AWAY)
		add(ev->on ? STR("on") : STR("off"));
	add_err(&ev->err);
	add_opt("by ", ev->actor);
	add_opt("", ev->text);
	buf_addc(&recorder.said, '\n');
}

/* Everything that was emitted since the last time. */
static inline void
said(const char *expected)
{
	assert_string_equal(recorder.said.p, expected);
	buf_clear(&recorder.said);
}

/* ---- up-calls --------------------------------------------------------- */

int
session_emit(struct session *s, const struct gw_event *ev)
{
	write_event(ev);
	if (ev->type == GW_EV_ONLINE)
		s->online = true;
	if (ev->type == GW_EV_OFFLINE) {
		s->online = false;
		s->noffline++;
	}
	if (recorder.react)
		recorder.react(s, ev);
	return 0;
}

void *
session_priv(struct session *s)
{
	return s->priv;
}

struct gateway *
session_gateway(struct session *s)
{
	return s->gw;
}

struct str
session_network(struct session *s)
{
	return str_c(s->network);
}

struct str
session_user(struct session *s)
{
	(void)s;
	return STR("romeo@example.org");
}

const struct log_ctx *
session_log(struct session *s)
{
	(void)s;
	return NULL;
}

struct str
session_setting(struct session *s, struct str room, const char *name)
{
	size_t i;

	(void)s;
	(void)room;
	for (i = 0; i < 8 && recorder.setting[i].name; i++)
		if (strcmp(recorder.setting[i].name, name) == 0)
			return str_c(recorder.setting[i].value);
	return STR_EMPTY;
}

void *
gateway_priv(struct gateway *gw)
{
	return gw->priv;
}

struct str
gateway_domain(struct gateway *gw)
{
	(void)gw;
	return STR("gw.example.org");
}

struct str
gateway_contact(struct gateway *gw)
{
	(void)gw;
	return STR("mailto:abuse@example.org");
}

/* As if all had been told before. */
void
session_tell_once(struct session *s, const char *what, struct str text)
{
	(void)s;
	(void)what;
	(void)text;
}

struct loop *
gateway_loop(struct gateway *gw)
{
	return gw->loop;
}

void
gateway_fact_put(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	(void)gw;
	(void)network;
	(void)name;
	(void)value;
}

struct clock *
gateway_clock(struct gateway *gw)
{
	return loop_clock(gw->loop);
}

const struct log_ctx *
gateway_log(struct gateway *gw)
{
	(void)gw;
	return NULL;
}

struct session *
gateway_session(struct gateway *gw, struct str user, struct str network)
{
	(void)gw;
	(void)user;
	(void)network;
	return NULL;
}

/* ---- life ------------------------------------------------------------- */

static struct config *
read_config(const struct gateway_ops *ops, const char *block)
{
	const struct gateway_ops *const kinds[] = { ops, NULL };
	struct config_report rep = { 0 };
	struct config *c;
	struct buf text;
	size_t i;

	buf_init(&text, 64 * 1024);
	buf_addf(&text,
	    "server { domain = \"example.org\" }\n"
	    "gateway \"gw.example.org\" { type = \"%s\" secret = "
	    "\"s\"\n%s\n}\n",
	    ops->kind, block);
	c = config_parse("test.conf", buf_str(&text), true, kinds, &rep);
	for (i = 0; i < rep.n; i++)
		print_message("%s\n", rep.v[i].text);
	config_report_release(&rep);
	buf_release(&text);
	assert_non_null(c);
	return c;
}

/* block: what stands in the gateway section.  -1: open() refused it. */
static int
gateway_open(struct gateway *gw, const struct gateway_ops *ops,
    const char *block, struct err *err)
{
	*gw = (struct gateway){ .ops = ops,
		.config = read_config(ops, block),
		.loop = loop_new(),
		.priv = xcalloc(1, ops->gateway_size + 1) };
	buf_init(&recorder.said, 1024 * 1024);
	return ops->open(gw, gw->config->gateway[0].conf, err);
}

/* After a failed open() too, which has let go of everything then. */
static void
gateway_close(struct gateway *gw, bool is_open)
{
	if (is_open)
		gw->ops->close(gw);
	config_free(&gw->config);
	loop_free(&gw->loop);
	free(gw->priv);
	buf_release(&recorder.said);
	memset(&recorder, 0, sizeof(recorder));
}

static inline void
session_init(struct session *s, struct gateway *gw, const char *network)
{
	*s = (struct session){ .gw = gw,
		.priv = xcalloc(1, gw->ops->session_size + 1) };
	snprintf(s->network, sizeof(s->network), "%s", network);
}

static inline void
session_release(struct session *s)
{
	free(s->priv);
	s->priv = NULL;
}

#endif
