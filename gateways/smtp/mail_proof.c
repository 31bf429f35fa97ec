#include <stdlib.h>
#include <sys/socket.h>

#include "smtp/mail_envelope.h"
#include "smtp/mail_glob.h"
#include "smtp/mail_proof.h"
#include "smtp/mail_record.h"

static void
release_all(char **v, size_t *n)
{
	while (*n)
		free(v[--*n]);
}

void
mail_proof_release(struct mail_proof *p)
{
	release_all(p->user, &p->nuser);
	release_all(p->from, &p->nfrom);
	p->nnetwork = 0;
}

static int
has_room(size_t n, const char *what, struct err *err)
{
	if (n < MAIL_PROOF_MAX)
		return 0;
	return err_set(
	    err, ERR_TOO_BIG, "more than %d %s", MAIL_PROOF_MAX, what);
}

int
mail_proof_add_network(struct mail_proof *p, struct str s, struct err *err)
{
	if (has_room(p->nnetwork, "networks", err) < 0 ||
	    address_range_parse(&p->network[p->nnetwork], s, err) < 0)
		return -1;
	p->nnetwork++;
	return 0;
}

int
mail_proof_add_user(struct mail_proof *p, struct str s, struct err *err)
{
	if (has_room(p->nuser, "users", err) < 0)
		return -1;
	if (s.len == 0)
		return err_set(err, ERR_BAD_INPUT, "a user without a name");
	p->user[p->nuser++] = str_dup(s);
	return 0;
}

/* DMARC speaks for a domain: a pattern that leaves it open proves nothing. */
static bool
names_domain(struct str s)
{
	ptrdiff_t at = str_find(s, '@');
	struct str domain;

	if (at < 0)
		return false;
	domain = str_skip(s, (size_t)at + 1);
	if (str_starts(domain, STR("*.")))
		domain = str_skip(domain, 2);
	return str_has(domain, '.') && !str_has(domain, '*') &&
	    !str_has(domain, '?') && !str_has(domain, '@');
}

int
mail_proof_add_from(struct mail_proof *p, struct str s, struct err *err)
{
	if (has_room(p->nfrom, "senders", err) < 0)
		return -1;
	if (!names_domain(s))
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" names no domain; write "
		    "backup@example.org, or *@example.org",
		    STR_ARG(str_head(s, 100)));
	p->from[p->nfrom++] = str_dup(s);
	return 0;
}

static bool
is_in_networks(const struct mail_proof *p, struct str address)
{
	struct sockaddr_storage sa;

	if (address.len == 0 || !address_parse(address, &sa))
		return false;
	for (size_t i = 0; i < p->nnetwork; i++)
		if (address_in_range(
		        &p->network[i], (const struct sockaddr *)&sa))
			return true;
	return false;
}

bool
mail_proof_by_client(
    const struct mail_proof *p, const struct mail_client *c, struct str slug)
{
	bool is_user = c->user.len && !c->is_target;

	if (c->user.len && str_eq_nocase(c->user, slug))
		return true;
	/* Anybody may make a target that is called like one of them. */
	for (size_t i = 0; is_user && i < p->nuser; i++)
		if (str_is(c->user, p->user[i]))
			return true;
	return is_in_networks(p, c->address);
}

bool
mail_proof_by_sender(const struct mail_proof *p, const struct mail_record *r)
{
	if (!str_is(r->auth.dmarc, "pass"))
		return false;
	for (size_t i = 0; i < p->nfrom; i++)
		if (mail_glob(str_c(p->from[i]), r->from.address))
			return true;
	return false;
}
