/*
 * How a provider writes numbers.
 */
#include "sms/sms_form.h"
#include "sms/sms_number.h"

static const struct {
	const char *word;
	enum sms_form_kind kind;
} words[] = {
	{ "e164", SMS_FORM_E164 },
	{ "digits", SMS_FORM_DIGITS },
	{ "00", SMS_FORM_ZEROS },
};

int
sms_form_read(struct str word, struct sms_form *out, struct err *err)
{
	struct str cc = str_skip(word, sizeof("nat:") - 1);

	*out = (struct sms_form){ .kind = SMS_FORM_NATIONAL };
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_is(word, words[i].word)) {
			out->kind = words[i].kind;
			return 0;
		}
	}
	if (!str_starts(word, STR("nat:")) || cc.len == 0 ||
	    sms_calling_code(cc) != cc.len || !sms_region_of(cc))
		return err_set(err, ERR_BAD_INPUT,
		    "\"" STR_FMT "\": expected e164, digits, 00, or nat: and a "
		    "calling code",
		    STR_ARG(word));
	memcpy(out->cc, cc.p, cc.len);
	return 0;
}

static int
write_digits(const struct sms_form *form, struct str digits, struct buf *out)
{
	struct str cc = str_c(form->cc);

	switch (form->kind) {
	case SMS_FORM_E164:
		return buf_addf(out, "+" STR_FMT, STR_ARG(digits));
	case SMS_FORM_ZEROS:
		return buf_addf(out, "00" STR_FMT, STR_ARG(digits));
	case SMS_FORM_NATIONAL:
		if (str_starts(digits, cc))
			digits = str_skip(digits, cc.len);
		break;
	case SMS_FORM_DIGITS:
		break;
	}
	return buf_add_str(out, digits);
}

int
sms_form_write(
    const struct sms_form *form, const struct sms_number *n, struct buf *out)
{
	struct str rest = sms_number_str(n), digits;

	if (n->kind == SMS_KIND_NAME)
		return buf_add_str(out, str_c(n->shown));
	if (n->kind == SMS_KIND_E164)
		return write_digits(form, str_skip(rest, 1), out);
	(void)str_cut(&rest, ';', &digits);
	return buf_add_str(out, digits);
}
