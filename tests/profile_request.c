/*
 * A request that a profile has made, held against what a case file says.
 */
#include "profile_request.h"

#include <stdlib.h>

#include "lib/crypto.h"

enum { TOKEN_MAX = 64 * 1024 };

/* A token: its claims; who signed it is looked at by test_sms_jwt. */
static json_t *
claims_of(struct str token)
{
	struct str head, claims, word;
	struct buf raw;
	json_t *v;

	(void)str_cut(&token, ' ', &word);
	(void)str_cut(&token, '.', &head);
	(void)str_cut(&token, '.', &claims);
	buf_init(&raw, TOKEN_MAX);
	(void)crypto_base64url_decode(claims, &raw);
	v = json_loadb(raw.p, raw.len, 0, NULL);
	buf_release(&raw);
	return v;
}

static void
compare_header(
    struct place *at, const char *name, const json_t *want, struct str got)
{
	json_t *v = NULL;

	if (json_object_get(want, "jwt")) {
		v = claims_of(got);
		want = json_object_get(want, "jwt");
	} else if (json_object_get(want, "ovh")) {
		if (!str_starts(got, STR("$1$")) || got.len != 43)
			bad(at, "header %s is no signature", name);
		return;
	} else {
		v = json_of(got);
	}
	differ_in(at, "header", name, want, v);
	json_decref(v);
}

static bool
has_header(const struct sms_request *got, const char *name)
{
	for (size_t i = 0; i < got->nheader; i++)
		if (str_is(got->header[i].name, name))
			return true;
	return false;
}

static void
compare_headers(
    struct place *at, const json_t *want, const struct sms_request *got)
{
	json_t *headers = json_object_get(want, "headers"), *v;
	const char *name;
	size_t i;

	for (i = 0; i < got->nheader; i++) {
		char *z = dup_str(got->header[i].name);

		v = json_object_get(headers, z);
		if (v)
			compare_header(at, z, v, got->header[i].value);
		else
			bad(at, "header %s should not be there", z);
		free(z);
	}
	json_object_foreach(headers, name, v)
	{
		if (!has_header(got, name))
			bad(at, "header %s is missing", name);
	}
}

static void
compare_text(struct place *at, const json_t *want, struct sms_request *got)
{
	json_t *v = json_of(got->body);

	differ(at, "text", json_object_get(want, "text"), v);
	json_decref(v);
}

static const char *
compare_content(struct place *at, const json_t *want, struct sms_request *got)
{
	json_t *form = json_object_get(want, "form"), *v = NULL;
	json_t *json = json_object_get(want, "json");
	const char *type = "";

	if (form) {
		type = "application/x-www-form-urlencoded";
		v = fields_of(got->body, &got->pool);
		differ(at, "form", form, v);
	} else if (json) {
		type = "application/json";
		v = json_loadb(got->body.p, got->body.len, 0, NULL);
		differ(at, "json", json, v);
	} else if (json_object_get(want, "text")) {
		type = "text/plain; charset=utf-8";
		compare_text(at, want, got);
	} else if (got->body.len) {
		bad(at, "there should be no body");
	}
	json_decref(v);
	return type;
}

static void
compare_body(struct place *at, const json_t *want, struct sms_request *got)
{
	struct str type = str_c(compare_content(at, want, got));

	if (json_object_get(want, "content_type"))
		type = text_at(want, "content_type");
	if (!str_eq(got->content_type, type))
		bad(at, "content type is " STR_FMT ", and should be " STR_FMT,
		    STR_ARG(got->content_type), STR_ARG(type));
}

void
compare_request(struct place *at, const json_t *want, struct sms_request *got)
{
	struct str url = got->url, path;
	json_t *query, *none = json_array();
	json_t *wanted = json_object_get(want, "query");

	(void)str_cut(&url, '?', &path);
	query = fields_of(url, &got->pool);
	if (!str_is(text_at(want, "method"), got->method))
		bad(at, "method is %s", got->method);
	if (!str_eq(text_at(want, "url"), path))
		bad(at, "url is " STR_FMT, STR_ARG(path));
	differ(at, "query", wanted ? wanted : none, query);
	json_decref(query);
	json_decref(none);
	compare_headers(at, want, got);
	compare_body(at, want, got);
}
