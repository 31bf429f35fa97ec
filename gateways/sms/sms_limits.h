/*
 * sms_limits.h - what a provider takes, and for how much
 *
 *	"limits": {"chars": 1600, "unit": "chars", "parts": 10,
 *	           "split": "provider", "media": 10, "media_bytes": 500000,
 *	           "media_types": ["image/png"], "recipients": 8, "rate": 0.5,
 *	           "burst": 5, "parallel": 4, "day": 100, "dlr": "sms",
 *	           "self": true, "countries": ["1"]}
 *	"price":  {"currency": "USD", "sms": 0.0079, "mms": 0.02}
 *
 * All of it may be left out.  rate is in messages a second.
 */
#ifndef SMS_LIMITS_H
#define SMS_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "sms/sms_json.h"
#include "sms/sms_list.h"

/* What chars counts. */
enum sms_unit { SMS_UNIT_CHARS, SMS_UNIT_GSM, SMS_UNIT_UCS2 };

/* Of which messages deliveries are reported. */
enum sms_dlr { SMS_DLR_NONE, SMS_DLR_SMS, SMS_DLR_ALL };

struct sms_limits {
	unsigned chars; /* of one message; 0: not told */
	enum sms_unit unit;
	unsigned parts;      /* of one message; 0: not told */
	bool gateway_splits; /* the provider takes single parts only */
	unsigned media;      /* of one MMS; 0: not told */
	uint64_t media_bytes;
	struct sms_list media_types; /* none: any */
	unsigned recipients;         /* of a group */
	int64_t interval_ms;         /* between messages; 0: not told */
	unsigned burst, parallel;    /* 0: not told */
	unsigned day;                /* messages; 0: not told */
	enum sms_dlr dlr;
	bool dedups;
	bool self;                 /* goes to the owner of the account only */
	struct sms_list countries; /* calling codes; none: any */
};

struct sms_price {
	char currency[4];
	int64_t sms, mms; /* millionths; 0: not told */
};

/* The members of the profile's root; *out is zeroed before. */
int sms_limits_get(
    const struct sms_json *root, struct sms_limits *out, struct err *err);
void sms_limits_release(struct sms_limits *l);
int sms_price_get(
    const struct sms_json *root, struct sms_price *out, struct err *err);

#endif
