#include "smtp/mail_flood.h"
#include "lib/utf8.h"

enum { MINUTE_MS = 60 * 1000 };

const struct mail_flood_rule mail_flood_default = { .burst = 20,
	.per_minute = 10,
	.hard_minute = 50,
	.hard_5 = 120,
	.hard_hour = 600 };
const struct mail_flood_rule mail_flood_off = { 0 };

/* n at once, and n in that many minutes. */
static bool
window_init(struct bucket *b, unsigned n, unsigned minutes)
{
	if (n == 0)
		return false;
	bucket_init(b, n, (int64_t)minutes * MINUTE_MS / n);
	return true;
}

void
mail_flood_init(struct mail_flood *f, const struct mail_flood_rule *rule)
{
	*f = (struct mail_flood){ .has_soft = rule->per_minute > 0 };
	if (f->has_soft)
		bucket_init(&f->soft, rule->burst ? rule->burst : 1,
		    MINUTE_MS / rule->per_minute);
	f->has_hard[0] = window_init(&f->hard[0], rule->hard_minute, 1);
	f->has_hard[1] = window_init(&f->hard[1], rule->hard_5, 5);
	f->has_hard[2] = window_init(&f->hard[2], rule->hard_hour, 60);
}

bool
mail_flood_is_over(const struct mail_flood *f, int64_t now_at)
{
	for (size_t i = 0; i < MAIL_FLOOD_WINDOWS; i++)
		if (f->has_hard[i] &&
		    bucket_ready_at(&f->hard[i], now_at, 1) > now_at)
			return true;
	return false;
}

enum mail_flood_verdict
mail_flood_take(struct mail_flood *f, int64_t now_at)
{
	if (mail_flood_is_over(f, now_at))
		return MAIL_FLOOD_DEFER;
	for (size_t i = 0; i < MAIL_FLOOD_WINDOWS; i++)
		if (f->has_hard[i])
			(void)bucket_take(&f->hard[i], now_at, 1);
	if (!f->has_soft || bucket_take(&f->soft, now_at, 1))
		return MAIL_FLOOD_SAY;
	return MAIL_FLOOD_COUNT;
}

void
mail_flood_count(struct mail_flood *f, struct str subject, int64_t now_at)
{
	size_t len = utf8_cut(subject, MAIL_FLOOD_SUBJECT_MAX);

	if (f->ncounted++ == 0)
		f->since_at = now_at;
	if (len)
		memcpy(f->last, subject.p, len);
	f->last[len] = '\0';
}

int64_t
mail_flood_due_at(const struct mail_flood *f)
{
	return f->ncounted ? f->since_at + MAIL_FLOOD_DIGEST_MS : -1;
}

void
mail_flood_said(struct mail_flood *f, uint64_t n, int64_t now_at)
{
	f->ncounted -= n < f->ncounted ? n : f->ncounted;
	f->since_at = now_at;
}
