#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "sms/sms_call.h"
#include "sms/sms_media.h"
#include "sms/sms_rehost.h"
#include "sms/sms_spool.h"

/* ---- the core --------------------------------------------------------------- */

static struct clock clk;
static const struct log_ctx quiet;
static bool is_public;
static struct buf uploads; /* what was handed over: "name type bytes\n" */
static gateway_upload_fn *upload_fn;
static void *upload_arg;
static bool takes_files;

struct clock *
gateway_clock(struct gateway *gw)
{
	(void)gw;
	return &clk;
}

const struct log_ctx *
gateway_log(struct gateway *gw)
{
	(void)gw;
	return &quiet;
}

struct str
gateway_domain(struct gateway *gw)
{
	(void)gw;
	return STR("sms.example.org");
}

struct str
gateway_public_url(struct gateway *gw)
{
	(void)gw;
	return is_public ? STR("https://gw.example.org") : STR_EMPTY;
}

void
gateway_derive(struct gateway *gw, struct str purpose, uint8_t out[32])
{
	(void)gw;
	crypto_sha256(purpose, out);
}

uint64_t
gateway_upload(struct gateway *gw, const struct gw_file *f,
    gateway_upload_fn *fn, void *arg, struct err *err)
{
	(void)gw;
	if (!takes_files) {
		err_set(err, ERR_UNSUPPORTED, "no service");
		return 0;
	}
	assert_null(upload_fn);
	buf_addf(&uploads, STR_FMT " " STR_FMT " %zu\n", STR_ARG(f->name),
	    STR_ARG(f->type), f->body.len);
	upload_fn = fn;
	upload_arg = arg;
	return 7;
}

void
gateway_upload_cancel(struct gateway *gw, uint64_t id)
{
	(void)gw;
	assert_int_equal(id, 7);
	upload_fn = NULL;
}

static void
uploaded(const char *url)
{
	gateway_upload_fn *fn = upload_fn;
	struct err err = ERR_INIT;

	assert_non_null(fn);
	upload_fn = NULL;
	if (!*url)
		err_set(&err, ERR_DENIED, "not yours");
	fn(upload_arg, str_c(url), &err);
}

/* ---- the provider -------------------------------------------------------------- */

enum { CALLS_MAX = 200 };

struct http_call {
	http_fn *fn;
	void *arg;
	bool is_open;
};

static struct http_call calls[CALLS_MAX];
static size_t ncall;
static struct buf asked; /* "GET url [checked] [header]\n" */

struct http_call *
http_client_call(
    struct http_client *c, const struct http_request *r, http_fn *fn, void *arg)
{
	(void)c;
	assert_true(ncall < CALLS_MAX && r->follow && !r->once);
	buf_addf(&asked, "%s " STR_FMT "%s", r->method, STR_ARG(r->url),
	    r->checked_host ? " checked" : "");
	for (size_t i = 0; i < r->nheader; i++)
		buf_addf(&asked, " " STR_FMT, STR_ARG(r->header[i].value));
	buf_addc(&asked, '\n');
	calls[ncall] = (struct http_call){ fn, arg, true };
	return &calls[ncall++];
}

void
http_call_cancel(struct http_call **callp)
{
	if (*callp)
		(*callp)->is_open = false;
	*callp = NULL;
}

static void
gives(size_t i, int status, struct str body)
{
	struct http_response r = { .result =
		                       status ? HTTP_ANSWERED : HTTP_UNSURE,
		.status = status,
		.body = body };

	assert_true(i < ncall && calls[i].is_open);
	calls[i].is_open = false;
	if (!status)
		err_set(&r.err, ERR_TIMEOUT, "no answer");
	calls[i].fn(&r, calls[i].arg);
}

/* ---- people -------------------------------------------------------------------- */

struct http_server {
	int unused;
};

static struct http_server server;
static char route[64];
static http_server_fn *route_fn;
static void *route_arg;
static struct buf served; /* "status type body\n" */

struct http_server *
gateway_http(struct gateway *gw)
{
	(void)gw;
	return is_public ? &server : NULL;
}

int
http_server_route(struct http_server *s, struct str prefix, http_server_fn *fn,
    void *arg, struct err *err)
{
	if (route[0])
		return err_set(err, ERR_CONFLICT, "it is there already");
	assert_ptr_equal(s, &server);
	(void)snprintf(route, sizeof(route), STR_FMT, STR_ARG(prefix));
	route_fn = fn;
	route_arg = arg;
	return 0;
}

void
http_server_unroute(struct http_server *s, struct str prefix)
{
	(void)s;
	assert_true(str_is(prefix, route));
	route[0] = '\0';
}

void
http_ask_reply(struct http_ask **askp, const struct http_reply *r)
{
	assert_non_null(*askp);
	buf_addf(&served, "%d %s " STR_FMT "\n", r->status,
	    r->type ? r->type : "-", STR_ARG(r->body));
	*askp = NULL;
}

/* What was told is a link of ours: ask for it. */
static void
ask(const char *method, const char *url)
{
	static struct http_ask a;
	const char *rest = strstr(url, route);

	assert_true(route[0] && rest);
	a = (struct http_ask){ .method = str_c(method),
		.rest = str_c(rest + strlen(route)) };
	route_fn(&a, route_arg);
}

/* ---- what is tested -------------------------------------------------------------- */

#define JPEG "\xff\xd8\xff\xe0picture"

enum { FILE_MAX = 1000, KEEP_MS = 100000, WAIT_MS = 1500 };

static struct sms_rehost *rehost;
static struct sms_spool *spool;
static char dir[] = "/tmp/test_sms_rehost.XXXXXX";
static struct buf told; /* "url type size\n" */

static bool
dress(void *arg, struct str line, struct sms_request *r)
{
	(void)arg;
	assert_true(str_is(line, "main"));
	if (!str_starts(r->url, STR("https://api.example/")))
		return false;
	assert_int_equal(sms_request_add_header(
	                     r, STR("Authorization"), STR("Basic x"), NULL),
	    0);
	return true;
}

static void
on_there(void *arg, const struct sms_event_media *media, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		buf_addf(&told, STR_FMT " " STR_FMT " %u\n",
		    STR_ARG(media[i].url), STR_ARG(media[i].type),
		    (unsigned)media[i].size);
}

static void
open_it(void)
{
	struct err err = ERR_INIT;

	rehost = sms_rehost_new(
	    &(struct sms_rehost_params){
	        .spool = spool,
	        .file_max = FILE_MAX,
	        .keep_ms = KEEP_MS,
	        .wait_ms = WAIT_MS,
	        .dress = dress,
	    },
	    &err);
	assert_non_null(rehost);
}

static int
set_up(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	clock_init(&clk, 1000000, 1700000000000);
	buf_init(&uploads, 1 << 16);
	buf_init(&asked, 1 << 16);
	buf_init(&served, 1 << 16);
	buf_init(&told, 1 << 16);
	ncall = 0;
	upload_fn = NULL;
	is_public = takes_files = true;
	memcpy(strrchr(dir, '.'), ".XXXXXX", 7);
	spool =
	    mkdtemp(dir) ? sms_spool_open(dir, 100000, KEEP_MS, &err) : NULL;
	assert_non_null(spool);
	open_it();
	return 0;
}

static int
tear_down(void **state)
{
	char command[128];

	(void)state;
	sms_rehost_free(&rehost);
	assert_null(upload_fn);
	assert_string_equal(route, "");
	for (size_t i = 0; i < ncall; i++)
		assert_false(calls[i].is_open);
	sms_spool_close(&spool);
	buf_release(&uploads);
	buf_release(&asked);
	buf_release(&served);
	buf_release(&told);
	clock_release(&clk);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void
pass(int64_t ms)
{
	clock_advance(&clk, clk.at + ms, clk.utc + ms);
}

static const struct sms_event_media two[] = {
	{ { "https://api.example/AC1/1", 25 }, { "image/png", 9 }, 0 },
	{ { "https://cdn.example/2", 21 }, { "", 0 }, 0 },
};

static struct sms_rehosting *
came(size_t n)
{
	return sms_rehost(rehost, STR("main"), two, n, on_there, NULL);
}

static void
what_came_in_is_at_the_xmpp_server(void **state)
{
	(void)state;
	came(2);
	/* Credentials for their own host, and no private address for others. */
	assert_string_equal(asked.p,
	    "GET https://api.example/AC1/1 Basic x\n"
	    "GET https://cdn.example/2 checked\n");
	gives(0, 200, STR(JPEG));
	uploaded("https://up.example/a.jpg");
	pass(1);
	assert_string_equal(told.p, "");
	gives(1, 200, STR("<html>"));
	assert_string_equal(uploads.p,
	    "picture.jpg image/jpeg 11\n"
	    "file.bin application/octet-stream 6\n");
	uploaded("https://up.example/b.bin");
	assert_string_equal(told.p, "");
	pass(1);
	assert_string_equal(told.p,
	    "https://up.example/a.jpg image/jpeg 11\n"
	    "https://up.example/b.bin application/octet-stream 6\n");
	pass(WAIT_MS);
	assert_int_equal(ncall, 2);
}

static void
without_an_upload_there_is_a_link(void **state)
{
	(void)state;
	takes_files = false;
	came(1);
	gives(0, 200, STR(JPEG));
	pass(1);
	assert_true(
	    str_starts(buf_str(&told), STR("https://gw.example.org/media/")));
	assert_true(
	    str_ends(buf_str(&told), STR("/picture.jpg image/jpeg 11\n")));
	/* From the spool: the provider is not asked again. */
	ask("GET", told.p);
	assert_string_equal(served.p, "200 image/jpeg " JPEG "\n");
	ask("HEAD", told.p);
	assert_int_equal(ncall, 1);
	buf_clear(&served);
	ask("POST", told.p);
	assert_string_equal(served.p, "405 - Only GET and HEAD here.\n");
}

static void
nobody_waits_longer_than_he_has_to(void **state)
{
	(void)state;
	came(2);
	gives(0, 200, STR(JPEG));
	pass(WAIT_MS - 1);
	assert_string_equal(told.p, "");
	pass(1);
	/* Both are links; one has a type that is known by now. */
	assert_non_null(strstr(told.p, "/picture.jpg image/jpeg 11\n"));
	assert_non_null(strstr(told.p, "/file.bin  0\n"));
	/* What comes later is for the spool, and is not uploaded. */
	buf_clear(&uploads);
	gives(1, 200, STR("GIF89a"));
	assert_string_equal(uploads.p, "");
	ask("GET", strchr(told.p, '\n') + 1);
	assert_string_equal(served.p, "200 image/gif GIF89a\n");
	uploaded("https://up.example/late.jpg");
	pass(WAIT_MS);
}

static void
a_link_asks_the_provider_if_it_must(void **state)
{
	(void)state;
	came(1);
	gives(0, 404, STR("gone?"));
	pass(1);
	ask("GET", told.p);
	assert_string_equal(served.p, "");
	gives(1, 200, STR(JPEG));
	assert_string_equal(served.p, "200 image/jpeg " JPEG "\n");
	ask("GET", told.p);
	assert_int_equal(ncall, 2);
	buf_clear(&served);
	/* Neither in the spool any more, nor at the provider's. */
	clk.utc += KEEP_MS - 10;
	sms_spool_clean(spool, clk.utc + KEEP_MS);
	ask("GET", told.p);
	gives(2, 0, STR_EMPTY);
	assert_string_equal(served.p, "502 - The provider does not give it.\n");
	buf_clear(&served);
	clk.utc += 20;
	ask("GET", told.p);
	assert_string_equal(served.p, "410 - This link is too old.\n");
}

static void
no_other_link_is_served(void **state)
{
	char url[128];

	(void)state;
	(void)snprintf(url, sizeof(url), "%s", route);
	ask("GET", url);
	(void)snprintf(url, sizeof(url), "%s/AAAA/a.jpg", route);
	ask("GET", url);
	assert_string_equal(served.p,
	    "404 - There is no such link.\n404 - There is no such link.\n");
	assert_int_equal(ncall, 0);
}

static void
what_is_too_large_is_not_fetched(void **state)
{
	struct sms_event_media m = two[0];

	(void)state;
	m.size = FILE_MAX + 1;
	sms_rehost(rehost, STR("main"), &m, 1, on_there, NULL);
	assert_string_equal(told.p, "");
	pass(1);
	assert_non_null(strstr(told.p, "/picture.png image/png 1001\n"));
	assert_int_equal(ncall, 0);
}

/* There is neither a server of ours nor a service: as it came. */
static void
without_a_way_out_it_stays_where_it_was(void **state)
{
	(void)state;
	sms_rehost_free(&rehost);
	is_public = takes_files = false;
	open_it();
	came(1);
	gives(0, 200, STR(JPEG));
	pass(1);
	assert_string_equal(
	    told.p, "https://api.example/AC1/1 image/jpeg 11\n");
}

static void
so_many_are_fetched_at_a_time(void **state)
{
	(void)state;
	for (int i = 0; i < SMS_REHOST_MAX + 5; i++)
		came(1);
	assert_int_equal(ncall, SMS_REHOST_MAX);
	pass(1);
	assert_int_equal(
	    str_ends(buf_str(&told), STR("/picture.png image/png 0\n")), 1);
	/* Served are as many. */
	ncall = 0;
	for (int i = 0; i < SMS_REHOST_MAX + 1; i++)
		ask("GET", told.p);
	assert_int_equal(ncall, SMS_REHOST_MAX);
	assert_string_equal(
	    served.p, "503 - Too many ask for files just now.\n");
	buf_clear(&served);
	/* Whoever still waits is told when the gateway ends. */
	sms_rehost_free(&rehost);
	assert_true(str_starts(buf_str(&served), STR("503 - ")));
}

static void
nobody_is_told_who_does_not_wait(void **state)
{
	struct sms_rehosting *g;

	(void)state;
	g = came(2);
	sms_rehost_cancel(&g);
	assert_null(g);
	sms_rehost_cancel(&g);
	gives(0, 200, STR(JPEG));
	gives(1, 500, STR_EMPTY);
	pass(WAIT_MS);
	assert_string_equal(told.p, "");
	assert_string_equal(uploads.p, "");
	came(2);
	gives(2, 200, STR(JPEG));
	pass(WAIT_MS / 2);
}

static void
two_gateways_have_two_paths(void **state)
{
	struct sms_rehost_params p = { .dress = dress };
	struct err err = ERR_INIT;

	(void)state;
	/* This one has the same name, and leaves the other's path alone. */
	assert_null(sms_rehost_new(&p, &err));
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_string_not_equal(route, "");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_came_in_is_at_the_xmpp_server),
		TEST(without_an_upload_there_is_a_link),
		TEST(nobody_waits_longer_than_he_has_to),
		TEST(a_link_asks_the_provider_if_it_must),
		TEST(no_other_link_is_served),
		TEST(what_is_too_large_is_not_fetched),
		TEST(without_a_way_out_it_stays_where_it_was),
		TEST(so_many_are_fetched_at_a_time),
		TEST(nobody_is_told_who_does_not_wait),
		TEST(two_gateways_have_two_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
