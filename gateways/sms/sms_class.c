/*
 * What can become of a message, in the words of profiles.
 */
#include "sms/sms_class.h"

#include <stddef.h>

const char *const sms_class_names[SMS_NCLASS + 1] = { "accepted", "duplicate",
	"throttle", "retry", "unsure", "bad-recipient", "unreachable",
	"opted-out", "filtered", "too-long", "media", "auth", "no-credit",
	"bad-sender", "permanent", NULL };

/*
 * What is wrong with the line is none of the user's business: for him it is
 * our own fault.
 */
static const struct sms_class_info infos[SMS_NCLASS] = {
	[SMS_CLASS_ACCEPTED] = { "accepted", SMS_FATE_SENT, ERR_NONE, false,
	    false },
	[SMS_CLASS_DUPLICATE] = { "the provider had it already", SMS_FATE_SENT,
	    ERR_NONE, false, false },
	[SMS_CLASS_THROTTLE] = { "too many messages in too short a time",
	    SMS_FATE_RETRY, ERR_BUSY, true, false },
	[SMS_CLASS_RETRY] = { "the provider cannot take it now", SMS_FATE_RETRY,
	    ERR_TIMEOUT, false, false },
	[SMS_CLASS_UNSURE] = { "it may have been sent, or not", SMS_FATE_UNSURE,
	    ERR_TIMEOUT, false, false },
	[SMS_CLASS_BAD_RECIPIENT] = { "there is no such number",
	    SMS_FATE_REFUSED, ERR_NOT_FOUND, false, false },
	[SMS_CLASS_UNREACHABLE] = { "the telephone could not be reached",
	    SMS_FATE_REFUSED, ERR_ABSENT, false, false },
	[SMS_CLASS_OPTED_OUT] = { "this number has asked to get no more "
	                          "messages; they may write START",
	    SMS_FATE_REFUSED, ERR_NOT_ALLOWED, false, false },
	[SMS_CLASS_FILTERED] = { "what it says is not let through",
	    SMS_FATE_REFUSED, ERR_POLICY, false, false },
	[SMS_CLASS_TOO_LONG] = { "it is too long", SMS_FATE_REFUSED,
	    ERR_UNSUITABLE, false, false },
	[SMS_CLASS_MEDIA] = { "the file is too big, or of a kind that cannot "
	                      "be sent",
	    SMS_FATE_REFUSED, ERR_UNSUITABLE, false, false },
	[SMS_CLASS_AUTH] = { "the provider does not take our credentials",
	    SMS_FATE_RETRY, ERR_INTERNAL, false, true },
	[SMS_CLASS_NO_CREDIT] = { "there is no credit left at the provider",
	    SMS_FATE_RETRY, ERR_INTERNAL, false, true },
	[SMS_CLASS_BAD_SENDER] = { "the provider does not take our number",
	    SMS_FATE_RETRY, ERR_INTERNAL, false, true },
	[SMS_CLASS_PERMANENT] = { "the provider has refused it",
	    SMS_FATE_REFUSED, ERR_NOT_ALLOWED, false, false },
};

const struct sms_class_info *
sms_class_info(enum sms_class c)
{
	return &infos[c];
}

const char *const sms_state_names[SMS_NSTATE + 1] = { "unknown", "queued",
	"sent", "delivered", "read", "failed", "expired", "rejected", NULL };

enum sms_class
sms_state_class(enum sms_state s)
{
	return s == SMS_STATE_REJECTED ? SMS_CLASS_PERMANENT
	                               : SMS_CLASS_UNREACHABLE;
}
