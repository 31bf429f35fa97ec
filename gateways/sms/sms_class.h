/*
 * sms_class.h - what can become of a message, in the words of profiles
 *
 * Providers have hundreds of codes; profiles sort them into these classes.
 * What follows from a class is here and nowhere else.
 */
#ifndef SMS_CLASS_H
#define SMS_CLASS_H

#include <stdbool.h>

#include "lib/err.h"

enum sms_class {
	SMS_CLASS_ACCEPTED,
	SMS_CLASS_DUPLICATE,     /* it had that one: as good as accepted */
	SMS_CLASS_THROTTLE,      /* later, all of the line */
	SMS_CLASS_RETRY,         /* later; certainly not sent */
	SMS_CLASS_UNSURE,        /* may have been sent */
	SMS_CLASS_BAD_RECIPIENT, /* no such number */
	SMS_CLASS_UNREACHABLE,   /* it is not to be reached */
	SMS_CLASS_OPTED_OUT,     /* it wants nothing from us */
	SMS_CLASS_FILTERED,      /* what it says is refused */
	SMS_CLASS_TOO_LONG,
	SMS_CLASS_MEDIA, /* too big, or of a wrong kind */
	SMS_CLASS_AUTH,  /* our credentials */
	SMS_CLASS_NO_CREDIT,
	SMS_CLASS_BAD_SENDER, /* our number */
	SMS_CLASS_PERMANENT,  /* anything else that will not go away */
	SMS_NCLASS
};

enum sms_fate {
	SMS_FATE_SENT,
	SMS_FATE_RETRY,
	SMS_FATE_REFUSED,
	SMS_FATE_UNSURE,
};

struct sms_class_info {
	const char *text; /* for people, where the provider says nothing */
	enum sms_fate fate;
	enum err_kind kind;  /* of all but SENT */
	bool is_throttle;    /* RETRY: the line waits */
	bool is_line_broken; /* RETRY: until an operator has looked */
};

const struct sms_class_info *sms_class_info(enum sms_class c);

/* "accepted", "duplicate", ...: NULL-terminated. */
extern const char *const sms_class_names[SMS_NCLASS + 1];

/* How far a message has come, as reports say.  It never goes back. */
enum sms_state {
	SMS_STATE_UNKNOWN,
	SMS_STATE_QUEUED,
	SMS_STATE_SENT,
	SMS_STATE_DELIVERED,
	SMS_STATE_READ,
	SMS_STATE_FAILED,
	SMS_STATE_EXPIRED,
	SMS_STATE_REJECTED,
	SMS_NSTATE
};

extern const char *const sms_state_names[SMS_NSTATE + 1];

/* Of FAILED, EXPIRED, REJECTED where no code says more. */
enum sms_class sms_state_class(enum sms_state s);

#endif
