#include "smtp/mailread/mailread_ids.h"
#include "smtp/mail_record.h"
#include "smtp/mailread/mailread_headers.h"

/* Takes the next off *rest.  False: there is none any more. */
static bool
next_id(struct str *rest, struct str *out)
{
	ptrdiff_t begin, end;

	while (begin = str_find(*rest, '<'), begin >= 0) {
		*rest = str_skip(*rest, (size_t)begin + 1);
		end = str_find(*rest, '>');
		if (end < 0)
			return false;
		*out = str_trim(str_head(*rest, (size_t)end));
		/* One that was opened twice begins at the second. */
		if (str_has(*out, '<'))
			continue;
		*rest = str_skip(*rest, (size_t)end + 1);
		if (mail_is_id(*out))
			return true;
	}
	return false;
}

struct str
mailread_id(struct str value)
{
	struct str rest = value, id;

	if (next_id(&rest, &id))
		return id;
	id = mailread_first_word(value);
	return str_has(id, '@') && mail_is_id(id) ? id : STR_EMPTY;
}

size_t
mailread_ids(struct str value, struct str *out, size_t max)
{
	struct str id;
	size_t n = 0;

	while (next_id(&value, &id)) {
		if (n == max) {
			memmove(&out[1], &out[2], (max - 2) * sizeof(out[0]));
			n--;
		}
		out[n++] = id;
	}
	return n;
}
