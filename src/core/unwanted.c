/*
 * From whom a user does not want to hear.
 */
#include <stdlib.h>

#include "core/commands.h"
#include "core/instance.h"
#include "core/router.h"
#include "core/services.h"
#include "core/unwanted.h"
#include "lib/xalloc.h"
#include "xmpp/adhoc.h"
#include "xmpp/form.h"
#include "xmpp/jid.h"

/* Of the name of a fact; behind it a bare JID, a blank, and the contact. */
#define FACT "unwanted "

enum { FACT_MAX = JID_MAX + GW_NAME_MAX + 32, COMMAND_MS = 30000 };

/* Somebody with a list. */
struct chooser {
	char *user;
	struct map names; /* of a copy each */
	size_t bytes;     /* of all of them, as lines */
};

struct unwanted {
	struct gateway *gw;
	struct map choosers;
	size_t n;
};

struct unwanted *
unwanted_new(struct gateway *gw)
{
	struct unwanted *u = xcalloc(1, sizeof(*u));

	u->gw = gw;
	map_init(&u->choosers);
	return u;
}

static void
chooser_free(struct unwanted *u, struct chooser *c)
{
	struct map_iter it = { 0 };

	map_del(&u->choosers, str_c(c->user));
	u->n -= c->names.n;
	while (map_next(&c->names, &it))
		free(it.value);
	map_release(&c->names);
	free(c->user);
	free(c);
}

void
unwanted_free(struct unwanted **up)
{
	struct unwanted *u = *up;
	struct map_iter it = { 0 };

	*up = NULL;
	if (!u)
		return;
	while (map_next(&u->choosers, &it))
		chooser_free(u, it.value);
	map_release(&u->choosers);
	free(u);
}

bool
unwanted_has(const struct unwanted *u, struct str user, struct str name)
{
	const struct chooser *c = map_get(&u->choosers, user);

	return c && map_get(&c->names, name);
}

/* ---- one more, one less ----------------------------------------------- */

static void
store(struct unwanted *u, struct str user, struct str name, bool on,
    store_done_fn *done, void *arg)
{
	struct buf fact;

	buf_init(&fact, FACT_MAX);
	buf_addf(&fact, FACT STR_FMT " " STR_FMT, STR_ARG(user), STR_ARG(name));
	store_fact_put(core_store(u->gw->core), gateway_domain(u->gw),
	    STR_EMPTY, buf_str(&fact), on ? STR("1") : STR_EMPTY, done, arg);
	buf_release(&fact);
}

static void
add(struct unwanted *u, struct str user, struct str name)
{
	struct chooser *c = map_get(&u->choosers, user);
	char *copy = str_dup(name);

	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->user = str_dup(user);
		map_init(&c->names);
		map_put(&u->choosers, str_c(c->user), c);
	}
	map_put(&c->names, str_c(copy), copy);
	c->bytes += name.len + 1;
	u->n++;
}

/* A list that does not fit its form would lose somebody when it is sent. */
static bool
has_room(const struct unwanted *u, struct str user, struct str name)
{
	const struct chooser *c = map_get(&u->choosers, user);

	return u->n < UNWANTED_MAX &&
	    (!c ||
	        (c->names.n < UNWANTED_USER_MAX &&
	            c->bytes + name.len + 1 <= FORM_VALUE_MAX));
}

int
unwanted_put(struct unwanted *u, struct str user, struct str name,
    store_done_fn *done, void *arg, struct err *err)
{
	if (name.len == 0 || name.len > GW_NAME_MAX)
		return err_set(err, ERR_BAD_INPUT, "that is nobody's address");
	if (!unwanted_has(u, user, name)) {
		if (!has_room(u, user, name))
			return err_set(err, ERR_BUSY,
			    "you block as many contacts as can be kept");
		add(u, user, name);
	}
	store(u, user, name, true, done, arg);
	return 0;
}

bool
unwanted_lift(struct unwanted *u, struct str user, struct str name,
    store_done_fn *done, void *arg)
{
	struct chooser *c = map_get(&u->choosers, user);
	char *copy = c ? map_get(&c->names, name) : NULL;

	if (!copy)
		return false;
	store(u, user, name, false, done, arg);
	map_del(&c->names, name);
	c->bytes -= name.len + 1;
	free(copy);
	u->n--;
	if (c->names.n == 0)
		chooser_free(u, c);
	return true;
}

void
unwanted_forget(struct unwanted *u, struct str user)
{
	struct chooser *c = map_get(&u->choosers, user);
	struct map_iter it = { 0 };

	if (!c)
		return;
	while (map_next(&c->names, &it))
		store(u, user, it.key, false, NULL, NULL);
	chooser_free(u, c);
}

bool
unwanted_on_fact(struct unwanted *u, struct str name)
{
	struct str prefix = STR(FACT), user;

	if (!str_starts(name, prefix))
		return false;
	name = str_skip(name, prefix.len);
	if (str_cut(&name, ' ', &user) && name.len > 0 &&
	    has_room(u, user, name) && !unwanted_has(u, user, name))
		add(u, user, name);
	return true;
}

/* ---- showing ---------------------------------------------------------- */

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
unwanted_write(const struct unwanted *u, struct str user, struct buf *out)
{
	const struct chooser *c = map_get(&u->choosers, user);
	struct map_iter it = { 0 };
	char *name[UNWANTED_USER_MAX];
	size_t n = 0;

	if (!c)
		return;
	while (n < UNWANTED_USER_MAX && map_next(&c->names, &it))
		name[n++] = it.value;
	qsort(name, n, sizeof(name[0]), by_name);
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s\n", name[i]);
}

/* ---- the command ------------------------------------------------------ */

/* What is wanted, until the disk has it. */
struct saving {
	struct gateway *gw;
	uint64_t token;
	size_t left;
	struct err err;
};

static void
saving_done(struct saving *sv)
{
	struct adhoc_call *call;

	if (--sv->left > 0)
		return;
	call = adhoc_kept(commands_adhoc(sv->gw), sv->token);
	if (call)
		adhoc_finish(call, sv->err.kind ? ADHOC_ERROR : ADHOC_INFO,
		    sv->err.kind ? str_c(sv->err.text) : STR("Saved."));
	free(sv);
}

static void
on_saved(bool ok, void *arg)
{
	struct saving *sv = arg;

	if (!ok)
		err_set(&sv->err, ERR_BUSY,
		    "Not saved: the disk is in trouble. Try again later.");
	saving_done(sv);
}

/* The names on the list as it was sent, as keys and values. */
static void
list_release(struct map *list)
{
	struct map_iter it = { 0 };

	while (map_next(list, &it))
		free(it.value);
	map_release(list);
}

/* Appends the name that is meant by what somebody typed. */
static int
name_of(struct gateway *gw, struct str typed, struct buf *name, struct err *err)
{
	struct gw_address a = { .kind = GW_ADDR_DOMAIN };
	struct buf local;
	int rc;

	buf_init(&local, JID_PART_MAX);
	rc = gw->ops->prompted(gw, typed, &local, err);
	if (rc == 0)
		rc = gw->ops->split(gw, buf_str(&local), &a, err);
	if (rc == 0 && a.kind != GW_ADDR_PERSON && a.kind != GW_ADDR_ROOM)
		rc = err_set(err, ERR_BAD_INPUT, "that is nobody's address");
	if (rc == 0)
		buf_add_str(name, a.name);
	buf_release(&local);
	return rc;
}

static int
list_add_line(
    struct gateway *gw, struct map *list, struct str line, struct err *err)
{
	struct buf name;
	int rc = 0;

	line = str_trim(line);
	if (line.len == 0)
		return 0;
	buf_init(&name, GW_NAME_MAX);
	if (name_of(gw, line, &name, err) < 0)
		rc = err_prefix(err, STR_FMT, STR_ARG(str_head(line, 60)));
	else if (list->n >= UNWANTED_USER_MAX)
		rc = err_set(err, ERR_BAD_INPUT, "more than %d contacts",
		    UNWANTED_USER_MAX);
	else if (!map_get(list, buf_str(&name))) {
		char *copy = str_dup(buf_str(&name));

		map_put(list, str_c(copy), copy);
	}
	buf_release(&name);
	return rc;
}

static int
read_list(struct gateway *gw, const struct stanza *answer, struct map *list,
    struct err *err)
{
	struct str rest, line;
	struct buf lines;
	int rc = 0;

	buf_init(&lines, FORM_VALUE_MAX);
	form_lines(answer, "who", &lines);
	rest = buf_str(&lines);
	while (rc == 0 && rest.len > 0 && str_cut(&rest, '\n', &line))
		rc = list_add_line(gw, list, line, err);
	buf_release(&lines);
	return rc;
}

/* Who is on the list no more. */
static void
lift_others(struct saving *sv, struct str user, const struct map *list)
{
	struct unwanted *u = sv->gw->unwanted;
	struct str rest, name;
	struct buf was;

	buf_init(&was, UNWANTED_USER_MAX * (GW_NAME_MAX + 1));
	unwanted_write(u, user, &was);
	rest = buf_str(&was);
	while (rest.len > 0 && str_cut(&rest, '\n', &name)) {
		if (name.len == 0 || map_get(list, name))
			continue;
		sv->left++;
		if (!unwanted_lift(u, user, name, on_saved, sv))
			sv->left--;
	}
	buf_release(&was);
}

static void
save(struct saving *sv, struct str user, const struct map *list)
{
	struct unwanted *u = sv->gw->unwanted;
	struct map_iter it = { 0 };

	lift_others(sv, user, list);
	while (map_next(list, &it)) {
		if (unwanted_has(u, user, it.key))
			continue;
		sv->left++;
		if (unwanted_put(u, user, it.key, on_saved, sv, &sv->err) < 0)
			sv->left--;
	}
}

static void
take(struct adhoc_call *call)
{
	struct inlet *in = services_inlet(call->ask);
	struct err err = ERR_INIT;
	struct saving *sv;
	struct map list;

	map_init(&list);
	if (read_list(in->gw, call->answer, &list, &err) < 0) {
		adhoc_fail(call, &err);
	} else {
		sv = xcalloc(1, sizeof(*sv));
		sv->gw = in->gw;
		sv->left = 1;
		save(sv, jid_bare(&in->from), &list);
		sv->token = adhoc_keep(call, COMMAND_MS);
		saving_done(sv);
	}
	list_release(&list);
}

static void
show(struct adhoc_call *call)
{
	struct inlet *in = services_inlet(call->ask);
	struct adhoc_form form = { .stage = 0, .last = true };
	struct buf lines;
	struct form_field field = { .type = FORM_LINES,
		.var = "who",
		.label = "Blocked, one on each line" };

	buf_init(&lines, FORM_VALUE_MAX);
	unwanted_write(in->gw->unwanted, jid_bare(&in->from), &lines);
	field.value = str_trim(buf_str(&lines));
	form_write(adhoc_show(call, &form), "form", "Blocked contacts",
	    "What they send is dropped; they do not learn of it. Take somebody "
	    "out of the list to hear from him again.",
	    &field, 1);
	adhoc_shown(call);
	buf_release(&lines);
}

void
unwanted_on_call(struct adhoc_call *call)
{
	if (call->answer)
		take(call);
	else
		show(call);
}
