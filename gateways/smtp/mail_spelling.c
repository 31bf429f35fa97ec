#include <stdlib.h>

#include "lib/list.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "smtp/mail_address.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_spelling.h"

#define PREFIX "name "

struct spelling {
	struct list node;
	char *folded, *spelled;
};

struct mail_spellings {
	struct map map;
	struct list list; /* oldest first */
};

#define SPELLING(n) LIST_ENTRY(n, struct spelling, node)

static void
fact_put(struct mail_gateway *mail, const char *folded, struct str value)
{
	struct buf name;

	buf_init(&name, MAIL_ADDRESS_MAX + sizeof(PREFIX));
	buf_addf(&name, PREFIX "%s", folded);
	gateway_fact_put(mail->gw, STR_EMPTY, buf_str(&name), value);
	buf_release(&name);
}

static void
spelling_free(struct mail_spellings *all, struct spelling *s)
{
	map_del_value(&all->map, str_c(s->folded), s);
	list_del(&s->node);
	free(s->folded);
	free(s->spelled);
	free(s);
}

static void
erase(struct mail_gateway *mail, struct spelling *s)
{
	fact_put(mail, s->folded, STR_EMPTY);
	spelling_free(mail->spellings, s);
}

static struct spelling *
find(const struct mail_gateway *mail, struct str address)
{
	struct spelling *s;
	struct buf folded;

	buf_init(&folded, MAIL_ADDRESS_MAX);
	mail_address_fold(str_head(address, MAIL_ADDRESS_MAX), &folded);
	s = map_get(&mail->spellings->map, buf_str(&folded));
	buf_release(&folded);
	return s;
}

/* One that is not there yet. */
static void
add(struct mail_gateway *mail, struct str address)
{
	struct mail_spellings *all = mail->spellings;
	struct spelling *s = xcalloc(1, sizeof(*s));
	struct buf folded;

	if (all->map.n == MAIL_SPELLINGS_MAX)
		erase(mail, SPELLING(list_first(&all->list)));
	buf_init(&folded, MAIL_ADDRESS_MAX);
	mail_address_fold(address, &folded);
	s->folded = str_dup(buf_str(&folded));
	s->spelled = str_dup(address);
	map_put(&all->map, str_c(s->folded), s);
	list_add(&all->list, &s->node);
	buf_release(&folded);
}

static bool
is_small(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return true;
}

void
mail_spelling_note(struct mail_gateway *mail, struct str address)
{
	struct spelling *s;
	struct mail_address a;

	if (mail_address_parse(address, &a, NULL) < 0)
		return;
	s = find(mail, address);
	if (s && str_is(address, s->spelled)) {
		list_del(&s->node);
		list_add(&mail->spellings->list, &s->node);
		return;
	}
	if (s)
		erase(mail, s);
	if (is_small(a.local))
		return;
	add(mail, address);
	s = find(mail, address);
	fact_put(mail, s->folded, address);
}

/* The domain as it is given: that is in ASCII already. */
void
mail_spelling_write(
    const struct mail_gateway *mail, struct str address, struct buf *out)
{
	const struct spelling *s = find(mail, address);
	struct str domain = address, local = STR_EMPTY, spelled;

	if (s) {
		spelled = str_c(s->spelled);
		(void)str_cut(&spelled, '@', &local);
		(void)str_cut(&domain, '@', &spelled);
		buf_addf(
		    out, STR_FMT "@" STR_FMT, STR_ARG(local), STR_ARG(domain));
	} else {
		buf_add_str(out, address);
	}
}

/* ---- in the gateway --------------------------------------------------- */

static int
open_spellings(
    struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	mail->spellings = xcalloc(1, sizeof(*mail->spellings));
	map_init(&mail->spellings->map);
	list_init(&mail->spellings->list);
	return 0;
}

static void
close_spellings(struct mail_gateway *mail)
{
	LIST_EACH(&mail->spellings->list, n)
	{
		spelling_free(mail->spellings, SPELLING(n));
	}
	map_release(&mail->spellings->map);
	free(mail->spellings);
	mail->spellings = NULL;
}

static void
on_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	struct mail_address a;

	if (mail_address_parse(value, &a, NULL) == 0 &&
	    mail_address_same(name, value) && !find(mail, value))
		add(mail, value);
}

const struct mail_noun mail_spelling_noun = {
	.open = open_spellings,
	.close = close_spellings,
	.prefix = PREFIX,
	.on_fact = on_fact,
};
