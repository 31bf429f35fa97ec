/*
 * A list as a fact of the gateway:
 *
 *	unsub USER LIST = UTC post|open URL
 *
 * LIST is its List-Id, or the address that it writes from.
 */
#include "smtp/mail_lists.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/map.h"
#include "lib/xalloc.h"
#include "net/http_client.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_record.h"

#define PREFIX "unsub "
#define DAY_MS ((int64_t)24 * 3600 * 1000)

enum { NAME_BYTES = 4096, VALUE_BYTES = MAIL_URL_MAX + 64 };

struct sub {
	struct list by_age, of_user; /* the newest last */
	struct reader *reader;
	char *list, *url;
	bool one_click;
	int64_t kept_utc;
};

/* A user whom lists write to. */
struct reader {
	char *user;
	struct list subs;
	size_t n;
};

/* A request under way; it outlives what is known of the list. */
struct leaving {
	struct list node;
	struct mail_gateway *mail;
	char *user, *list;
	struct http_call *call;
};

struct mail_lists {
	struct map readers;
	struct list by_age, leavings;
	size_t n;
	struct http_client *http; /* NULL: nobody has left a list yet */
};

#define BY_AGE(n)  LIST_ENTRY(n, struct sub, by_age)
#define OF_USER(n) LIST_ENTRY(n, struct sub, of_user)
#define LEAVING(n) LIST_ENTRY(n, struct leaving, node)

const struct gw_setting mail_lists_fields[] = {
	{ "list", GW_SET_TEXT, 0, "Mailing list",
	    "As it is shown, such as dev.lists.example.net; empty: all that "
	    "there are",
	    "", NULL },
	{ .name = NULL },
};

/* ---- lists --------------------------------------------------------------- */

static void
keep(struct mail_gateway *mail, struct sub *s, bool is_gone)
{
	struct buf name, value;

	buf_init(&name, NAME_BYTES);
	buf_init(&value, VALUE_BYTES);
	buf_addf(&name, PREFIX "%s %s", s->reader->user, s->list);
	s->kept_utc = gateway_clock(mail->gw)->utc;
	if (!is_gone)
		buf_addf(&value, "%" PRId64 " %s %s", s->kept_utc,
		    s->one_click ? "post" : "open", s->url);
	if (!buf_is_full(&name) && !buf_is_full(&value))
		gateway_fact_put(
		    mail->gw, STR_EMPTY, buf_str(&name), buf_str(&value));
	buf_release(&name);
	buf_release(&value);
}

static void
sub_free(struct mail_lists *all, struct sub *s)
{
	struct reader *r = s->reader;

	list_del(&s->by_age);
	list_del(&s->of_user);
	all->n--;
	free(s->list);
	free(s->url);
	free(s);
	if (--r->n > 0)
		return;
	map_del(&all->readers, str_c(r->user));
	free(r->user);
	free(r);
}

static void
sub_erase(struct mail_gateway *mail, struct sub *s)
{
	keep(mail, s, true);
	sub_free(mail->lists, s);
}

static struct sub *
sub_find(const struct mail_lists *all, struct str user, struct str list)
{
	struct reader *r = map_get(&all->readers, user);

	for (struct list *n = r ? r->subs.next : NULL; n && n != &r->subs;
	     n = n->next)
		if (str_eq_nocase(list, str_c(OF_USER(n)->list)))
			return OF_USER(n);
	return NULL;
}

static struct reader *
reader_get(struct mail_lists *all, struct str user)
{
	struct reader *r = map_get(&all->readers, user);

	if (r)
		return r;
	r = xcalloc(1, sizeof(*r));
	r->user = str_dup(user);
	list_init(&r->subs);
	map_put(&all->readers, str_c(r->user), r);
	return r;
}

static struct sub *
sub_new(struct mail_gateway *mail, struct str user, struct str list)
{
	struct mail_lists *all = mail->lists;
	struct reader *r = map_get(&all->readers, user);
	struct sub *s;

	if (r && r->n >= MAIL_LISTS_USER)
		sub_erase(mail, OF_USER(list_first(&r->subs)));
	else if (all->n >= MAIL_LISTS_MAX)
		sub_erase(mail, BY_AGE(list_first(&all->by_age)));
	s = xcalloc(1, sizeof(*s));
	s->reader = reader_get(all, user);
	s->reader->n++;
	s->list = str_dup(list);
	list_add(&all->by_age, &s->by_age);
	list_add(&s->reader->subs, &s->of_user);
	all->n++;
	return s;
}

/* Its name in our words: no blank, or it would end there. */
static struct str
name_of(const struct mail_record *r)
{
	struct str name = r->list_id.len ? r->list_id : r->from.address;

	return str_has(name, ' ') ? STR_EMPTY : name;
}

void
mail_lists_note(
    struct mail_gateway *mail, struct str user, const struct mail_record *r)
{
	struct str name = name_of(r);
	struct sub *s;

	if (r->unsubscribe.len == 0 || name.len == 0)
		return;
	s = sub_find(mail->lists, user, name);
	if (!s)
		s = sub_new(mail, user, name);
	str_store(&s->url, r->unsubscribe);
	s->one_click = r->one_click;
	list_del(&s->by_age);
	list_add(&mail->lists->by_age, &s->by_age);
	list_del(&s->of_user);
	list_add(&s->reader->subs, &s->of_user);
	if (gateway_clock(mail->gw)->utc - s->kept_utc >= DAY_MS)
		keep(mail, s, false);
}

void
mail_lists_write(const struct mail_lists *all, struct str user, struct buf *out)
{
	struct reader *r = map_get(&all->readers, user);

	for (struct list *n = r ? r->subs.prev : NULL; n && n != &r->subs;
	     n = n->prev)
		buf_addf(out, "mailing list: %s\n", OF_USER(n)->list);
}

/* ---- leaving one ---------------------------------------------------------- */

static void
leaving_free(struct leaving *l)
{
	http_call_cancel(&l->call);
	list_del(&l->node);
	free(l->user);
	free(l->list);
	free(l);
}

static void
on_answer(const struct http_response *resp, void *arg)
{
	struct leaving *l = arg;
	bool ok = resp->result == HTTP_ANSWERED && resp->status / 100 == 2;
	struct buf text;

	l->call = NULL;
	buf_init(&text, 1000);
	if (ok)
		buf_addf(&text, "%s has taken you off.", l->list);
	else if (resp->result == HTTP_ANSWERED)
		buf_addf(&text,
		    "%s did not take you off: its server answered %d.", l->list,
		    resp->status);
	else
		buf_addf(&text, "%s could not be asked to take you off: %s",
		    l->list, resp->err.text);
	log_info(gateway_log(l->mail->gw), "mailing list left",
	    "user=%s list=%s ok=%d", l->user, l->list, (int)ok);
	gateway_tell(l->mail->gw, str_c(l->user), buf_str(&text));
	buf_release(&text);
	leaving_free(l);
}

static bool
is_leaving(const struct mail_lists *all, struct str user)
{
	LIST_EACH(&all->leavings, n)
	{
		if (str_is(user, LEAVING(n)->user))
			return true;
	}
	return false;
}

/* RFC 8058 3.2.  The host is a stranger's word: nothing private is asked. */
static int
ask(struct mail_gateway *mail, const struct sub *s, struct err *err)
{
	static const struct http_header type[] = { { { "Content-Type", 12 },
	    { "application/x-www-form-urlencoded", 33 } } };
	struct http_client_params params = { .log = gateway_log(mail->gw) };
	struct http_request r = { .method = "POST",
		.url = str_c(s->url),
		.header = type,
		.nheader = 1,
		.body = STR("List-Unsubscribe=One-Click"),
		.once = true,
		.checked_host = true,
		.total_ms = MAIL_LISTS_MS };
	struct mail_lists *all = mail->lists;
	struct leaving *l;

	if (is_leaving(all, str_c(s->reader->user)))
		return err_set(err, ERR_BUSY,
		    "another list is being asked: try again in a moment");
	if (!all->http)
		all->http =
		    http_client_new(gateway_loop(mail->gw), &params, err);
	if (!all->http)
		return -1;
	l = xcalloc(1, sizeof(*l));
	l->mail = mail;
	l->user = xstrdup(s->reader->user);
	l->list = xstrdup(s->list);
	list_add(&all->leavings, &l->node);
	l->call = http_client_call(all->http, &r, on_answer, l);
	return 0;
}

static int
leave(struct mail_gateway *mail, const struct sub *s, struct buf *out,
    struct err *err)
{
	struct str url = str_c(s->url);

	if (s->one_click && str_starts(url, STR("https:"))) {
		if (ask(mail, s, err) < 0)
			return -1;
		buf_addf(out,
		    "%s is asked to take you off; what it says is told to you.",
		    s->list);
	} else if (str_starts(url, STR("mailto:"))) {
		buf_addf(out,
		    "%s takes you off when you write there: %s\n"
		    "What stands behind ?subject= there has to be the subject.",
		    s->list, s->url);
	} else {
		buf_addf(out, "%s takes you off when you open this: %s",
		    s->list, s->url);
	}
	return 0;
}

static struct str
field_of(const struct gw_field *field, size_t n)
{
	struct str s = STR_EMPTY;

	for (size_t i = 0; i < n; i++)
		if (str_is(field[i].name, "list"))
			s = str_trim(field[i].value);
	if (s.len > 2 && s.p[0] == '<' && s.p[s.len - 1] == '>')
		s = str_of(s.p + 1, s.len - 2);
	return s;
}

int
mail_lists_on_leave(struct gateway *gw, struct str user,
    const struct gw_field *field, size_t nfield, struct buf *out,
    struct err *err)
{
	struct mail_gateway *mail = mail_of(gw);
	struct str list = field_of(field, nfield);
	struct sub *s = sub_find(mail->lists, user, list);

	if (s)
		return leave(mail, s, out, err);
	if (list.len)
		return err_set(err, ERR_NOT_FOUND,
		    "no list called " STR_FMT " has told you how to leave it",
		    STR_ARG(str_head(list, 100)));
	mail_lists_write(mail->lists, user, out);
	if (out->len == 0)
		buf_addf(out, "No mailing list has told you how to leave it.");
	return 0;
}

/* ---- the noun --------------------------------------------------------------- */

static int
lists_open(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	struct mail_lists *all = xcalloc(1, sizeof(*all));

	(void)conf;
	(void)err;
	map_init(&all->readers);
	list_init(&all->by_age);
	list_init(&all->leavings);
	mail->lists = all;
	return 0;
}

static void
lists_close(struct mail_gateway *mail)
{
	struct mail_lists *all = mail->lists;

	LIST_EACH(&all->leavings, n)
	{
		leaving_free(LEAVING(n));
	}
	LIST_EACH(&all->by_age, n)
	{
		sub_free(all, BY_AGE(n));
	}
	map_release(&all->readers);
	http_client_free(&all->http);
	free(all);
	mail->lists = NULL;
}

static bool
is_url(struct str s)
{
	return s.len <= MAIL_URL_MAX &&
	    (str_starts(s, STR("https://")) || str_starts(s, STR("http://")) ||
	        str_starts(s, STR("mailto:")));
}

static void
lists_fact(struct mail_gateway *mail, struct str name, struct str value)
{
	struct str list = name, user, utc, how;
	struct sub *s;
	uint64_t n;

	if (!str_cut(&list, ' ', &user) || list.len == 0 ||
	    !str_cut(&value, ' ', &utc) || !str_cut(&value, ' ', &how) ||
	    !str_to_uint(utc, INT64_MAX, &n) || !is_url(value) ||
	    mail->lists->n >= MAIL_LISTS_MAX)
		return;
	s = sub_find(mail->lists, user, list);
	if (!s)
		s = sub_new(mail, user, list);
	str_store(&s->url, value);
	s->one_click = str_is(how, "post");
	s->kept_utc = (int64_t)n;
}

static void
lists_forget(struct mail_gateway *mail, struct str user)
{
	struct reader *r;

	while ((r = map_get(&mail->lists->readers, user)) != NULL)
		sub_erase(mail, OF_USER(list_first(&r->subs)));
}

static void
lists_describe(struct mail_gateway *mail, struct str user, struct buf *out)
{
	mail_lists_write(mail->lists, user, out);
}

const struct mail_noun mail_lists_noun = {
	.open = lists_open,
	.close = lists_close,
	.prefix = PREFIX,
	.on_fact = lists_fact,
	.forget = lists_forget,
	.describe = lists_describe,
};
