#include <stdlib.h>

#include "lib/xalloc.h"
#include "smtp/mail_address.h"
#include "smtp/mail_options.h"

enum { WORDS_MAX = 100, MB = 1024 * 1024 };

const struct gw_option mail_options[] = {
	{ "domain", GW_OPT_STR, "", 0, 0 },
	{ "home", GW_OPT_LIST, "{}", 0, 0 },
	{ "computed", GW_OPT_BOOL, "no", 0, 0 },
	{ "reserved", GW_OPT_LIST, "{}", 0, 0 },
	{ "postmasters", GW_OPT_LIST, "{}", 0, 0 },
	{ "authserv_id", GW_OPT_STR, "", 0, 0 },
	{ "uploads", GW_OPT_LIST, "{}", 0, 0 },
	{ "per_hour", GW_OPT_INT, "30", 0, 1000000 },
	{ "per_day", GW_OPT_INT, "150", 0, 1000000 },
	{ "new_per_day", GW_OPT_INT, "20", 0, 1000000 },
	{ "per_recipient_hour", GW_OPT_INT, "30", 0, 1000000 },
	{ "in_per_minute", GW_OPT_INT, "60", 0, 100000 },
	{ "source_per_minute", GW_OPT_INT, "120", 0, 100000 },
	{ "spam", GW_OPT_STR, "refuse", 0, 0 },
	{ "size_max_mb", GW_OPT_INT, "10", 1, 50 },
	{ "hold_ms", GW_OPT_INT, "20000", 0, 3600000 },
	{ "hold_max_ms", GW_OPT_INT, "90000", 0, 3600000 },
	{ "room_targets", GW_OPT_BOOL, "no", 0, 0 },
	{ "targets_per_minute", GW_OPT_INT, "3000", 0, 60000 },
	{ NULL, GW_OPT_STR, NULL, 0, 0 },
};

/* ---- words ------------------------------------------------------------ */

static void
words_add(struct mail_words *w, struct str word)
{
	w->v = xrealloc_array(w->v, w->n + 1, sizeof(*w->v));
	w->v[w->n++] = str_dup(word);
}

void
mail_words_release(struct mail_words *w)
{
	while (w->n)
		free(w->v[--w->n]);
	free(w->v);
	*w = (struct mail_words){ 0 };
}

bool
mail_words_have(const struct mail_words *w, struct str word)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq_nocase(str_c(w->v[i]), word))
			return true;
	return false;
}

int
mail_words_read(struct mail_words *w, const struct conf *conf,
    const char *option, struct err *err)
{
	if (conf_list_len(conf, option) > WORDS_MAX)
		return conf_err(
		    conf, option, err, "%s: more than %d", option, WORDS_MAX);
	for (size_t i = 0; i < conf_list_len(conf, option); i++)
		words_add(w, conf_list_at(conf, option, i));
	return 0;
}

/* ---- domains ---------------------------------------------------------- */

static int
read_domain(struct mail_options *o, struct gateway *gw, const struct conf *conf,
    struct err *err)
{
	struct str given = conf_str(conf, "domain");
	struct err why = ERR_INIT;
	struct buf ascii;
	int rc;

	buf_init(&ascii, MAIL_DOMAIN_MAX);
	rc = mail_domain_ascii(
	    given.len ? given : gateway_domain(gw), &ascii, &why);
	if (rc < 0)
		conf_err(conf, "domain", err, "domain: %s", why.text);
	o->domain = str_dup(buf_str(&ascii));
	buf_release(&ascii);
	return rc;
}

/* As XEP-0114 leaves us to guess: that of the gateway, but for its first. */
static int
read_home(struct mail_options *o, struct gateway *gw, const struct conf *conf,
    struct err *err)
{
	struct str domain = gateway_domain(gw), first;

	if (mail_words_read(&o->home, conf, "home", err) < 0)
		return -1;
	if (!conf_is_set(conf, "home") && str_cut(&domain, '.', &first) &&
	    domain.p && domain.len)
		words_add(&o->home, domain);
	return 0;
}

bool
mail_options_is_own(const struct mail_options *o, struct str domain)
{
	return str_eq_nocase(domain, str_c(o->domain));
}

/* ---- all of it -------------------------------------------------------- */

static void
read_limits(struct mail_options *o, const struct conf *conf)
{
	o->per_hour = (unsigned)conf_int(conf, "per_hour");
	o->per_day = (unsigned)conf_int(conf, "per_day");
	o->new_per_day = (unsigned)conf_int(conf, "new_per_day");
	o->per_recipient_hour = (unsigned)conf_int(conf, "per_recipient_hour");
	o->in_per_minute = (unsigned)conf_int(conf, "in_per_minute");
	o->source_per_minute = (unsigned)conf_int(conf, "source_per_minute");
	o->size_max = (uint64_t)conf_int(conf, "size_max_mb") * MB;
	o->hold_ms = conf_int(conf, "hold_ms");
	o->hold_max_ms = conf_int(conf, "hold_max_ms");
}

static int
read_spam(struct mail_options *o, const struct conf *conf, struct err *err)
{
	static const char *const words[] = { [MAIL_SPAM_REFUSE] = "refuse",
		[MAIL_SPAM_DROP] = "drop",
		[MAIL_SPAM_TAKE] = "take" };
	struct str word = conf_str(conf, "spam");

	for (int i = MAIL_SPAM_REFUSE; i <= MAIL_SPAM_TAKE; i++)
		if (str_is(word, words[i])) {
			o->spam = (enum mail_spam)i;
			return 0;
		}
	return conf_err(conf, "spam", err,
	    "spam = \"" STR_FMT "\": refuse, drop or take", STR_ARG(word));
}

int
mail_options_read(struct mail_options *o, struct gateway *gw,
    const struct conf *conf, struct err *err)
{
	*o = (struct mail_options){
		.authserv_id = str_dup(conf_str(conf, "authserv_id")),
		.computed = conf_bool(conf, "computed"),
	};
	read_limits(o, conf);
	if (o->hold_ms > o->hold_max_ms)
		return conf_err(
		    conf, "hold_ms", err, "hold_ms is more than hold_max_ms");
	if (read_spam(o, conf, err) < 0 || read_domain(o, gw, conf, err) < 0 ||
	    read_home(o, gw, conf, err) < 0 ||
	    mail_words_read(&o->uploads, conf, "uploads", err) < 0 ||
	    mail_words_read(&o->reserved, conf, "reserved", err) < 0)
		return -1;
	return mail_words_read(&o->postmasters, conf, "postmasters", err);
}

void
mail_options_release(struct mail_options *o)
{
	free(o->domain);
	free(o->authserv_id);
	mail_words_release(&o->home);
	mail_words_release(&o->uploads);
	mail_words_release(&o->postmasters);
	mail_words_release(&o->reserved);
	*o = (struct mail_options){ 0 };
}
