/*
 * What a provider takes, and for how much.
 */
#include "sms/sms_limits.h"

#include <jansson.h>
#include <string.h>

enum { MILLION = 1000000 };

static int
read_count(
    const struct sms_json *obj, const char *key, unsigned *out, struct err *err)
{
	int64_t n = *out;

	if (sms_json_get_int(obj, key, 1, 1000000, &n, err) < 0)
		return -1;
	*out = (unsigned)n;
	return 0;
}

/* Messages a second, also less than one. */
static int
read_rate(const struct sms_json *obj, int64_t *interval_ms, struct err *err)
{
	const double most = 1000, least = 0.0001;
	struct sms_json v;
	double rate;

	if (!sms_json_get(obj, "rate", &v))
		return 0;
	rate = json_number_value(v.value);
	if (!(rate >= least && rate <= most))
		return sms_json_bad(&v, err,
		    "not a number of messages a second, 0.0001 to 1000");
	*interval_ms = (int64_t)(1000 / rate);
	return 0;
}

static int
read_words(struct sms_limits *l, const struct sms_json *v, struct err *err)
{
	static const char *const units[] = { "chars", "gsm", "ucs2", NULL };
	static const char *const splits[] = { "provider", "gateway", NULL };
	static const char *const dlrs[] = { "none", "sms", "all", NULL };
	unsigned unit = 0, split = 0, dlr = 0;

	if (sms_json_get_word(v, "unit", units, &unit, err) < 0 ||
	    sms_json_get_word(v, "split", splits, &split, err) < 0 ||
	    sms_json_get_word(v, "dlr", dlrs, &dlr, err) < 0)
		return -1;
	l->unit = (enum sms_unit)unit;
	l->gateway_splits = split == 1;
	l->dlr = (enum sms_dlr)dlr;
	return 0;
}

int
sms_limits_get(
    const struct sms_json *root, struct sms_limits *l, struct err *err)
{
	static const char *const keys[] = { "chars", "unit", "parts", "split",
		"media", "media_bytes", "media_types", "recipients", "rate",
		"burst", "parallel", "day", "dlr", "self", "countries", NULL };
	int64_t bytes = 0;
	struct sms_json v;

	if (!sms_json_get(root, "limits", &v))
		return 0;
	if (sms_json_keys(&v, keys, err) < 0 ||
	    read_count(&v, "chars", &l->chars, err) < 0 ||
	    read_count(&v, "parts", &l->parts, err) < 0 ||
	    read_count(&v, "media", &l->media, err) < 0 ||
	    read_count(&v, "recipients", &l->recipients, err) < 0 ||
	    read_count(&v, "burst", &l->burst, err) < 0 ||
	    read_count(&v, "parallel", &l->parallel, err) < 0 ||
	    read_count(&v, "day", &l->day, err) < 0 ||
	    sms_json_get_int(&v, "media_bytes", 1, INT32_MAX, &bytes, err) <
	        0 ||
	    sms_json_get_bool(&v, "self", &l->self, err) < 0 ||
	    read_rate(&v, &l->interval_ms, err) < 0 ||
	    sms_list_get(&v, "countries", &l->countries, err) < 0 ||
	    sms_list_get(&v, "media_types", &l->media_types, err) < 0)
		return -1;
	l->media_bytes = (uint64_t)bytes;
	return read_words(l, &v, err);
}

static int
read_money(
    const struct sms_json *obj, const char *key, int64_t *out, struct err *err)
{
	const double most = 1000;
	struct sms_json v;
	double n;

	if (!sms_json_get(obj, key, &v))
		return 0;
	n = json_number_value(v.value);
	if (!(n > 0 && n <= most))
		return sms_json_bad(&v, err, "not a price, above 0 up to 1000");
	*out = (int64_t)(n * MILLION + 0.5);
	return 0;
}

int
sms_price_get(
    const struct sms_json *root, struct sms_price *out, struct err *err)
{
	static const char *const keys[] = { "currency", "sms", "mms", NULL };
	const char *currency = NULL;
	struct sms_json v;

	if (!sms_json_get(root, "price", &v))
		return 0;
	if (sms_json_keys(&v, keys, err) < 0 ||
	    sms_json_need_text(&v, "currency", &currency, err) < 0)
		return -1;
	if (strlen(currency) != sizeof(out->currency) - 1)
		return sms_json_bad(
		    &v, err, "currency: not three letters, as in \"EUR\"");
	memcpy(out->currency, currency, sizeof(out->currency));
	if (read_money(&v, "sms", &out->sms, err) < 0)
		return -1;
	return read_money(&v, "mms", &out->mms, err);
}

void
sms_limits_release(struct sms_limits *l)
{
	sms_list_release(&l->countries);
	sms_list_release(&l->media_types);
}
