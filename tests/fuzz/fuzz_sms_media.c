/*
 * Two lines, two URLs; all of it is a file, and what stands behind the prefix
 * of our links.  Whatever the bytes:
 *
 *	whether two URLs have one origin does not depend on which comes first,
 *	and one that has an origin has its own
 *	nothing that we did not make is a link of ours; what we make is one,
 *	and gives back what is in it
 *	a file has a type and a name, and never one that a browser runs
 */
#include <stdlib.h>

#include "sms/sms_media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[CRYPTO_KEY_BYTES] = "thirty-two bytes that are known";

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
check_link(struct str url, struct str line)
{
	struct sms_media_link l = { line, url, 5 }, got;
	struct buf link, room;

	buf_init(&link, SMS_MEDIA_LINK_MAX);
	buf_init(&room, SMS_MEDIA_LINK_MAX);
	buf_addc(&link, '/');
	if (sms_media_link_make(key, &l, "a.jpg", &link, NULL) == 0) {
		check(sms_media_link_open(
		          key, buf_str(&link), 5, &room, &got, NULL) == 0);
		check(str_eq(got.url, url) && str_eq(got.line, line));
		check(sms_media_link_open(
		          key, buf_str(&link), 6, &room, &got, NULL) < 0);
	}
	buf_release(&link);
	buf_release(&room);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = str_of((const char *)data, size), rest = all, first;
	const struct sms_media_type *t = sms_media_sniff(all);
	struct sms_media_link got;
	struct buf room;

	check(!strstr(t->type, "html") && !strstr(t->type, "xml") &&
	    !strstr(t->type, "script"));
	(void)sms_media_said(all);
	(void)sms_media_is_layout(all, all);
	str_cut(&rest, '\n', &first);
	if (!rest.p)
		rest = STR_EMPTY;
	check(sms_media_same_origin(first, rest) ==
	    sms_media_same_origin(rest, first));
	if (sms_media_same_origin(first, rest))
		check(sms_media_same_origin(first, first));
	buf_init(&room, SMS_MEDIA_LINK_MAX);
	check(sms_media_link_open(key, all, 0, &room, &got, NULL) < 0);
	buf_release(&room);
	check_link(rest, first);
	return 0;
}
