/*
 * fate.h - what becomes of a message on its way out, step by step
 *
 *	QUEUED --try--> TRYING --outcome--> SENT --report--> DELIVERED
 *	   ^  \            |  |  \                   \-----> FAILED
 *	   |   \           |  |   \--refused--> FAILED
 *	   |    \--> EXPIRED, CANCELLED
 *	   |               |  \--unsure--> UNSURE --report--> SENT, DELIVERED,
 *	   \----retry------/                 |                FAILED
 *	    \------------------resend--------/
 *
 * Steps only go forward, whatever order news come in: a report may be faster
 * than the outcome of the attempt that it is about, and what is known
 * already is not taken back by what is known less.  Only what certainly was
 * not sent, or what its line knows again, is tried again by itself; the rest a
 * person must ask for.  Of the latter nobody knows once it is given up: QUEUED
 * --doubt--> UNSURE.
 * Pure: no clock, no output.
 */
#ifndef CORE_FATE_H
#define CORE_FATE_H

#include <stdbool.h>

#include "core/gateway.h"

/* In the order of how bad it is: a message is what its worst piece is.  The
   numbers are on disk. */
enum fate {
	FATE_DELIVERED = 1,
	FATE_SENT = 2,
	FATE_TRYING = 3,
	FATE_QUEUED = 4,
	FATE_UNSURE = 5,
	FATE_CANCELLED = 6,
	FATE_EXPIRED = 7,
	FATE_FAILED = 8,
	FATE_N
};

enum fate_input {
	FATE_IN_TRY,
	FATE_IN_SENT, /* outcomes of what was tried */
	FATE_IN_DELIVERED,
	FATE_IN_RETRY,
	FATE_IN_REFUSED,
	FATE_IN_UNSURE,
	FATE_IN_REPORT_SENT, /* the network tells by itself */
	FATE_IN_REPORT_DELIVERED,
	FATE_IN_REPORT_REFUSED,
	FATE_IN_EXPIRE,
	FATE_IN_CANCEL,
	FATE_IN_DROP,   /* another part has failed */
	FATE_IN_FAIL,   /* what waits: it can never be sent */
	FATE_IN_DOUBT,  /* given up: an earlier try may have gone out */
	FATE_IN_RESEND, /* by a person */
	FATE_IN_RESUME, /* the same, of what was dropped */
	FATE_IN_N
};

/* The same: nothing comes of it. */
enum fate fate_next(enum fate is, enum fate_input in);

/* What an outcome, or a report, puts in. */
enum fate_input fate_outcome(enum gw_fate fate);
enum fate_input fate_report(enum gw_fate fate);

enum fate fate_worst(enum fate a, enum fate b);

/* It is, or will be, tried. */
bool fate_is_moving(enum fate f);

/* It did not get there, and nobody works at it. */
bool fate_is_dead(enum fate f);

/* "queued", "trying" ...: for people and logs. */
const char *fate_name(enum fate f);

/* ---- what its sender has to be told ------------------------------------ */

enum fate_word {
	FATE_SAY_RECEIPT = 1 << 0,
	FATE_SAY_UNSURE = 1 << 1, /* nobody knows */
	FATE_SAY_FAILED = 1 << 2,
	FATE_SAY_AFTER = 1 << 3, /* it has got there after all */
};

struct fate_view {
	enum fate fate; /* of the message: its worst piece */
	bool asks;      /* for a receipt */
	enum gw_stage stage;
	bool reports;  /* deliveries are reported */
	bool waited;   /* long enough for a report, when UNSURE */
	bool own_wish; /* to cancel it: he knows */
	unsigned told; /* FATE_SAY_* */
};

/* FATE_SAY_*: what is still to be said. */
unsigned fate_due(const struct fate_view *v);

#endif
