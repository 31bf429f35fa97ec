#include "irc/irc_ports.h"

#include <string.h>

enum { PORT_MAX = 65535 };

uint16_t
irc_port_of(struct str text)
{
	uint64_t n;

	return str_to_uint(text, PORT_MAX, &n) ? (uint16_t)n : 0;
}

/* "6697" or "6660-6669". */
static bool
add_range(struct irc_ports *p, struct str word)
{
	struct str first = word;
	uint16_t from, to;

	if (p->n == IRC_PORTS_MAX)
		return false;
	if (str_has(word, '-'))
		(void)str_cut(&word, '-', &first);
	from = irc_port_of(first);
	to = irc_port_of(word);
	p->v[p->n].first = from;
	p->v[p->n++].last = to;
	return from && from <= to;
}

bool
irc_ports_parse(struct irc_ports *out, struct str text)
{
	struct irc_ports p = { .n = 0 };
	struct str rest = str_trim(text), word;

	if (rest.len > IRC_PORTS_TEXT)
		return false;
	if (rest.len)
		memcpy(p.text, rest.p, rest.len);
	while (str_cut(&rest, ' ', &word))
		if (word.len && !add_range(&p, word))
			return false;
	*out = p;
	return true;
}

bool
irc_ports_has(const struct irc_ports *p, uint16_t port)
{
	for (size_t i = 0; i < p->n; i++)
		if (port >= p->v[i].first && port <= p->v[i].last)
			return true;
	return false;
}
