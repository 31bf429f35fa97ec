#include "core/fate.h"

/* 0: as it was. */
static const unsigned char next[FATE_N][FATE_IN_N] = {
	[FATE_QUEUED] = {
		[FATE_IN_TRY] = FATE_TRYING,
		/* Of an attempt that was taken for certainly not sent. */
		[FATE_IN_REPORT_SENT] = FATE_SENT,
		[FATE_IN_REPORT_DELIVERED] = FATE_DELIVERED,
		[FATE_IN_REPORT_REFUSED] = FATE_FAILED,
		[FATE_IN_EXPIRE] = FATE_EXPIRED,
		[FATE_IN_CANCEL] = FATE_CANCELLED,
		[FATE_IN_DROP] = FATE_CANCELLED,
		[FATE_IN_FAIL] = FATE_FAILED,
		[FATE_IN_DOUBT] = FATE_UNSURE,
	},
	[FATE_TRYING] = {
		[FATE_IN_SENT] = FATE_SENT,
		[FATE_IN_DELIVERED] = FATE_DELIVERED,
		[FATE_IN_RETRY] = FATE_QUEUED,
		[FATE_IN_REFUSED] = FATE_FAILED,
		[FATE_IN_UNSURE] = FATE_UNSURE,
		[FATE_IN_REPORT_SENT] = FATE_SENT,
		[FATE_IN_REPORT_DELIVERED] = FATE_DELIVERED,
		[FATE_IN_REPORT_REFUSED] = FATE_FAILED,
	},
	[FATE_SENT] = {
		/* The outcome, when a report was faster. */
		[FATE_IN_DELIVERED] = FATE_DELIVERED,
		[FATE_IN_REPORT_DELIVERED] = FATE_DELIVERED,
		[FATE_IN_REPORT_REFUSED] = FATE_FAILED,
	},
	[FATE_UNSURE] = {
		[FATE_IN_REPORT_SENT] = FATE_SENT,
		[FATE_IN_REPORT_DELIVERED] = FATE_DELIVERED,
		[FATE_IN_REPORT_REFUSED] = FATE_FAILED,
		[FATE_IN_RESEND] = FATE_QUEUED,
	},
	[FATE_CANCELLED] = {
		[FATE_IN_RESUME] = FATE_QUEUED,
	},
	[FATE_FAILED] = {
		[FATE_IN_RESEND] = FATE_QUEUED,
	},
	[FATE_EXPIRED] = {
		[FATE_IN_RESEND] = FATE_QUEUED,
	},
};

enum fate
fate_next(enum fate is, enum fate_input in)
{
	return next[is][in] ? (enum fate)next[is][in] : is;
}

enum fate_input
fate_outcome(enum gw_fate fate)
{
	switch (fate) {
	case GW_SENT:
		return FATE_IN_SENT;
	case GW_DELIVERED:
		return FATE_IN_DELIVERED;
	case GW_RETRY:
		return FATE_IN_RETRY;
	case GW_REFUSED:
		return FATE_IN_REFUSED;
	case GW_LEFT: /* of live networks; nobody knows what it means here */
	case GW_UNSURE:
		break;
	}
	return FATE_IN_UNSURE;
}

enum fate_input
fate_report(enum gw_fate fate)
{
	if (fate == GW_DELIVERED)
		return FATE_IN_REPORT_DELIVERED;
	return fate == GW_REFUSED ? FATE_IN_REPORT_REFUSED
	                          : FATE_IN_REPORT_SENT;
}

enum fate
fate_worst(enum fate a, enum fate b)
{
	return a > b ? a : b;
}

bool
fate_is_moving(enum fate f)
{
	return f == FATE_QUEUED || f == FATE_TRYING;
}

bool
fate_is_dead(enum fate f)
{
	return f == FATE_FAILED || f == FATE_EXPIRED || f == FATE_CANCELLED;
}

const char *
fate_name(enum fate f)
{
	static const char *const name[FATE_N] = {
		[FATE_DELIVERED] = "delivered",
		[FATE_SENT] = "sent",
		[FATE_TRYING] = "trying",
		[FATE_QUEUED] = "queued",
		[FATE_UNSURE] = "unsure",
		[FATE_CANCELLED] = "cancelled",
		[FATE_EXPIRED] = "expired",
		[FATE_FAILED] = "failed",
	};

	return name[f];
}

/* ---- what its sender has to be told ------------------------------------ */

static bool
is_at_stage(const struct fate_view *v)
{
	switch (v->stage) {
	case GW_STAGE_ACCEPTED:
		return true;
	case GW_STAGE_DELIVERED:
		if (v->reports)
			return v->fate == FATE_DELIVERED;
		break;
	case GW_STAGE_SENT:
		break;
	}
	return v->fate == FATE_DELIVERED || v->fate == FATE_SENT;
}

static unsigned
wanted(const struct fate_view *v)
{
	bool got_there = v->fate == FATE_DELIVERED || v->fate == FATE_SENT;
	unsigned say = v->asks && is_at_stage(v) ? FATE_SAY_RECEIPT : 0;

	if (fate_is_dead(v->fate))
		say |= v->own_wish ? 0 : FATE_SAY_FAILED;
	else if (v->fate == FATE_UNSURE && v->waited)
		say |= FATE_SAY_UNSURE;
	else if (got_there && (v->told & FATE_SAY_UNSURE))
		say |= FATE_SAY_AFTER;
	return say;
}

unsigned
fate_due(const struct fate_view *v)
{
	unsigned due = wanted(v) & ~v->told;

	/* Good news twice are one too many. */
	if (due & FATE_SAY_RECEIPT)
		due &= ~(unsigned)FATE_SAY_AFTER;
	if (v->told & FATE_SAY_RECEIPT && v->told & FATE_SAY_AFTER)
		due &= ~(unsigned)FATE_SAY_RECEIPT;
	return due;
}
