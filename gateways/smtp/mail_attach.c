#include <stdlib.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/http_client.h"
#include "smtp/mail_attach.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_words.h"

enum { LEFT_MAX = 64 * 1024, FILE_NAME_MAX = 4 * MAIL_WORDS_FILE_MAX };

/* One file; whether it is there its length says. */
struct fetched {
	char *url, *mime;
	struct buf name, body;
};

struct mail_attaching {
	struct mail_gateway *mail;
	struct http_call *call;
	int64_t until_at;
	struct fetched file[MAIL_ATTACH_MAX];
	size_t n, at; /* at: the one that is being fetched */
	uint64_t bytes;
	struct buf left;
	struct timer none; /* there was nothing to fetch */
	mail_attached_fn *fn;
	void *arg;
};

/* ---- which ------------------------------------------------------------ */

/* "https://HOST/" or "https://HOST:PORT/" in front of a path; the port only
   where it is another one than usual. */
static struct str
host_of(struct str url)
{
	struct str scheme = STR("https://"), usual = STR(":443"), host;
	struct str rest = str_skip(url, scheme.len);

	if (!str_eq_nocase(str_head(url, scheme.len), scheme) ||
	    !str_cut(&rest, '/', &host) || !rest.p || str_has(host, '@'))
		return STR_EMPTY;
	return str_ends(host, usual) ? str_head(host, host.len - usual.len)
	                             : host;
}

bool
mail_attach_is_file(const struct mail_gateway *mail, struct str url)
{
	struct str host = host_of(url);

	return host.len && url.len <= HTTP_URL_MAX &&
	    mail_words_have(&mail->opt.uploads, host);
}

size_t
mail_attach_count(const struct mail_gateway *mail,
    const struct gw_message *const *m, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m[i]->nattachment; j++)
			count +=
			    mail_attach_is_file(mail, m[i]->attachment[j].url);
	return count;
}

/* ---- what they are called --------------------------------------------- */

/* The last part of the path, as its letters were before they were escaped. */
static void
name_of(struct str url, struct str mime, struct buf *out)
{
	struct str path, name = STR_EMPTY, part;
	struct buf raw;

	buf_init(&raw, HTTP_URL_MAX);
	(void)str_cut(&url, '?', &path);
	while (str_cut(&path, '/', &part))
		name = part;
	while (name.len) {
		int hi = name.len > 2 ? str_hex_digit(name.p[1]) : -1;
		int lo = name.len > 2 ? str_hex_digit(name.p[2]) : -1;
		bool escaped = name.p[0] == '%' && hi >= 0 && lo >= 0;

		buf_addc(&raw, escaped ? (char)(hi << 4 | lo) : name.p[0]);
		name = str_skip(name, escaped ? 3 : 1);
	}
	mail_words_file(buf_str(&raw), mime, out);
	buf_release(&raw);
}

/* Without parameters, and only if it is one. */
static struct str
mime_of(struct str type)
{
	struct str mime = STR_EMPTY;

	(void)str_cut(&type, ';', &mime);
	mime = str_trim(mime);
	for (size_t i = 0; i < mime.len; i++)
		if (mime.p[i] <= ' ' || mime.p[i] > '~')
			return STR_EMPTY;
	return str_has(mime, '/') && mime.len < 100 ? mime : STR_EMPTY;
}

/* ---- fetching --------------------------------------------------------- */

static void
attaching_free(struct mail_attaching *a)
{
	timer_cancel(&a->none);
	for (size_t i = 0; i < a->n; i++) {
		free(a->file[i].url);
		free(a->file[i].mime);
		buf_release(&a->file[i].name);
		buf_release(&a->file[i].body);
	}
	buf_release(&a->left);
	free(a);
}

static void
finish(struct mail_attaching *a)
{
	struct mail_file file[MAIL_ATTACH_MAX];
	struct mail_attached all = { .file = file };

	for (size_t i = 0; i < a->n; i++)
		if (a->file[i].mime)
			file[all.nfile++] = (struct mail_file){
				buf_str(&a->file[i].name),
				str_c(a->file[i].mime),
				buf_str(&a->file[i].body),
			};
		else
			buf_addf(&a->left, "%s\n", a->file[i].url);
	all.left = buf_str(&a->left);
	a->fn(a->arg, &all);
	attaching_free(a);
}

static void
take(struct mail_attaching *a, struct fetched *f, const struct http_response *r)
{
	struct str mime = mime_of(r->content_type);

	f->mime = str_dup(mime);
	name_of(str_c(f->url), mime, &f->name);
	buf_init(&f->body, r->body.len);
	buf_add_str(&f->body, r->body);
	a->bytes += r->body.len;
}

static void fetch_next(struct mail_attaching *a);

static void
on_answer(const struct http_response *r, void *arg)
{
	struct mail_attaching *a = arg;
	struct fetched *f = &a->file[a->at++];

	a->call = NULL;
	if (r->result == HTTP_ANSWERED && r->status == 200)
		take(a, f, r);
	else
		log_info(gateway_log(a->mail->gw), "file of a mail not fetched",
		    "status=%d err=\"%s\" action=\"its address is sent\"",
		    r->status, r->err.text);
	fetch_next(a);
}

static void
fetch_next(struct mail_attaching *a)
{
	int64_t left_ms = a->until_at - gateway_clock(a->mail->gw)->at;
	struct http_request q = { .method = "GET", .total_ms = left_ms };

	if (a->at == a->n || left_ms <= 0 ||
	    a->bytes >= a->mail->opt.size_max) {
		finish(a);
		return;
	}
	q.url = str_c(a->file[a->at].url);
	q.response_max = (size_t)(a->mail->opt.size_max - a->bytes);
	a->call = http_client_call(a->mail->http, &q, on_answer, a);
}

static void
on_none(struct timer *t)
{
	finish(TIMER_OWNER(t, struct mail_attaching, none));
}

static void
add_file(struct mail_attaching *a, struct str url)
{
	if (!mail_attach_is_file(a->mail, url))
		return;
	if (a->n == MAIL_ATTACH_MAX) {
		buf_addf(&a->left, STR_FMT "\n", STR_ARG(url));
		return;
	}
	a->file[a->n].url = str_dup(url);
	buf_init(&a->file[a->n].name, FILE_NAME_MAX);
	buf_init(&a->file[a->n++].body, 0);
}

struct mail_attaching *
mail_attach(struct mail_gateway *mail, const struct gw_message *const *m,
    size_t n, mail_attached_fn *fn, void *arg)
{
	struct mail_attaching *a = xcalloc(1, sizeof(*a));
	struct clock *clock = gateway_clock(mail->gw);

	a->mail = mail;
	a->fn = fn;
	a->arg = arg;
	a->until_at = clock->at + MAIL_ATTACH_MS;
	timer_init(&a->none, on_none);
	buf_init(&a->left, LEFT_MAX);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m[i]->nattachment; j++)
			add_file(a, m[i]->attachment[j].url);
	if (a->n)
		fetch_next(a);
	else
		timer_set(&a->none, clock, clock->at);
	return a;
}

void
mail_attach_cancel(struct mail_attaching **ap)
{
	struct mail_attaching *a = *ap;

	if (!a)
		return;
	*ap = NULL;
	http_call_cancel(&a->call);
	attaching_free(a);
}

/* ---- opening and closing ---------------------------------------------- */

static int
open_attach(struct mail_gateway *mail, const struct conf *conf, struct err *err)
{
	struct http_client_params p = { .log = gateway_log(mail->gw) };

	(void)conf;
	if (mail->opt.uploads.n == 0)
		return 0;
	mail->http = http_client_new(gateway_loop(mail->gw), &p, err);
	return mail->http ? 0 : -1;
}

static void
close_attach(struct mail_gateway *mail)
{
	http_client_free(&mail->http);
}

const struct mail_noun mail_attach_noun = {
	.open = open_attach,
	.close = close_attach,
};
