/*
 * The first byte chooses where we are and how the provider writes, the rest
 * is a number.  What is read is read again as itself; no calling code is
 * glued to a short code; what a provider says always becomes an address that
 * reads back, and a number written for a provider is understood from it.
 */
#include <stdlib.h>

#include "lib/buf.h"
#include "lib/utf8.h"
#include "sms/sms_digits.h"
#include "sms/sms_number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool true_it_is)
{
	if (!true_it_is)
		abort();
}

static void
check_text(const struct sms_number *n)
{
	struct str text = sms_number_str(n);

	check(text.len > 0 && text.len <= SMS_NUMBER_MAX);
	check(utf8_is_xml(text));
	for (size_t i = 0; i < text.len; i++)
		check(text.p[i] < 'A' || text.p[i] > 'Z');
	check((n->kind == SMS_KIND_NAME) == (n->shown[0] != '\0'));
}

static void
reads_as_itself(const struct sms_number *n, const struct sms_region *home)
{
	struct sms_number again;

	check_text(n);
	check(sms_number_read(sms_number_str(n), home, &again, NULL) == 0);
	check(again.kind == n->kind && strcmp(again.text, n->text) == 0);
	/* Only names need somebody at home. */
	check(sms_number_read(sms_number_str(n), NULL, &again, NULL) == 0);
	check(strcmp(again.text, n->text) == 0);
}

/* What has six digits or fewer, and says no country, gets none in front. */
static void
nothing_is_glued(struct str in, const struct sms_number *n)
{
	struct sms_digits d;

	if (str_has(in, ':') || str_has(in, ';') || str_has(in, ','))
		return;
	sms_digits_read(in, SMS_LETTERS_OTHER, &d);
	if (d.has_other || d.has_plus || d.n > 6 || d.n == 0)
		return;
	check(n->kind == SMS_KIND_SHORT);
	check(str_starts(sms_number_str(n), sms_digits_str(&d)));
	check(n->text[d.n] == ';');
}

static void
goes_round(const struct sms_number *n, const struct sms_form *form,
    const struct sms_region *home)
{
	struct sms_number back;
	struct buf out;

	if (n->kind == SMS_KIND_GROUP)
		return;
	buf_init(&out, SMS_NUMBER_MAX);
	check(sms_form_write(form, n, &out) == 0);
	sms_number_received(buf_str(&out), form, home, &back);
	reads_as_itself(&back, home);
	if (n->kind == SMS_KIND_E164 &&
	    (form->kind == SMS_FORM_E164 || form->kind == SMS_FORM_ZEROS))
		check(strcmp(back.text, n->text) == 0);
	buf_release(&out);
}

static void
members_make_the_group(const struct sms_number *n)
{
	struct sms_number member[SMS_GROUP_MAX], again;
	size_t count = sms_number_count(n);

	check(count <= SMS_GROUP_MAX);
	if (n->kind != SMS_KIND_GROUP)
		return;
	for (size_t i = 0; i < count; i++)
		sms_number_member(n, count - 1 - i, &member[i]);
	check(sms_number_join(member, count, STR_EMPTY, &again, NULL) == 0);
	check(strcmp(again.text, n->text) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const homes[] = { "FR", "US", "RU", "IT", "HU", "AU",
		"DE", "" };
	static const char *const forms[] = { "e164", "digits", "00", "nat:1" };
	const struct sms_region *home;
	struct sms_form form;
	struct sms_number n;
	struct str in;

	if (size == 0)
		return 0;
	home = sms_region_find(str_c(homes[data[0] % 8]));
	check(sms_form_read(str_c(forms[data[0] / 8 % 4]), &form, NULL) == 0);
	in = str_of((const char *)data + 1, size - 1);
	if (sms_number_read(in, home, &n, NULL) == 0) {
		reads_as_itself(&n, home);
		nothing_is_glued(in, &n);
		goes_round(&n, &form, home);
		members_make_the_group(&n);
	}
	if (sms_number_typed(in, home, &n, NULL) == 0)
		reads_as_itself(&n, home);
	sms_number_received(in, &form, home, &n);
	reads_as_itself(&n, home);
	return 0;
}
