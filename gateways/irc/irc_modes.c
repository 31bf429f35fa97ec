#include "irc/irc_modes.h"

#include <string.h>

static uint64_t
bit(char letter)
{
	bool is_letter = (letter >= 'A' && letter <= 'Z') ||
	    (letter >= 'a' && letter <= 'z');

	return is_letter ? UINT64_C(1) << (letter - 'A') : 0;
}

static void
set_key(struct irc_modes *m, struct str key)
{
	if (key.len > IRC_KEY_MAX)
		key = STR_EMPTY;
	memset(m->key, 0, sizeof(m->key));
	memcpy(m->key, key.len ? key.p : "", key.len);
}

void
irc_modes_set(struct irc_modes *m, char letter, bool on, struct str arg)
{
	uint64_t limit = 0;

	if (letter == 'l') {
		(void)str_to_uint(arg, UINT32_MAX, &limit);
		m->limit = on ? (uint32_t)limit : 0;
	}
	if (letter == 'k')
		set_key(m, on ? arg : STR_EMPTY);
	if (on)
		m->letters |= bit(letter);
	else
		m->letters &= ~bit(letter);
}

bool
irc_modes_has(const struct irc_modes *m, char letter)
{
	return (m->letters & bit(letter)) != 0;
}
