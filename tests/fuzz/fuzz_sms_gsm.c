/*
 * Any text, counted another way: the alphabet as one string that is searched,
 * UTF-16 from iconv, parts by stepping through the units and taking one step
 * back where something would be torn.  Then what was encoded decodes to the
 * same, any octets decode, and the pieces for a provider that takes the room
 * of the first two bytes fit, are whole and joined are the text.
 */
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/text.h"
#include "lib/utf8.h"
#include "sms/sms_gsm.h"
#include "sms/sms_split.h"
#include "sms/sms_text.h"

enum { ESCAPE = 0x1b, OUT_MAX = 8 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char alphabet[] =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
static const char escaped[] = "\f^{}\\[~]|€";

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static bool
is_in(const char *list, struct str one)
{
	return memmem(list, strlen(list), one.p, one.len) != NULL;
}

/* A mark for each septet: 'e' where an escape is, 'x' for any other. */
static bool
septets_of(struct str text, struct buf *out)
{
	while (text.len > 0) {
		struct str one = text;

		(void)utf8_next(&text);
		one.len -= text.len;
		if (is_in(alphabet, one))
			buf_add_str(out, STR("x"));
		else if (is_in(escaped, one))
			buf_add_str(out, STR("ex"));
		else
			return false;
	}
	return true;
}

static size_t
parts_of_septets(struct str marks)
{
	size_t n = 0;

	if (marks.len <= 160)
		return 1;
	for (; marks.len > 0; n++) {
		size_t take = marks.len < 153 ? marks.len : 153;

		if (marks.p[take - 1] == 'e')
			take--;
		marks = str_skip(marks, take);
	}
	return n;
}

static size_t
parts_of_units(struct str octets)
{
	size_t n = 0;

	if (octets.len <= 140)
		return 1;
	for (; octets.len > 0; n++) {
		size_t take = octets.len < 134 ? octets.len : 134;

		if (((unsigned char)octets.p[take - 2] & 0xfc) == 0xd8)
			take -= 2;
		octets = str_skip(octets, take);
	}
	return n;
}

static void
count_again(struct str text)
{
	struct sms_count n = sms_gsm_count(text);
	struct buf other, ours, back;

	buf_init(&other, OUT_MAX);
	buf_init(&ours, OUT_MAX);
	buf_init(&back, OUT_MAX);
	if (septets_of(text, &other)) {
		check(n.coding == SMS_GSM7 && n.nunits == other.len);
		check(n.nparts == parts_of_septets(buf_str(&other)));
		check(sms_gsm_encode(text, &ours) && ours.len == n.nunits);
		check(sms_gsm_decode(buf_str(&ours), &back) == 0);
	} else {
		buf_clear(&other);
		check(text_from_utf8("UTF-16BE", text, &other));
		check(n.coding == SMS_UCS2 && n.nunits * 2 == other.len);
		check(n.nparts == parts_of_units(buf_str(&other)));
		check(!sms_gsm_encode(text, &ours) && ours.len == 0);
		check(sms_ucs2_encode(text, &ours) == 0);
		check(str_eq(buf_str(&ours), buf_str(&other)));
		check(sms_ucs2_decode(buf_str(&ours), &back) == 0);
	}
	check(str_eq(buf_str(&back), text));
	buf_release(&other);
	buf_release(&ours);
	buf_release(&back);
}

static void
split(struct str text, const struct sms_room *room)
{
	struct sms_split s;
	struct str piece;
	size_t n = 0, done = 0;

	sms_split_init(&s, text, room);
	for (; sms_split_next(&s, &piece); n++) {
		struct sms_count c = sms_gsm_count(piece);

		check(piece.len > 0 && piece.p == text.p + done);
		check(utf8_is_valid(piece));
		/* A room of one takes no character of two. */
		check(c.nunits <=
		        (c.coding == SMS_GSM7 ? room->gsm : room->ucs2) ||
		    utf8_count(piece) == 1);
		done += piece.len;
	}
	check(done == text.len);
	check(sms_split_count(text, room, text.len) == n);
}

static void
decode_any(struct str octets)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	check(sms_gsm_decode(octets, &out) == 0);
	check(sms_ucs2_decode(octets, &out) == 0);
	check(utf8_is_valid(buf_str(&out)));
	buf_release(&out);
}

/* What is put otherwise to save room saves some. */
static void
write_smart(struct str text)
{
	struct buf as_is, smart;

	buf_init(&as_is, OUT_MAX);
	buf_init(&smart, OUT_MAX);
	check(sms_text_write(text, false, &as_is) == 0);
	check(sms_text_write(text, true, &smart) == 0);
	check(utf8_is_valid(buf_str(&smart)));
	if (!str_eq(buf_str(&as_is), buf_str(&smart)))
		check(sms_gsm_holds(buf_str(&smart)) &&
		    !sms_gsm_holds(buf_str(&as_is)));
	buf_release(&as_is);
	buf_release(&smart);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sms_room room;
	struct str text;

	if (size < 2)
		return 0;
	room = (struct sms_room){
		.gsm = data[0] ? data[0] : 1u,
		.ucs2 = data[1] ? data[1] : 1u,
	};
	text = str_of((const char *)data + 2, size - 2);
	decode_any(text);
	text.len = utf8_valid_len(text);
	count_again(text);
	split(text, &room);
	write_smart(text);
	return 0;
}
