/*
 * Greedy: the longest beginning that fits, back to a good place.
 */
#include "sms/sms_split.h"
#include "lib/utf8.h"

enum { REPLACEMENT = 0xfffd };

/* Bytes of the longest beginning that fits in that coding. */
static size_t
reach(enum sms_coding coding, struct str text, size_t units, size_t chars)
{
	struct str rest = text;
	size_t used = 0, n = 0, end = 0;

	while (rest.len > 0 && (chars == 0 || n < chars)) {
		int32_t c = utf8_next(&rest);
		unsigned cost =
		    sms_gsm_cost(coding, c == UTF8_BAD ? REPLACEMENT : c);

		if (cost == 0 || used + cost > units)
			break;
		used += cost;
		n++;
		end = text.len - rest.len;
	}
	return end;
}

static size_t
first_char(struct str text)
{
	struct str rest = text;

	(void)utf8_next(&rest);
	return text.len - rest.len;
}

/* Never nothing: a room that takes no character is none. */
static size_t
fitting(struct str text, const struct sms_room *room)
{
	size_t gsm = reach(SMS_GSM7, text, room->gsm, room->chars);
	size_t ucs2 = reach(SMS_UCS2, text, room->ucs2, room->chars);

	if (gsm > 0 || ucs2 > 0)
		return gsm > ucs2 ? gsm : ucs2;
	return first_char(text);
}

static size_t
back_to_good_place(struct str text, size_t cut)
{
	size_t at;

	for (at = cut; at > cut / 2; at--)
		if (text.p[at - 1] == ' ' || text.p[at - 1] == '\n')
			return at;
	return utf8_cut_whole(text, cut);
}

/* A piece that has lost its odd characters is coded in septets. */
static size_t
within_septets(struct str text, size_t cut, const struct sms_room *room)
{
	size_t gsm;

	if (!sms_gsm_holds(str_head(text, cut)))
		return cut;
	gsm = reach(SMS_GSM7, text, room->gsm, room->chars);
	if (gsm == 0)
		return first_char(text);
	return gsm < cut ? gsm : cut;
}

void
sms_split_init(
    struct sms_split *s, struct str text, const struct sms_room *room)
{
	*s = (struct sms_split){ .rest = text, .room = *room };
}

bool
sms_split_next(struct sms_split *s, struct str *piece)
{
	size_t cut;

	if (s->rest.len == 0)
		return false;
	cut = fitting(s->rest, &s->room);
	if (cut < s->rest.len)
		cut = back_to_good_place(s->rest, cut);
	cut = within_septets(s->rest, cut, &s->room);
	*piece = str_head(s->rest, cut);
	s->rest = str_skip(s->rest, cut);
	return true;
}

size_t
sms_split_count(struct str text, const struct sms_room *room, size_t max)
{
	struct sms_split s;
	struct str piece;
	size_t n = 0;

	sms_split_init(&s, text, room);
	while (n <= max && sms_split_next(&s, &piece))
		n++;
	return n;
}
