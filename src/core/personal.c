/*
 * What is kept about a user: shown to him, and erased.
 *
 * XEP-0077 2.4		registration, which nothing here needs; and its removal
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/account.h"
#include "core/commands.h"
#include "core/instance.h"
#include "core/once.h"
#include "core/personal.h"
#include "core/registration.h"
#include "core/room.h"
#include "core/roster.h"
#include "core/router.h"
#include "core/services.h"
#include "core/session.h"
#include "core/unwanted.h"
#include "lib/xalloc.h"
#include "xmpp/adhoc.h"
#include "xmpp/form.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

enum {
	COMMAND_MS = 30000,
	PART_MAX = 64 * 1024, /* bytes of one field of what is shown */
};

/* The answer waits for the disk. */
struct asking {
	struct gateway *gw;
	uint64_t token; /* of a command, or of an iq */
	char *user;
	struct buf settings, registration, rooms, contacts, unwanted, archive;
};

static struct asking *
asking_new(struct gateway *gw, struct str user)
{
	struct asking *k = xcalloc(1, sizeof(*k));

	k->gw = gw;
	k->user = str_dup(user);
	buf_init(&k->settings, PART_MAX);
	buf_init(&k->registration, PART_MAX);
	buf_init(&k->rooms, PART_MAX);
	buf_init(&k->contacts, PART_MAX);
	buf_init(&k->unwanted, PART_MAX);
	buf_init(&k->archive, PART_MAX);
	return k;
}

static void
asking_free(struct asking *k)
{
	buf_release(&k->settings);
	buf_release(&k->registration);
	buf_release(&k->rooms);
	buf_release(&k->contacts);
	buf_release(&k->unwanted);
	buf_release(&k->archive);
	free(k->user);
	free(k);
}

/* NULL: the command has been answered. */
static struct asking *
keep(struct adhoc_call *call, struct account **a_out)
{
	struct inlet *in = services_inlet(call->ask);
	struct err err = ERR_INIT;
	struct asking *k;

	*a_out = account_get(in->gw, jid_bare(&in->from), &err);
	if (!*a_out) {
		adhoc_fail(call, &err);
		return NULL;
	}
	k = asking_new(in->gw, jid_bare(&in->from));
	k->token = adhoc_keep(call, COMMAND_MS);
	return k;
}

/* ---- export ----------------------------------------------------------- */

/* What the network does not declare is the core's own, and a key. */
static bool
is_secret(const struct gateway *gw, struct str name)
{
	const struct gw_setting *st = gw->ops->settings;

	for (; st && st->name; st++)
		if (str_is(name, st->name))
			return gw_setting_is_sealed(st->type);
	return !once_owns(name);
}

static void
add_setting(void *arg, struct str network, struct str room, struct str name,
    struct str value)
{
	struct asking *k = arg;
	struct buf *b = &k->settings;

	if (room.len)
		buf_addf(b, STR_FMT " on ", STR_ARG(room));
	buf_addf(b, STR_FMT ": " STR_FMT " = " STR_FMT "\n",
	    STR_ARG(network.len ? network : STR("all networks")), STR_ARG(name),
	    STR_ARG(is_secret(k->gw, name) ? STR("(kept encrypted)") : value));
}

static void
add_rooms(struct asking *k, const struct account *a)
{
	struct map_iter si = { 0 };

	while (map_next(&a->sessions, &si)) {
		const struct session *s = si.value;
		struct map_iter ri = { 0 };

		while (map_next(&s->rooms, &ri))
			buf_addf(&k->rooms, "%s on %s as %s\n",
			    ((struct room *)ri.value)->name, s->network,
			    s->nick);
	}
}

static void
add_part(struct xmlw *w, const char *var, const char *label, struct buf *text)
{
	form_add(w,
	    &(struct form_field){ .type = FORM_LINES,
	        .var = var,
	        .label = label,
	        .value =
	            text->len ? str_trim(buf_str(text)) : STR("nothing") });
}

static void
show(struct adhoc_call *call, struct asking *k)
{
	struct xmlw *w = adhoc_result(call);

	form_begin(w, "result", "What is kept about you",
	    "What was said is in the archive of each room or person, which "
	    "your client reads there.");
	add_part(w, "settings", "Settings", &k->settings);
	if (k->gw->ops->registration)
		add_part(w, "registration", "Registration", &k->registration);
	add_part(w, "rooms", "Rooms you are in", &k->rooms);
	add_part(
	    w, "contacts", "People and networks in your roster", &k->contacts);
	if (!k->gw->ops->live)
		add_part(w, "blocked", "Blocked contacts", &k->unwanted);
	add_part(w, "archive", "Lines kept of what was said", &k->archive);
	xmlw_close(w);
	adhoc_done(call);
}

static void
on_talks(bool ok, const struct store_talk_size *v, size_t n, void *arg)
{
	struct asking *k = arg;
	struct adhoc_call *call = adhoc_kept(commands_adhoc(k->gw), k->token);
	size_t i;

	for (i = 0; i < n; i++)
		buf_addf(&k->archive, STR_FMT " on " STR_FMT ": %" PRIu64 "\n",
		    STR_ARG(v[i].name), STR_ARG(v[i].network), v[i].nlines);
	if (n == STORE_TALKS_MAX)
		buf_addf(&k->archive, "and more\n");
	if (call && ok)
		show(call, k);
	else if (call)
		adhoc_finish(call, ADHOC_ERROR,
		    STR("The disk is in trouble; try again later."));
	asking_free(k);
}

static void
on_account(struct account *a, void *arg)
{
	struct asking *k = arg;

	account_settings(a, add_setting, k);
	add_rooms(k, a);
	registration_write(k->gw, str_c(k->user), &k->registration);
	rosters_write(k->gw->rosters, str_c(k->user), &k->contacts);
	unwanted_write(k->gw->unwanted, str_c(k->user), &k->unwanted);
	(void)store_talks_load(core_store(k->gw->core), gateway_domain(k->gw),
	    str_c(k->user), on_talks, k);
}

void
personal_on_export(struct adhoc_call *call)
{
	struct account *a;
	struct asking *k = keep(call, &a);

	if (k)
		account_wait(a, on_account, k);
}

/* ---- forget ----------------------------------------------------------- */

/* His sessions end, and nothing is kept; done when it is on disk. */
static void
erase(struct account *a, store_done_fn *done, struct asking *k)
{
	(void)account_end_sessions(
	    a, STR_EMPTY, GW_BYE_UNREGISTER, STR("You asked to be forgotten."));
	unwanted_forget(k->gw->unwanted, str_c(k->user));
	registration_remove(k->gw, str_c(k->user));
	account_forget(a, done, k);
	account_check(a);
}

static void
on_forgotten(bool ok, void *arg)
{
	struct asking *k = arg;
	struct adhoc_call *call = adhoc_kept(commands_adhoc(k->gw), k->token);

	if (call)
		adhoc_finish(call, ok ? ADHOC_INFO : ADHOC_ERROR,
		    ok ? STR("Nothing is kept about you any more.")
		       : STR("Not erased: the disk is in trouble; try again."));
	asking_free(k);
}

static void
forget(struct adhoc_call *call)
{
	struct account *a;
	struct asking *k = keep(call, &a);

	if (k)
		erase(a, on_forgotten, k);
}

void
personal_on_forget(struct adhoc_call *call)
{
	static const struct form_field field[] = {
		{ .type = FORM_BOOL,
		    .var = "sure",
		    .required = true,
		    .label = "Yes, disconnect me and erase my settings, "
		             "passwords and rooms" },
	};
	struct adhoc_form form = { .stage = 0, .last = true };

	if (!call->answer) {
		form_write(adhoc_show(call, &form), "form", "Forget me", NULL,
		    field, 1);
		adhoc_shown(call);
	} else if (form_bool(call->answer, "sure")) {
		forget(call);
	} else {
		adhoc_finish(call, ADHOC_INFO, STR("Nothing was erased."));
	}
}

/* ---- registration ----------------------------------------------------- */

void
personal_on_register_get(struct iq_ask *ask, const struct stanza *query)
{
	struct inlet *in = services_inlet(ask);
	struct xmlw *w;

	(void)query;
	if (in->at.kind != GW_ADDR_DOMAIN) {
		iq_fail_unknown(ask);
		return;
	}
	if (in->gw->ops->registration) {
		registration_on_get(ask);
		return;
	}
	w = iq_result(ask);
	xmlw_open(w, "query", NS_REGISTER);
	/* Who may use it is: without it, clients do not offer to remove. */
	xmlw_leaf(w, "registered", NULL);
	xmlw_textel(w, "instructions", NULL,
	    STR("You need not register: join a room, or write to somebody. "
	        "Settings are in the commands of this address. To remove the "
	        "registration disconnects you and erases all that is kept "
	        "about you here."));
	xmlw_close(w);
	iq_done(ask);
}

static void
on_removed(bool ok, void *arg)
{
	struct asking *k = arg;
	struct iq_ask *ask = iq_kept(services_iqs(k->gw), k->token);
	struct err err;

	if (ask && ok) {
		iq_ok(ask);
	} else if (ask) {
		err_set(&err, ERR_BUSY,
		    "not erased: the disk is in trouble; try again");
		iq_fail(ask, &err);
	}
	asking_free(k);
}

static void
unregister(struct iq_ask *ask, struct inlet *in)
{
	struct err err = ERR_INIT;
	struct account *a = account_get(in->gw, jid_bare(&in->from), &err);
	struct asking *k;

	if (!a) {
		iq_fail(ask, &err);
		return;
	}
	k = asking_new(in->gw, jid_bare(&in->from));
	k->token = iq_keep(ask, COMMAND_MS);
	erase(a, on_removed, k);
}

void
personal_on_register_set(struct iq_ask *ask, const struct stanza *query)
{
	struct inlet *in = services_inlet(ask);

	if (in->at.kind != GW_ADDR_DOMAIN)
		iq_fail_unknown(ask);
	else if (stanza_child(query, "remove", NULL))
		unregister(ask, in);
	else if (in->gw->ops->registration)
		registration_on_set(ask, query);
	else
		iq_ok(ask);
}
