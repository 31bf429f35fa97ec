/*
 * Hash map from byte strings to pointers: open addressing, linear probing,
 * backward shift on removal, so there are no tombstones and nothing is ever
 * cleaned up.  Hashes are kept: a comparison of keys is nearly always one
 * that succeeds, and growing reads no key.
 *
 * SipHash-1-3: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input
 * PRF", 2012, with one compression and three finalisation rounds.
 */
#include <endian.h>
#include <pthread.h>
#include <stdlib.h>

#include "lib/crypto.h"
#include "lib/map.h"
#include "lib/xalloc.h"

struct map_slot {
	uint64_t hash;
	struct str key;
	void *value; /* NULL: free */
};

enum { FIRST_CAP = 8 };

/* ---- SipHash ---------------------------------------------------------- */

static uint64_t
rotl(uint64_t x, unsigned b)
{
	return (x << b) | (x >> (64 - b));
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

static uint64_t
load64(const char *p)
{
	uint64_t m;

	memcpy(&m, p, 8);
	return le64toh(m);
}

/* The last len % 8 bytes, below the length. */
static uint64_t
last_word(struct str s)
{
	uint64_t m = (uint64_t)s.len << 56;
	size_t i, n = s.len & 7;

	if (n && s.len > 8)
		return m | load64(s.p + s.len - 8) >> (8 * (8 - n));
	for (i = 0; i < n; i++)
		m |= (uint64_t)(unsigned char)s.p[i] << (8 * i);
	return m;
}

static uint64_t
siphash13(const uint64_t k[2], struct str s)
{
	uint64_t v[4] = { k[0] ^ 0x736f6d6570736575ULL,
		k[1] ^ 0x646f72616e646f6dULL, k[0] ^ 0x6c7967656e657261ULL,
		k[1] ^ 0x7465646279746573ULL };
	uint64_t m;
	size_t i;

	for (i = 0; i + 8 <= s.len; i += 8) {
		m = load64(s.p + i);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	m = last_word(s);
	v[3] ^= m;
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t process_key[2];

static void
draw_key(void)
{
	crypto_random(process_key, sizeof(process_key));
}

uint64_t
map_hash(struct str s)
{
	static pthread_once_t drawn = PTHREAD_ONCE_INIT;

	pthread_once(&drawn, draw_key);
	return siphash13(process_key, s);
}

/* ---- map -------------------------------------------------------------- */

void
map_init(struct map *m)
{
	*m = (struct map){ .slot = NULL };
}

void
map_release(struct map *m)
{
	free(m->slot);
	map_init(m);
}

/* The slot of the key, or the free one where it belongs.  cap > 0. */
static struct map_slot *
locate(const struct map *m, uint64_t hash, struct str key)
{
	size_t i = hash & (m->cap - 1);

	while (m->slot[i].value &&
	    (m->slot[i].hash != hash || !str_eq(m->slot[i].key, key)))
		i = (i + 1) & (m->cap - 1);
	return &m->slot[i];
}

void *
map_get(const struct map *m, struct str key)
{
	return m->n ? locate(m, map_hash(key), key)->value : NULL;
}

static void
resize(struct map *m, size_t cap)
{
	struct map old = *m;
	size_t i;

	m->cap = cap;
	m->slot = xcalloc(cap, sizeof(*m->slot));
	for (i = 0; i < old.cap; i++)
		if (old.slot[i].value)
			*locate(m, old.slot[i].hash, old.slot[i].key) =
			    old.slot[i];
	free(old.slot);
}

/*
 * Room for one more; three quarters at most are taken.  What a netsplit has
 * left nearly empty shrinks here and not in map_del(), which may be called
 * while somebody walks through the map.
 */
static void
fit(struct map *m)
{
	if (m->cap == 0)
		resize(m, FIRST_CAP);
	else if ((m->n + 1) * 4 > m->cap * 3)
		resize(m, m->cap * 2);
	else if (m->cap > FIRST_CAP && m->n * 8 < m->cap)
		resize(m, m->cap / 4);
}

void *
map_put(struct map *m, struct str key, void *value)
{
	uint64_t hash = map_hash(key);
	struct map_slot *at = m->n ? locate(m, hash, key) : NULL;
	void *was = at ? at->value : NULL;

	if (!was) {
		fit(m);
		at = locate(m, hash, key);
		m->n++;
	}
	*at = (struct map_slot){ hash, key, value };
	return was;
}

/*
 * Closes the gap at i: whoever stands behind it and could not stand on its
 * own place because of it moves up.
 */
static void
close_gap(struct map *m, size_t gap)
{
	size_t mask = m->cap - 1, i = gap, home;

	for (;;) {
		i = (i + 1) & mask;
		if (!m->slot[i].value)
			break;
		home = m->slot[i].hash & mask;
		if (((i - home) & mask) < ((i - gap) & mask))
			continue;
		m->slot[gap] = m->slot[i];
		gap = i;
	}
	m->slot[gap] = (struct map_slot){ .value = NULL };
}

void *
map_del(struct map *m, struct str key)
{
	struct map_slot *at = m->n ? locate(m, map_hash(key), key) : NULL;
	void *was = at ? at->value : NULL;

	if (!was)
		return NULL;
	close_gap(m, (size_t)(at - m->slot));
	m->n--;
	if (m->n == 0)
		map_release(m);
	return was;
}

/*
 * Begins behind a free slot, so that no run of entries crosses the beginning
 * and the gap of a removal is filled only from what comes later.
 */
static size_t
first_slot(const struct map *m)
{
	size_t i = 0;

	while (m->slot[i].value)
		i++;
	return i + 1;
}

bool
map_next(const struct map *m, struct map_iter *it)
{
	const struct map_slot *at;

	if (m->n == 0)
		return false;
	if (it->start == 0)
		it->start = first_slot(m);
	/* The entry shown last was removed: another may stand there now. */
	if (it->step > 0) {
		at = &m->slot[(it->start + it->step - 1) & (m->cap - 1)];
		if (at->value != it->value || at->key.p != it->key.p)
			it->step--;
	}
	while (it->step < m->cap) {
		at = &m->slot[(it->start + it->step++) & (m->cap - 1)];
		if (!at->value)
			continue;
		it->key = at->key;
		it->value = at->value;
		return true;
	}
	return false;
}
