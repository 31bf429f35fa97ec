/*
 * Pictures that came in, where people can fetch them.
 *
 *	fetched --> handed to the XMPP server --> there
 *	    \ too late, or not taken: a link of ours
 */
#include "sms/sms_rehost.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/crypto.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "sms/sms_call.h"
#include "sms/sms_media.h"
#include "sms/sms_spool.h"

enum {
	FETCH_MS = 20000,
	SERVE_MS = 8000, /* somebody waits for it */
	CLEAN_MS = 60 * 60 * 1000,
	RETRY_S = 30,
	ROUTE_MAX = 64,
};

struct sms_rehost {
	struct sms_rehost_params p;
	uint8_t key[CRYPTO_KEY_BYTES];
	char route[ROUTE_MAX]; /* empty: nothing is served */
	struct list fetches, serves, waits;
	size_t nfetch, nserve;
	struct timer clean;
};

struct medium {
	char *url, *type;
	uint64_t size;
	const char *name;
	bool is_there; /* the url is the XMPP server's */
};

/* What somebody waits for. */
struct sms_rehosting {
	struct list node;
	struct sms_rehost *r;
	char *line;
	struct medium medium[SMS_EVENT_MEDIA_MAX];
	size_t n, open; /* open: not there yet, and it may still come */
	struct timer end;
	sms_rehost_fn *fn;
	void *arg;
};

/* One file on its way to us, then to the XMPP server. */
struct fetch {
	struct list node;
	struct sms_rehost *r;
	char *line, *url;
	struct http_call *call;
	uint64_t upload;
	struct sms_rehosting *for_whom; /* NULL: he waits no more */
	size_t index;
};

/* One file that somebody asks us for. */
struct serve {
	struct list node;
	struct sms_rehost *r;
	struct http_ask *ask;
	struct http_call *call;
	uint8_t id[SMS_SPOOL_ID];
};

#define FETCH(n) LIST_ENTRY(n, struct fetch, node)
#define SERVE(n) LIST_ENTRY(n, struct serve, node)
#define WAIT(n)  LIST_ENTRY(n, struct sms_rehosting, node)

static struct clock *
clock_of(const struct sms_rehost *r)
{
	return gateway_clock(r->p.gw);
}

/* Of a line, since what one may see another need not. */
static void
id_of(struct str line, struct str url, uint8_t out[SMS_SPOOL_ID])
{
	uint8_t both[2][CRYPTO_SHA256_BYTES];

	crypto_sha256(line, both[0]);
	crypto_sha256(url, both[1]);
	crypto_sha256(str_of((const char *)both, sizeof(both)), out);
}

/* ---- fetching --------------------------------------------------------------- */

static struct http_call *
get(struct sms_rehost *r, struct str line, struct str url, int64_t ms,
    http_fn *fn, void *arg)
{
	struct http_header header[SMS_REQUEST_HEADERS_MAX];
	struct sms_request dressed = { .method = "GET", .url = url };
	struct http_request q = { .method = "GET",
		.url = url,
		.header = header,
		.follow = true,
		.total_ms = ms,
		.response_max = r->p.file_max };
	struct http_call *call;

	sms_pool_init(&dressed.pool, SMS_REQUEST_BODY_MAX);
	q.checked_host = !r->p.dress(r->p.arg, line, &dressed);
	for (size_t i = 0; i < dressed.nheader; i++)
		header[q.nheader++] =
		    (struct http_header){ dressed.header[i].name,
			    dressed.header[i].value };
	call = http_client_call(r->p.http, &q, fn, arg);
	sms_request_release(&dressed);
	return call;
}

/* 0: there it is. */
static int
check(const struct http_response *resp, struct err *err)
{
	if (resp->result != HTTP_ANSWERED) {
		*err = resp->err;
		return -1;
	}
	if (resp->status != 200)
		return err_set(err, ERR_UNREACHABLE,
		    "the provider answers with %d", resp->status);
	return 0;
}

static void
keep(struct sms_rehost *r, const uint8_t id[SMS_SPOOL_ID], struct str body)
{
	struct err err = ERR_INIT;

	if (r->p.spool &&
	    sms_spool_put(r->p.spool, id, body, clock_of(r)->utc, &err) < 0)
		log_warn(gateway_log(r->p.gw), "media not kept",
		    "bytes=%zu err=\"%s\"", body.len, err.text);
}

/* ---- whoever waits ------------------------------------------------------------ */

static void
wait_free(struct sms_rehosting *g)
{
	timer_cancel(&g->end);
	list_del(&g->node);
	LIST_EACH(&g->r->fetches, n)
	{
		if (FETCH(n)->for_whom == g)
			FETCH(n)->for_whom = NULL;
	}
	for (size_t i = 0; i < g->n; i++) {
		free(g->medium[i].url);
		free(g->medium[i].type);
	}
	free(g->line);
	free(g);
}

/* A link of ours in place of the provider's URL, if we can be reached. */
static void
link_it(struct sms_rehosting *g, struct medium *m)
{
	struct sms_rehost *r = g->r;
	struct sms_media_link l = { str_c(g->line), str_c(m->url),
		clock_of(r)->utc + r->p.keep_ms };
	struct err err = ERR_INIT;
	struct buf url;

	if (!r->route[0])
		return;
	buf_init(&url, 2 * SMS_MEDIA_LINK_MAX);
	buf_add_str(&url, gateway_public_url(r->p.gw));
	buf_addf(&url, "%s/", r->route);
	if (sms_media_link_make(r->key, &l, m->name, &url, &err) == 0)
		str_store(&m->url, buf_str(&url));
	else
		log_warn(gateway_log(r->p.gw), "media without a link",
		    "line=%s err=\"%s\"", g->line, err.text);
	buf_release(&url);
}

static void
on_end(struct timer *t)
{
	struct sms_rehosting *g = TIMER_OWNER(t, struct sms_rehosting, end);
	struct sms_event_media media[SMS_EVENT_MEDIA_MAX];

	for (size_t i = 0; i < g->n; i++) {
		struct medium *m = &g->medium[i];

		if (!m->is_there)
			link_it(g, m);
		media[i] = (struct sms_event_media){ str_c(m->url),
			str_c(m->type), m->size };
	}
	g->fn(g->arg, media, g->n);
	wait_free(g);
}

static void
settle(struct sms_rehosting *g)
{
	if (--g->open == 0)
		timer_set(&g->end, clock_of(g->r), clock_of(g->r)->at);
}

static void
know_type(struct medium *m, struct str body)
{
	const struct sms_media_type *t = sms_media_sniff(body);

	str_store(&m->type, str_c(t->type));
	m->size = body.len;
	m->name = t->name;
}

static void
fetch_free(struct fetch *f)
{
	if (f->upload)
		gateway_upload_cancel(f->r->p.gw, f->upload);
	http_call_cancel(&f->call);
	list_del(&f->node);
	f->r->nfetch--;
	free(f->line);
	free(f->url);
	free(f);
}

static void
on_uploaded(void *arg, struct str url, const struct err *err)
{
	struct fetch *f = arg;
	struct sms_rehosting *g = f->for_whom;

	f->upload = 0;
	if (url.len == 0)
		log_info(gateway_log(f->r->p.gw), "media not uploaded",
		    "line=%s err=\"%s\" action=\"a link of ours\"", f->line,
		    err->text);
	if (g && url.len > 0) {
		str_store(&g->medium[f->index].url, url);
		g->medium[f->index].is_there = true;
	}
	if (g)
		settle(g);
	fetch_free(f);
}

static void
hand_over(struct fetch *f, struct str body)
{
	const struct sms_media_type *t = sms_media_sniff(body);
	struct gw_file file = { str_c(t->name), str_c(t->type), body };
	struct err err = ERR_INIT;

	f->upload = gateway_upload(f->r->p.gw, &file, on_uploaded, f, &err);
	if (!f->upload)
		on_uploaded(f, STR_EMPTY, &err);
}

static void
on_fetched(const struct http_response *resp, void *arg)
{
	struct fetch *f = arg;
	uint8_t id[SMS_SPOOL_ID];
	struct err err = ERR_INIT;

	f->call = NULL;
	if (check(resp, &err) < 0) {
		log_warn(gateway_log(f->r->p.gw), "media not fetched",
		    "line=%s err=\"%s\"", f->line, err.text);
		if (f->for_whom)
			settle(f->for_whom);
		fetch_free(f);
		return;
	}
	id_of(str_c(f->line), str_c(f->url), id);
	keep(f->r, id, resp->body);
	if (!f->for_whom) {
		fetch_free(f);
		return;
	}
	know_type(&f->for_whom->medium[f->index], resp->body);
	hand_over(f, resp->body);
}

static void
fetch_one(struct sms_rehosting *g, size_t i)
{
	struct sms_rehost *r = g->r;
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->r = r;
	f->line = str_dup(str_c(g->line));
	f->url = str_dup(str_c(g->medium[i].url));
	f->for_whom = g;
	f->index = i;
	list_add(&r->fetches, &f->node);
	r->nfetch++;
	g->open++;
	f->call =
	    get(r, str_c(f->line), str_c(f->url), FETCH_MS, on_fetched, f);
}

static void
add_medium(struct sms_rehosting *g, const struct sms_event_media *from)
{
	const struct sms_media_type *t = sms_media_said(from->type);
	struct medium *m = &g->medium[g->n++];

	m->url = str_dup(from->url);
	m->type = str_dup(from->type);
	m->size = from->size;
	m->name = t ? t->name : "file.bin";
}

struct sms_rehosting *
sms_rehost(struct sms_rehost *r, struct str line,
    const struct sms_event_media *media, size_t n, sms_rehost_fn *fn, void *arg)
{
	struct sms_rehosting *g = xcalloc(1, sizeof(*g));
	struct clock *clock = clock_of(r);

	g->r = r;
	g->line = str_dup(line);
	g->fn = fn;
	g->arg = arg;
	timer_init(&g->end, on_end);
	list_add(&r->waits, &g->node);
	for (size_t i = 0; i < n && i < SMS_EVENT_MEDIA_MAX; i++) {
		add_medium(g, &media[i]);
		/* What is larger than we would take is a link at best. */
		if (r->nfetch < SMS_REHOST_MAX &&
		    media[i].size <= r->p.file_max)
			fetch_one(g, i);
	}
	timer_set(&g->end, clock, clock->at + (g->open ? r->p.wait_ms : 0));
	return g;
}

void
sms_rehost_cancel(struct sms_rehosting **gp)
{
	if (*gp)
		wait_free(*gp);
	*gp = NULL;
}

/* ---- serving ------------------------------------------------------------------ */

static void
answer(struct http_ask **askp, int status, const char *words)
{
	http_ask_reply(askp,
	    &(struct http_reply){ .status = status,
	        .body = str_c(words),
	        .retry_after_s = status == 503 ? RETRY_S : 0 });
}

static void
answer_body(struct http_ask **askp, struct str body)
{
	http_ask_reply(askp,
	    &(struct http_reply){ .status = 200,
	        .type = sms_media_sniff(body)->type,
	        .body = body });
}

static void
serve_free(struct serve *s)
{
	http_call_cancel(&s->call);
	list_del(&s->node);
	s->r->nserve--;
	free(s);
}

static void
on_got(const struct http_response *resp, void *arg)
{
	struct serve *s = arg;
	struct err err = ERR_INIT;

	s->call = NULL;
	if (check(resp, &err) == 0) {
		keep(s->r, s->id, resp->body);
		answer_body(&s->ask, resp->body);
	} else {
		log_info(gateway_log(s->r->p.gw), "media not served",
		    "err=\"%s\"", err.text);
		answer(&s->ask, 502, "The provider does not give it.");
	}
	serve_free(s);
}

static void
serve_from_provider(struct sms_rehost *r, struct http_ask *ask,
    const struct sms_media_link *l, const uint8_t id[SMS_SPOOL_ID])
{
	struct serve *s;

	if (r->nserve >= SMS_REHOST_MAX) {
		answer(&ask, 503, "Too many ask for files just now.");
		return;
	}
	s = xcalloc(1, sizeof(*s));
	s->r = r;
	s->ask = ask;
	memcpy(s->id, id, sizeof(s->id));
	list_add(&r->serves, &s->node);
	r->nserve++;
	s->call = get(r, l->line, l->url, SERVE_MS, on_got, s);
}

static void
serve_link(
    struct sms_rehost *r, struct http_ask *ask, const struct sms_media_link *l)
{
	uint8_t id[SMS_SPOOL_ID];
	struct buf body;

	id_of(l->line, l->url, id);
	buf_init(&body, r->p.file_max);
	if (r->p.spool &&
	    sms_spool_get(r->p.spool, id, clock_of(r)->utc, &body))
		answer_body(&ask, buf_str(&body));
	else
		serve_from_provider(r, ask, l, id);
	buf_release(&body);
}

static void
on_ask(struct http_ask *ask, void *arg)
{
	struct sms_rehost *r = arg;
	struct sms_media_link l;
	struct err err = ERR_INIT;
	struct buf room;

	if (!str_is(ask->method, "GET") && !str_is(ask->method, "HEAD")) {
		answer(&ask, 405, "Only GET and HEAD here.");
		return;
	}
	buf_init(&room, SMS_MEDIA_LINK_MAX);
	if (sms_media_link_open(
	        r->key, ask->rest, clock_of(r)->utc, &room, &l, &err) == 0)
		serve_link(r, ask, &l);
	else if (err.kind == ERR_GONE)
		answer(&ask, 410, "This link is too old.");
	else
		answer(&ask, 404, "There is no such link.");
	buf_release(&room);
}

/* ---- all of it ------------------------------------------------------------------ */

static void
on_clean(struct timer *t)
{
	struct sms_rehost *r = TIMER_OWNER(t, struct sms_rehost, clean);

	sms_spool_clean(r->p.spool, clock_of(r)->utc);
	timer_set(&r->clean, clock_of(r), clock_of(r)->at + CLEAN_MS);
}

/* Several gateways share one server: each has a path of its own. */
static int
take_route(struct sms_rehost *r, struct err *err)
{
	struct http_server *http = gateway_http(r->p.gw);
	uint8_t sum[CRYPTO_SHA256_BYTES];

	if (!http || gateway_public_url(r->p.gw).len == 0)
		return 0;
	crypto_sha256(gateway_domain(r->p.gw), sum);
	(void)snprintf(r->route, sizeof(r->route), "/media/%02x%02x%02x%02x",
	    sum[0], sum[1], sum[2], sum[3]);
	return http_server_route(http, str_c(r->route), on_ask, r, err);
}

struct sms_rehost *
sms_rehost_new(const struct sms_rehost_params *p, struct err *err)
{
	struct sms_rehost *r = xcalloc(1, sizeof(*r));

	r->p = *p;
	list_init(&r->fetches);
	list_init(&r->serves);
	list_init(&r->waits);
	timer_init(&r->clean, on_clean);
	gateway_derive(p->gw, STR("sms media links"), r->key);
	if (take_route(r, err) < 0) {
		r->route[0] = '\0'; /* it is somebody else's */
		sms_rehost_free(&r);
		return NULL;
	}
	if (p->spool)
		timer_set(&r->clean, clock_of(r), clock_of(r)->at);
	return r;
}

static void
serve_end(struct serve *s)
{
	answer(&s->ask, 503, "The gateway ends.");
	serve_free(s);
}

void
sms_rehost_free(struct sms_rehost **rp)
{
	struct sms_rehost *r = *rp;
	struct list *n;

	*rp = NULL;
	if (!r)
		return;
	if (r->route[0])
		http_server_unroute(gateway_http(r->p.gw), str_c(r->route));
	for (n = list_first(&r->waits); n; n = list_first(&r->waits))
		wait_free(WAIT(n));
	for (n = list_first(&r->fetches); n; n = list_first(&r->fetches))
		fetch_free(FETCH(n));
	for (n = list_first(&r->serves); n; n = list_first(&r->serves))
		serve_end(SERVE(n));
	timer_cancel(&r->clean);
	free(r);
}
