#include <string.h>

#include "core/account.h"
#include "core/import.h"
#include "core/instance.h"
#include "core/store.h"
#include "lib/buf.h"
#include "lib/secret.h"
#include "xmpp/jid.h"

enum { FIELDS = 4, NAMES_MAX = 4 * GW_NAME_MAX, WAITING_MAX = 200 };

struct import {
	struct core *core;
	struct buf names; /* what the address at hand points into */
	size_t nwaiting;
	struct import_result result;
};

/* One line, taken apart; the fields point into it. */
struct entry {
	struct str user, address, name, value;
};

/* ---- the line ---------------------------------------------------------- */

/* In place; -1: a backslash in front of something else. */
static int
unescape(char *value)
{
	char *to = value;

	for (char *p = value; *p; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		switch (*++p) {
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case '\\':
			*to++ = '\\';
			break;
		default:
			return -1;
		}
	}
	*to = '\0';
	return 0;
}

static int
take_apart(char *line, struct entry *e, struct err *err)
{
	char *field[FIELDS];
	size_t n = 0;

	while (n < FIELDS && (field[n] = strsep(&line, "\t")))
		n++;
	if (n < FIELDS || line)
		return err_set(err, ERR_BAD_INPUT,
		    "not USER, ADDRESS, NAME and VALUE with a tab between");
	if (unescape(field[3]) < 0)
		return err_set(err, ERR_BAD_INPUT,
		    "a backslash in a value is written \\\\");
	*e = (struct entry){ str_c(field[0]), str_c(field[1]), str_c(field[2]),
		str_c(field[3]) };
	return 0;
}

/* ---- where it belongs --------------------------------------------------- */

static struct gateway *
find_gateway(struct core *c, struct str domain)
{
	struct gateway *gw = NULL;

	while ((gw = core_next_gateway(c, gw)))
		if (str_eq(gateway_domain(gw), domain))
			return gw;
	return NULL;
}

static const struct gw_setting *
find_setting(struct gateway *gw, struct str name)
{
	const struct gw_setting *st = gw->ops->settings;

	for (; st && st->name; st++)
		if (str_is(name, st->name))
			return st;
	return NULL;
}

static unsigned
scope_of(const struct gw_address *at)
{
	switch (at->kind) {
	case GW_ADDR_ROOM:
		return GW_SCOPE_ROOM;
	case GW_ADDR_NETWORK:
		return GW_SCOPE_NETWORK;
	case GW_ADDR_DOMAIN:
		return at->network.len ? GW_SCOPE_NETWORK : GW_SCOPE_GATEWAY;
	case GW_ADDR_PERSON:
		break;
	}
	return 0;
}

static int
check_value(struct gateway *gw, const struct gw_setting *st, struct str value,
    struct err *err)
{
	uint64_t n;

	if (value.len == 0)
		return err_set(err, ERR_BAD_INPUT, "no value");
	if (value.len >= SECRET_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "a value has less than %d bytes", SECRET_MAX);
	if (st->type == GW_SET_BOOL && !str_is(value, "0") &&
	    !str_is(value, "1"))
		return err_set(err, ERR_BAD_INPUT, "the value is 0 or 1");
	if (st->type == GW_SET_INT && !str_to_uint(value, UINT32_MAX, &n))
		return err_set(err, ERR_BAD_INPUT, "the value is a number");
	return st->check ? st->check(gw, value, err) : 0;
}

static void
on_kept(bool ok, void *arg)
{
	struct import *im = arg;

	im->nwaiting--;
	if (ok)
		im->result.nset++;
	else
		im->result.nrefused++;
}

static int
keep(struct import *im, const struct entry *e, struct err *err)
{
	const struct gw_setting *st;
	struct gw_address at;
	struct gateway *gw;
	struct jid user, to;

	if (jid_parse(&user, e->user, err) < 0)
		return err_prefix(err, "user");
	if (jid_parse(&to, e->address, err) < 0)
		return err_prefix(err, "address");
	gw = find_gateway(im->core, jid_domain(&to));
	if (!gw)
		return err_set(err, ERR_NOT_FOUND,
		    "no gateway \"" STR_FMT "\" in the configuration",
		    STR_ARG(jid_domain(&to)));
	buf_clear(&im->names);
	if (instance_address(gw, &to, &im->names, &at, err) < 0)
		return -1;
	st = find_setting(gw, e->name);
	if (!st || !account_can_set(gw, scope_of(&at), at.network, st))
		return err_set(err, ERR_UNSUPPORTED,
		    "there is no setting \"" STR_FMT "\" for " STR_FMT,
		    STR_ARG(e->name), STR_ARG(e->address));
	if (check_value(gw, st, e->value, err) < 0)
		return err_prefix(err, "%s", st->name);
	im->nwaiting++;
	store_setting_put(core_store(im->core), jid_bare(&user),
	    gateway_domain(gw), at.network,
	    at.kind == GW_ADDR_ROOM ? at.name : STR_EMPTY, e->name, e->value,
	    gw_setting_is_sealed(st->type), on_kept, im);
	return 0;
}

/* ---- the file ------------------------------------------------------------ */

/* False: the line does not fit or holds NUL; what is left of it is skipped. */
static bool
is_whole(char *line, size_t size, FILE *from)
{
	size_t len = strcspn(line, "\n");

	if (line[len] == '\n' || (feof(from) && len + 1 < size)) {
		line[len] = '\0';
		return true;
	}
	while (fgets(line, (int)size, from) && !strchr(line, '\n'))
		;
	return false;
}

static void
use_line(struct import *im, char *line, bool whole, const char *name,
    size_t number, FILE *complain)
{
	struct entry e;
	struct err err = ERR_INIT;

	if (whole && (line[0] == '\0' || line[0] == '#'))
		return;
	if (!whole)
		err_set(&err, ERR_TOO_BIG, "longer than %d bytes, or not text",
		    IMPORT_LINE_MAX);
	else if (take_apart(line, &e, &err) == 0 && keep(im, &e, &err) == 0)
		return;
	im->result.nrefused++;
	fprintf(complain, "%s:%zu: %s\n", name, number, err.text);
}

struct import_result
import_settings(struct core *c, FILE *from, const char *name, FILE *complain)
{
	struct import im = { .core = c };
	char line[IMPORT_LINE_MAX];
	size_t number = 0;

	buf_init(&im.names, NAMES_MAX);
	while (fgets(line, sizeof(line), from)) {
		bool whole = is_whole(line, sizeof(line), from);

		use_line(&im, line, whole, name, ++number, complain);
		/* Bounds what waits for the disk. */
		if (im.nwaiting >= WAITING_MAX)
			store_settle(core_store(c));
	}
	store_settle(core_store(c));
	secret_wipe(line, sizeof(line));
	buf_release(&im.names);
	return im.result;
}
