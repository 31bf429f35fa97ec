/*
 * Files handed to the XMPP server.
 *
 * XEP-0363 1.1		slots; XEP-0030 for where to ask
 *
 *	put --> (search) --> slot asked --> PUT --> told
 *
 * A search asks for the items of the server's domain, then each of them, and
 * the domain itself, what it can do.  Jobs wait for its end.
 */
#include "core/upload.h"

#include <stdlib.h>

#include "lib/clock.h"
#include "lib/list.h"
#include "lib/log.h"
#include "lib/xalloc.h"
#include "net/http_client.h"
#include "xmpp/component.h"
#include "xmpp/iq.h"
#include "xmpp/jid.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"
#include "xmpp/xmlw.h"

enum service_state { UNKNOWN, SEARCHING, FOUND, NONE };

struct upload {
	struct upload_params p;
	struct component *stream; /* NULL: down */
	struct http_client *http; /* NULL until the first file */
	uint64_t last_id;
	char *server; /* p.server */
	struct list jobs;
	size_t njob;
	enum service_state state;
	char *service;      /* FOUND */
	uint64_t max_bytes; /* that it takes; 0: it does not say */
	int64_t again_at;   /* NONE: then it is looked for again */
	struct list asked;  /* SEARCHING: questions that are open */
};

/* One question of a search. */
struct question {
	struct list node;
	struct upload *u;
	uint64_t iq;
	char *to;
	bool for_items;
};

struct job {
	struct list node;
	struct upload *u;
	uint64_t id;
	char *name, *type;
	struct buf body;
	uint64_t iq;            /* for a slot, or 0 */
	struct http_call *call; /* the PUT, or NULL */
	char *url;              /* where it will be */
	struct err err;
	struct timer told; /* the end, never inside of gateway_upload() */
	gateway_upload_fn *fn;
	void *arg;
};

#define JOB(n)      LIST_ENTRY(n, struct job, node)
#define QUESTION(n) LIST_ENTRY(n, struct question, node)

/* ---- one file ------------------------------------------------------------ */

static void
job_free(struct job *j)
{
	struct upload *u = j->u;

	timer_cancel(&j->told);
	if (j->iq)
		iq_cancel(u->p.iqs, j->iq);
	http_call_cancel(&j->call);
	list_del(&j->node);
	u->njob--;
	buf_release(&j->body);
	free(j->name);
	free(j->type);
	free(j->url);
	free(j);
}

static void
on_told(struct timer *t)
{
	struct job *j = TIMER_OWNER(t, struct job, told);
	gateway_upload_fn *fn = j->fn;
	void *arg = j->arg;
	char *url = j->url;
	struct err err = j->err;

	j->url = NULL;
	job_free(j);
	fn(arg, err.kind == ERR_NONE ? str_c(url) : STR_EMPTY, &err);
	free(url);
}

/* With what is in j->err. */
static void
end(struct job *j)
{
	struct clock *clock = j->u->p.clock;

	timer_set(&j->told, clock, clock->at);
}

static void
on_put(const struct http_response *r, void *arg)
{
	struct job *j = arg;

	j->call = NULL;
	if (r->result != HTTP_ANSWERED)
		j->err = r->err;
	else if (r->status < 200 || r->status > 299)
		err_set(&j->err, ERR_UNREACHABLE,
		    "the upload was answered with %d", r->status);
	end(j);
}

/* XEP-0363 5: these three, and nothing with a line break in it. */
static bool
is_header(struct str name, struct str value)
{
	return (str_eq_nocase(name, STR("Authorization")) ||
	           str_eq_nocase(name, STR("Cookie")) ||
	           str_eq_nocase(name, STR("Expires"))) &&
	    !str_has(value, '\r') && !str_has(value, '\n');
}

enum { HEADERS_MAX = 8, HEADER_BYTES = 8 * 1024 };

static void
put(struct job *j, const struct stanza *slot)
{
	struct http_header header[HEADERS_MAX + 1] = { { STR("Content-Type"),
	    str_c(j->type) } };
	struct http_request r = { .method = "PUT",
		.url = stanza_attr(slot, "url"),
		.header = header,
		.nheader = 1,
		.body = buf_str(&j->body),
		.total_ms = UPLOAD_PUT_MS };
	struct buf text[HEADERS_MAX];
	const struct stanza *h;
	size_t n = 0;

	for (h = stanza_child(slot, "header", NULL); h && n < HEADERS_MAX;
	     h = stanza_next(h, "header", NULL), n++) {
		struct str name = stanza_attr(h, "name"), value;

		buf_init(&text[n], HEADER_BYTES);
		value = stanza_text(h, &text[n]);
		if (is_header(name, value))
			header[r.nheader++] =
			    (struct http_header){ name, value };
	}
	j->call = http_client_call(j->u->http, &r, on_put, j);
	while (n > 0)
		buf_release(&text[--n]);
}

static void
on_slot(const struct stanza *answer, void *arg)
{
	struct job *j = arg;
	const struct stanza *slot =
	    answer ? stanza_child(answer, "slot", NS_UPLOAD) : NULL;
	const struct stanza *up = slot ? stanza_child(slot, "put", NULL) : NULL;
	const struct stanza *get =
	    slot ? stanza_child(slot, "get", NULL) : NULL;

	j->iq = 0;
	if (!up || !get || stanza_attr(get, "url").len == 0) {
		err_set(&j->err, answer ? ERR_DENIED : ERR_TIMEOUT, "%.200s %s",
		    j->u->service ? j->u->service : "the server",
		    answer ? "does not take it" : "does not answer");
		end(j);
		return;
	}
	j->url = str_dup(stanza_attr(get, "url"));
	put(j, up);
}

static void
ask_slot(struct job *j)
{
	struct upload *u = j->u;
	struct xmlw *w;

	j->iq = iq_send(u->p.iqs, u->stream, "get", u->p.domain,
	    str_c(u->service), UPLOAD_ASK_MS, on_slot, j, &w);
	if (!j->iq) {
		err_set(&j->err, ERR_BUSY, "the XMPP server cannot be asked");
		end(j);
		return;
	}
	xmlw_open(w, "request", NS_UPLOAD);
	xmlw_attr_c(w, "filename", j->name);
	xmlw_attr_u64(w, "size", j->body.len);
	xmlw_attr_c(w, "content-type", j->type);
	xmlw_close(w);
	iq_send_done(u->stream);
}

/* There is a service, or it is known that there is none. */
static void
go_on(struct job *j)
{
	struct upload *u = j->u;

	if (u->state != FOUND)
		err_set(&j->err, ERR_UNSUPPORTED,
		    "the XMPP server has no service for files");
	else if (u->max_bytes && j->body.len > u->max_bytes)
		err_set(&j->err, ERR_TOO_BIG,
		    "%zu bytes, and %.100s takes %llu at most", j->body.len,
		    u->service, (unsigned long long)u->max_bytes);
	if (j->err.kind == ERR_NONE)
		ask_slot(j);
	else
		end(j);
}

/* ---- the service ----------------------------------------------------------- */

static void
question_free(struct question *q)
{
	if (q->iq)
		iq_cancel(q->u->p.iqs, q->iq);
	list_del(&q->node);
	free(q->to);
	free(q);
}

static void
search_end(struct upload *u)
{
	struct list *n;

	for (n = list_first(&u->asked); n; n = list_first(&u->asked))
		question_free(QUESTION(n));
}

static void
search_done(struct upload *u, enum service_state state)
{
	search_end(u);
	u->state = state;
	u->again_at = u->p.clock->at + UPLOAD_AGAIN_MS;
	log_info(u->p.log, "file upload", "service=%s max_bytes=%llu",
	    state == FOUND ? u->service : "none",
	    (unsigned long long)u->max_bytes);
	/* Those that wait have done nothing yet. */
	LIST_EACH(&u->jobs, n)
	{
		struct job *j = JOB(n);

		if (!j->iq && !j->call && !timer_is_set(&j->told))
			go_on(j);
	}
}

static bool
has_feature(const struct stanza *query)
{
	const struct stanza *f = stanza_child(query, "feature", NULL);

	while (f && !str_is(stanza_attr(f, "var"), NS_UPLOAD))
		f = stanza_next(f, "feature", NULL);
	return f != NULL;
}

/* XEP-0363 4: a field of its form. */
static uint64_t
max_size(const struct stanza *query)
{
	const struct stanza *x = stanza_child(query, "x", NS_DATA), *f;
	struct buf scratch;
	uint64_t n = 0;

	buf_init(&scratch, 64);
	for (; x; x = stanza_next(x, "x", NS_DATA))
		for (f = stanza_child(x, "field", NULL); f;
		     f = stanza_next(f, "field", NULL))
			if (str_is(stanza_attr(f, "var"), "max-file-size"))
				(void)str_to_uint(stanza_child_text(f, "value",
				                      NULL, &scratch),
				    UINT64_MAX, &n);
	buf_release(&scratch);
	return n;
}

static void ask(struct upload *u, struct str to, bool for_items);

static void
ask_items(struct upload *u, const struct stanza *query)
{
	const struct stanza *i = stanza_child(query, "item", NULL);

	for (int n = 0; i && n < UPLOAD_ITEMS_MAX; n++) {
		/* Not what stands at a node, and not ourselves. */
		if (stanza_attr(i, "node").len == 0 &&
		    !str_eq(stanza_attr(i, "jid"), u->p.domain))
			ask(u, stanza_attr(i, "jid"), false);
		i = stanza_next(i, "item", NULL);
	}
}

static void
on_info(const struct stanza *answer, void *arg)
{
	struct question *q = arg;
	struct upload *u = q->u;
	bool for_items = q->for_items;
	const struct stanza *query = answer
	    ? stanza_child(
	          answer, "query", for_items ? NS_DISCO_ITEMS : NS_DISCO_INFO)
	    : NULL;

	q->iq = 0;
	if (query && for_items) {
		ask_items(u, query);
	} else if (query && has_feature(query)) {
		str_store(&u->service, str_c(q->to));
		u->max_bytes = max_size(query);
		search_done(u, FOUND);
		return;
	}
	question_free(q);
	if (list_is_empty(&u->asked))
		search_done(u, NONE);
}

static void
ask(struct upload *u, struct str to, bool for_items)
{
	struct question *q = xcalloc(1, sizeof(*q));
	struct xmlw *w;

	q->u = u;
	q->to = str_dup(to);
	q->for_items = for_items;
	list_add(&u->asked, &q->node);
	q->iq = iq_send(u->p.iqs, u->stream, "get", u->p.domain, to,
	    UPLOAD_ASK_MS, on_info, q, &w);
	if (!q->iq) {
		question_free(q);
		return;
	}
	xmlw_leaf(w, "query", for_items ? NS_DISCO_ITEMS : NS_DISCO_INFO);
	iq_send_done(u->stream);
}

static void
search(struct upload *u)
{
	u->state = SEARCHING;
	ask(u, str_c(u->server), true);
	ask(u, str_c(u->server), false);
	if (list_is_empty(&u->asked))
		search_done(u, NONE);
}

void
upload_up(struct upload *u, struct component *stream)
{
	u->stream = stream;
}

void
upload_down(struct upload *u)
{
	u->stream = NULL;
	if (u->state == SEARCHING)
		search_done(u, NONE);
	u->state = UNKNOWN;
}

/* ---- from outside ------------------------------------------------------- */

struct upload *
upload_new(const struct upload_params *p)
{
	struct upload *u = xcalloc(1, sizeof(*u));

	u->p = *p;
	u->server = str_dup(p->server); /* a file that is read again ends */
	list_init(&u->jobs);
	list_init(&u->asked);
	return u;
}

void
upload_free(struct upload **up)
{
	struct upload *u = *up;
	struct list *n;

	*up = NULL;
	if (!u)
		return;
	for (n = list_first(&u->jobs); n; n = list_first(&u->jobs))
		job_free(JOB(n));
	search_end(u);
	http_client_free(&u->http);
	free(u->service);
	free(u->server);
	free(u);
}

static int
may(struct upload *u, const struct gw_file *f, struct err *err)
{
	struct http_client_params params = { .log = u->p.log };

	if (u->njob >= UPLOAD_JOBS_MAX)
		return err_set(err, ERR_BUSY, "%d files are under way already",
		    UPLOAD_JOBS_MAX);
	if (f->body.len > UPLOAD_FILE_MAX)
		return err_set(err, ERR_TOO_BIG, "%zu bytes, more than %d",
		    f->body.len, UPLOAD_FILE_MAX);
	if (!u->stream)
		return err_set(
		    err, ERR_UNREACHABLE, "the XMPP server is not there");
	if (!u->http)
		u->http = http_client_new(u->p.loop, &params, err);
	return u->http ? 0 : -1;
}

uint64_t
upload_put(struct upload *u, const struct gw_file *f, gateway_upload_fn *fn,
    void *arg, struct err *err)
{
	struct job *j;

	if (may(u, f, err) < 0)
		return 0;
	j = xcalloc(1, sizeof(*j));
	j->u = u;
	j->id = ++u->last_id;
	j->name = str_dup(f->name);
	j->type = str_dup(f->type);
	buf_init(&j->body, UPLOAD_FILE_MAX);
	buf_add_str(&j->body, f->body);
	j->fn = fn;
	j->arg = arg;
	timer_init(&j->told, on_told);
	list_add(&u->jobs, &j->node);
	u->njob++;
	if (u->state == NONE && u->p.clock->at >= u->again_at)
		u->state = UNKNOWN;
	if (u->state == UNKNOWN)
		search(u);
	else if (u->state != SEARCHING)
		go_on(j);
	return j->id;
}

void
upload_cancel(struct upload *u, uint64_t id)
{
	if (!u)
		return;
	LIST_EACH(&u->jobs, n)
	if (JOB(n)->id == id)
		job_free(JOB(n));
}
