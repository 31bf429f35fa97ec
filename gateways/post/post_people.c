#include <stdlib.h>

#include "lib/xalloc.h"
#include "post/post_people.h"

enum { SLOW_MS = 5000, NAME_MAX_BYTES = 64 };

static struct post_people *
people_of(struct gateway *gw)
{
	return gateway_priv(gw);
}

static void
on_later(struct timer *t)
{
	struct post_people *p = TIMER_OWNER(t, struct post_people, later);

	gateway_registered(
	    p->gw, p->token, STR("You are registered, at last."), NULL);
}

void
post_people_open(struct post_people *p, struct gateway *gw)
{
	p->gw = gw;
	p->is_closed = str_starts(gateway_domain(gw), STR("members."));
	map_init(&p->names);
	timer_init(&p->later, on_later);
}

static void
keep(struct post_people *p, struct str user, struct str name)
{
	free(map_del(&p->names, user));
	if (name.len) {
		size_t size = user.len + 1 + name.len + 1;
		char *both = xmalloc(size);

		/* The key, and behind it the value. */
		(void)snprintf(both, size, STR_FMT, STR_ARG(user));
		(void)snprintf(
		    both + user.len + 1, name.len + 1, STR_FMT, STR_ARG(name));
		map_put(&p->names, str_of(both, user.len), both);
	}
}

void
post_people_close(struct post_people *p)
{
	struct map_iter it = { 0 };

	timer_cancel(&p->later);
	while (map_next(&p->names, &it))
		free(it.value);
	map_release(&p->names);
}

void
post_people_fact(
    struct gateway *gw, struct str network, struct str name, struct str value)
{
	(void)network;
	keep(people_of(gw), name, value);
}

/* ---- the contract ----------------------------------------------------- */

static bool
is_registered(struct gateway *gw, struct str user)
{
	struct post_people *p = people_of(gw);

	return !p->is_closed || map_get(&p->names, user);
}

static struct str
given_as(const struct gw_field *given, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(given[i].name, name))
			return given[i].value;
	return STR_EMPTY;
}

static const struct gw_choice checks[] = {
	{ { "plain", 5 }, { "At once", 7 } },
	{ { "careful", 7 }, { "With a password", 15 } },
};

static int
form(struct gateway *gw, struct str user, const struct gw_field *given,
    size_t n, struct gw_form *out, struct err *err)
{
	if (!people_of(gw)->is_closed)
		return err_set(err, ERR_DENIED, "everybody is known here");
	(void)user;
	out->instructions = "Choose a name.";
	if (n == 0) {
		out->field[out->n++] = (struct gw_form_field){
			.name = "username", .label = "Name", .required = true
		};
		out->field[out->n++] = (struct gw_form_field){ .name = "check",
			.label = "How",
			.value = checks[0].value,
			.choice = checks,
			.nchoice = 2 };
		out->more = true;
	} else if (n == 2 && str_is(given_as(given, n, "check"), "careful")) {
		out->instructions = "Say the password.";
		out->field[out->n++] =
		    (struct gw_form_field){ .name = "password",
			    .label = "Password",
			    .type = GW_SET_SECRET,
			    .required = true };
	}
	return 0;
}

static bool
is_taken(const struct post_people *p, struct str user, struct str name)
{
	struct map_iter it = { 0 };

	while (map_next(&p->names, &it)) {
		const char *is = (const char *)it.value + it.key.len + 1;

		if (!str_eq(it.key, user) && str_is(name, is))
			return true;
	}
	return false;
}

static void
submit(struct gateway *gw, struct str user, const struct gw_field *given,
    size_t n, uint64_t token)
{
	struct post_people *p = people_of(gw);
	struct str name = given_as(given, n, "username");
	struct str password = given_as(given, n, "password");
	struct clock *c = gateway_clock(gw);
	struct err err = ERR_INIT;

	if (is_taken(p, user, name))
		err_set(&err, ERR_CONFLICT, "somebody else has that name");
	else if (str_is(password, "wrong"))
		err_set(&err, ERR_BAD_INPUT, "that is not the password");
	if (err.kind != ERR_NONE) {
		gateway_registered(gw, token, STR_EMPTY, &err);
		return;
	}
	name = str_head(name, NAME_MAX_BYTES);
	keep(p, user, name);
	gateway_fact_put(gw, STR_EMPTY, user, name);
	p->token = token;
	if (str_is(password, "slow"))
		timer_set(&p->later, c, c->at + SLOW_MS);
	else
		gateway_registered(gw, token, STR_EMPTY, NULL);
}

static void
remove_user(struct gateway *gw, struct str user)
{
	keep(people_of(gw), user, STR_EMPTY);
	gateway_fact_put(gw, STR_EMPTY, user, STR_EMPTY);
}

static void
describe(struct gateway *gw, struct str user, struct buf *out)
{
	const char *both = map_get(&people_of(gw)->names, user);

	if (both)
		buf_addf(out, "You are called %s.\n", both + user.len + 1);
}

const struct gw_registration post_registration = {
	.is_registered = is_registered,
	.form = form,
	.submit = submit,
	.remove = remove_user,
	.describe = describe,
};
