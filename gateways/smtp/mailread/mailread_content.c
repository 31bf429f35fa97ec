#include "smtp/mailread/mailread_content.h"
#include "smtp/mailread/mailread_pool.h"

enum { READ_BYTES = 32 * 1024 };

/* As much as there is room for. */
static void
add_some(struct buf *out, const char *p, size_t n)
{
	size_t room = out->max - out->len;

	buf_add(out, p, n < room ? n : room);
}

static uint64_t
read_stream(GMimeStream *from, bool enough, struct buf *out)
{
	char some[READ_BYTES];
	uint64_t total = 0;
	ssize_t n;

	while (n = g_mime_stream_read(from, some, sizeof(some)), n > 0) {
		add_some(out, some, (size_t)n);
		total += (uint64_t)n;
		if (enough && out->len == out->max)
			break;
	}
	return total;
}

static bool
is_encoded(GMimeContentEncoding e)
{
	return e == GMIME_CONTENT_ENCODING_BASE64 ||
	    e == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
	    e == GMIME_CONTENT_ENCODING_UUENCODE;
}

uint64_t
mailread_content(GMimePart *part, bool enough, struct buf *out)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeContentEncoding encoding;
	GMimeStream *decoded;
	GMimeFilter *filter;
	uint64_t total;

	if (!content)
		return 0;
	encoding = g_mime_data_wrapper_get_encoding(content);
	g_mime_stream_reset(g_mime_data_wrapper_get_stream(content));
	decoded =
	    g_mime_stream_filter_new(g_mime_data_wrapper_get_stream(content));
	if (is_encoded(encoding)) {
		filter = g_mime_filter_basic_new(encoding, FALSE);
		g_mime_stream_filter_add(GMIME_STREAM_FILTER(decoded), filter);
		g_object_unref(filter);
	}
	total = read_stream(decoded, enough, out);
	g_object_unref(decoded);
	return total;
}

uint64_t
mailread_message(GMimeMessagePart *part, struct buf *out)
{
	GMimeMessage *message = g_mime_message_part_get_message(part);
	GMimeStream *stream;
	uint64_t total;

	if (!message)
		return 0;
	stream = g_mime_stream_mem_new();
	g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, stream);
	g_mime_stream_reset(stream);
	total = read_stream(stream, false, out);
	g_object_unref(stream);
	return total;
}

struct str
mailread_param(GMimeObject *o, const char *name)
{
	return str_c(g_mime_object_get_content_type_parameter(o, name));
}

struct str
mailread_mime(GMimeObject *o, struct mailread_pool *pool)
{
	char *type = g_mime_content_type_get_mime_type(
	    g_mime_object_get_content_type(o));
	struct str mime = mailread_pool_lower(pool, str_c(type));

	g_free(type);
	return mime;
}
