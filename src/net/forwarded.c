/*
 * Who asked, where proxies stand in between.
 *
 *	X-Forwarded-For = #( address | address:port | "[" IPv6 "]" [":" port] )
 *
 * There is no standard for it; ports are what some load balancers add.
 */
#include <sys/socket.h>

#include "net/forwarded.h"

/* Without brackets, port and quotes. */
static struct str
bare(struct str s)
{
	ptrdiff_t end;

	s = str_trim(s);
	if (str_starts(s, STR("\"")) && str_ends(s, STR("\"")) && s.len > 1)
		s = str_of(s.p + 1, s.len - 2);
	if (str_starts(s, STR("["))) {
		s = str_skip(s, 1);
		end = str_find(s, ']');
		return end < 0 ? STR_EMPTY : str_head(s, (size_t)end);
	}
	/* One colon is a port, more are an IPv6 address. */
	end = str_find(s, ':');
	if (end >= 0 && !str_has(str_skip(s, (size_t)end + 1), ':'))
		return str_head(s, (size_t)end);
	return s;
}

/* Takes the last entry off *list. */
static struct str
cut_last(struct str *list)
{
	struct str last = *list;

	for (size_t i = list->len; i-- > 0;)
		if (list->p[i] == ',') {
			last = str_skip(*list, i + 1);
			list->len = i;
			return last;
		}
	*list = STR_EMPTY;
	return last;
}

static bool
is_trusted(const struct sockaddr *sa, const struct address_prefix *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (address_in_range(&v[i], sa))
			return true;
	return false;
}

void
forwarded_peer(const struct sockaddr *peer,
    const struct address_prefix *trusted, size_t ntrusted, struct str list,
    char out[ADDRESS_TEXT_MAX + 1])
{
	struct sockaddr_storage at;
	const void *any = &at;
	const struct sockaddr *now = peer;

	address_format(now, out);
	while (list.len > 0 && is_trusted(now, trusted, ntrusted)) {
		if (!address_parse(bare(cut_last(&list)), &at))
			return;
		now = any;
		address_format(now, out);
	}
}
