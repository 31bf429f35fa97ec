/*
 * One request as an easy handle of libcurl (7.88).
 *
 * How we know that nothing has left: libcurl asks us (PREREQFUNCTION) when
 * the connection stands, TLS included, and before it writes the first byte of
 * a request.  Asked never, not sent; asked once, it may have been read.  It
 * asks again when it would send the same request a second time, which it does
 * on its own when a connection that was used before ends without an answer:
 * a server that reads the request and dies would get it twice.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "lib/secret.h"
#include "lib/xalloc.h"
#include "net/address.h"

#include "net/http_transfer.h"

enum {
	RESPONSE_MAX = 256 * 1024,
	ANSWER_HEADERS_MAX = 128,
	CONNECT_MS = 10 * 1000,
	/* Idle for longer, a connection has been dropped by what is between. */
	IDLE_S = 50,
	/* A server that asks for more is not taken at its word. */
	RETRY_AFTER_MAX_S = 24 * 60 * 60,
	SEND_BUFFER = 16 * 1024,
};

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what libcurl asks ------------------------------------------------ */

static int
on_ready(void *arg, char *their_ip, char *our_ip, int their_port, int our_port)
{
	struct http_transfer *t = arg;

	(void)their_ip;
	(void)our_ip;
	(void)their_port;
	(void)our_port;
	if (t->once && t->nsent > 0)
		return CURL_PREREQFUNC_ABORT;
	t->nsent++;
	return CURL_PREREQFUNC_OK;
}

static curl_socket_t
on_socket_wanted(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http_transfer *t = arg;

	(void)purpose;
	if (t->checked_host && !t->private_ok &&
	    address_is_private(&to->addr)) {
		t->denied = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static size_t
on_head(char *data, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	(void)data;
	t->head_bytes += size * n;
	if (t->head_bytes <= HTTP_HEAD_MAX)
		return size * n;
	t->too_big = true;
	return 0;
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_transfer *t = arg;

	if (buf_add(&t->body, data, size * n) == 0)
		return size * n;
	t->too_big = true;
	return 0;
}

/* ---- is it a request? ------------------------------------------------- */

/* RFC 9110 5.6.2: a method, the name of a header. */
static bool
is_token(struct str s)
{
	static const char other[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		        (c >= '0' && c <= '9') ||
		        memchr(other, c, sizeof(other) - 1)))
			return false;
	}
	return s.len > 0;
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') ||
		    s.p[i] == 0x7f)
			return true;
	return false;
}

/* Where a message ends is the library's to say. */
static bool
is_framing(struct str name)
{
	static const char *const framing[] = { "Connection", "Content-Length",
		"Expect", "Host", "TE", "Trailer", "Transfer-Encoding",
		"Upgrade" };

	for (size_t i = 0; i < NELEM(framing); i++)
		if (str_eq_nocase(name, str_c(framing[i])))
			return true;
	return false;
}

static int
check_header(const struct http_header *h, struct err *err)
{
	if (!is_token(h->name) || is_framing(h->name))
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\" is no header that can be set",
		    STR_ARG(str_head(h->name, 64)));
	if (has_control(h->value) ||
	    h->name.len + h->value.len > HTTP_HEADER_BYTES_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "header " STR_FMT ": the value has a line break, another "
		    "control character or more than %d bytes",
		    STR_ARG(h->name), HTTP_HEADER_BYTES_MAX);
	return 0;
}

static int
check(const struct http_request *r, struct err *err)
{
	if (!is_token(str_c(r->method)) || strlen(r->method) > 16)
		return err_set(err, ERR_BAD_INPUT, "no such HTTP method");
	if (has_control(r->url) || r->url.len > HTTP_URL_MAX)
		return err_set(err, ERR_BAD_INPUT,
		    "the URL has a control character or more than %d bytes",
		    HTTP_URL_MAX);
	if (has_control(r->user) || has_control(r->password))
		return err_set(err, ERR_BAD_INPUT,
		    "user name or password has a control character");
	if (r->body.len > HTTP_BODY_MAX)
		return err_set(err, ERR_TOO_BIG,
		    "a request of %zu bytes; at most %d", r->body.len,
		    HTTP_BODY_MAX);
	if (r->nheader > HTTP_HEADERS_MAX)
		return err_set(
		    err, ERR_BAD_INPUT, "over %d headers", HTTP_HEADERS_MAX);
	for (size_t i = 0; i < r->nheader; i++)
		if (check_header(&r->header[i], err) < 0)
			return -1;
	return 0;
}

/* ---- where it goes ---------------------------------------------------- */

/* "https://host:port", the caller's to free(); NULL: see err. */
static char *
origin(const char *url, struct err *err)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL, where[512] = "";
	CURLUcode rc = curl_url_set(u, CURLUPART_URL, url,
	    CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME);

	if (rc == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ==
	        CURLUE_OK)
		snprintf(
		    where, sizeof(where), "%s://%s:%s", scheme, host, port);
	else
		err_set(err, ERR_BAD_INPUT,
		    "no URL with http:// or https://, a host and no user: %s",
		    rc == CURLUE_OK ? "another scheme" : curl_url_strerror(rc));
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return where[0] ? xstrdup(where) : NULL;
}

/* ---- the handle ------------------------------------------------------- */

static const struct {
	CURLoption option;
	long value;
} fixed[] = {
	{ CURLOPT_NOSIGNAL, 1 },
	/* Giving up during a lookup must not wait for the name server. */
	{ CURLOPT_QUICK_EXIT, 1 },
	{ CURLOPT_FOLLOWLOCATION, 0 },
	{ CURLOPT_DISALLOW_USERNAME_IN_URL, 1 },
	{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
	{ CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC },
	{ CURLOPT_HTTP09_ALLOWED, 0 },
	/* Without TLS, 7.88 breaks HTTP/2 after the first request. */
	{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS },
	{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
	{ CURLOPT_TCP_KEEPALIVE, 1 },
	{ CURLOPT_MAXAGE_CONN, IDLE_S },
	{ CURLOPT_UPLOAD_BUFFERSIZE, SEND_BUFFER },
};

static CURLcode
set_fixed(struct http_transfer *t)
{
	CURLcode rc = CURLE_OK;

	for (size_t i = 0; i < NELEM(fixed) && rc == CURLE_OK; i++)
		rc = curl_easy_setopt(t->easy, fixed[i].option, fixed[i].value);
	return rc;
}

static CURLcode
set_text(struct http_transfer *t, CURLoption option, const char *text)
{
	return curl_easy_setopt(t->easy, option, text);
}

/*
 * One of file and path: with both, libcurl reads the whole file again for
 * each connection (23 ms).  A path costs 1.5 ms and never more.
 */
static CURLcode
set_trust(struct http_transfer *t, const struct http_policy *p)
{
	CURLcode rc;

	if (!p->ca_file && !p->ca_path)
		return CURLE_OK;
	rc = set_text(t, CURLOPT_CAINFO, p->ca_file);
	if (rc == CURLE_OK)
		rc =
		    set_text(t, CURLOPT_CAPATH, p->ca_file ? NULL : p->ca_path);
	return rc;
}

static CURLcode
set_functions(struct http_transfer *t)
{
	CURL *e = t->easy;
	CURLcode rc[] = {
		curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_ready),
		curl_easy_setopt(e, CURLOPT_PREREQDATA, t),
		curl_easy_setopt(
		    e, CURLOPT_OPENSOCKETFUNCTION, on_socket_wanted),
		curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t),
		curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head),
		curl_easy_setopt(e, CURLOPT_HEADERDATA, t),
		curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body),
		curl_easy_setopt(e, CURLOPT_WRITEDATA, t),
		curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error),
	};

	for (size_t i = 0; i < NELEM(rc); i++)
		if (rc[i] != CURLE_OK)
			return rc[i];
	return CURLE_OK;
}

static void
add_line(struct http_transfer *t, const char *line)
{
	struct curl_slist *list = curl_slist_append(t->sent_header, line);

	if (list)
		t->sent_header = list;
}

/* libcurl takes "Name:" for a header of its own that is not wanted. */
static void
add_header(struct http_transfer *t, const struct http_header *h)
{
	struct str value = str_trim(h->value);
	struct buf line;

	buf_init(&line, HTTP_HEADER_BYTES_MAX + 2);
	buf_add_str(&line, h->name);
	if (value.len > 0) {
		buf_add(&line, ": ", 2);
		buf_add_str(&line, value);
	} else {
		buf_addc(&line, ';');
	}
	add_line(t, line.p);
	buf_release(&line);
}

static CURLcode
set_headers(struct http_transfer *t, const struct http_request *r)
{
	bool has_type = false, has_agent = false;

	for (size_t i = 0; i < r->nheader; i++) {
		struct str name = r->header[i].name;

		has_type = has_type || str_eq_nocase(name, STR("Content-Type"));
		has_agent = has_agent || str_eq_nocase(name, STR("User-Agent"));
		add_header(t, &r->header[i]);
	}
	/* What libcurl would add: a wait of a second, a type it guesses. */
	add_line(t, "Expect:");
	if (!has_type)
		add_line(t, "Content-Type:");
	if (!has_agent)
		add_line(t, "User-Agent: passerelle/" PASSERELLE_VERSION);
	return curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->sent_header);
}

static CURLcode
set_body(struct http_transfer *t, const struct http_request *r)
{
	struct str method = str_c(r->method);
	CURLcode rc = CURLE_OK;

	if (str_is(method, "HEAD"))
		return curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
	if (r->body.len > 0 || str_is(method, "POST") ||
	    str_is(method, "PUT") || str_is(method, "PATCH")) {
		rc = curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)r->body.len);
		if (rc == CURLE_OK)
			rc = curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS,
			    r->body.len ? r->body.p : "");
	}
	if (rc == CURLE_OK)
		rc = set_text(t, CURLOPT_CUSTOMREQUEST, r->method);
	return rc;
}

static CURLcode
set_user(struct http_transfer *t, const struct http_request *r)
{
	char *user, *password;
	CURLcode rc;

	if (r->user.len == 0)
		return CURLE_OK;
	user = str_dup(r->user);
	password = str_dup(r->password);
	rc = set_text(t, CURLOPT_USERNAME, user);
	if (rc == CURLE_OK)
		rc = set_text(t, CURLOPT_PASSWORD, password);
	secret_wipe(password, r->password.len);
	free(user);
	free(password);
	return rc;
}

/* Requests over TLS wait to see whether they can share a connection. */
static CURLcode
set_connection(struct http_transfer *t, const struct http_request *r)
{
	long tls = strncmp(t->where, "https", 5) == 0, alone = t->checked_host;
	long connect_ms = (long)(r->connect_ms ? r->connect_ms : CONNECT_MS);
	CURLcode rc[] = {
		curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, tls && !alone),
		curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, alone),
		curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, alone),
		curl_easy_setopt(
		    t->easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms),
		set_text(t, CURLOPT_PROTOCOLS_STR, "http,https"),
		set_text(t, CURLOPT_PROXY, ""),
	};

	for (size_t i = 0; i < NELEM(rc); i++)
		if (rc[i] != CURLE_OK)
			return rc[i];
	return CURLE_OK;
}

static CURLcode
set_all(struct http_transfer *t, const struct http_policy *p,
    const struct http_request *r)
{
	CURLcode rc = t->easy ? CURLE_OK : CURLE_OUT_OF_MEMORY;

	rc = rc ? rc : set_fixed(t);
	rc = rc ? rc : set_functions(t);
	rc = rc ? rc : set_trust(t, p);
	rc = rc ? rc : set_connection(t, r);
	rc = rc ? rc : set_headers(t, r);
	rc = rc ? rc : set_body(t, r);
	rc = rc ? rc : set_user(t, r);
	return rc ? rc : set_text(t, CURLOPT_URL, t->url);
}

static void
init(struct http_transfer *t, const struct http_policy *p,
    const struct http_request *r)
{
	bool get = strcmp(r->method, "GET") == 0 && r->body.len == 0;

	*t = (struct http_transfer){
		.once = r->once,
		.follow = r->follow && get && !r->once,
		.checked_host = r->checked_host,
		.private_ok = p->private_ok,
	};
	buf_init(&t->body, r->response_max ? r->response_max : RESPONSE_MAX);
}

int
http_transfer_init(struct http_transfer *t, const struct http_policy *p,
    const struct http_request *r, struct err *err)
{
	char *url, *where;
	CURLcode rc;

	if (check(r, err) < 0)
		return -1;
	url = str_dup(r->url);
	where = origin(url, err);
	if (!where) {
		free(url);
		return -1;
	}
	init(t, p, r);
	t->url = url;
	t->where = where;
	t->easy = curl_easy_init();
	rc = set_all(t, p, r);
	if (rc == CURLE_OK)
		return 0;
	err_set(err, ERR_INTERNAL, "%s: the request could not be made: %s",
	    t->where, curl_easy_strerror(rc));
	http_transfer_release(t);
	return -1;
}

void
http_transfer_release(struct http_transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->sent_header);
	buf_release(&t->body);
	free(t->url);
	free(t->where);
	free(t->header);
	*t = (struct http_transfer){ .easy = NULL };
}

/* ---- redirects -------------------------------------------------------- */

/* Ours to free(); NULL: it leads nowhere. */
static char *
resolve(const char *base, const char *location)
{
	CURLU *u = curl_url();
	char *url = NULL, *copy = NULL;

	if (curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(u, CURLUPART_URL, location,
	        CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_URL, &url, 0) == CURLUE_OK)
		copy = xstrdup(url);
	curl_free(url);
	curl_url_cleanup(u);
	return copy;
}

/* What was meant for one host is not told another. */
static CURLcode
forget_secrets(struct http_transfer *t)
{
	CURLcode rc = curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);

	if (rc == CURLE_OK)
		rc = set_text(t, CURLOPT_USERNAME, NULL);
	if (rc == CURLE_OK)
		rc = set_text(t, CURLOPT_PASSWORD, NULL);
	return rc;
}

/* Whoever redirects chooses the host: as if a user had named it. */
static CURLcode
distrust(struct http_transfer *t)
{
	CURLcode rc = forget_secrets(t);

	t->checked_host = true;
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
	if (rc == CURLE_OK)
		rc = curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, 1L);
	return rc;
}

/* Takes both.  NULL, or why not. */
static const char *
go_to(struct http_transfer *t, char *url, char *where)
{
	bool was_tls = str_starts(str_c(t->where), STR("https"));
	bool is_elsewhere = !where || strcmp(where, t->where) != 0;
	CURLcode rc = CURLE_OK;

	free(t->url);
	free(t->where);
	t->url = url;
	t->where = where ? where : xstrdup("a redirect");
	if (!where)
		return "leads to what is no web address";
	if (++t->nredirect > HTTP_REDIRECTS_MAX)
		return "was redirected to too often";
	if (was_tls && !str_starts(str_c(where), STR("https")))
		return "was redirected to, where there is no TLS";
	if (is_elsewhere)
		rc = distrust(t);
	rc = rc ? rc : set_text(t, CURLOPT_URL, url);
	return rc ? curl_easy_strerror(rc) : NULL;
}

bool
http_transfer_redirect(struct http_transfer *t)
{
	struct curl_header *h = NULL;
	long status = 0;
	char *url;

	if (!t->follow ||
	    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) != 0 ||
	    !(status == 301 || status == 302 || status == 303 ||
	        status == 307 || status == 308) ||
	    curl_easy_header(t->easy, "Location", 0, CURLH_HEADER, -1, &h) !=
	        CURLHE_OK)
		return false;
	url = resolve(t->url, h->value);
	t->broken = go_to(t, url, url ? origin(url, NULL) : NULL);
	t->head_bytes = 0;
	buf_clear(&t->body);
	return !t->broken;
}

/* ---- judgement -------------------------------------------------------- */

static const struct {
	CURLcode code;
	enum err_kind kind;
} kinds[] = {
	{ CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT },
	{ CURLE_URL_MALFORMAT, ERR_BAD_INPUT },
	{ CURLE_OUT_OF_MEMORY, ERR_INTERNAL },
	{ CURLE_FAILED_INIT, ERR_INTERNAL },
	{ CURLE_BAD_FUNCTION_ARGUMENT, ERR_INTERNAL },
	{ CURLE_SSL_CACERT_BADFILE, ERR_INTERNAL },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_PROTOCOL },
	{ CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL },
	{ CURLE_BAD_CONTENT_ENCODING, ERR_PROTOCOL },
	{ CURLE_HTTP2, ERR_PROTOCOL },
	{ CURLE_HTTP2_STREAM, ERR_PROTOCOL },
};

static enum err_kind
kind_of(CURLcode code)
{
	for (size_t i = 0; i < NELEM(kinds); i++)
		if (kinds[i].code == code)
			return kinds[i].kind;
	return ERR_UNREACHABLE;
}

static void
explain(const struct http_transfer *t, CURLcode code, struct err *err)
{
	const char *text = t->error[0] ? t->error : curl_easy_strerror(code);

	if (t->denied)
		err_set(err, ERR_DENIED, "%s: its address is a private one",
		    t->where);
	else if (t->too_big)
		err_set(
		    err, ERR_TOO_BIG, "%s: the answer is too long", t->where);
	else if (t->broken)
		err_set(err, ERR_PROTOCOL, "%s %s", t->where, t->broken);
	else if (code == CURLE_ABORTED_BY_CALLBACK)
		err_set(err, ERR_UNREACHABLE,
		    "%s: the connection ended after the request was written",
		    t->where);
	else
		err_set(err, kind_of(code), "%s: %s", t->where, text);
}

/* Of the last request; without those of 1xx answers and trailers. */
static void
read_headers(struct http_transfer *t, struct http_response *out)
{
	struct curl_header *h = NULL;
	size_t n = 0;

	t->header = xcalloc(ANSWER_HEADERS_MAX, sizeof(*t->header));
	while (n < ANSWER_HEADERS_MAX &&
	    (h = curl_easy_nextheader(t->easy, CURLH_HEADER, -1, h), h))
		/* 7.88 gives an empty value as a CR. */
		t->header[n++] = (struct http_header){ str_c(h->name),
			str_trim(str_c(h->value)) };
	out->header = t->header;
	out->nheader = n;
	out->content_type = http_response_header(out, "Content-Type");
}

static int64_t
retry_after_ms(CURL *easy)
{
	curl_off_t seconds = 0;

	if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) != 0 ||
	    seconds <= 0)
		return 0;
	if (seconds > RETRY_AFTER_MAX_S)
		seconds = RETRY_AFTER_MAX_S;
	return (int64_t)seconds * 1000;
}

void
http_transfer_judge(
    struct http_transfer *t, CURLcode code, struct http_response *out)
{
	long status = 0;

	if (curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) != 0)
		status = 0;
	*out = (struct http_response){ .status = (int)status };
	if (code == CURLE_OK && status < 200)
		code = CURLE_WEIRD_SERVER_REPLY;
	if (code != CURLE_OK || t->broken) {
		out->result = t->nsent > 0 ? HTTP_UNSURE : HTTP_NOT_SENT;
		explain(t, code, &out->err);
		return;
	}
	out->result = HTTP_ANSWERED;
	out->body = buf_str(&t->body);
	out->retry_after_ms = retry_after_ms(t->easy);
	read_headers(t, out);
}

struct str
http_response_header(const struct http_response *r, const char *name)
{
	for (size_t i = 0; i < r->nheader; i++)
		if (str_eq_nocase(r->header[i].name, str_c(name)))
			return r->header[i].value;
	return STR_EMPTY;
}
