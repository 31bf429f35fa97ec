/*
 * What was counted rather than said is summed up once a minute, and is on disk
 * until it was: a stop in between loses nothing.
 */
#include <stdlib.h>

#include "lib/log.h"
#include "lib/xalloc.h"
#include "smtp/mail_gateway.h"
#include "smtp/mail_target_base.h"

enum { DIGEST_MAX = 1024 };

/* A summary on its way to the disk; its target may be gone by then. */
struct telling {
	struct list node;
	struct mail_gateway *mail;
	uint64_t n;
	char slug[MAIL_SLUG_MAX + 1];
};

static void
plan(struct mail_target *t)
{
	struct clock *clock = gateway_clock(t->mail->gw);

	if (!t->is_telling && !timer_is_set(&t->digest))
		timer_set(&t->digest, clock, mail_flood_due_at(&t->flood));
}

static void
on_kept(void *arg, bool ok)
{
	struct telling *l = arg;
	struct mail_gateway *mail = l->mail;
	struct mail_target *t = mail_target_find(mail, str_c(l->slug));

	if (t) {
		int64_t now = gateway_clock(mail->gw)->at;

		t->is_telling = false;
		mail_flood_said(&t->flood, ok ? l->n : 0, now);
		mail_target_keep_counted(t, NULL, NULL);
		if (t->flood.ncounted)
			plan(t);
	}
	list_del(&l->node);
	free(l);
}

static struct telling *
telling_new(struct mail_target *t)
{
	struct telling *l = xcalloc(1, sizeof(*l));

	l->mail = t->mail;
	l->n = t->flood.ncounted;
	memcpy(l->slug, t->slug, sizeof(l->slug));
	list_add(&t->mail->targets->tellings, &l->node);
	return l;
}

static void
tell(struct mail_target *t)
{
	int64_t now = gateway_clock(t->mail->gw)->at;
	struct telling *l = telling_new(t);
	struct buf text;

	buf_init(&text, DIGEST_MAX);
	mail_alert_digest(t->flood.ncounted, str_c(t->flood.last),
	    now - t->flood.since_at, &text);
	t->is_telling = true;
	if (mail_target_say(t, STR_EMPTY, buf_str(&text), on_kept, l) < 0)
		on_kept(l, false);
	buf_release(&text);
}

static void
on_due(struct timer *timer)
{
	struct mail_target *t = TIMER_OWNER(timer, struct mail_target, digest);

	if (t->flood.ncounted && !t->is_telling)
		tell(t);
}

void
mail_target_digest_init(struct mail_target *t)
{
	timer_init(&t->digest, on_due);
}

void
mail_target_counted(struct mail_target *t)
{
	mail_target_keep_counted(t, NULL, NULL);
	plan(t);
}

void
mail_target_digests_close(struct mail_targets *all)
{
	LIST_EACH(&all->tellings, n)
	{
		struct telling *l = LIST_ENTRY(n, struct telling, node);

		list_del(&l->node);
		free(l);
	}
}
