/*
 * Configuration of rooms: XEP-0045 1.34, 10.2; XEP-0004.
 *
 * Which fields there are is for the network to say (ops->room_fields); here
 * they are given the names that clients know, and back.  A field that a form
 * leaves out, or that is as it was, is left alone.
 */
#include "core/owner.h"

#include <stdlib.h>

#include "core/admin.h"
#include "core/instance.h"
#include "core/request.h"
#include "core/room.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "lib/xalloc.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

#define FORM_TYPE "http://jabber.org/protocol/muc#roomconfig"
#define PROTECTED "muc#roomconfig_passwordprotectedroom"

enum { FIELDS_MAX = 16, VAR_MAX = 64, FORM_MS = 30000 };

/* Others are called x-NAME (XEP-0068 3.4). */
static const struct {
	const char *name, *var;
} words[] = {
	{ "moderated", "muc#roomconfig_moderatedroom" },
	{ "members_only", "muc#roomconfig_membersonly" },
	{ "password", "muc#roomconfig_roomsecret" },
	{ "people_max", "muc#roomconfig_maxusers" },
	{ "public", "muc#roomconfig_publicroom" },
	{ "subject_open", "muc#roomconfig_changesubject" },
};

static const enum form_type types[] = {
	[GW_SET_TEXT] = FORM_TEXT,
	[GW_SET_SECRET] = FORM_SECRET,
	[GW_SET_BOOL] = FORM_BOOL,
	[GW_SET_INT] = FORM_TEXT,
	[GW_SET_LINES] = FORM_LINES,
};

/* The fields of a network, under the names of XMPP. */
struct sheet {
	const struct gw_setting *of;
	struct form_field field[FIELDS_MAX];
	char var[FIELDS_MAX][VAR_MAX];
	size_t n;
};

static void
name_field(const struct gw_setting *st, char var[VAR_MAX])
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].name, st->name) == 0) {
			snprintf(var, VAR_MAX, "%s", words[i].var);
			return;
		}
	snprintf(var, VAR_MAX, "x-%s", st->name);
}

static void
sheet_init(struct sheet *sh, const struct gw_setting *of)
{
	sh->of = of;
	for (sh->n = 0; of[sh->n].name && sh->n < FIELDS_MAX; sh->n++) {
		name_field(&of[sh->n], sh->var[sh->n]);
		sh->field[sh->n] = (struct form_field){
			.type = types[of[sh->n].type],
			.var = sh->var[sh->n],
			.label = of[sh->n].label,
			.desc = of[sh->n].desc,
		};
	}
}

static void
refuse(struct iq_ask *ask, enum err_kind kind, const char *text)
{
	struct err err;

	err_set(&err, kind, "%s", text);
	iq_fail(ask, &err);
}

/* The room, if there is something to set; NULL: it has been answered. */
static struct room *
need_fields(struct iq_ask *ask, struct inlet *in)
{
	struct room *r = admin_room(ask, in);

	if (r && in->gw->ops->room_fields)
		return r;
	if (r)
		refuse(ask, ERR_UNSUPPORTED,
		    "rooms of this network cannot be configured");
	return NULL;
}

/* ---- what it is like -------------------------------------------------- */

/* Values as they come; the form is begun when all of them are known. */
struct answers {
	char *value[FIELDS_MAX]; /* NULL: not told */
	bool is_set[FIELDS_MAX]; /* of secrets */
	char *room;
};

static void
answers_free(struct answers *a)
{
	for (size_t i = 0; i < FIELDS_MAX; i++)
		free(a->value[i]);
	free(a->room);
	free(a);
}

static void
on_entry(
    struct session *s, const struct request_to *to, const struct gw_entry *e)
{
	const struct gw_setting *of = s->gw->ops->room_fields;
	struct answers *a = to->obj;

	for (size_t i = 0; i < FIELDS_MAX && of[i].name; i++)
		if (str_is(e->name, of[i].name)) {
			str_store(
			    &a->value[i], str_head(e->text, FORM_VALUE_MAX));
			a->is_set[i] = e->n != 0;
		}
}

/* Clients show the two side by side: is there one, and which. */
static void
add_protected(struct xmlw *w, bool is_set)
{
	const struct form_field field = { .type = FORM_BOOL,
		.var = PROTECTED,
		.label = "A password is needed to come in",
		.value = is_set ? STR("1") : STR("0") };

	form_add(w, &field);
}

static void
write_field(struct xmlw *w, struct sheet *sh, size_t i, const struct answers *a,
    const struct room *r)
{
	struct form_field *field = &sh->field[i];

	if (field->type == FORM_SECRET)
		add_protected(w, a->is_set[i]);
	if (strcmp(sh->of[i].name, "subject") == 0)
		field->value = str_c(r->subject);
	else if (a->value[i])
		field->value = str_c(a->value[i]);
	form_add(w, field);
}

static void
write_form(struct iq_ask *ask, const struct room *r, const struct answers *a)
{
	struct xmlw *w = iq_result(ask);
	struct sheet sh;

	sheet_init(&sh, r->s->gw->ops->room_fields);
	xmlw_open(w, "query", NS_MUC_OWNER);
	form_begin(w, "form", r->name, NULL);
	form_add_type(w, FORM_TYPE);
	for (size_t i = 0; i < sh.n; i++)
		write_field(w, &sh, i, a, r);
	xmlw_close(w);
	iq_done(ask);
}

static void
on_answered(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct iq_ask *ask = iq_kept(services_iqs(s->gw), to->token);
	struct answers *a = to->obj;
	struct room *r = room_find(s, str_c(a->room));

	if (ask && done->err.kind != ERR_NONE)
		iq_fail(ask, &done->err);
	else if (ask && !r)
		refuse(ask, ERR_NOT_INSIDE, "you are not in that room");
	else if (ask)
		write_form(ask, r, a);
	answers_free(a);
}

void
owner_on_get(struct iq_ask *ask, const struct stanza *query)
{
	struct inlet *in = services_inlet(ask);
	struct room *r = need_fields(ask, in);
	struct request_to to = { .done = on_answered, .entry = on_entry };
	struct gw_req req = { .kind = GW_REQ_FORM_GET };
	struct answers *a;

	(void)query;
	if (!r)
		return;
	to.token = iq_keep(ask, FORM_MS + 5000);
	if (!to.token)
		return;
	a = xcalloc(1, sizeof(*a));
	a->room = str_dup(str_c(r->name));
	to.obj = a;
	req.room = str_c(r->name);
	request_start(r->s, &req, FORM_MS, &to);
}

/* ---- what it is to be like -------------------------------------------- */

static void
on_set_done(
    struct session *s, const struct request_to *to, const struct gw_event *done)
{
	struct iq_ask *ask = iq_kept(services_iqs(s->gw), to->token);

	if (ask && done->err.kind != ERR_NONE)
		iq_fail(ask, &done->err);
	else if (ask)
		iq_ok(ask);
}

/*
 * An empty password is the one that the form did not show, so it stays; it
 * is taken by saying that none is needed.  1: it changes; 0: it stays.
 */
static int
read_password(const struct room *r, const struct stanza *x, const char *var,
    struct str *value_out, struct err *err)
{
	bool says = form_has(x, PROTECTED);

	if (says && !form_bool(x, PROTECTED)) {
		*value_out = STR_EMPTY;
		return (r->flags & GW_ROOM_PASSWORD) != 0;
	}
	*value_out = form_value(x, var);
	if (value_out->len)
		return 1;
	if (says && !(r->flags & GW_ROOM_PASSWORD))
		return err_set(
		    err, ERR_BAD_INPUT, "say which password is needed");
	return 0;
}

/* 1: value_out is to be set; 0: it stays as it is. */
static int
read_field(const struct room *r, const struct stanza *x, const struct sheet *sh,
    size_t i, struct str *value_out, struct err *err)
{
	const struct form_field *field = &sh->field[i];

	if (field->type == FORM_SECRET)
		return read_password(r, x, field->var, value_out, err);
	if (!form_has(x, field->var))
		return 0;
	*value_out = form_value(x, field->var);
	if (field->type == FORM_BOOL)
		*value_out = form_is_true(*value_out) ? STR("1") : STR("0");
	if (strcmp(sh->of[i].name, "subject") == 0)
		return !str_eq(*value_out, str_c(r->subject));
	return 1;
}

static int
read_fields(const struct room *r, const struct stanza *x,
    struct gw_field out[FIELDS_MAX], size_t *n_out, struct err *err)
{
	struct sheet sh;

	*n_out = 0;
	sheet_init(&sh, r->s->gw->ops->room_fields);
	if (form_check(x, sh.field, sh.n, err) < 0)
		return -1;
	for (size_t i = 0; i < sh.n; i++) {
		struct gw_field *f = &out[*n_out];
		int rc = read_field(r, x, &sh, i, &f->value, err);

		if (rc < 0)
			return -1;
		f->name = str_c(sh.of[i].name);
		*n_out += (size_t)rc;
	}
	return 0;
}

static void
submit(struct iq_ask *ask, struct room *r, const struct stanza *x)
{
	struct request_to to = { .done = on_set_done };
	struct gw_field field[FIELDS_MAX];
	struct gw_req req = { .kind = GW_REQ_FORM_SET, .field = field };
	struct err err = ERR_INIT;

	if (read_fields(r, x, field, &req.nfield, &err) < 0) {
		iq_fail(ask, &err);
		return;
	}
	if (req.nfield == 0) {
		iq_ok(ask);
		return;
	}
	req.room = str_c(r->name);
	to.token = iq_keep(ask, FORM_MS + 5000);
	if (to.token)
		request_start(r->s, &req, FORM_MS, &to);
}

void
owner_on_set(struct iq_ask *ask, const struct stanza *query)
{
	const struct stanza *x = form_find(query);
	struct inlet *in = services_inlet(ask);
	struct room *r;

	if (in->at.kind == GW_ADDR_ROOM &&
	    stanza_child(query, "destroy", NULL)) {
		refuse(ask, ERR_NOT_ALLOWED,
		    "rooms of this network are not for its users to destroy");
		return;
	}
	r = need_fields(ask, in);
	if (!r)
		return;
	if (x && form_is_cancelled(x))
		iq_ok(ask);
	else if (form_is_submit(x, FORM_TYPE))
		submit(ask, r, x);
	else
		refuse(ask, ERR_BAD_INPUT, "send the form of the room back");
}
