#include "net/http_head.h"

const struct http_field *
http_field_find(const struct http_field *v, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq_nocase(v[i].name, str_c(name)))
			return &v[i];
	return NULL;
}

struct str
http_uri_path(struct str uri)
{
	ptrdiff_t at = str_find(uri, '?');

	return at < 0 ? uri : str_head(uri, (size_t)at);
}

bool
http_is_path(struct str uri)
{
	for (size_t i = 0; i < uri.len; i++)
		if (uri.p[i] <= ' ' || uri.p[i] > '~')
			return false;
	return str_starts(uri, STR("/"));
}

size_t
http_field_count(const struct http_field *v, size_t n, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += str_eq_nocase(v[i].name, str_c(name));
	return found;
}

bool
http_head_is_framed(const struct http_field *v, size_t n)
{
	const struct http_field *coding =
	    http_field_find(v, n, "Transfer-Encoding");
	size_t nlength = http_field_count(v, n, "Content-Length");

	if (!coding)
		return nlength <= 1;
	return nlength == 0 &&
	    http_field_count(v, n, "Transfer-Encoding") == 1 &&
	    str_eq_nocase(coding->value, STR("chunked"));
}
