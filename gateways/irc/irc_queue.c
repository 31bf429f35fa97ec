/*
 * Each rank is a ring of lanes, each lane a list of lines.  A line is taken
 * from the first lane, which then goes to the end of the ring.
 */
#include "irc/irc_queue.h"

#include <stdlib.h>

#include "lib/secret.h"
#include "lib/xalloc.h"

struct lane {
	struct list node;
	struct list lines; /* never empty */
	uint64_t key;
};

struct line {
	struct list node;
	void *cookie;
	size_t len;
	bool secret;
	char p[];
};

void
irc_queue_init(struct irc_queue *q, unsigned burst, int64_t interval_ms)
{
	size_t i;

	*q = (struct irc_queue){ .n = 0 };
	bucket_init(&q->bucket, burst, interval_ms);
	for (i = 0; i < IRC_NRANK; i++)
		list_init(&q->lanes[i]);
}

static struct lane *
lane_of(struct list *node)
{
	return LIST_ENTRY(node, struct lane, node);
}

static struct line *
first_line(struct lane *lane)
{
	return LIST_ENTRY(list_first(&lane->lines), struct line, node);
}

static void
drop_line(struct irc_queue *q, enum irc_rank rank, struct lane *lane)
{
	struct line *line = first_line(lane);

	list_del(&line->node);
	q->n--;
	q->nrank[rank]--;
	q->nbytes -= line->len;
	if (line->secret)
		secret_wipe(line->p, line->len);
	free(line);
	list_del(&lane->node);
	if (list_is_empty(&lane->lines))
		free(lane);
	else
		list_add(&q->lanes[rank], &lane->node);
}

void
irc_queue_release(struct irc_queue *q)
{
	enum irc_rank rank;

	for (rank = 0; rank < IRC_NRANK; rank++)
		while (!list_is_empty(&q->lanes[rank]))
			drop_line(
			    q, rank, lane_of(list_first(&q->lanes[rank])));
}

bool
irc_queue_has_room(
    const struct irc_queue *q, enum irc_rank rank, size_t n, size_t nbytes)
{
	size_t times = rank == IRC_RANK_URGENT ? 2 : 1;

	if (rank == IRC_RANK_DROPPABLE &&
	    q->nrank[rank] + n > IRC_QUEUE_DROPPABLE)
		return false;
	return q->n + n <= IRC_QUEUE_LINES * times &&
	    q->nbytes + nbytes <= IRC_QUEUE_BYTES * times;
}

static struct lane *
find_lane(struct irc_queue *q, enum irc_rank rank, uint64_t key)
{
	struct lane *lane;

	LIST_EACH(&q->lanes[rank], node)
	{
		if (lane_of(node)->key == key)
			return lane_of(node);
	}
	lane = xcalloc(1, sizeof(*lane));
	lane->key = key;
	list_init(&lane->lines);
	list_add(&q->lanes[rank], &lane->node);
	return lane;
}

int
irc_queue_add(struct irc_queue *q, const struct irc_line *l)
{
	struct line *line;

	if (!irc_queue_has_room(q, l->rank, 1, l->text.len))
		return -1;
	line = xmalloc(sizeof(*line) + l->text.len);
	line->cookie = l->cookie;
	line->len = l->text.len;
	line->secret = l->secret;
	if (l->text.len)
		memcpy(line->p, l->text.p, l->text.len);
	list_add(&find_lane(q, l->rank, l->lane)->lines, &line->node);
	q->n++;
	q->nrank[l->rank]++;
	q->nbytes += line->len;
	return 0;
}

/* The rank whose turn it is; IRC_NRANK: nothing waits. */
static enum irc_rank
next_rank(const struct irc_queue *q)
{
	enum irc_rank rank = IRC_RANK_URGENT;

	while (rank < IRC_NRANK && q->nrank[rank] == 0)
		rank++;
	return rank;
}

/*
 * Urgent lines go into debt, which the others pay: servers count every line.
 * Within bounds, or a server could silence us with its own PINGs.
 */
static void
spend_urgent(struct irc_queue *q, int64_t now_at)
{
	struct bucket *b = &q->bucket;

	if (bucket_take(b, now_at, 1))
		return;
	if (b->full_at - now_at < 2 * (int64_t)b->burst * b->interval_ms)
		b->full_at += b->interval_ms;
}

bool
irc_queue_pop(
    struct irc_queue *q, int64_t now_at, struct buf *out, void **cookie_out)
{
	enum irc_rank rank = next_rank(q);
	struct lane *lane;
	struct line *line;

	if (rank == IRC_NRANK)
		return false;
	if (rank == IRC_RANK_URGENT)
		spend_urgent(q, now_at);
	else if (!bucket_take(&q->bucket, now_at, 1))
		return false;
	lane = lane_of(list_first(&q->lanes[rank]));
	line = first_line(lane);
	buf_add(out, line->p, line->len);
	*cookie_out = line->cookie;
	drop_line(q, rank, lane);
	return true;
}

int64_t
irc_queue_ready_at(const struct irc_queue *q, int64_t now_at)
{
	enum irc_rank rank = next_rank(q);

	if (rank == IRC_NRANK)
		return -1;
	if (rank == IRC_RANK_URGENT)
		return now_at;
	return bucket_ready_at(&q->bucket, now_at, 1);
}

/* What the bucket will say once all that is ahead of it has left. */
int64_t
irc_queue_delay(const struct irc_queue *q, int64_t now_at)
{
	size_t ahead = q->nrank[IRC_RANK_URGENT] + q->nrank[IRC_RANK_USER];
	struct bucket then = q->bucket;

	if (then.full_at < now_at)
		then.full_at = now_at;
	then.full_at += (int64_t)ahead * then.interval_ms;
	return bucket_ready_at(&then, now_at, 1) - now_at;
}
