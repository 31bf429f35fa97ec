#include <stdlib.h>

#include "core/gate.h"
#include "lib/xalloc.h"

struct refused {
	char *user; /* NULL: none */
	int64_t at;
};

/* For the pace, the generic cell rate algorithm: one number is enough. */
struct gate {
	int64_t next_at;           /* when the next dial would be on time */
	int64_t spare[GATE_SPARE]; /* given back, in any order */
	unsigned nspare;
	int64_t shut_until; /* nobody dials before */
	int64_t trial_at;   /* and the next on trial not before */
	unsigned pauses;    /* since somebody stayed; 0: open */
	struct refused refused[GATE_USERS];
	char *why; /* the last words of the network */
	char name[];
};

static void
forget_refused(struct gate *gate)
{
	for (int i = 0; i < GATE_USERS; i++) {
		free(gate->refused[i].user);
		gate->refused[i].user = NULL;
	}
}

static void
gate_free(struct gate *gate)
{
	forget_refused(gate);
	free(gate->why);
	free(gate);
}

void
gates_init(struct gates *g)
{
	map_init(&g->by_network);
}

void
gates_release(struct gates *g)
{
	struct map_iter it = { 0 };

	while (map_next(&g->by_network, &it))
		gate_free(it.value);
	map_release(&g->by_network);
}

static bool
is_idle(const struct gate *gate, int64_t now_at)
{
	int64_t known_until =
	    gate->pauses ? gate->shut_until + GATE_PAUSE_MAX_MS : 0;

	return gate->next_at <= now_at && known_until <= now_at;
}

static void
forget_idle(struct gates *g, int64_t now_at)
{
	struct map_iter it = { 0 };

	while (map_next(&g->by_network, &it)) {
		struct gate *gate = it.value;

		if (!is_idle(gate, now_at))
			continue;
		map_del_value(&g->by_network, str_c(gate->name), gate);
		gate_free(gate);
	}
}

static struct gate *
gate_of(struct gates *g, struct str network, int64_t now_at)
{
	struct gate *gate = map_get(&g->by_network, network);

	if (gate)
		return gate;
	if (g->by_network.n >= GATE_IDLE_MAX)
		forget_idle(g, now_at);
	gate = xcalloc(1, sizeof(*gate) + network.len + 1);
	gate->next_at = now_at;
	memcpy(gate->name, network.p, network.len);
	map_put(&g->by_network, str_c(gate->name), gate);
	return gate;
}

/* ---- the pace --------------------------------------------------------- */

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
opens_at(const struct gate *gate, int64_t now_at)
{
	int64_t at = later(gate->shut_until, gate->trial_at);

	return gate->pauses ? later(at, now_at) : now_at;
}

/*
 * The earliest of those given back, taken out, if that is before `before`.
 * One that has passed is good for an interval more; else -1.
 */
static int64_t
take_spare(
    struct gate *gate, int64_t interval_ms, int64_t open_at, int64_t before)
{
	int64_t best = before, at;
	unsigned i, n = 0;

	for (i = 0; i < gate->nspare; i++) {
		at = gate->spare[i];
		if (at < open_at && at + interval_ms <= open_at)
			continue;
		gate->spare[n++] = at;
		best = at < best ? at : best;
	}
	gate->nspare = n;
	for (i = 0; i < n && gate->spare[i] != best; i++)
		;
	if (i == n)
		return -1;
	gate->spare[i] = gate->spare[--gate->nspare];
	return later(best, open_at);
}

void
gate_return(struct gates *g, struct str network, int64_t at)
{
	struct gate *gate = map_get(&g->by_network, network);

	if (gate && gate->nspare < GATE_SPARE)
		gate->spare[gate->nspare++] = at;
}

int64_t
gate_reserve(struct gates *g, struct str network, unsigned burst,
    int64_t interval_ms, int64_t now_at)
{
	struct gate *gate = gate_of(g, network, now_at);
	int64_t ahead = (int64_t)(burst - 1) * interval_ms;
	int64_t open_at = opens_at(gate, now_at), at, spare;

	/* A gate that opens lets no burst through. */
	gate->next_at =
	    later(gate->next_at, open_at > now_at ? open_at + ahead : now_at);
	at = later(gate->next_at - ahead, open_at);
	spare = take_spare(gate, interval_ms, open_at, at);
	if (spare >= 0)
		at = spare;
	else
		gate->next_at += interval_ms;
	if (at <= now_at)
		gate->trial_at = now_at + GATE_TRIAL_MS;
	return at;
}

bool
gate_claim(struct gates *g, struct str network, int64_t now_at)
{
	struct gate *gate = gate_of(g, network, now_at);

	if (opens_at(gate, now_at) > now_at)
		return false;
	gate->trial_at = now_at + GATE_TRIAL_MS;
	return true;
}

/* ---- being turned away ------------------------------------------------ */

/* His place: the one he has, else that of whom was turned away first. */
static struct refused *
place_of(struct gate *gate, struct str user)
{
	struct refused *oldest = &gate->refused[0];

	for (int i = 0; i < GATE_USERS; i++) {
		struct refused *r = &gate->refused[i];

		if (r->user && str_is(user, r->user))
			return r;
		if (oldest->user && (!r->user || r->at < oldest->at))
			oldest = r;
	}
	return oldest;
}

/* So many users within the time, this one among them? */
static bool
is_enough(struct gate *gate, struct str user, int64_t now_at)
{
	struct refused *mine = place_of(gate, user);

	str_store(&mine->user, user);
	mine->at = now_at;
	for (int i = 0; i < GATE_USERS; i++)
		if (!gate->refused[i].user ||
		    now_at - gate->refused[i].at > GATE_WINDOW_MS)
			return false;
	return true;
}

int64_t
gate_turned_away(struct gates *g, struct str network, struct str user,
    struct str why, int64_t now_at)
{
	struct gate *gate = gate_of(g, network, now_at);
	int64_t pause = GATE_PAUSE_MS;

	/* Who had dialled before it was shut tells nothing new. */
	if (now_at < gate->shut_until)
		return 0;
	if (!is_enough(gate, user, now_at) && gate->pauses == 0)
		return 0;
	for (unsigned i = 0; i < gate->pauses && pause < GATE_PAUSE_MAX_MS; i++)
		pause *= 2;
	if (pause > GATE_PAUSE_MAX_MS)
		pause = GATE_PAUSE_MAX_MS;
	gate->pauses++;
	gate->shut_until = gate->trial_at = now_at + pause;
	str_store(&gate->why, why);
	return pause;
}

unsigned
gate_pauses(const struct gates *g, struct str network)
{
	const struct gate *gate = map_get(&g->by_network, network);

	return gate ? gate->pauses : 0;
}

int64_t
gate_shut_until(const struct gates *g, struct str network, int64_t now_at)
{
	const struct gate *gate = map_get(&g->by_network, network);

	return gate && gate->shut_until > now_at ? gate->shut_until : 0;
}

struct str
gate_why(const struct gates *g, struct str network)
{
	const struct gate *gate = map_get(&g->by_network, network);

	return gate ? str_c(gate->why) : STR_EMPTY;
}

bool
gate_let_in(struct gates *g, struct str network, int64_t since_at)
{
	struct gate *gate = map_get(&g->by_network, network);
	bool was_shut;

	if (!gate || since_at < gate->shut_until)
		return false;
	was_shut = gate->pauses > 0;
	gate->pauses = 0;
	if (was_shut)
		forget_refused(gate);
	return was_shut;
}
