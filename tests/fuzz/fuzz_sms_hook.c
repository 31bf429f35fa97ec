/*
 * Any bytes as what a provider sends: the first says as what kind, the others
 * are the body, and the query of its URL.  Whatever comes of it is clean,
 * within its limits, and the same again from the same bytes.
 */
#include <stdlib.h>

#include "lib/utf8.h"
#include "sms/sms_profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

#define HOOK(body, extra)                                                      \
	"{\"profile\":1,\"name\":\"f\",\"send\":{\"sms\":{\"url\":"            \
	"\"https://x/\"}},\"numbers\":{\"from\":\"nat:1\"},\"hooks\":{"        \
	"\"inbound\":{\"body\":\"" body "\"," extra                            \
	"\"map\":{\"from\":{\"any\":[\"f\",\"_query.f\",\"_item\",{\"regex\":" \
	"\"([0-9]+)\"}]},\"to\":\"t\",\"text\":{\"any\":[\"x\",\"_body\"]},"   \
	"\"text_hex\":\"h\",\"charset\":{\"any\":[\"c\",\"_query.c\"]},"       \
	"\"id\":\"i\",\"time\":\"w\",\"subject\":\"s\",\"group\":{\"list\":["  \
	"\"g\",{\"path\":\"p.*\",\"map\":\"n\"}]},\"media\":{\"any\":["        \
	"{\"path\":\"m\",\"map\":{\"url\":\"u\",\"type\":\"y\",\"size\":"      \
	"\"z\"}},{\"count\":\"n\",\"indexed\":\"u[n]\",\"types\":\"y[n]\"},"   \
	"{\"path\":\"l\",\"split\":\",\"}]},\"part_no\":\"pn\",\"part_ref\":"  \
	"\"pr\",\"part_total\":\"pt\"}},"                                      \
	"\"status\":{\"body\":\"" body "\"," extra                             \
	"\"when\":{\"path\":\"st\",\"exists\":true},\"map\":{\"id\":\"i\","    \
	"\"our_id\":\"_query.id\",\"state\":\"st\",\"error\":\"e\","           \
	"\"text\":\"x\"},\"states\":{\"d\":\"delivered\",\"*\":\"failed\"},"   \
	"\"errors\":{\"1\":\"filtered\"}}}}"

static const char *const profiles[] = {
	HOOK("json", "\"each\":\"\","),
	HOOK("json", "\"each\":\"a.b\","),
	HOOK("form", ""),
	HOOK("query", "\"query_sep\":\"&;\","),
	HOOK("text", ""),
	HOOK("auto", ""),
};

enum { NPROFILES = sizeof(profiles) / sizeof(profiles[0]) };

struct seen {
	unsigned n;
	uint64_t sum;
};

static void
add(struct seen *s, struct str text)
{
	check(utf8_is_xml(text));
	for (size_t i = 0; i < text.len; i++)
		s->sum = s->sum * 31 + (uint8_t)text.p[i];
}

static void
add_line(struct seen *s, struct str text)
{
	add(s, text);
	check(!str_has(text, '\n') && !str_has(text, '\r'));
	check(text.len <= SMS_EVENT_LINE_MAX + 8);
}

static void
see(const struct sms_event *ev, void *arg)
{
	struct seen *s = arg;

	s->n++;
	add_line(s, ev->from);
	add_line(s, ev->to);
	add_line(s, ev->subject);
	add_line(s, ev->our_id);
	add_line(s, ev->part_ref);
	add(s, ev->text);
	check(ev->text.len <= SMS_EVENT_TEXT_MAX);
	check(!str_has(ev->text, '\r') && !str_has(ev->text, '\0'));
	check(ev->nmedia <= SMS_EVENT_MEDIA_MAX);
	check(ev->ngroup <= SMS_EVENT_GROUP_MAX);
	check(ev->part <= SMS_EVENT_PARTS_MAX && ev->time_utc >= 0);
	for (size_t i = 0; i < ev->nid; i++)
		add_line(s, ev->id[i]);
	for (size_t i = 0; i < ev->ngroup; i++)
		add_line(s, ev->group[i]);
	for (size_t i = 0; i < ev->nmedia; i++) {
		add(s, ev->media[i].url);
		check(str_starts(ev->media[i].url, STR("http")));
	}
}

static struct seen
parse(const struct sms_profile *p, struct str body, struct str query)
{
	const struct sms_doc_source source = { .body = body, .query = query };
	struct seen s = { 0, 0 };

	for (unsigned k = 0; k < SMS_NEVENT; k++) {
		struct err err = ERR_INIT;

		if (sms_event_parse(
		        p, (enum sms_event_kind)k, &source, see, &s, &err) < 0)
			check(err.kind != ERR_NONE);
	}
	check(s.n <= 4 * SMS_DOC_EACH_MAX);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sms_profile *p[NPROFILES];
	struct str body, query;
	struct seen once, twice;
	size_t which;

	if (size == 0)
		return 0;
	which = data[0] % NPROFILES;
	body = str_of((const char *)data + 1, size - 1);
	if (!p[which])
		p[which] =
		    sms_profile_read("f.json", str_c(profiles[which]), NULL);
	check(p[which] != NULL);
	if (str_cut(&body, '\0', &query) && !body.p)
		body = query;
	once = parse(p[which], body, query);
	twice = parse(p[which], body, query);
	check(once.n == twice.n && once.sum == twice.sum);
	return 0;
}
